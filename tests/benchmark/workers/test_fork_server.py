"""What a server makes of the words of its trials, when it looks at them, and which limit they have reached."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from benchmark.workers import fork_server
from benchmark.workers.fork_server import _limit_reached, _Server, _Trial, prepare
from benchmark.workers.trial_process import Order
from tests.benchmark.workers.test_executors import job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="trials are forked on Linux")


def trial(limit: float = 40.0, threads: int = 2, since: float = 0.0, looked: float = 0.0) -> _Trial:
    order = SimpleNamespace(limit=limit, threads=threads, slot=0)
    return _Trial(order, 7, 3, since, looked)


def test_words_are_whole_lines_however_they_arrive_and_none_where_something_else_was_written():
    one = trial()
    seen = []
    for part in (b'{"beg', b'un": 7}', b"\n", b'{"error": "", "written": true', b"}\n"):
        one.hear(part)
        seen.append(list(one.lines))
    assert seen == [[], [], [{"begun": 7}], [{"begun": 7}], [{"begun": 7}, {"error": "", "written": True}]]
    for noise in (b"hello\n", b"3\n"):
        other = trial()
        other.hear(b'{"begun": 7}\n')
        other.hear(noise)
        other.hear(b'{"error": "", "written": true}\n')
        assert other.lines == [{"begun": 7}]  # it began, whatever it says


@pytest.mark.parametrize(
    ("now", "looked", "spent", "limit"),
    [
        (10.0, 9.5, 500.0, ""),  # looked at a moment ago
        (10.0, 9.0, 80.0, ""),
        (10.0, 9.0, 80.1, "processor"),
        (800.0, 9.0, 0.0, ""),
        (800.1, 9.0, 0.0, "clock"),
        (800.1, 9.0, 500.0, "clock"),
    ],
)
def test_a_limit_is_looked_up_once_a_second(monkeypatch, now, looked, spent, limit):
    monkeypatch.setattr(fork_server, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(fork_server, "processor_seconds", lambda pid: spent if pid == 7 else 0.0)
    one = trial(looked=looked)
    assert _limit_reached(one) == limit
    assert one.looked == (looked if now - looked < 1 else now)


def test_a_server_without_trials_waits_for_orders_and_looks_soon_at_what_is_about_to_end():
    server = _Server(None)
    assert server._patience() is None
    server._trials = {1: trial(), 2: trial()}
    assert server._patience() == 1.0
    server._trials[2].closed = True
    assert server._patience() == 0.05


class Shelf:
    data_root = None

    def __init__(self, fails=False):
        self.fails, self.asked = fails, []

    def cohort(self, dataset, options):
        self.asked.append((dataset, options))
        if self.fails:
            raise ValueError("gone")
        return SimpleNamespace(fingerprint="f")


@pytest.fixture
def calls(monkeypatch):
    made = []
    for name in ("planned_roles", "codes", "known_otherwise", "note_loaded"):
        monkeypatch.setattr(fork_server, name, lambda *args, n=name: made.append((n, args)))
    return made


def test_what_a_trial_shares_is_prepared_and_a_failure_is_left_to_the_trial(tmp_path, calls, monkeypatch):
    loaded = []

    def load(module):
        loaded.append(module)
        if module == "broken":
            raise ImportError(module)

    monkeypatch.setattr(fork_server.importlib, "import_module", load)
    order = Order(0, job(tmp_path, 0), ("a", "broken", "c"), "", 1, 1.0)
    assert prepare(order, Shelf()) is True and loaded == ["a", "broken"]
    assert [name for name, _ in calls] == ["planned_roles", "codes", "known_otherwise", "note_loaded"]
    assert calls[1][1] == (["m:C"],) and calls[2][1] == ("m:C", order.job.dataset, tmp_path / "s", None)
    calls.clear()
    assert prepare(order, Shelf(fails=True)) is False and calls == []


def test_a_server_prepares_once_for_all_seeds_and_again_what_failed(tmp_path, monkeypatch):
    asked, answer = [], [False, True, True, True]
    monkeypatch.setattr(fork_server, "prepare", lambda order, shelf: asked.append(order) or answer[len(asked) - 1])
    server = _Server(None)
    orders = [Order(0, job(tmp_path, fold), (), "", 1, 1.0) for fold in (0, 0, 0, 1, 1)]
    for order in orders:
        server._prepare(order, Shelf())
    assert [order.job.identity.fold for order in asked] == [0, 0, 1]


class Pipe:
    """The run's end of the pipe: orders that it gives, and what it is told."""

    def __init__(self, *orders):
        self.orders, self.told = list(orders), []

    def recv_bytes(self):
        if not self.orders:
            raise EOFError
        return self.orders.pop(0)

    def send_bytes(self, body):
        self.told.append(json.loads(body))


CHILDREN: list[subprocess.Popen] = []  # kept, or Python would wait for them itself


def running(tmp_path, words: bytes, command: str = "exit 3", slot: int = 4):
    """Return a server with one trial, which has said some words and has ended, or is about to."""
    child = subprocess.Popen(["sh", "-c", command])
    CHILDREN.append(child)
    ours, theirs = os.pipe()
    os.write(theirs, words)
    os.close(theirs)
    server = _Server(Pipe())
    one = _Trial(
        Order(slot, job(tmp_path, 0), (), "", 1, 30.0), child.pid, ours, time.monotonic() - 5, time.monotonic()
    )
    server._trials[child.pid] = one
    return server, one


