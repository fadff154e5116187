"""A trial fits on train, never shows an entry what it must not see, and refuses what is not a probability."""

import dataclasses
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from benchmark.trials.trial import derive_seed, run_trial
from benchmark.trials.tune import TuneBudget, patient_nll
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

COHORT = toy_cohort(n=60)
ROLES = kfold(COHORT, folds=3).roles(COHORT, 0)


class Spy:
    """Predicts with its seed and keeps what it was shown."""

    needs = frozenset()
    seen: ClassVar[dict] = {}

    def __init__(self, *, seed, shift=0.0, device="none"):
        self.seed, self.shift, self.device = seed, shift, device

    def fit(self, train, valid):
        Spy.seen.update(train=train, valid=valid, device=self.device)
        return self

    def predict_proba(self, cohort):
        Spy.seen["predicted"] = cohort
        proba = np.full((len(cohort), cohort.n_classes), 1 / cohort.n_classes)
        return proba + self.shift * np.array([2, -1, -1]) / 10


def test_entries_see_no_test_label_and_no_truth():
    run_trial(Spy, COHORT, ROLES, params={}, seed=1, device="cpu")
    assert set(Spy.seen["predicted"].y) == {-1}
    assert sorted(Spy.seen["train"].y) == sorted(COHORT.y[ROLES["train"]])
    assert Spy.seen["train"].truth is None and Spy.seen["predicted"].truth is None
    assert Spy.seen["device"] == "cpu"


class Clerk(Spy):
    """Reads the class from what a sorted file would tell: the number in the id, or the place in the row order."""

    by_place = False

    def predict_proba(self, cohort):
        number = (
            np.arange(len(cohort)) if self.by_place else np.array([int(s[-3:].strip("-n")) for s in cohort.specimen])
        )
        proba = np.full((len(cohort), 3), 0.1)
        proba[np.arange(len(cohort)), np.clip(number * 3 // len(cohort), 0, 2)] = 0.8
        return proba


class Usher(Clerk):
    by_place = True


@pytest.mark.parametrize("build", [Clerk, Usher])
def test_ids_and_order_of_a_sorted_file_tell_nothing(build):
    ordered = COHORT[np.argsort(COHORT.y, kind="stable")]
    renamed = dataclasses.replace(ordered, specimen=COHORT.specimen, patient=COHORT.patient)
    roles = {"train": np.arange(0, 60, 2), "valid": np.arange(0, 60, 2), "test": np.arange(1, 60, 2)}
    told = [
        run_trial(build, renamed, roles, params={}, seed=seed).predictions.query("role == 'test'") for seed in range(20)
    ]
    accuracy = np.mean([(t[["p0", "p1", "p2"]].to_numpy().argmax(axis=1) == t["y"]).mean() for t in told])
    assert accuracy < 0.45


def test_a_trace_is_kept_under_the_real_ids():
    class Tracer(Spy):
        def trace(self, cohort):
            return pd.DataFrame({"specimen": cohort.specimen, "wbc": cohort.clinical["wbc"].to_numpy()})

    trace = run_trial(Tracer, COHORT, ROLES, params={}, seed=5).trace
    expected = pd.Series(COHORT.clinical["wbc"].to_numpy(), index=COHORT.specimen)
    assert sorted(trace["specimen"]) == sorted(COHORT.specimen[ROLES["test"]])
    pd.testing.assert_series_equal(trace["wbc"], expected[trace["specimen"]].reset_index(drop=True), check_names=False)


def test_costs_are_recorded_and_a_bad_count_is_refused():
    class Sized(Spy):
        report_: ClassVar[dict] = {"n_parameters": 12}

    details = run_trial(Sized, COHORT, ROLES, params={}, seed=1).details
    assert details["n_parameters"] == 12 and set(details["seconds"]) == {"tune", "fit", "predict"}
    assert details["n_predicted"] == len(ROLES["valid"]) + len(ROLES["test"])
    assert run_trial(Spy, COHORT, ROLES, params={}, seed=1).details["n_parameters"] is None
    for bad in (-1, 1.5, "12", True):
        Sized.report_ = {"n_parameters": bad}
        with pytest.raises(ValueError, match="give a whole number, or leave it out"):
            run_trial(Sized, COHORT, ROLES, params={}, seed=1)


def test_predictions_carry_ids_labels_and_probabilities():
    outcome = run_trial(Spy, COHORT, ROLES, params={"shift": 0.5}, seed=1)
    test = outcome.predictions.query("role == 'test'")
    assert sorted(test["specimen"]) == sorted(COHORT.specimen[ROLES["test"]])
    assert set(outcome.predictions["role"]) == {"test", "valid"}
    assert np.allclose(test[["p0", "p1", "p2"]], [1 / 3 + 0.1, 1 / 3 - 0.05, 1 / 3 - 0.05])
    assert outcome.details["params"] == {"shift": 0.5}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda p: p[:, :2], r"returned float64 \(20, 2\), needs float64 \(20, 3\)"),
        (lambda p: p.astype(complex), "returned complex128"),
        (lambda p: p * 1.1, "20 rows are not probabilities; the first is S"),
        (lambda p: np.where(np.arange(len(p))[:, None] == 3, np.nan, p), "1 rows are not"),
        (lambda p: p + np.array([1.0, 0, -1.0]), "not probabilities"),
    ],
)
def test_what_is_not_a_probability_is_refused(bad, message):
    class Broken(Spy):
        def predict_proba(self, cohort):
            return bad(super().predict_proba(cohort))

    with pytest.raises(ValueError, match=message):
        run_trial(
            Broken,
            COHORT,
            {k: v for k, v in ROLES.items() if k != "valid"} | {"valid": ROLES["test"]},
            params={},
            seed=0,
        )


