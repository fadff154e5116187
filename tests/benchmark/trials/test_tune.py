"""Tuning: the budget in trials and seconds, the draws of each suggestion, the defaults first, the best kept."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import optuna
import pytest

from benchmark.trials import tune as module
from benchmark.trials.study import StudyLog
from benchmark.trials.tune import TuneBudget, patient_nll, tune
from tests.toy import toy_cohort

COHORT = toy_cohort(n=12, n_classes=2, images=False, genes=False)


class Level:
    """Say the same of everybody."""

    needs: frozenset[str] = frozenset()

    def __init__(self, *, level=0.9, seed=0, other="x"):
        self.level, self.other = level, other

    def fit(self, train, valid):
        if self.level > 0.95:
            raise RuntimeError("too high")
        return self

    def predict_proba(self, cohort):
        return np.tile([self.level, 1 - self.level], (len(cohort), 1))


def space(trial):
    return {"level": trial.suggest_float("level", 0.01, 0.94)}


def tuned(tmp_path, trials=4, seconds=60.0, build=Level, space=space, seed=3, **fixed):
    budget = TuneBudget(trials, seconds)
    return tune(build, space, fixed, COHORT, COHORT, budget=budget, seed=seed, storage=tmp_path / "k.log")


def test_each_suggestion_is_drawn_by_a_sampler_of_seed_and_number(tmp_path):
    tuned(tmp_path, trials=3)
    drawn = [t.params.get("level") for t in StudyLog(tmp_path / "k.log").trials]
    expected: list = [None]
    for number in (1, 2):
        sampler = optuna.samplers.TPESampler(seed=int(np.random.SeedSequence([3, number]).generate_state(1)[0]))
        study = optuna.create_study(sampler=sampler)
        expected.append(study.ask({"level": optuna.distributions.FloatDistribution(0.01, 0.94)}).params["level"])
    assert drawn == expected
    other = tmp_path / "other"
    tuned(other, trials=3, seed=4)
    assert StudyLog(other / "k.log").trials[1].params["level"] != drawn[1]


def test_the_budget_ends_by_trials_or_by_the_seconds_that_trials_took(tmp_path, monkeypatch):
    assert tuned(tmp_path / "a", trials=4)[1]["trials"] == 4
    monkeypatch.setattr(module, "_spent", lambda study: 2.0 * len(study.trials))
    for seconds, trials in ((3.9, 2), (4.0, 2), (4.1, 3), (100.0, 9)):
        summary = tuned(tmp_path / f"b{seconds}", trials=9, seconds=seconds)[1]
        assert summary["trials"] == trials and summary["budget"] == {"trials": 9, "seconds": seconds}
    with pytest.raises(ValueError, match="none of 0 suggestions of the tuning ended well; the last: the budget ended"):
        tuned(tmp_path / "c", seconds=0.0)


def test_seconds_are_the_sum_over_trials_that_have_ended():
    durations = [SimpleNamespace(total_seconds=lambda s=s: s) for s in (1.5, 2.0)]
    trials = [SimpleNamespace(duration=d) for d in (*durations, None)]
    assert module._spent(SimpleNamespace(trials=trials)) == 3.5


def test_the_best_is_what_was_suggested_and_its_score_that_of_the_patients(tmp_path):
    best, summary = tuned(tmp_path, trials=6, level=0.9)
    assert set(best) == {"level"} and abs(best["level"] - 0.5) < 0.4
    proba = np.tile([best["level"], 1 - best["level"]], (12, 1))
    assert summary["valid_nll"] == pytest.approx(-np.log(proba[np.arange(12), COHORT.y]).mean())
    assert summary["failed"] == []
    defaults, summary = tuned(tmp_path / "d", trials=1, level=0.5)
    assert defaults == {} and summary["valid_nll"] == pytest.approx(np.log(2))


def test_what_fails_is_named_with_its_hyper_parameters_and_counts(tmp_path):
    def high(trial):
        return {"level": trial.suggest_float("level", 0.96, 0.99)}

    best, summary = tuned(tmp_path, trials=3, space=high, level=0.5)
    assert best == {} and summary["trials"] == 3 and len(summary["failed"]) == 2
    for failed in summary["failed"]:
        assert failed["error"] == "RuntimeError: too high" and 0.96 <= failed["params"]["level"] <= 0.99

    def odd(trial):
        raise KeyError("space")

    best, summary = tuned(tmp_path / "odd", trials=2, space=odd, level=0.5)
    assert summary["failed"] == [{"params": {}, "error": "KeyError: 'space'"}]
    _, summary = tuned(tmp_path / "nan", trials=2, space=lambda trial: {"level": float("nan")}, level=0.5)
    assert "not JSON compliant" in summary["failed"][0]["error"]


def test_the_log_is_opened_where_there_was_no_folder_and_under_a_lock(tmp_path):
    tuned(tmp_path / "a" / "b", trials=1)
    assert (tmp_path / "a" / "b" / "k.lock").exists()


def test_specimens_of_a_patient_count_together_and_by_class():
    """Two patients have two specimens each, the second of two classes."""
    cohort = replace(
        toy_cohort(n=4, n_classes=2, images=False), patient=np.array(["p", "q", "p", "q"]), y=np.array([0, 0, 0, 1]),
        target_level="specimen",
    )  # fmt: skip
    proba = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.8, 0.2]])
    assert patient_nll(cohort, proba) == pytest.approx(-np.log([0.7, 0.4, 0.2]).mean())
