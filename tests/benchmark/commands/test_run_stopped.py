"""Runs and trials that are killed, stopped or endless, and two runs at a time."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.benchmark.tiny_suite import MINE, command, environment, records, run


def test_a_killed_and_an_endless_trial_fail_alone(home):
    done = run(home, "--profile", "brief", "--jobs", "2", "--entry", "mine.py:Killed", "--entry", "prior")
    assert done.returncode == 1
    found = records(home)
    assert "(killed by signal 9: out of memory?)" in found["Killed", 0]["error"]
    assert found["prior", 0]["status"] == found["prior", 1]["status"] == "done"
    run(home, "--profile", "brief", "--jobs", "2", "--entry", "mine.py:Spinning")
    assert "trial_seconds is 3" in records(home)["Spinning", 0]["error"]


def descendants(pid: int) -> list[int]:
    """Return what descends from a process, the process itself left out."""
    parent = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            parent[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, its in parent.items() if its == one]
    return found[1:]


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start(home: Path, *words: str, interrupts: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen:
    """Start a run that does not end by itself; what this process does at SIGINT is not handed on."""
    return subprocess.Popen(
        command("run", "--suite", "tiny.toml", *words, "--entry", "mine.py:Slow"),
        cwd=home,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, interrupts),
    )


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc to see processes")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_keeps_what_is_done_leaves_no_process_and_goes_on(home, how):
    ignored = how == signal.SIGTERM  # as from nohup: SIGINT does nothing, SIGTERM stops
    process = start(home, "--jobs", "1", "--entry", "prior", interrupts=signal.SIG_IGN if ignored else signal.SIG_DFL)
    wait_for(lambda: len(records(home)) == 2, 150)
    wait_for(lambda: any("sleep" in name_of(pid) for pid in descendants(process.pid)))
    if ignored:
        process.send_signal(signal.SIGINT)
    ours = descendants(process.pid)
    process.send_signal(how)
    output, _ = process.communicate(timeout=120)
    wait_for(lambda: not any(map(alive, ours)), 30)
    if how != signal.SIGKILL:
        assert process.returncode == 130
        assert "Stopped. 2 of 4 trials are kept; go on with:" in output and "mine.py:Slow" in output
    if how == signal.SIGKILL:
        (home / "mine.py").write_text(MINE.replace('subprocess.run(["sleep", "600"])', "return self"))
        done = run(home, "--entry", "prior", "--entry", "mine.py:Slow")
        assert done.returncode == 0 and "2 done, 2 to do" in done.stdout


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_two_runs_do_not_write_to_one_store(home):
    first = start(home)
    try:
        wait_for(lambda: list((home / "runs/tiny/logs").glob("*.log")))
        second = run(home)
        assert second.returncode == 2 and "Another run is writing" in second.stdout
    finally:
        first.kill()
        first.communicate()
