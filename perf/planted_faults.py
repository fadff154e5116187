"""Plant small faults one at a time in copies of the tree and count those that the related tests do not notice.

Run from the repository root: ``python -m perf.planted_faults --seed 1 --faults 100``. The seed draws the sample: a
file by its length, a kind of fault among those that the file allows, a place. Only test files that reach the file by
imports run, nearest first, until one fails; a failure counts when the same test passes without the fault. Every verdict
is appended to ``--log`` at once, and a second run goes on where the first stopped. Faults that change nothing a test
could see are listed with the reason in ``perf/equivalent_faults.toml`` and set aside.

mutmut and Cosmic Ray were tried on paper: the first rewrites every function of a file into a chain of variants, which
our keys of trials would read as other code, and runs whole files; the second has one test command for all files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from perf.fault_kinds import Fault, faults_of, parses
from perf.related_tests import PACKAGES, ImportGraph

_PATIENCE = 8  # times the limit of processor time that a clock on the wall may show, on a busy machine
EQUIVALENT = Path(__file__).with_name("equivalent_faults.toml")


@dataclass(frozen=True)
class Verdict:
    """What became of a fault.

    Attributes:
        outcome: "noticed", "survived", "equivalent", or "untested" where no test reaches the file.
        by: The test that failed, or why the fault is equivalent.
    """

    fault: Fault
    outcome: str
    by: str = ""


def main() -> None:
    """Run what the log lacks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--under", nargs="*", default=list(PACKAGES), help="folders or files that faults go into")
    parser.add_argument("--most", type=int, default=12, help="test files that are tried for a fault")
    parser.add_argument("--seconds", type=float, default=150, help="processor time for a fault; beyond it, it survived")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "planted-faults.jsonl")
    options = parser.parse_args()
    root = Path.cwd()
    chosen = sample(root, options.under, options.faults, options.seed)
    known = read_log(options.log)
    todo = [fault for fault in chosen if fault not in known]
    for verdict in planted(root, todo, options.most, options.seconds, options.jobs):
        known[verdict.fault] = verdict
        with options.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(verdict)) + "\n")
        print(line(verdict), flush=True)
    print(summary([known[fault] for fault in chosen]))


def sample(root: Path, under: list[str], n: int, seed: int) -> list[Fault]:
    """Return n different faults of the Python files under some folders; the same seed draws the same."""
    files = [file for name in under for file in _python_files(root / name)]
    possible = {file: faults_of(file.relative_to(root).as_posix(), file.read_bytes()) for file in files}
    possible = {file: faults for file, faults in possible.items() if faults}
    draw = random.Random(seed)
    chosen: list[Fault] = []
    while len(chosen) < n and any(possible.values()):
        (file,) = draw.choices(
            list(possible), [len(file.read_bytes()) if left else 0 for file, left in possible.items()]
        )
        kind = draw.choice(sorted({fault.kind for fault in possible[file]}))
        fault = draw.choice([fault for fault in possible[file] if fault.kind == kind])
        possible[file].remove(fault)
        chosen += [fault] if parses(fault.applied(file.read_bytes())) else []
    return chosen


def _python_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def read_log(path: Path) -> dict[Fault, Verdict]:
    """Return the verdicts that a log holds; a fault of a file that has changed is another fault."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    verdicts = [Verdict(**{**raw, "fault": Fault(**raw["fault"])}) for raw in map(json.loads, lines)]
    return {verdict.fault: verdict for verdict in verdicts}


def planted(root: Path, faults: list[Fault], most: int, seconds: float, jobs: int) -> Iterator[Verdict]:
    """Yield the verdict on each fault, in the order given; each job works in a copy of its own."""
    graph, equivalent = ImportGraph(root), tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["fault"]
    with tempfile.TemporaryDirectory(prefix="planted-") as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for job in range(jobs):
            copies.put(_copy(root, Path(folder) / f"copy-{job}"))

        def judged(fault: Fault) -> Verdict:
            reason = next((e["reason"] for e in equivalent if _is(fault, e)), "")
            if reason:
                return Verdict(fault, "equivalent", reason)
            copy = copies.get()
            try:
                return judge(copy, fault, graph.tests(fault.path)[:most], seconds)
            finally:
                copies.put(copy)

        yield from pool.map(judged, faults)


def _is(fault: Fault, listed: dict[str, str]) -> bool:
    """Return whether a fault is a listed one; files are known by name, so that they may move."""
    return (Path(fault.path).name, fault.old, fault.new) == (listed["file"], listed["old"], listed["new"])


def _copy(root: Path, to: Path) -> Path:
    """Copy what git tracks or would track, the folder of git apart."""
    words = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(None, subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    return to


def judge(copy: Path, fault: Fault, tests: list[str], seconds: float) -> Verdict:
    """Run tests with a fault in place until one fails that passes without it."""
    if not tests:
        return Verdict(fault, "untested")
    file, broken = copy / fault.path, []
    body = file.read_bytes()
    while True:
        try:
            file.write_bytes(fault.applied(body))
            failed = first_failure(copy, tests, seconds, broken)
        finally:
            file.write_bytes(body)
        if failed is None or first_failure(copy, [failed], seconds) != failed:
            return Verdict(fault, "noticed" if failed else "survived", failed or ", ".join(tests))
        broken.append(failed)


def first_failure(copy: Path, tests: list[str], seconds: float, without: list[str] | None = None) -> str | None:
    """Return the first test, or file that cannot be collected, that fails; None where none does in time."""
    cache = copy.parent / f"{copy.name}-cache"
    shutil.rmtree(cache, ignore_errors=True)  # kept features would hide a fault in what makes them
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", *tests]
    words += [word for name in without or () for word in ("--deselect", name)]
    more = {"HEMABENCH_CACHE": str(cache), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    with subprocess.Popen(words, cwd=copy, env={**os.environ, **more}, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:  # fmt: skip
        try:
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (int(seconds), int(seconds)))
            out, _ = process.communicate(timeout=_PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)
    if -process.returncode in (signal.SIGXCPU, signal.SIGKILL):  # it ran out of processor time
        return None
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", out, flags=re.MULTILINE)
    return found[1] if found else (tests[0] if process.returncode not in (0, 5) else None)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, 9)  # its own session: also what the tests started
    except ProcessLookupError:
        return


def line(verdict: Verdict) -> str:
    """Return one line about a fault."""
    fault = verdict.fault
    old, new = (" ".join(text.split())[:60] for text in (fault.old, fault.new))
    return f"{verdict.outcome:10} {fault.path}:{fault.line}  {fault.kind}: {old} -> {new}  [{verdict.by[:90]}]"


def summary(verdicts: list[Verdict]) -> str:
    """Return what was not noticed, and the rate among faults that are not equivalent."""
    missed = [v for v in verdicts if v.outcome in ("survived", "untested")]
    of = sum(v.outcome != "equivalent" for v in verdicts)
    shown = [line(v) for v in missed]
    rate = 100 * len(missed) / of if of else 0.0
    return "\n".join(["", *shown, f"{len(missed)} of {of} faults survived ({rate:.1f} %); "
                      f"{len(verdicts) - of} of {len(verdicts)} are equivalent and set aside"])  # fmt: skip


if __name__ == "__main__":
    main()
