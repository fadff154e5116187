"""Prediction sets against a loop over the definition, and coverage that theory promises."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.stats import binomtest

from leaderboard.questions.conformal import SCORES, _bounds, aps, conformal, sets, threshold
from leaderboard.records.held_out import NOBODY_KEPT
from tests.leaderboard.held_out_task import drawn, honest, rows, sharpened, task_of
from tests.leaderboard.metric_cases import cases


def by_hand(method, y, held, given_, alpha=0.1):
    """Follow the definition row by row: sort the held-out scores, take the rank, include what is not stranger."""

    def score(p, k):
        return 1 - p[k] if method == "LAC" else sum(p[j] for j in range(len(p)) if p[j] >= p[k]) - p[k] / 2

    scores = sorted(score(p, k) for p, k in zip(held, y, strict=True))
    rank = math.ceil(round((len(y) + 1) * (1 - alpha), 9))
    limit = scores[rank - 1] if rank <= len(y) else math.inf
    return np.array([[score(p, k) <= limit + 1e-9 for k in range(len(p))] for p in given_])


@settings(max_examples=60)
@given(cases())
def test_sets_follow_the_definition(case):
    for method, score in SCORES.items():
        expected = by_hand(method, case.y, case.proba, case.proba)
        np.testing.assert_array_equal(sets(score, case.y, case.proba, case.proba), expected)


@pytest.mark.parametrize(("n", "expected"), [(0, math.inf), (8, math.inf), (9, 9), (10, 10), (19, 18), (99, 90)])
def test_the_threshold_is_a_rank(n, expected):
    assert threshold(np.arange(1, n + 1, dtype=float)) == expected


def test_tied_classes_are_in_or_out_together():
    np.testing.assert_allclose(aps(np.array([[0.4, 0.4, 0.2]])), [[0.6, 0.6, 0.9]])
    np.testing.assert_allclose(aps(np.full((1, 4), 0.25)), 0.875)
    np.testing.assert_allclose(aps(np.eye(2)), [[0.5, 1], [1, 0.5]])


def made(n_valid: int, n_test: int = 200, power: float = 2.0, n_classes: int = 3, seed: int = 0):
    parts = {}
    for i, (role, n) in enumerate((("test", n_test), ("test:B", n_test), ("valid", n_valid))):
        rng = np.random.default_rng([seed, i])
        truth = honest(rng, n, n_classes)
        parts[role] = rows("e", role, drawn(rng, truth), sharpened(truth, power), domain=role[5:] or "A")
    return task_of(pd.concat([parts["test"], parts["test:B"]], ignore_index=True), parts["valid"])


@pytest.mark.parametrize("method", ["LAC", "APS"])
def test_marginal_coverage_holds_on_average_however_wrong_the_probabilities_are(method):
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        truth = honest(rng, 60, 3)
        y, given_ = drawn(rng, truth), sharpened(truth, 4)
        inside = sets(SCORES[method], y[:50], given_[:50], given_[50:])
        hits += inside[np.arange(10), y[50:]].sum()
    assert binomtest(int(hits), 4000, 0.9, alternative="less").pvalue > 0.01


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_table_counts_sets(n_classes):
    task = made(60, n_classes=n_classes)
    table = conformal(task, resamples=40).set_index(["test_set", "method", "metric", "group"]).sort_index()
    columns = [f"p{k}" for k in range(n_classes)]
    valid = task.valid
    for method in SCORES:
        for name, role in (("in-domain", "test"), ("B", "test:B")):
            test = task.predictions[task.predictions["role"] == role]
            y = test["y"].to_numpy()
            inside = by_hand(method, valid["y"], valid[columns].to_numpy(), test[columns].to_numpy())
            covered, size = inside[np.arange(len(y)), y], inside.sum(axis=1)
            told = table.xs((name, method))["value"]
            assert told["coverage", ""] == pytest.approx(covered.mean())
            assert told["set size", ""] == pytest.approx(size.mean())
            assert told["singleton", ""] == pytest.approx((size == 1).mean())
            assert told["empty", ""] == pytest.approx((size == 0).mean())
            assert told["coverage", f"domain: {role[5:] or 'A'}"] == pytest.approx(covered.mean())
            for k in range(n_classes):
                assert told["coverage", f"class: {'ABC'[k]}"] == pytest.approx(covered[y == k].mean())
                assert table.loc[(name, method, "coverage", f"class: {'ABC'[k]}"), "n_patients"] == (y == k).sum()
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
    assert (table["note"] == "").all()


def test_too_small_a_part_gives_everything_and_says_so():
    table = conformal(made(8), resamples=5).set_index(["test_set", "method", "metric", "group"]).sort_index()
    whole = table.loc[("in-domain", "LAC")]
    assert whole.loc[("coverage", ""), "value"] == 1 and whole.loc[("set size", ""), "value"] == 3
    assert set(table["note"]) == {"sets are everything in 1 of 1 models: fewer than 9 validation patients"}


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ((9, 9), ""),
        ((8, 9), "sets are everything in 1 of 2 models: fewer than 9 validation patients"),
        ((1, 8), "sets are everything in 2 of 2 models: fewer than 9 validation patients"),
        ((0, 20), "some model has no validation predictions"),
        ((0, 0), NOBODY_KEPT),
    ],
)
def test_every_model_needs_patients_of_its_own(sizes, note):
    rng = np.random.default_rng(0)
    tests, valid = [], []
    for fold, n in enumerate(sizes):
        for role, count, parts in (("test", 12, tests), ("valid", n, valid)):
            truth = honest(rng, count, 3)
            parts.append(rows("e", role, drawn(rng, truth), truth, fold=fold, first=100 * fold))
    table = conformal(task_of(pd.concat(tests), pd.concat(valid)), resamples=3)
    assert set(table["note"]) == {note} and set(table["method"]) == set(SCORES)
    assert table[["value", "low", "high"]].isna().all(axis=None) == (0 in sizes)
    assert table["value"].notna().all() == (0 not in sizes)
    assert (table.query("metric == 'set size'")["n_patients"] == 24).all()


def test_full_coverage_keeps_an_exact_interval():
    table = conformal(made(8, n_test=12), resamples=5).set_index(["test_set", "method", "metric", "group"]).sort_index()
    row = table.loc[("in-domain", "LAC", "coverage", "")]
    expected = binomtest(12, 12).proportion_ci(method="exact")
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    size = table.loc[("in-domain", "LAC", "set size", "")]
    assert size["low"] == size["high"] == 3


@pytest.mark.parametrize(("n", "is_exact"), [(9, True), (10, False)])
def test_a_share_of_fewer_than_ten_patients_has_the_exact_interval(n, is_exact):
    found = _bounds(np.array([3 / n, *np.linspace(0.2, 0.5, 50)]), n, 1.96, is_share=True)
    expected = binomtest(3, n).proportion_ci(method="exact")
    assert (found == pytest.approx((expected.low, expected.high))) == is_exact


def test_a_constant_entry_and_one_of_zeros_and_ones():
    task = made(30)
    flat = [t.assign(p0=1 / 3, p1=1 / 3, p2=1 / 3) for t in (task.predictions, task.valid)]
    table = conformal(replace(task, predictions=flat[0], valid=flat[1]), resamples=5)
    assert (table.loc[table["metric"] == "set size", "value"] == 3).all()
    sure = [
        t.assign(**{f"p{k}": (t["y"] == k).astype(float) for k in range(3)}) for t in (task.predictions, task.valid)
    ]
    table = conformal(replace(task, predictions=sure[0], valid=sure[1]), resamples=5)
    assert (table.loc[table["metric"].isin(["set size", "singleton", "coverage"]), "value"] == 1).all()


@pytest.mark.parametrize("valid", ["none", "empty", "other fold"])
def test_without_a_validation_part_nothing_is_promised(valid):
    task = made(30)
    kept = {"none": None, "empty": task.valid.iloc[:0], "other fold": task.valid.assign(fold=1)}[valid]
    table = conformal(replace(task, valid=kept), resamples=5)
    assert table[["value", "low", "high"]].isna().all().all() and set(table["note"]) == {NOBODY_KEPT}


def test_a_class_that_is_not_tested_has_no_row_and_one_label_only_works():
    task = made(30)
    one = replace(task, predictions=task.predictions[task.predictions["y"] == 1])
    table = conformal(one, resamples=5)
    assert {g for g in table["group"] if g.startswith("class")} == {"class: B"}
    assert table["value"].notna().all()


def test_which_class_is_positive_does_not_matter():
    task = made(30, n_classes=2)
    swapped = [t.assign(y=1 - t["y"], p0=t["p1"], p1=t["p0"]) for t in (task.predictions, task.valid)]
    other = replace(task, predictions=swapped[0], valid=swapped[1], positive=0, classes=task.classes[::-1])
    one, two = (conformal(t, resamples=5).sort_values(["test_set", "method", "metric", "group"]) for t in (task, other))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True))