def test_seed_is_derived_from_every_axis():
    seeds = {derive_seed(s, t, f) for s in range(3) for t in ("a", "b") for f in range(3)}
    assert len(seeds) == 18
    assert derive_seed(0, "a", 1) == derive_seed(0, "a", 1)
    assert derive_seed(0, "a1", 1) != derive_seed(0, "a", 11)


def test_patient_nll_is_log_loss_when_patients_have_one_specimen():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), len(COHORT))
    assert patient_nll(COHORT, proba) == pytest.approx(log_loss(COHORT.y, proba, labels=[0, 1, 2]))


class Knob(Spy):
    """Is best at height 2, which only valid can tell."""

    def __init__(self, *, seed, height=0.0):
        super().__init__(seed=seed)
        self.height = height

    def fit(self, train, valid):
        self.answer_ = dict(zip(valid.specimen.tolist(), valid.y.tolist(), strict=True))
        return self

    def predict_proba(self, cohort):
        good = np.exp(-((self.height - 2) ** 2))
        own = np.array([self.answer_.get(s, 0) for s in cohort.specimen])
        proba = np.full((len(cohort), 3), (1 - good) / 3)
        proba[np.arange(len(cohort)), own] += good
        return proba


def space(trial):
    return {"height": trial.suggest_float("height", -4, 4)}


def test_tuning_finds_the_valid_optimum_and_resumes(tmp_path):
    def tuned(trials):
        return run_trial(
            Knob,
            COHORT,
            ROLES,
            params={},
            seed=3,
            space=space,
            budget=TuneBudget(trials, 60.0),
            study=tmp_path / "s.log",
        ).details

    first = tuned(6)
    assert first["tuning"]["trials"] == 6
    more = tuned(25)
    assert more["tuning"]["trials"] == 25
    assert abs(more["params"]["height"] - 2) < 0.7
    assert more["tuning"]["valid_nll"] <= first["tuning"]["valid_nll"]
    again = tuned(25)
    assert again["params"] == more["params"]
