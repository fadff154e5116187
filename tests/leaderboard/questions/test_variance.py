"""Seed, fold and patient spread on predictions where the three are planted."""

from __future__ import annotations

from statistics import stdev

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from sklearn.metrics import balanced_accuracy_score

from leaderboard.inference.clustered import shared_weights
from leaderboard.questions.variance import variance
from leaderboard.records.testsets import test_sets as sets_of
from tests.leaderboard.held_out_task import rows, task_of


def right_for(y: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return sure probabilities of three classes, right where told."""
    return np.eye(3)[np.where(right, y, (y + 1) % 3)] * 0.97 + 0.01


def planted(accuracy, seeds: int, folds: int, per_fold: int = 300, rng: np.random.Generator | None = None):
    """Return a task whose model of (seed, fold) is right as often as told, for each class alike."""
    parts = []
    for s in range(seeds):
        for f in range(folds):
            y = np.repeat([0, 1, 2], per_fold // 3)
            rank = np.tile(np.arange(per_fold // 3), 3) / (per_fold // 3)
            right = rank < accuracy(s, f) if rng is None else rng.random(per_fold) < accuracy(s, f)
            parts.append(rows("e", "test", y, right_for(y, right), seed=s, fold=f, first=1000 * f))
    return task_of(pd.concat(parts, ignore_index=True))


def spread(task, resamples: int = 200) -> pd.DataFrame:
    return variance(task, resamples=resamples).set_index("source")


def test_seeds_are_exact():
    table = spread(planted(lambda s, f: [0.8, 0.9, 0.7][s], 3, 2))
    assert table.loc["seeds", "value"] == pytest.approx(np.std([0.8, 0.9, 0.7], ddof=1))
    bounds = np.std([0.8, 0.9, 0.7], ddof=1) * np.sqrt(2 / chi2.ppf([0.975, 0.025], 2))
    assert table.loc["seeds", ["low", "high"]].tolist() == pytest.approx(bounds.tolist())
    assert table["count"].to_dict() == {"seeds": 3, "folds": 2, "patients": 600}


def test_patients_are_the_closed_form():
    table = spread(planted(lambda s, f: 0.8, 1, 1), resamples=2000)
    expected = np.sqrt(3 * (1 / 9) * 0.8 * 0.2 / 100)  # mean of three shares of 100 patients
    assert table.loc["patients", "value"] == pytest.approx(expected, rel=0.06)


def test_folds_are_what_seeds_and_patients_leave():
    level = np.random.default_rng(0).normal(0.75, 0.1, 20)
    table = spread(planted(lambda s, f: level[f].round(2), 2, 20, per_fold=300))
    sampling = np.mean([3 * (1 / 9) * a * (1 - a) / 100 for a in level])
    assert table.loc["folds", "value"] == pytest.approx(np.sqrt(level.var(ddof=1) - sampling), rel=0.1)
    assert table.loc["seeds", "value"] == pytest.approx(0, abs=1e-12)
    assert table.loc["folds", "low"] < 0.1 < table.loc["folds", "high"]


def test_folds_that_differ_by_their_patients_alone_leave_about_nothing():
    squares = []
    for seed in range(20):
        task = planted(lambda s, f: 0.8, 1, 10, per_fold=60, rng=np.random.default_rng(seed))
        squares.append(spread(task, resamples=50).loc["folds", "value"] ** 2)
    sampling = 3 * (1 / 9) * 0.8 * 0.2 / 20
    assert np.mean(squares) < sampling / 3  # truncated at 0, so a little is left on average


def test_three_planted_kinds_at_once():
    rng = np.random.default_rng(1)
    fold, training = rng.normal(0, 0.08, 30), rng.normal(0, 0.06, (4, 30))
    truth = planted(lambda s, f: np.clip(0.7 + fold[f] + training[s, f], 0, 1), 4, 30, per_fold=150)
    table = spread(truth)
    assert table.loc["folds", "value"] == pytest.approx(0.08, rel=0.35)
    assert table.loc["seeds", "value"] == pytest.approx(np.std(training.mean(axis=1), ddof=1), abs=0.003)
    assert table.loc["patients", "value"] == pytest.approx(np.sqrt(0.7 * 0.3 / (150 * 30)), rel=0.3)


def test_models_of_all_folds_on_the_same_patients():
    y = np.repeat([0, 1, 2], 100)
    accuracy = {(0, 0): 0.9, (0, 1): 0.7, (1, 0): 0.8, (1, 1): 0.6}
    parts = [
        rows("e", "test:B", y, right_for(y, np.tile(np.arange(100), 3) / 100 < a), seed=s, fold=f, domain="B")
        for (s, f), a in accuracy.items()
    ]
    table = spread(task_of(pd.concat(parts, ignore_index=True)))
    assert table.loc["seeds", "value"] == pytest.approx(np.std([0.8, 0.7], ddof=1))
    within = np.mean([np.var([0.9, 0.8], ddof=1), np.var([0.7, 0.6], ddof=1)]) / 2
    assert table.loc["folds", "value"] == pytest.approx(np.sqrt(np.var([0.85, 0.65], ddof=1) - within))


def test_the_spread_of_two_resamples_by_hand():
    """With few resamples it shows what a variance is divided by."""
    task = planted(lambda s, f: [0.5, 0.9, 0.6][f], 1, 3, per_fold=60)
    (first,), table = sets_of(task), task.predictions.sort_values("patient")
    weights = shared_weights(task, first, 2, 0)
    called = table[["p0", "p1", "p2"]].to_numpy().argmax(axis=1)

    def scores(kept: np.ndarray) -> list[float]:
        y, answers = table["y"].to_numpy()[kept], called[kept]
        return [balanced_accuracy_score(y, answers, sample_weight=weights[kept, b]) for b in range(3)]

    told, fold = spread(task, resamples=2), table["fold"].to_numpy()
    assert told.loc["patients", "value"] == pytest.approx(stdev(scores(fold >= 0)[1:]))
    by_fold = [scores(fold == f) for f in range(3)]
    chance = np.mean([stdev(one[1:]) ** 2 for one in by_fold])
    observed = stdev([one[0] for one in by_fold]) ** 2
    assert told.loc["folds", "value"] == pytest.approx(np.sqrt(observed - chance))


@pytest.mark.parametrize(("seeds", "folds"), [(1, 1), (1, 3), (3, 1)])
def test_one_seed_or_one_fold_is_unknown(seeds, folds):
    table = spread(planted(lambda s, f: 0.8, seeds, folds), resamples=20)
    assert np.isnan(table.loc["seeds", "value"]) == (seeds == 1)
    assert np.isnan(table.loc["folds", "value"]) == (folds == 1)
    assert table.loc["patients", "value"] > 0
    assert table.loc["seeds", "note"] == ("one seed" if seeds == 1 else "")
    assert table.loc["folds", "note"] == (
        "one fold" if folds == 1 else "one seed: what training adds is in here" if seeds == 1 else ""
    )


def test_two_classes_of_which_one_is_absent():
    y = np.zeros(6, dtype=np.int64)
    parts = [rows("e", "test", y, np.full((6, 2), 0.5), seed=s, fold=f, first=10 * f) for s in (0, 1) for f in (0, 1)]
    table = spread(task_of(pd.concat(parts, ignore_index=True)), resamples=10)
    assert table["value"].isna().all()
    assert table["note"].tolist() == ["not evaluable", "not evaluable", ""]


def test_a_hole_has_no_rows():
    task = planted(lambda s, f: 0.8, 2, 2)
    task.trials.loc[0, "status"] = "failed"
    assert variance(task, resamples=5).empty
