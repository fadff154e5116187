"""A question that is asked apart: answered by a process that nothing of this one reaches, and that leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from benchmark.workers.apart import NoAnswer, ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def seen(question):
    print("not seen by anybody", flush=True)
    os.system("echo neither")
    sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
    return {
        "question": question, "session": os.getsid(0) == os.getpid(), "threads": os.environ["OMP_NUM_THREADS"],
        "streams": [os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)], "sleeper": sleeper.pid, "me": os.getpid(),
    }  # fmt: skip


def forks(question):
    os.fork()
    return os.getpid()


def dies(question):
    number, place = question
    with open(place, "w", encoding="utf-8") as file:
        file.write(str(subprocess.Popen(["sleep", "600"]).pid))
    os.kill(os.getpid(), number)


def waits(place):
    """Leave a child, one in a session of its own, and one whose parent, of another session, has ended."""
    orphan = "setsid sleep 600 >/dev/null & echo $!"
    made = [subprocess.Popen(["sleep", "600"], start_new_session=own).pid for own in (False, True)]
    left = subprocess.run(["sh", "-c", orphan], stdout=subprocess.PIPE, text=True, start_new_session=True, check=True)
    with open(place, "w", encoding="utf-8") as file:
        file.write(" ".join(map(str, [*made, int(left.stdout)])))
    time.sleep(600)


def gone_now(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def gone(pid):
    for _ in range(200):
        if gone_now(pid):
            return True
        time.sleep(0.02)
    return False


def test_a_question_is_answered_by_a_session_of_its_own_that_leaves_nothing(capfd):
    told = ask(seen, ["q", 1], 60.0)
    sleeper, me = told.pop("sleeper"), told.pop("me")
    assert told == {"question": ["q", 1], "session": True, "threads": "1", "streams": ["/dev/null"] * 3}
    assert gone(sleeper) and gone(me)
    assert capfd.readouterr().out == ""


def test_a_copy_that_was_forked_does_not_answer_too():
    assert isinstance(ask(forks, None, 60.0), int)


def test_a_death_is_told_by_its_exit_code_and_ends_its_session(tmp_path):
    with pytest.raises(NoAnswer, match="its process died with exit code -9"):
        ask(dies, [int(signal.SIGKILL), str(tmp_path / "pid")], 60.0)
    assert gone(int((tmp_path / "pid").read_text()))


def test_the_limit_ends_all_that_was_started(tmp_path):
    with pytest.raises(NoAnswer, match="not done within 2 seconds; nothing else is known"):
        ask(waits, str(tmp_path / "pids"), 2.0)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 3 and all(map(gone, pids))


def test_what_an_answer_leaves_is_gone_before_the_answer_comes():
    for _ in range(5):
        assert gone_now(ask(seen, None, 60.0)["sleeper"])
