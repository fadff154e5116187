"""Detailed scores: which interval each has, whose patients it counts, and what stands in each row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import recall_score

from leaderboard.inference.bootstrap import interval, reflected
from leaderboard.measures.detail_metrics import DETAILS
from leaderboard.measures.share_interval import share_interval
from leaderboard.records.testsets import ClassSizes
from leaderboard.scores import detail_score as module
from leaderboard.scores.detail_score import _bounds, _most, detail
from tests.leaderboard.held_out_task import rows, task_of

SIZES = ClassSizes(np.array([40, 12]), np.array([20, 9]), np.array([9, 20]), 25)


def worth(pair: tuple[float, float]) -> float:
    return 4 / (1 / pair[0] + 1 / pair[1])


@pytest.mark.parametrize(
    ("name", "by_rows", "by_patients"),
    [
        ("sensitivity", [40, 12], [20, 9]),
        ("specificity", [12, 40], [9, 20]),
        ("class_auroc", [worth((40, 12))] * 2, [worth((20, 9))] * 2),
        ("hand_till", [worth((40, 12))], [worth((20, 9))]),
        ("accuracy_at_80", [0.8 * 52], [0.8 * 25]),
        ("accuracy_at_90", [0.9 * 52], [0.9 * 25]),
    ],
)
def test_how_many_answers_a_score_can_be_worth(name: str, by_rows: list[float], by_patients: list[float]) -> None:
    found = _most(DETAILS[name], SIZES)
    np.testing.assert_allclose(found[0], by_rows)
    np.testing.assert_allclose(found[1], by_patients)
    few = replace(SIZES, distinct=3)
    if DETAILS[name].share in ("both", "pairs"):
        np.testing.assert_allclose(_most(DETAILS[name], few)[1], 3)


def told(name: str, scores: np.ndarray, sizes: ClassSizes, *, few: bool = False, fixed: bool = False) -> np.ndarray:
    return np.array(_bounds(DETAILS[name], scores, 2.1, sizes, few=few, fixed=fixed))


def test_which_interval_each_kind_has() -> None:
    scores = np.random.default_rng(0).uniform(0.3, 0.9, (200, 2))
    values, samples = scores[0], scores[1:].T
    np.testing.assert_allclose(told("ece_classwise", scores, SIZES), reflected(values, samples, 2.1))
    np.testing.assert_allclose(told("class_f1", scores, SIZES), interval(samples, 2.1, (0, 1)))
    np.testing.assert_allclose(told("kappa", 3 * scores - 1, SIZES), interval(3 * samples - 1, 2.1, (-1, 1)))
    most = np.array([40, 12])
    np.testing.assert_allclose(told("sensitivity", scores, SIZES), share_interval(values, samples, 2.1, most))
    capped = share_interval(values, samples / 1e3 + 0.5, 2.1, np.array([20, 9]))
    np.testing.assert_allclose(told("sensitivity", np.vstack([values, samples.T / 1e3 + 0.5]), SIZES, few=True), capped)
    one_row = replace(SIZES, rows=SIZES.patients)
    found = told("sensitivity", scores, one_row)
    exact = [binomtest(k, 9).proportion_ci(method="exact") for k in range(10)]
    assert exact[int(values[1] * 9)].low <= found[0, 1] <= exact[int(values[1] * 9) + 1].low  # 9 patients: exact
    np.testing.assert_allclose(found[:, 0], np.array(share_interval(values, samples, 2.1, SIZES.patients))[:, 0])


def test_at_the_bounds_it_is_exact_whatever_the_rows() -> None:
    scores = np.tile([1.0, 0.0], (50, 1))
    low, high = told("sensitivity", scores, SIZES)
    assert [low[0], high[0]] == pytest.approx(binomtest(20, 20).proportion_ci(method="exact"))
    assert [low[1], high[1]] == pytest.approx(binomtest(0, 9).proportion_ci(method="exact"))
    for flag in (True, False):  # an AUROC that no resample moves has no width where everybody is told the same
        low, high = told("class_auroc", np.full((50, 2), 0.5), SIZES, fixed=flag)
        assert ((high - low) == 0).all() == flag


def task(positive: int = 1):
    y = np.repeat([0, 1], [12, 11])
    chance = np.where(np.arange(23) % 4 == 0, 1 - y, y) * 0.6 + 0.2
    tests = [rows("a", "test", y, np.stack([1 - chance, chance], axis=1), seed=s) for s in (0, 1)]
    tests[1].loc[0, ["p0", "p1"]] = [0.7, 0.3]
    return task_of(pd.concat(tests, ignore_index=True), positive=positive)


def test_rows_hold_the_mean_over_seeds_of_each_class() -> None:
    given = task()
    table = detail(given, resamples=20)
    assert list(dict.fromkeys(table["metric"])) == list(DETAILS) and set(table["level"]) == {"patient"}
    assert table.loc[table["metric"] == "kappa", "class"].tolist() == [""]
    found = table[table["metric"] == "sensitivity"].set_index("class")
    recalls = [
        recall_score(part["y"], part["p1"] > 0.5, average=None, labels=[0, 1])
        for _, part in given.predictions.groupby("seed")
    ]
    assert found.loc[["A", "B"], "value"].tolist() == pytest.approx(np.mean(recalls, axis=0).tolist())
    assert recalls[0][0] != recalls[1][0]
    assert set(table["n_patients"]) == set(table["n_specimens"]) == {23} and set(table["entry"]) == {"a"}
    mirrored = replace(task(0), classes=("B", "A"))
    swapped = mirrored.predictions.assign(
        y=1 - mirrored.predictions["y"], p0=mirrored.predictions["p1"], p1=mirrored.predictions["p0"]
    )
    again = detail(replace(mirrored, predictions=swapped), resamples=20)
    pd.testing.assert_frame_equal(again, table)


def test_another_seed_draws_others_and_two_specimens_are_shown_at_both_levels() -> None:
    given = task()
    first, other = detail(given, resamples=20), detail(given, resamples=20, seed=1)
    np.testing.assert_allclose(first["value"], other["value"], atol=1e-7, equal_nan=True)
    assert np.nanmax(np.abs(first["low"] - other["low"])) > 1e-3
    more = given.predictions.iloc[[0, 23]].assign(specimen="more")
    table = detail(replace(given, predictions=pd.concat([given.predictions, more], ignore_index=True)), resamples=5)
    assert list(dict.fromkeys(table["level"])) == ["patient", "specimen"]
    assert set(table["n_specimens"]) == {24} and set(table["n_patients"]) == {23}
    empty = replace(given, predictions=given.predictions.iloc[:0])
    assert detail(empty, resamples=5).empty and list(detail(empty, resamples=5)) == list(table)


@pytest.mark.parametrize(("block", "sizes"), [(1 << 18, [21]), (200, [8, 8, 5]), (22, [1] * 21)])
def test_as_many_resamples_as_fit_are_made_at_a_time(block: int, sizes: list[int], monkeypatch) -> None:
    given = task()
    whole, score, seen = detail(given, resamples=20), module._score, []

    def counted(metric, replicate, rows):
        assert not rows.flags.writeable
        seen.append((metric.name, len(rows)))
        return score(metric, replicate, rows)

    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "_score", counted)
    table = detail(given, resamples=20)
    assert [n for name, n in seen if name == "kappa"] == sizes * 2  # two seeds
    lines = table["metric"] == "calibration_slope"  # each begins at the line of its block
    pd.testing.assert_frame_equal(table[~lines], whole[~lines], rtol=0, atol=1e-9)
    assert block == module.BLOCK
