"""The process of a trial: its order, its limits, its threads, where its prints go, and its words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmark.workers import trial_process
from benchmark.workers.trial_process import Order, longest, run_order, set_threads
from tests.benchmark.workers.test_executors import job


def test_an_order_comes_back_as_it_was(tmp_path):
    order = Order(3, job(tmp_path, 1), ("numpy", "scipy"), "/x/worker-3.log", 2, 30.0)
    assert Order.from_bytes(order.to_bytes()) == order


@pytest.mark.parametrize(("limit", "seconds"), [(0.1, 600), (29.9, 600), (30, 600), (31, 620), (3600, 72_000)])
def test_a_trial_that_does_nothing_ends_after_twenty_times_its_limit_but_not_before_ten_minutes(limit, seconds):
    assert longest(limit) == seconds


@pytest.mark.parametrize("fails", [False, True])
def test_the_last_word_tells_the_error_and_whether_a_record_is_written(tmp_path, monkeypatch, fails):
    def execute(told, shelf):
        assert (told, shelf) == (order.job, "shelf")
        if fails:
            raise KeyboardInterrupt("full")
        return SimpleNamespace(error="ValueError: x")

    starts = []
    monkeypatch.setattr(trial_process, "execute", execute)
    monkeypatch.setattr(trial_process.mp, "set_start_method", lambda *a, **k: starts.append((a, k)))
    order = Order(0, job(tmp_path, 0), (), "", 1, 30.0)
    last = run_order(order, "shelf")
    assert last["written"] is not fails and starts == [((None,), {"force": True})]
    assert last["error"].strip().endswith("KeyboardInterrupt: full") if fails else last["error"] == "ValueError: x"


def test_one_thread_is_what_a_process_starts_with(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    set_threads(1)
    assert os.environ["OMP_NUM_THREADS"] == "7"


def python(code: str, *words: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_other_threads_are_those_of_libraries_that_are_there_and_that_will_be():
    code = """
import json, os, torch
from threadpoolctl import threadpool_info
from benchmark.workers.trial_process import set_threads
set_threads(3)
names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
print(json.dumps([torch.get_num_threads(), [os.environ[n] for n in names],
                  sorted({i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"})]))
"""
    torch_threads, variables, blas = json.loads(python(code))
    assert torch_threads == 3 and variables == ["3"] * 4 and set(blas) <= {3}


STREAMS = """
import os, sys
from benchmark.workers.trial_process import point, redirect
first, second = sys.argv[1:]
open(first, "w").write("before\\n")
redirect(first)
free = os.open(os.devnull, os.O_RDONLY)
os.close(free)
print("out \\udc80 é")
print("half", end="")
sys.stdout.flush()
print("err", file=sys.stderr)
os.system("echo of a child")
print("read", repr(sys.stdin.read()), free)
sys.stdout.flush()
point(second)
print("later")
os.write(2, b"raw\\n")
sys.stdout.flush()
again = os.open(os.devnull, os.O_RDONLY)
print("same", again == free)
sys.stdout.flush()
""".replace("\\\\", "\\")


def test_what_a_process_prints_goes_to_its_file_and_there_is_nothing_to_read(tmp_path):
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    assert python(STREAMS, str(first), str(second)) == ""
    lines = first.read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["before", "out \\udc80 é", "halferr", "of a child"]
    assert lines[4].startswith("read ''") and len(lines) == 5
    assert second.read_text().splitlines() == ["later", "raw", "same True"]


def test_a_word_is_one_whole_line_however_little_the_pipe_takes(monkeypatch):
    taken = []

    def write(handle, body):
        taken.append(bytes(body[:3]))
        return len(taken[-1])

    monkeypatch.setattr(trial_process.os, "write", write)
    trial_process._say(5, {"error": "", "written": True})
    whole = b"".join(taken)
    assert whole.endswith(b"\n") and whole.count(b"\n") == 1 and json.loads(whole) == {"error": "", "written": True}


@pytest.mark.parametrize("fails", [None, "settle", "children"])
def test_a_forked_trial_settles_speaks_twice_and_leaves_nothing(tmp_path, monkeypatch, fails):
    did = []
    order = Order(0, job(tmp_path, 0), (), "x.log", 3, 30.0)

    def noted(name):
        def call(*args):
            did.append((name, *args))
            if fails == "children" and name == "end_children":
                raise RuntimeError("gone")
            if fails == "settle" and name == "setsid":
                raise RuntimeError("gone")

        return call

    def leave(code):
        raise InterruptedError(code)

    for name in ("end_with_parent", "adopt_orphans", "point", "set_threads", "end_children"):
        monkeypatch.setattr(trial_process, name, noted(name))
    monkeypatch.setattr(trial_process.signal, "signal", noted("signal"))
    monkeypatch.setattr(trial_process, "_say", noted("say"))
    monkeypatch.setattr(trial_process, "run_order", lambda *args: did.append(("run", *args)) or {"error": ""})
    fake = SimpleNamespace(setsid=noted("setsid"), getpid=lambda: 5, _exit=leave, write=noted("write"))
    monkeypatch.setattr(trial_process, "os", fake)
    with pytest.raises(InterruptedError) as left:
        trial_process.run_forked(order, "shelf", 77, 9)
    settled = [
        ("setsid",), ("end_with_parent", 77, signal.SIGKILL), ("adopt_orphans",),
        ("signal", signal.SIGTERM, signal.SIG_DFL), ("signal", signal.SIGINT, signal.default_int_handler),
        ("point", "x.log"), ("set_threads", 3), ("say", 9, {"begun": 5}), ("run", order, "shelf"), ("end_children",),
        ("say", 9, {"error": ""}),
    ]  # fmt: skip
    if fails is None:
        assert did == settled and left.value.args == (0,)
    else:
        kept = settled[:1] if fails == "settle" else settled[:-1]
        *first, (name, handle, text) = did
        assert first == kept and (name, handle) == ("write", 2) and b"RuntimeError: gone" in text
        assert left.value.args == (1,)
