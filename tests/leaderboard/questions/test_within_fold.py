"""AUROC compares rows of one fold only, in every question that asks for it; each against a loop over pairs of rows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leaderboard.inference.delong import delong
from leaderboard.inference.shared_draw import shared_draw
from leaderboard.measures.metrics import METRICS
from leaderboard.questions import matrix, modality_grid, strata, variance
from leaderboard.questions.pairs import _delong, _fold_differences
from leaderboard.records.testsets import Replicate

AUROC, ACCURACY = METRICS["auroc"], METRICS["balanced_accuracy"]


def auroc(y, p, fold, weight):
    """Return the weighted share of pairs, of one fold and two classes, in which the case has the higher value."""
    won = total = 0.0
    for i in np.flatnonzero(y == 1):
        for j in np.flatnonzero((y == 0) & (fold == fold[i])):
            total += weight[i] * weight[j]
            won += weight[i] * weight[j] * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0)
    return won / total


def replicate(seed, rows=40, folds=3):
    """Return predictions of folds that lie apart, so that pairs of two folds tell nothing."""
    rng = np.random.default_rng(seed)
    y, fold = np.arange(rows) % 2, rng.integers(0, folds, rows)
    p = 1 / (1 + np.exp(-(0.8 * y + 3 * fold + rng.normal(size=rows) - 4)))
    return Replicate(y, np.column_stack([1 - p, p]), np.arange(rows), fold, seed)


def test_a_score_of_a_fold_is_of_its_rows():
    one, two = replicate(1), replicate(2)
    two = replace(two, y=one.y, fold=one.fold)
    found = _fold_differences((one, one), (two, two), AUROC)
    expected = []
    for fold in range(3):
        rows = one.fold == fold
        a, b = (auroc(r.y[rows], r.proba[rows, 1], r.fold[rows], np.ones(rows.sum())) for r in (one, two))
        expected.append(a - b)
    assert found == pytest.approx(2 * expected)


def test_folds_that_cannot_be_scored_are_left_out():
    one = replicate(3)
    lacking = replace(one, y=np.where(one.fold == 1, 1, one.y))
    assert len(_fold_differences((lacking,), (lacking,), AUROC)) == 2


def test_delong_is_for_one_replicate_of_independent_patients_and_auroc():
    one, two = replicate(4), replace(replicate(5), fold=replicate(4).fold)
    expected = delong(one.y, one.proba[:, 1], two.proba[:, 1], one.fold).p
    assert _delong((one,), (two,), AUROC) == pytest.approx(expected) and 0 < expected < 1
    again = replace(one, patient=one.patient // 2)
    three = replace(one, proba=np.column_stack([one.proba, np.zeros(len(one.y))]))
    for first, second, metric in (
        ((again,), (two,), AUROC), ((one,), (two,), ACCURACY), ((one, one), (two, two), AUROC),
        ((three,), (two,), AUROC),
    ):  # fmt: skip
        assert np.isnan(_delong(first, second, metric))


def test_strata_and_spread_score_each_resample_within_folds():
    one = replicate(6)
    weights = np.random.default_rng(7).integers(0, 3, (len(one.y), 5)).astype(np.uint16)
    expected = [auroc(one.y, one.proba[:, 1], one.fold, weights[:, k]) for k in range(5)]
    assert strata._score(one, weights, AUROC)[0] == pytest.approx(expected)
    assert variance._score(AUROC, one, weights) == pytest.approx(expected)


def test_a_mean_over_seeds_is_of_those_that_can_be_scored():
    nan = np.nan
    found = strata._average([np.array([1.0, nan, nan]), np.array([2.0, 4.0, nan])])
    assert found.tolist()[:2] == [1.5, 4.0] and np.isnan(found[2])


def test_a_posterior_of_two_classes_is_scored_as_one_fold_by_the_excess_over_the_share():
    rng = np.random.default_rng(8)
    y = np.array([0] * 12 + [1] * 5)
    q = rng.dirichlet([1, 1], len(y))
    names = [f"S{k}" for k in range(len(y))]
    told = pd.DataFrame({"specimen": names, "patient": [f"P{k // 2}" if k < 12 else f"P{k}" for k in range(len(y))]})
    task = SimpleNamespace(
        classes=("other", "APL"), positive=1, specimens=pd.DataFrame({"specimen": names, "q0": q[:, 0], "q1": q[:, 1]}),
        predictions=pd.concat([told.assign(y=y, fold=np.arange(17) % 3)] * 2),
    )  # fmt: skip
    tested = sorted(set(told["patient"]) - {"P0", "P16"})
    found = modality_grid._oracle(task, SimpleNamespace(patients=np.array(tested)), "all", "all", AUROC)
    means = {p: q[(told["patient"] == p).to_numpy()].mean(axis=0) for p in tested}
    label = np.array([y[told["patient"].tolist().index(p)] for p in tested])
    share = np.array([np.mean(label == k) for k in (0, 1)])
    excess = [(means[p] / share)[1] / (means[p] / share).sum() for p in tested]
    assert found == pytest.approx(auroc(label, np.array(excess), np.zeros(len(label)), np.ones(len(label))))


def test_each_cell_of_a_matrix_has_the_interval_of_its_own_patients():
    rng = np.random.default_rng(9)
    rows = [
        (fold, role, f"P{domain}{k}", domain, k % 2)
        for fold, own in enumerate("AB")
        for domain, n in (("A", 30), ("B", 8))
        for k in range(n - 5 * fold)
        for role in ["test" if own == domain else f"test:{domain}"]
    ]
    table = pd.DataFrame(rows, columns=["fold", "role", "patient", "domain", "y"])
    table = table.assign(entry="e", seed=0, specimen=table["patient"], p0=rng.random(len(table)))
    task = SimpleNamespace(predictions=table, fold_names={0: "A", 1: "B"})
    drawn = shared_draw([table], ["y", "domain", "role"], 4, 0)
    found = matrix._reaches(task, drawn)
    for (train, test), reach in found.items():
        role = "test" if train == test else f"test:{test}"
        mine = {p for fold, r, p, _, _ in rows if "AB"[fold] == train and r == role}
        assert reach == drawn.reach(np.array(sorted(mine)))
    assert len(found) == 4 and len(set(found.values())) > 2


@pytest.mark.parametrize(("name", "worst"), [("auroc", ("B", "A")), ("brier", ("A", "A"))])
def test_the_worst_cell_is_the_lowest_unless_lower_is_better(name, worst):
    cells = {("A", "A"): np.array([0.9, 0.2]), ("A", "B"): np.array([0.6, 0.6]), ("B", "A"): np.array([0.3, 0.7])}
    samples, where = matrix._worst(cells, METRICS[name])
    every = list(cells.values())
    pick = max if name == "brier" else min
    assert samples.tolist() == [pick(cell[k] for cell in every) for k in (0, 1)]
    assert where == f"worst is {worst[0]} -> {worst[1]}"
