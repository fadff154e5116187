"""A study that was cut at any byte goes on or begins anew, and never draws other points than one that was not."""

import json
from datetime import datetime
from typing import ClassVar

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from benchmark.entries.contract import Entry
from benchmark.trials.study import StudyLog
from benchmark.trials.tune import TuneBudget, tune
from datasets.sealed import seal_of, sealed, write_atomic
from tests.toy import toy_cohort

COHORT = toy_cohort(n=12, n_classes=2, images=False, genes=False)


class Level:
    """Say the same of everybody; the nearer ``level`` is to one half, the better."""

    needs = frozenset()
    asked: ClassVar[list[float]] = []

    def __init__(self, *, level: float = 0.9, kind: str = "a", seed: int = 0):
        self.level, self.kind = level, kind
        self.asked.append(level)

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        return np.tile([self.level, 1 - self.level], (len(cohort), 1))


def space(trial):
    return {"level": trial.suggest_float("level", 0.01, 0.99), "kind": trial.suggest_categorical("kind", ["a", "b"])}


def tuned(path, trials: int) -> tuple[dict, list[float]]:
    build: type[Entry] = Level
    Level.asked.clear()
    budget = TuneBudget(trials, 60)
    best, summary = tune(build, space, {}, COHORT, COHORT, budget=budget, seed=3, storage=path)
    assert summary["trials"] == trials
    return best, list(Level.asked)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a study of 13 trials, more than TPE draws blindly, its best point and all that it asked for."""
    path = tmp_path_factory.mktemp("study") / "k.log"
    return path, *tuned(path, 13)


def test_failed_suggestions_are_kept_and_a_study_without_others_begins_anew(tmp_path):
    class Moody(Level):
        below = 0.5

        def fit(self, train, valid):
            if self.level > self.below:
                raise RuntimeError("too high")
            return self

    class Never(Moody):
        below = 0.0

    budget = TuneBudget(6, 60)
    build: type[Entry] = Moody
    run = dict(fixed={}, train=COHORT, valid=COHORT, budget=budget, seed=3)
    whole = tune(build, space, **run, storage=tmp_path / "a" / "k.log")
    Level.asked.clear()
    assert tune(build, space, **run, storage=tmp_path / "a" / "k.log") == whole and not Level.asked
    assert 0 < len(whole[1]["failed"]) < 6 and {f["error"] for f in whole[1]["failed"]} == {"RuntimeError: too high"}
    with pytest.raises(ValueError, match=r"none of 6 suggestions .* RuntimeError: too high"):
        tune(Never, space, **run, storage=tmp_path / "b" / "k.log")
    assert tune(build, space, **run, storage=tmp_path / "b" / "k.log") == whole


def test_a_study_that_goes_on_draws_what_it_would_have_drawn(whole, tmp_path):
    path, best, asked = whole
    for done in (1, 6, 12):
        part = tmp_path / str(done) / "k.log"
        assert tuned(part, done)[1] == asked[:done]
        assert tuned(part, 13) == (best, asked[done:])
        assert [t.params for t in StudyLog(part).trials] == [t.params for t in StudyLog(path).trials]


def test_cut_at_every_byte_of_the_last_lines(whole, tmp_path, caplog):
    body = whole[0].read_bytes()
    lines = body.splitlines(keepends=True)
    known = len(b"".join(lines[:-2]))
    path = tmp_path / "k.log"
    for end in range(known, len(body) + 1):
        path.write_bytes(body[:end])
        kept = len(StudyLog(path).trials)
        last_but_one, last = known + len(lines[-2]), len(body)
        assert kept == 11 + (end >= last_but_one - 1) + (end >= last - 1), end  # the line break may be lost alone
    assert not caplog.records and not (tmp_path / "quarantine").exists()
    path.write_bytes(body[:-20])
    assert tuned(path, 13) == (whole[1], whole[2][12:])
    assert StudyLog(path).trials[-1].params == StudyLog(whole[0]).trials[-1].params


def edited(body: bytes) -> bytes:
    lines = body.splitlines(keepends=True)
    return b"".join([*lines[:3], json.dumps({**json.loads(lines[3]), "value": 0.0}).encode() + b"\n", *lines[4:]])


def forged(body: bytes) -> bytes:
    """Give an edited line a seal of its own: the next line does not follow it."""
    lines = body.splitlines(keepends=True)
    told = json.loads(lines[3])
    told["value"] = 0.0
    return b"".join([*lines[:3], json.dumps({**told, "sha256": seal_of(told)}).encode() + b"\n", *lines[4:]])


WRONG = {
    "a line is lost": lambda body: b"".join(line for i, line in enumerate(body.splitlines(keepends=True)) if i != 4),
    "swapped": lambda body: b"".join(np.array(body.splitlines(keepends=True))[[0, 2, 1, *range(3, 14)]].tolist()),
    "edited": edited,
    "forged": forged,
    "torn in the middle": lambda body: body[:900] + body[950:],
    "empty": lambda body: b"",
    "no header": lambda body: body[:10],
    "Optuna's own": lambda body: b'{"op_code": 0, "worker_id": "x"}\n',
    "not text": lambda body: b"\xff\xfe\x00" * 40,
    "deep": lambda body: b"[" * 100_000,
    "of another study": lambda body: json.dumps(sealed({"study": "other.log"})).encode() + b"\n",
    "of another version": lambda body: (
        body.splitlines(keepends=True)[0]
        + json.dumps(sealed({"before": json.loads(body.splitlines()[0])["sha256"]})).encode()
        + b"\n"
    ),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_log_that_is_wrong_is_set_aside_once_and_begun_anew(whole, tmp_path, caplog, how):
    path = tmp_path / "k.log"
    write_atomic(path, WRONG[how](whole[0].read_bytes()))
    best, asked = tuned(path, 2)
    assert asked == whole[2][:2]
    assert [r.getMessage().split(" is ")[0] for r in caplog.records] == [f"Quarantined: {path}"]
    assert (tmp_path / "quarantine" / "k.log").exists()
    assert tuned(path, 2) == (best, []) and len(caplog.records) == 1


def test_a_trial_comes_back_with_all_that_it_told(tmp_path):
    begun, ended = datetime(2026, 1, 2, 3, 4, 5, 678), datetime(2026, 1, 2, 3, 5)
    kinds = {"level": FloatDistribution(0.1, 0.9, log=True), "kind": CategoricalDistribution(["a", "b"])}
    good = FrozenTrial(
        0, TrialState.COMPLETE, 0.25, begun, ended, {"level": 0.5, "kind": "b"}, kinds, {"x": "é"}, {}, {}, 0
    )
    bad = FrozenTrial(1, TrialState.FAIL, None, begun, ended, {}, {}, {"error": "no"}, {}, {}, 1)
    log = StudyLog(tmp_path / "k.log")
    log.keep(good)
    log.keep(bad)
    again = StudyLog(tmp_path / "k.log").trials
    names = ("state", "value", "datetime_start", "datetime_complete", "params", "distributions", "user_attrs")
    assert [[getattr(t, n) for n in names] for t in again] == [[getattr(t, n) for n in names] for t in (good, bad)]
    assert {(t.number, t._trial_id) for t in again} == {(-1, -1)} and again[0].system_attrs == {}
    for start, end in ((None, ended), (begun, None)):
        going = FrozenTrial(2, TrialState.RUNNING, None, start, end, {}, {}, {}, {}, {}, 2)
        with pytest.raises(ValueError, match="trial 2 has not ended"):
            log.keep(going)
    assert len(StudyLog(tmp_path / "k.log").trials) == 2
    begins = StudyLog(tmp_path / "k.log")
    begins.begin_anew()
    assert begins.trials == [] and len(StudyLog(tmp_path / "k.log").trials) == 2
    begins.keep(bad)
    assert [t.state for t in StudyLog(tmp_path / "k.log").trials] == [TrialState.FAIL]
