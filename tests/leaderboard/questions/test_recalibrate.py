"""Scaling on held-out patients against scikit-learn, scipy and planted distortions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax
from sklearn.calibration import _sigmoid_calibration

from leaderboard.measures.calibration import brier, ece, nll
from leaderboard.measures.scaling import inverse_temperature, logits, platt, slope, temperature, vector
from leaderboard.questions.recalibrate import AS_GIVEN, recalibration, rescaled
from leaderboard.records.held_out import NOBODY_KEPT, by_patient
from tests.leaderboard.held_out_task import drawn, honest, rows, sharpened, task_of
from tests.leaderboard.metric_cases import cases


def loss(y, proba, power):
    return -log_softmax(power * logits(proba), axis=1)[np.arange(len(y)), y].sum()


@settings(max_examples=40)
@given(cases())
def test_temperature_has_the_best_likelihood(case):
    found = inverse_temperature(case.y, case.proba)
    best = minimize_scalar(lambda b: loss(case.y, case.proba, np.exp(b)), bounds=(-np.log(20), np.log(20)))
    assert 1 / 20 <= found <= 20
    assert loss(case.y, case.proba, found) <= best.fun + 1e-6


@settings(max_examples=40)
@given(cases())
def test_slope_is_the_inverse_temperature_of_each_resample(case):
    found = slope(case.y, case.proba, case.weights)
    for b in range(len(case.weights)):
        repeated = np.repeat(np.arange(len(case.y)), case.weights[b].astype(int))
        if not np.isnan(found[b]):
            expected = inverse_temperature(case.y[repeated], case.proba[repeated])
            assert found[b] == pytest.approx(expected, rel=2e-3)


def test_slope_is_undefined_for_constant_scores_no_rows_and_faultless_ones():
    y = np.array([0, 1, 1])
    flat, sure = np.full((3, 2), 0.5), np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    ones = np.ones((1, 3))
    assert np.isnan([slope(y, flat, ones), slope(y, sure, ones), slope(y, sure, 0 * ones)]).all()
    assert inverse_temperature(y, flat) == 1 and inverse_temperature(y, sure) == 20
    np.testing.assert_allclose(temperature(y, flat)(flat), flat)


@pytest.mark.parametrize("power", [0.5, 1.0, 3.0])
def test_temperature_and_slope_find_a_planted_distortion(power):
    rng = np.random.default_rng(0)
    truth = honest(rng, 20_000, 4, spread=1)
    y, given_ = drawn(rng, truth), sharpened(truth, power)
    assert inverse_temperature(y, given_) == pytest.approx(1 / power, rel=0.04)
    np.testing.assert_allclose(slope(y, given_, np.ones((1, len(y)))), 1 / power, rtol=0.04)
    np.testing.assert_allclose(temperature(y, given_)(given_), truth, atol=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_platt_is_scikit_learn_s(seed):
    rng = np.random.default_rng(seed)
    proba = honest(rng, 30, 2).round(1 if seed < 3 else 6).clip(0.01, 0.99)
    proba[:, 0] = 1 - proba[:, 1]
    y = (rng.random(30) < proba[:, 1]).astype(np.int64) if seed else np.ones(30, dtype=np.int64)
    odds = np.log(proba[:, 1] / proba[:, 0])
    a, b = _sigmoid_calibration(odds, y)
    np.testing.assert_allclose(platt(y, proba)(proba)[:, 1], 1 / (1 + np.exp(a * odds + b)), atol=2e-4)


def test_vector_has_the_best_penalised_likelihood():
    rng = np.random.default_rng(1)
    truth = honest(rng, 40, 3)
    y, given_ = drawn(rng, truth), sharpened(truth, 2)

    def penalised(x):
        log_p = log_softmax(x[:3] * logits(given_) + x[3:], axis=1)
        return -log_p[np.arange(40), y].sum() + ((x[:3] - 1) ** 2).sum() / 2 + (x[3:] ** 2).sum() / 2

    best = minimize(penalised, np.r_[np.ones(3), np.zeros(3)], method="Nelder-Mead",
                    options={"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-9, "fatol": 1e-12}).x  # fmt: skip
    expected = np.exp(log_softmax(best[:3] * logits(given_) + best[3:], axis=1))
    np.testing.assert_allclose(vector(y, given_)(given_), expected, atol=1e-4)


def test_vector_finds_planted_factors_and_stays_finite_without_errors():
    rng = np.random.default_rng(2)
    given_ = honest(rng, 20_000, 3, spread=1)
    truth = np.exp(log_softmax(np.array([2.0, 1.0, 0.7]) * np.log(given_) + np.array([0.5, -1.0, 0.0]), axis=1))
    np.testing.assert_allclose(vector(drawn(rng, truth), given_)(given_), truth, atol=0.03)
    y = np.arange(9) % 3
    perfect = np.eye(3)[y] * 0.97 + 0.01
    assert np.isfinite(vector(y, perfect)(perfect)).all()


def overconfident(n_classes: int = 3, seeds: int = 1, n: int = 300):
    """Return a task of one entry that is three times too sure and an honest one, in and out of domain."""
    parts = []
    for i, role in enumerate(("test", "test:B", "valid")):
        rng = np.random.default_rng(i)
        truth = honest(rng, n, n_classes)
        y = drawn(rng, truth)
        for entry, power in (("sure", 3.0), ("honest", 1.0)):
            given_ = sharpened(truth, power)
            parts += [rows(entry, role, y, given_, seed=seed, domain=role[5:] or "A") for seed in range(seeds)]
    table = pd.concat(parts, ignore_index=True)
    return task_of(table[table["role"] != "valid"], table[table["role"] == "valid"])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_change_is_after_minus_before_and_helps_who_was_too_sure(n_classes):
    task = overconfident(n_classes)
    table = recalibration(task, resamples=60).set_index(["entry", "test_set", "method", "metric"])
    other = "platt" if n_classes == 2 else "vector"
    assert set(table.index.get_level_values("method")) == {AS_GIVEN, "temperature", other}
    for (entry, test_set, method, metric), row in table.iterrows():
        if method != AS_GIVEN:
            assert row["change"] == pytest.approx(
                row["value"] - table.loc[(entry, test_set, AS_GIVEN, metric), "value"]
            )
        assert row["low"] <= row["value"] <= row["high"]
    for test_set in ("in-domain", "B"):
        for metric in ("ece", "nll", "brier"):
            assert table.loc[("sure", test_set, "temperature", metric), "change_high"] < 0
            assert table.loc[("honest", test_set, "temperature", metric), "change_high"] > -0.05
        assert table.loc[("sure", test_set, "temperature", "slope"), "value"] == pytest.approx(1, abs=0.25)
        assert table.loc[("sure", test_set, AS_GIVEN, "slope"), "value"] == pytest.approx(1 / 3, abs=0.1)


def test_values_are_the_metrics_of_the_scaled_predictions():
    task = overconfident()
    table = recalibration(task, resamples=2).set_index(["entry", "test_set", "method", "metric"])["value"]
    valid, test = (t[(t["entry"] == "sure") & (t["role"] != "test:B")] for t in (task.valid, task.predictions))
    y, proba, held = test["y"].to_numpy(), test[["p0", "p1", "p2"]].to_numpy(), valid[["p0", "p1", "p2"]].to_numpy()
    after, one = temperature(valid["y"].to_numpy(), held)(proba), np.ones((1, len(y)))
    for name, metric in (("ece", ece), ("nll", nll), ("brier", brier)):
        assert table["sure", "in-domain", "temperature", name] == pytest.approx(metric(y, after, one)[0], abs=1e-9)
        assert table["sure", "in-domain", AS_GIVEN, name] == pytest.approx(metric(y, proba, one)[0], abs=1e-9)


def test_only_the_validation_part_of_the_same_model_is_learned_from():
    task = overconfident(seeds=2)
    changed = task.valid.assign(y=(task.valid["y"] + task.valid["seed"]) % 3)
    before, after = (rescaled(by_patient(t), temperature)[0].predictions for t in (task, replace(task, valid=changed)))
    same = before["seed"] == 0
    pd.testing.assert_frame_equal(before[same], after[same])
    assert not before[~same].equals(after[~same])
    labels = task.predictions.assign(y=0)
    blind = rescaled(by_patient(replace(task, predictions=labels)), temperature)[0].predictions
    np.testing.assert_array_equal(blind["p0"], before["p0"])


def test_a_part_without_a_tested_class_is_refused_and_named():
    task = overconfident()
    lost = task.valid[~((task.valid["entry"] == "sure") & (task.valid["y"] == 2))]
    table = recalibration(replace(task, valid=lost), resamples=2)
    scaled = table[table["method"] != AS_GIVEN]
    assert scaled.loc[scaled["entry"] == "sure", ["value", "low", "high", "change"]].isna().all().all()
    assert set(scaled.loc[scaled["entry"] == "sure", "note"]) == {"validation part without C in 1 of 1 models"}
    assert scaled.loc[scaled["entry"] == "honest", "value"].notna().all()


@pytest.mark.parametrize("valid", [None, "empty", "of others"])
def test_without_validation_predictions_nothing_is_scaled(valid):
    task = overconfident()
    kept = {"empty": task.valid.iloc[:0], "of others": task.valid.assign(entry="x")}.get(valid)
    table = recalibration(replace(task, valid=kept), resamples=2)
    scaled = table[table["method"] != AS_GIVEN]
    assert scaled["value"].isna().all() and set(scaled["note"]) == {NOBODY_KEPT}
    assert table.loc[table["method"] == AS_GIVEN, "value"].notna().all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.assign(p0=np.nan), "bad rows"),
        (lambda v: v.assign(y=7), "bad rows"),
        (lambda v: v.drop(columns="patient"), "lack the columns"),
        (lambda v: v.assign(patient=v["patient"].str.replace("valid", "test")), "tests .* patients of its validation"),
    ],
)
def test_bad_validation_predictions_are_refused(change, said):
    task = overconfident()
    with pytest.raises(ValueError, match=said):
        recalibration(replace(task, valid=change(task.valid)), resamples=2)


def test_specimens_of_a_patient_are_averaged_first():
    task = overconfident(n=40)
    twice = [
        pd.concat([t, t.assign(specimen=t["specimen"] + "b", p0=t["p1"], p1=t["p0"])])
        for t in (task.predictions, task.valid)
    ]
    means = [t.assign(p0=(t["p0"] + t["p1"]) / 2, p1=(t["p0"] + t["p1"]) / 2) for t in (task.predictions, task.valid)]
    given_, expected = (recalibration(replace(task, predictions=p, valid=v), resamples=5) for p, v in (twice, means))
    pd.testing.assert_frame_equal(given_, expected)


def test_which_class_is_positive_does_not_matter():
    task = overconfident(2, n=60)
    swapped = [t.assign(y=1 - t["y"], p0=t["p1"], p1=t["p0"]) for t in (task.predictions, task.valid)]
    other = replace(task, predictions=swapped[0], valid=swapped[1], positive=0, classes=task.classes[::-1])
    one, two = (recalibration(t, resamples=5) for t in (task, other))
    chosen = one["method"] == "temperature"
    np.testing.assert_allclose(one.loc[chosen, "value"], two.loc[chosen, "value"], atol=1e-6)


def test_a_task_without_results_gives_an_empty_table():
    task = overconfident()
    nothing = replace(task, predictions=task.predictions.iloc[:0], trials=task.trials.assign(status="missing"))
    assert recalibration(nothing, resamples=2).empty
