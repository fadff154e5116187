"""A trial in a process of its own that was not forked: it begins, is watched, and tells its end once."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from benchmark.workers import spawned_trial as module
from benchmark.workers.trial_process import Order
from tests.benchmark.workers.test_executors import job


class Pipe:
    def __init__(self, order=None):
        self.order, self.told = order, []

    def recv_bytes(self):
        if self.order is None:
            raise EOFError
        return self.order.to_bytes()

    def send_bytes(self, body):
        self.told.append(json.loads(body))


class Left(Exception):
    pass


@pytest.fixture
def clock(monkeypatch):
    """Clocks that a test sets; a process that would end raises."""
    now = SimpleNamespace(wall=10.0, processor=1.0, slept=[], step=(0.0, 0.0))

    def sleep(seconds):
        now.slept.append(seconds)
        now.wall, now.processor = now.wall + now.step[0], now.processor + now.step[1]

    def leave(code):
        raise Left(code)

    fake = SimpleNamespace(monotonic=lambda: now.wall, process_time=lambda: now.processor, sleep=sleep)
    monkeypatch.setattr(module, "time", fake)
    monkeypatch.setattr(module, "os", SimpleNamespace(getpid=lambda: 5, _exit=leave))
    return now


def order(tmp_path, **more):
    return Order(4, job(tmp_path, 0), (), "trial.log", 2, 40.0, **more)


def test_an_end_is_told_once_with_what_it_took(tmp_path, clock):
    pipe = Pipe()
    trial = module._Trial(order(tmp_path), pipe)
    clock.wall, clock.processor = 13.5, 2.25
    with pytest.raises(Left) as left:
        trial.end(word={"error": ""})
    assert left.value.args == (0,) and trial._speaking.locked()
    assert pipe.told == [
        {"slot": 4, "begun": True, "word": {"error": ""}, "code": 0, "limit": "", "seconds": 3.5, "processor": 1.25}
    ]


@pytest.mark.parametrize(
    ("step", "limit", "ticks"),
    [((0.0, 40.0), "processor", 3), ((400.0, 0.0), "clock", 3), ((900.0, 90.0), "processor", 1)],
)
def test_a_trial_that_reaches_a_limit_is_ended(tmp_path, clock, step, limit, ticks):
    """Forty seconds on each of two threads, and at most 800 on the clock."""
    pipe, clock.step = Pipe(), step
    with pytest.raises(Left):
        module._Trial(order(tmp_path), pipe).watch()
    assert clock.slept == [1.0] * ticks
    assert (pipe.told[0]["limit"], pipe.told[0]["word"]) == (limit, None)


def test_one_order_is_run_with_its_log_and_threads(tmp_path, clock, monkeypatch):
    did, threads = [], []
    monkeypatch.setattr(module, "redirect", lambda log: did.append(("log", log)))
    monkeypatch.setattr(module, "set_threads", lambda n: did.append(("threads", n)))
    monkeypatch.setattr(
        module, "run_order", lambda order, shelf: did.append((order, shelf.data_root)) or {"error": "x"}
    )
    monkeypatch.setattr(module.signal, "signal", lambda *args: did.append(args))

    class Thread:
        def __init__(self, target, daemon):
            threads.append((target.__name__, daemon))

        def start(self):
            threads.append("start")

    monkeypatch.setattr(module, "threading", SimpleNamespace(Thread=Thread, Lock=module.threading.Lock))
    pipe = Pipe(order(tmp_path))
    with pytest.raises(Left):
        module.run_spawned(pipe, 1, "first.log")
    interrupt = (module.signal.SIGINT, module.signal.SIG_IGN)
    assert did == [("log", "first.log"), interrupt, ("log", "trial.log"), ("threads", 2), (pipe.order, None)]
    assert threads == [("_end_with_parent", True), "start", ("watch", True), "start"]
    assert pipe.told[0] == {"slot": 4, "begun": 5} and pipe.told[1]["word"] == {"error": "x"} and len(pipe.told) == 2
    assert module.run_spawned(Pipe(), 1, "first.log") is None


@pytest.mark.parametrize("parent", [None, SimpleNamespace(sentinel=3)])
def test_a_trial_ends_with_the_run(clock, monkeypatch, parent):
    waited = []
    monkeypatch.setattr(module, "mp", SimpleNamespace(parent_process=lambda: parent))
    monkeypatch.setattr(module, "wait", waited.append)
    if parent is None:
        module._end_with_parent()
    else:
        with pytest.raises(Left) as left:
            module._end_with_parent()
        assert left.value.args == (1,)
    assert waited == ([] if parent is None else [[3]])
