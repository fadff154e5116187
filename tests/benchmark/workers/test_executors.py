"""How a run hands out trials and what it makes of their ends: slots, servers, second tries, causes."""

from __future__ import annotations

import signal
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmark.records import Identity, Store
from benchmark.workers import executors
from benchmark.workers.executors import how_ended, run_local
from benchmark.workers.worker import Job


def job(tmp_path, fold: int, target: str = "m:C") -> Job:
    return Job(
        identity=Identity("quick", "t", "e", 0, fold), key=f"{fold:016x}" + "0" * 48, study="", target=target,
        dataset="", options={}, data_root=None, fingerprint="", split="", params={"a": fold}, tune=None, device="cpu",
        runs=str(tmp_path), suite="s", versions={"commit": "c"},
    )  # fmt: skip


class Fake:
    """A server that says what a test makes of each order, in the order in which it got them."""

    made: list  # of all that were started
    waits: list  # number of ways and seconds

    def __init__(self, family, alone, fork, script):
        self.family, self.alone, self.fork, self.script = family, alone, fork, script
        self.running, self.begun, self.orders, self.said, self.stopped = {}, {}, [], [], 0
        self.pipe, self.log, self.alive = None, "server.log", True
        self.process = SimpleNamespace(sentinel=None, is_alive=lambda: self.alive, exitcode=3)

    def give(self, order):
        self.orders.append(order)
        self.running[order.slot] = order.job
        made = self.script(self, order)
        if made == "dies":
            self.alive = False
        else:
            self.said += [{"slot": order.slot, **word} for word in made]

    def words(self):
        while self.said:
            yield self.said.pop(0)

    def stop(self):
        self.stopped += 1


def end(word="", *, written=True, begun=True, code=0, limit="", processor=0.0):
    last = None if word is None else {"error": word, "written": written}
    return {"begun": begun, "word": last, "code": code, "limit": limit, "seconds": 2.5, "processor": processor}


def ran(monkeypatch, tmp_path, jobs, script, *, workers=2, threads=2, limit=30.0, fork=True, family=lambda t: t):
    Fake.made, Fake.waits = [], []

    def start(family, logs, threads, *, fork, alone):
        Fake.made.append(Fake(family, alone, fork, script))
        return Fake.made[-1]

    heard = []
    listener = SimpleNamespace(
        started=lambda j: heard.append(("start", j.identity.fold)),
        finished=lambda j, error, seconds: heard.append(("end", j.identity.fold, error, seconds)),
    )
    monkeypatch.setattr(executors, "Server", SimpleNamespace(start=start))
    monkeypatch.setattr(executors, "preloaded", lambda target: (family(target), ("numpy",)))
    monkeypatch.setattr(executors, "wait", lambda ways, timeout: Fake.waits.append((len(ways), timeout)))
    failures = run_local(
        jobs, workers=workers, threads=threads, limit=limit, logs=tmp_path / "a" / "logs", listener=listener, fork=fork
    )
    return failures, heard


def well(server, order):
    return [{"begun": 7}, end()]


def test_jobs_run_in_their_order_in_the_lowest_free_slot_of_a_shared_server(monkeypatch, tmp_path):
    jobs = [job(tmp_path, fold) for fold in range(5)]
    failures, heard = ran(monkeypatch, tmp_path, jobs, well)
    (server,) = Fake.made
    assert set(Fake.waits) == {(2, 1.0)}
    assert failures == 0 and server.stopped == 1 and not server.alone and server.fork
    assert [e[1] for e in heard if e[0] == "end"] == [0, 1, 2, 3, 4] and ("end", 0, "", 2.5) in heard
    assert [o.slot for o in server.orders] == [0, 1, 0, 1, 0]
    first = server.orders[1]
    assert (first.log, first.threads, first.limit) == (str(tmp_path / "a" / "logs" / "worker-1.log"), 2, 30.0)
    assert first.modules == ("numpy",) and server.begun[0] == 7
    assert not list(tmp_path.rglob("trial.json"))  # trials write their own


def test_families_have_servers_of_their_own_that_end_when_nothing_is_left_for_them(monkeypatch, tmp_path):
    jobs = [job(tmp_path, fold, target) for fold, target in enumerate(["a", "b", "a", "b", "b"])]
    stopped = []

    def script(server, order):
        stopped.append([s.family for s in Fake.made if s.stopped])
        return well(server, order)

    ran(monkeypatch, tmp_path, jobs, script, workers=1)
    assert [s.family for s in Fake.made] == ["a", "b"] and [s.stopped for s in Fake.made] == [1, 1]
    assert stopped == [[], [], [], ["a"], ["a"]]