BEGUN, LAST = b'{"begun": 7}\n', b'{"error": "", "written": true}\n'


@pytest.mark.parametrize(
    ("words", "begun", "last"),
    [(b"", False, None), (BEGUN, True, None), (BEGUN + LAST, True, {"error": "", "written": True}),
     (BEGUN + LAST + LAST, True, None), (b"noise\n" + BEGUN + LAST, False, None)],
)  # fmt: skip
def test_the_end_of_a_trial_is_told_with_its_words_and_its_exit_code(tmp_path, monkeypatch, words, begun, last):
    kept = []
    monkeypatch.setattr(fork_server, "end_children", lambda keep=(): kept.append(set(keep)))
    server, one = running(tmp_path, words)
    server._trials[99] = trial()
    server._bury(one)
    *first, told = server._pipe.told
    assert first == ([{"slot": 4, "begun": one.pid}] if begun else [])
    assert 5 <= told.pop("seconds") < 60 and 0 <= told.pop("processor") < 5
    assert told == {"slot": 4, "begun": begun, "word": last, "code": 3, "limit": ""}
    assert list(server._trials) == [99] and kept == [{99}]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(one.words, 1)


def test_a_trial_at_its_limit_is_killed_and_one_that_goes_on_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(fork_server, "end_children", lambda keep=(): None)
    limits = iter(["", "clock"])
    monkeypatch.setattr(fork_server, "_limit_reached", lambda trial: next(limits))
    server, one = running(tmp_path, BEGUN, "sleep 60")
    server._look_after(one)
    assert server._pipe.told == [] and list(server._trials) == [one.pid]
    server._look_after(one)
    told = server._pipe.told[-1]
    assert (told["code"], told["limit"], server._trials) == (-9, "clock", {})


@pytest.mark.parametrize("words", [b"", BEGUN + LAST])
def test_a_trial_that_is_dead_or_has_said_all_is_looked_up_no_more(tmp_path, monkeypatch, words):
    monkeypatch.setattr(fork_server, "end_children", lambda keep=(): None)
    monkeypatch.setattr(fork_server, "_limit_reached", lambda trial: pytest.fail("looked up"))
    server, one = running(tmp_path, words, "exit 0" if not words else "sleep 0.2")
    while not words and not fork_server._is_dead(one.pid):
        time.sleep(0.01)
    server._listen(one)
    server._look_after(one)
    assert server._trials == {} and server._pipe.told[-1]["code"] == 0


def test_a_trial_is_heard_and_its_beginning_told_once(tmp_path):
    server, one = running(tmp_path, BEGUN + LAST, "exit 0")
    server._listen(one)
    assert not one.closed and len(one.lines) == 2
    server._listen(one)
    assert one.closed and server._pipe.told == [{"slot": 4, "begun": one.pid}]
    os.waitpid(one.pid, 0)
    os.close(one.words)


def test_a_server_listens_to_its_trials_starts_what_is_ordered_and_ends_with_its_pipe(tmp_path, monkeypatch):
    order = Order(0, job(tmp_path, 0), (), "", 1, 1.0)
    server, asked = _Server(Pipe(order.to_bytes(), order.to_bytes())), []
    one, closed = trial(), trial()
    one.pid, closed.pid, closed.closed, one.words, closed.words = 1, 2, True, 31, 32
    server._trials = {1: one, 2: closed}
    rounds = iter([[31], [server._pipe], [server._pipe, 31], [server._pipe]])

    def wait(ways, timeout):
        asked.append((len(ways), timeout))
        return next(rounds)

    did = []
    monkeypatch.setattr(fork_server, "wait", wait)
    monkeypatch.setattr(server, "_listen", lambda trial: did.append(("listen", trial.pid)))
    monkeypatch.setattr(server, "_look_after", lambda trial: did.append(("look", trial.pid)))
    monkeypatch.setattr(server, "_start", lambda given: did.append(("start", given)))
    server.run()
    look = [("look", 1), ("look", 2)]
    assert did == [("listen", 1), *look, *look, ("start", order), ("listen", 1), *look, ("start", order), *look]
    assert asked == [(2, 0.05)] * 4


def test_a_server_settles_before_it_listens_and_ends_its_trials_undisturbed(monkeypatch):
    did = []

    def noted(name, result=None):
        return lambda *args: did.append((name, *args)) or result

    monkeypatch.setattr(fork_server.os, "setsid", noted("session"))
    monkeypatch.setattr(fork_server.signal, "signal", lambda number, how: did.append((number, how)))
    for name in ("end_with_parent", "adopt_orphans", "redirect", "end_children"):
        monkeypatch.setattr(fork_server, name, noted(name))
    monkeypatch.setattr(fork_server.faulthandler, "enable", noted("faults"))

    def leave(self):
        did.append(("run", self._pipe))
        raise SystemExit(1)

    monkeypatch.setattr(_Server, "run", leave)
    with pytest.raises(SystemExit):
        fork_server.serve("pipe", 77, "x.log")
    term, hand, ignored = signal.SIGTERM, did[2][1], signal.SIG_IGN
    assert did == [
        ("session",), (signal.SIGINT, ignored), (term, hand), ("end_with_parent", 77, term), ("adopt_orphans",),
        ("redirect", "x.log"), ("faults",), ("run", "pipe"), (term, ignored), ("end_children",),
    ]  # fmt: skip
    with pytest.raises(SystemExit) as left:
        hand(15, None)
    assert left.value.code == 1
