"""What a server makes of the words of its trials, when it looks at them, and which limit they have reached."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmark.workers import fork_server
from benchmark.workers.fork_server import _limit_reached, _Server, _Trial, prepare
from benchmark.workers.trial_process import Order
from tests.benchmark.workers.test_executors import job


def trial(limit: float = 40.0, threads: int = 2, since: float = 0.0, looked: float = 0.0) -> _Trial:
    order = SimpleNamespace(limit=limit, threads=threads, slot=0)
    return _Trial(order, 7, 3, since, looked)


def test_words_are_whole_lines_however_they_arrive_and_none_where_something_else_was_written():
    one = trial()
    seen = []
    for part in (b'{"beg', b'un": 7}', b"\n", b'{"error": ""', b"}\n"):
        one.hear(part)
        seen.append(list(one.lines))
    assert seen == [[], [], [{"begun": 7}], [{"begun": 7}], [{"begun": 7}, {"error": ""}]]
    for noise in (b"hello\n", b"3\n"):
        other = trial()
        other.hear(b'{"begun": 7}\n')
        other.hear(noise)
        assert other.lines == []


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
    assert calls[1][1] == (["m:C"],) and calls[2][1] == ("m:C", tmp_path / "s", None)
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
