"""A server as the run sees it: an order that cannot be given, words until the pipe ends, an end that leaves nothing."""

from __future__ import annotations

import json

import pytest

from benchmark.workers import trial_server
from benchmark.workers.fork_server import serve
from benchmark.workers.spawned_trial import run_spawned
from benchmark.workers.trial_process import Order
from benchmark.workers.trial_server import Server
from tests.benchmark.workers.test_executors import job


class Process:
    def __init__(self):
        self.did = []

    def __getattr__(self, name):
        return lambda *args: self.did.append((name, *args))


class Pipe:
    def __init__(self, words=(), breaks=None):
        self.words, self.breaks, self.sent, self.closed = list(words), breaks, [], 0

    def poll(self):
        return bool(self.words or self.breaks)

    def recv_bytes(self):
        if self.words:
            return json.dumps(self.words.pop(0)).encode()
        raise self.breaks

    def send_bytes(self, body):
        if self.breaks:
            raise self.breaks
        self.sent.append(body)

    def close(self):
        self.closed += 1


def server(pipe) -> Server:
    return Server("plain", False, "log", Process(), pipe)


@pytest.mark.parametrize("breaks", [None, BrokenPipeError()])
def test_an_order_is_noted_also_where_the_server_has_died(tmp_path, breaks):
    one, order = server(Pipe(breaks=breaks)), Order(2, job(tmp_path, 0), (), "", 1, 1.0)
    one.give(order)
    assert one.running == {2: order.job}
    assert one.pipe.sent == ([] if breaks else [order.to_bytes()])
    assert one.process.did == ([("join", 20.0)] if breaks else [])


@pytest.mark.parametrize("breaks", [None, EOFError(), ConnectionResetError()])
def test_words_come_until_there_are_none_or_the_pipe_ends(breaks):
    said = [{"slot": 1, "begun": 7}, {}, [], {"slot": 9, "begun": 7}, {"slot": 2, "begun": 8}]
    one = server(Pipe(said, breaks))
    one.running = {1: None, 2: None}
    assert list(one.words()) == [said[0], said[4]]  # what is of another form, or of no trial here, is no word
    assert one.process.did == ([("join", 20.0)] if breaks else [])


def test_an_end_reaches_trials_that_began_and_have_not_ended(monkeypatch):
    ended, one = [], server(Pipe())
    monkeypatch.setattr(trial_server, "end_session", ended.append)
    one.running, one.begun = {0: None, 2: None}, {1: 11, 2: 12}
    one.stop()
    assert ended == [12] and one.pipe.closed == 1
    assert one.process.did == [("terminate",), ("join", 20.0), ("kill",), ("join",)]


@pytest.mark.parametrize("fork", [True, False])
def test_a_server_starts_with_one_thread_and_a_trial_of_its_own_with_all(monkeypatch, tmp_path, fork):
    made, threads = [], []

    class Spawn:
        def Pipe(self):
            made.append((Pipe(), Pipe()))
            return made[0]

        def Process(self, target, args):
            made.append((target, args))
            return Process()

    class Clean:
        def __init__(self, n):
            threads.append(n)

        __enter__ = __exit__ = lambda self, *_: None

    monkeypatch.setattr(trial_server.mp, "get_context", lambda how: Spawn() if how == "spawn" else None)
    monkeypatch.setattr(trial_server, "clean_start", Clean)
    one = Server.start("" if fork else "torch", tmp_path, 3, fork=fork, alone=not fork)
    (here, there), (target, args) = made
    log = tmp_path / ("server-none.log" if fork else "server-torch.log")
    assert target is (serve if fork else run_spawned) and args == (there, trial_server.os.getpid(), str(log))
    assert threads == [1 if fork else 3] and one.process.did == [("start",)]
    assert (here.closed, there.closed, one.pipe) == (0, 1, here)
    assert (one.family, one.alone, one.log) == ("" if fork else "torch", not fork, log)
