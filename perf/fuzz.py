"""Feed damaged files and words to every reader; count what is no error of the project's own.

Run from the repository root: ``python -m perf.fuzz --executions 2000 --seed 0``. A foreign exception is printed with
its place and the first damaged input; the exit code is 1 when there is one. The same seed damages the same way.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import numpy as np

from benchmark.commands import users_mistake
from leaderboard.exchange import ArchiveError
from leaderboard.records import ResultError
from perf.fuzz_inputs import Target, targets

_SECONDS = 30  # a reader that takes longer hangs
_TOKENS = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xfc", b'"', b"'", b"[", b"]", b"{", b"}", b"\n", b"\r", b"\t", b",", b";",
    b"=", b"#", b"-1", b"0", b"1e999", b"nan", b"null", b"true", b"[]", b"{}", b'""', b"9" * 25, b"9" * 5000,
    b"[" * 3000, b"..", b"../../x", b"/dev/zero", b"\\u0000", b"\xf0\x9f\x98\x80", b":smile:", b"[/x]", b"x" * 300,
)  # fmt: skip
_VALUES = (
    b'""', b"0", b"-1", b"1.5", b"nan", b"inf", b"true", b"[]", b"{}", b'["a", 1]', b"2020-01-01", b'"."', b'".."',
    b'"/"', b'"x"', b'"*"', b'"{specimen}{specimen}"', b'"kfold"', b'"temporal"', b"999999999999", b'"\\u0000"',
    b'"\\n"', b'"[/b]"',
)  # fmt: skip


class Fault(NamedTuple):
    """An exception that is not the project's own."""

    target: str
    what: str
    file: str
    content: bytes


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return content with one to three changes: of a value, a line, a span or a byte."""
    for _ in range(rng.integers(1, 4)):
        content = _CHANGES[rng.integers(len(_CHANGES))](content, rng)
    return content


def _value(content: bytes, rng: np.random.Generator) -> bytes:
    """Replace what stands after an equals sign, a colon or a comma."""
    found = list(re.finditer(rb"[=:,]\s*[^=:,\n]+", content))
    if not found:
        return _token(content, rng)
    where = found[rng.integers(len(found))]
    return content[: where.start() + 1] + b" " + _VALUES[rng.integers(len(_VALUES))] + content[where.end() :]


def _line(content: bytes, rng: np.random.Generator) -> bytes:
    """Drop, repeat or move a line."""
    lines = content.splitlines(keepends=True)
    if not lines:
        return b"\n"
    i, j = rng.integers(len(lines), size=2)
    kept = lines[:i] + lines[i + 1 :]
    return b"".join([kept, [*lines, lines[i]], [*kept[:j], lines[i], *kept[j:]]][rng.integers(3)])


def _token(content: bytes, rng: np.random.Generator) -> bytes:
    i = rng.integers(len(content) + 1)
    return content[:i] + _TOKENS[rng.integers(len(_TOKENS))] + content[i:]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    i, j = sorted(rng.integers(len(content) + 1, size=2))
    return content[:i] if rng.random() < 0.3 else content[:i] + content[j:]


def _byte(content: bytes, rng: np.random.Generator) -> bytes:
    if not content:
        return b"\x80"
    changed = bytearray(content)
    changed[rng.integers(len(content))] = rng.integers(256)
    return bytes(changed)


_CHANGES: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (_value, _value, _line, _token, _cut, _byte)


def hunt(name: str, target: Target, executions: int, seed: int) -> Iterator[Fault]:
    """Damage one file of a target at a time and yield every foreign exception."""
    rng = np.random.default_rng([seed, *name.encode()])
    names = sorted(target.files)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        for _ in range(executions):
            shutil.rmtree(home, ignore_errors=True)
            for file, content in target.files.items():
                (home / file).parent.mkdir(parents=True, exist_ok=True)
                (home / file).write_bytes(content)
            file = names[rng.integers(len(names))]
            content = damaged(target.files[file], rng)
            (home / file).write_bytes(content)
            what = _foreign(target.read, home)
            if what:
                yield Fault(name, what, file, content)


def _foreign(read: Callable[[Path], object], home: Path) -> str:
    """Return type and place of an exception that is not the project's own, or ""."""
    try:
        with _limit():
            read(home)
    except Exception as error:  # noqa: BLE001  all of them are what is looked for
        if isinstance(error, ArchiveError | ResultError) or users_mistake(error) is not None:
            return ""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        return f"{type(error).__name__} at {place} (raised in {Path(frame.filename).name})"
    return ""


@contextmanager
def _limit() -> Iterator[None]:
    previous = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _too_long(signum: int, frame: FrameType | None) -> None:
    raise RuntimeError(f"took longer than {_SECONDS} s")


def main() -> int:
    """Print executions and foreign exceptions of every reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=2000, help="of each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="one reader")
    given = parser.parse_args()
    chosen = {name: target for name, target in targets().items() if given.only in ("", name)}
    total = 0
    for name, target in chosen.items():
        faults = list(hunt(name, target, given.executions, given.seed))
        total += len(faults)
        print(f"{name}: {given.executions} executions, {len(faults)} foreign exceptions")
        for what, count in Counter(fault.what for fault in faults).most_common(20):
            first = next(fault for fault in faults if fault.what == what)
            print(f"  {count} x {what}; first: {first.file}: {first.content[:60]!r}")
    return 1 if total else 0


if __name__ == "__main__":
    raise SystemExit(main())