def test_without_forks_each_trial_has_a_server_of_its_own(monkeypatch, tmp_path):
    ran(monkeypatch, tmp_path, [job(tmp_path, fold) for fold in range(3)], well, fork=False)
    assert [(s.family, s.alone, s.fork, len(s.orders)) for s in Fake.made] == [("", True, False, 1)] * 3
    assert [s.orders[0].modules for s in Fake.made] == [()] * 3 and [s.stopped for s in Fake.made] == [1] * 3


@pytest.mark.parametrize("how", ["dies", "before it began"])
def test_a_trial_that_is_lost_before_it_began_is_tried_once_more_alone(monkeypatch, tmp_path, how):
    def script(server, order):
        if order.job.identity.fold == 1:
            return "dies" if how == "dies" else [end(None, begun=False, code=-signal.SIGSEGV)]
        return well(server, order)

    failures, heard = ran(
        monkeypatch, tmp_path, [job(tmp_path, 0), job(tmp_path, 1), job(tmp_path, 2)], script, workers=1
    )
    assert failures == 1
    told = [e for e in heard if e[0] == "end" and e[1] == 1]
    cause = {
        "dies": "the process that starts trials ended with exit code 3 (see server.log)",
        "before it began": "the process of the trial died (killed by signal 11, SIGSEGV) before it began",
    }[how]
    assert told == [("end", 1, f"RuntimeError: {cause}, twice\n", 0.0)]
    lost = [s for s in Fake.made for o in s.orders if o.job.identity.fold == 1]
    assert [s.alone for s in lost] == [False, True]
    assert [e[1] for e in heard if e[0] == "end"] == [0, 1, 2]  # the second try comes first
    ((record,), _) = Store(tmp_path, "s").records()
    assert (record.status, record.error, record.details) == ("failed", told[0][2], {"params": {"a": 1}, "commit": "c"})


@pytest.mark.parametrize(
    ("word", "error", "is_written"),
    [
        (end("ValueError: x"), "ValueError: x", True),
        (end("OSError: full", written=False), "OSError: full", False),
        (end(None, code=-9),
         "RuntimeError: the process of the trial died (killed by signal 9: out of memory?)\n", False),
        (end(None, limit="clock", code=-9), "TimeoutError: did not end in 600 s, though it computed little\n", False),
        (end(None, limit="processor", code=-9, processor=61.2),
         "TimeoutError: used 61 s of processor time on 2 threads, the profile's trial_seconds is 30 for each\n", False),
    ],
)  # fmt: skip
def test_a_trial_that_ends_badly_fails_alone_with_its_cause(monkeypatch, tmp_path, word, error, is_written):
    failures, heard = ran(
        monkeypatch, tmp_path, [job(tmp_path, 0), job(tmp_path, 1)],
        lambda server, order: [{"begun": 7}, end() if order.job.identity.fold else word],
    )  # fmt: skip
    assert failures == 1 and ("end", 0, error, 2.5) in heard and ("end", 1, "", 2.5) in heard
    records, _ = Store(tmp_path, "s").records()
    assert [r.error for r in records] == ([] if is_written else [error])


def test_servers_are_stopped_when_the_run_is(monkeypatch, tmp_path):
    def interrupted(server, order):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(monkeypatch, tmp_path, [job(tmp_path, 0)], interrupted)
    assert [s.stopped for s in Fake.made] == [1]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "ended with exit code None and said no last word that can be read"),
        (0, "ended with exit code 0 and said no last word that can be read"),
        (3, "ended with exit code 3 and said no last word that can be read"),
        (-9, "died (killed by signal 9: out of memory?)"),
        (-1, "died (killed by signal 1, SIGHUP)"),
        (-11, "died (killed by signal 11, SIGSEGV)"),
        (-200, "died (killed by signal 200, unknown)"),
    ],
)
def test_the_end_of_a_process_is_said(code, said):
    assert how_ended(code) == said


def test_a_job_is_plain_values_and_back(tmp_path):
    one = replace(job(tmp_path, 4), tune={"trials": 2, "seconds": 1.0})
    assert Job.of(one.plain()) == one and one.plain()["identity"]["fold"] == 4
