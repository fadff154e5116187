"""Boards of a handful of patients: no interval claims what so few cannot show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from leaderboard.boards.board import build, texts
from leaderboard.inference.bootstrap import draw, interval, reach
from leaderboard.inference.resolution import patients_needed, resolution_floor
from leaderboard.inference.shared_draw import shared_draw
from leaderboard.inference.ties import against, tie_groups, tie_reach
from leaderboard.questions.pairs import pairs
from leaderboard.records import testsets
from leaderboard.records.results import TaskResult
from leaderboard.records.testsets import class_sizes, one_answer
from leaderboard.scores.score import score

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "d", "command": "x"}
PRIOR = (0.6, 0.4)
Row = tuple[str, str, int, tuple[float, ...]]  # patient, specimen, class, probabilities


def task_of(entries: dict[str, Sequence[Row]], seeds: int = 1, **facts: object) -> TaskResult:
    """Return a task of rows of each entry, each seed saying the same."""
    k = len(next(iter(entries.values()))[0][3])
    predictions = pd.DataFrame(
        [
            {"entry": name, "seed": seed, "fold": 0, "role": "test", "specimen": s, "patient": p, "domain": "D", "y": y}
            | {f"p{c}": v for c, v in enumerate(proba)}
            for name, rows in entries.items()
            for seed in range(seeds)
            for p, s, y, proba in rows
        ]
    )
    trials = predictions[["entry", "seed", "fold"]].drop_duplicates().reset_index(drop=True)
    trials = trials.assign(status="done", stale=False, tuned=True, seconds=1.0, error="")
    return TaskResult(
        name="t", title="t", dataset="t", notes=(), classes=tuple("abcdefghij"[:k]), positive=1 if k == 2 else None,
        generated=True, flags=(), families=dict.fromkeys(entries, "classic"), predictions=predictions, trials=trials,
        **facts,
    )  # fmt: skip


def called(k: int, n_classes: int = 2) -> tuple[float, ...]:
    return tuple(np.where(np.arange(n_classes) == k, 1 - 0.05 * (n_classes - 1), 0.05).tolist())


def shown(task: TaskResult, entry: str, metric: str) -> pd.Series:
    table = score(task, resamples=200)
    return table[(table["entry"] == entry) & (table["metric"] == metric)].iloc[0]


def test_one_patient_makes_a_board_that_claims_nothing() -> None:
    rows = [("p", "s", 0, (0.9, 0.05, 0.05))], [("p", "s", 0, (0.3, 0.4, 0.3))]
    task = task_of({"a": rows[0], "prior": rows[1]})
    table, pair = score(task, resamples=20), pairs(task, resamples=20, permutations=20).iloc[0]
    assert set(table["vs_prior"].dropna()) <= {0} and table["floor"].isna().all()
    assert np.isnan(pair[["low", "high", "patients_needed"]].astype(float)).all()
    assert texts(build((task,), **FACTS, resamples=20))
    assert np.isnan(patients_needed(0.1, 0.0, 1, np.inf))
    assert np.isnan(resolution_floor(np.zeros((2, 9)), np.inf))


@pytest.mark.parametrize("n", [2, 3, 5, 8, 10])
def test_entries_that_differ_by_noise_are_told_apart_as_often_as_is_nominal(n: int) -> None:
    strata, apart = np.zeros(n, dtype=np.int64), np.zeros(2)
    for seed in range(600):
        rng = np.random.default_rng(seed)
        means = rng.normal(size=n) @ draw(strata, 300, rng)[:, 1:].astype(float) / n
        for i, seeds in enumerate((2, 1)):
            apart[i] += against(means[None], np.zeros(300), tie_reach(reach(strata), seeds))[0] != 0
    assert apart[0] <= binom.ppf(0.999, 600, 0.05)
    assert apart[1] <= apart[0]


def test_intervals_are_cut_at_the_bounds_and_reach_may_differ_by_row() -> None:
    samples = np.random.default_rng(0).normal(0.9, 0.1, (3, 999))
    low, high = interval(samples, np.array([1.96, 5.0, np.inf]), (0, 1))
    assert high[1] == 1 and np.isnan([low[2], high[2]]).all()
    assert low[1] == pytest.approx(samples[1].mean() - 5 * samples[1].std())
    np.testing.assert_allclose(low[0], np.quantile(samples[0], 0.025), atol=1e-3)


def test_classes_that_are_all_right_or_all_wrong_still_have_an_interval_and_one_answer_to_all_has_none() -> None:
    rng = np.random.default_rng(0)
    rare = [(f"p{i}", f"s{i}", int(i < 3), (1 - v, v)) for i, v in enumerate(rng.uniform(0.05, 0.45, 33))]
    task = task_of({"a": rare, "prior": [(*row[:3], PRIOR) for row in rare]})
    first = testsets.test_sets(task)[0]
    assert [one_answer(first.replicates[e]) for e in ("a", "prior")] == [False, True]
    missed = shown(task, "a", "balanced_accuracy")
    assert missed["value"] == 0.5 and missed["high"] - missed["low"] > 0.3
    constant = shown(task, "prior", "balanced_accuracy")
    assert constant["low"] == constant["high"] == 0.5
    f1 = shown(task, "a", "f1")
    worth = 3 / (reach(first.strata) / 1.959964) ** 2  # 3 positives, all missed, widened
    assert f1["value"] == 0 and f1["high"] == pytest.approx(1 - 0.05 ** (1 / worth), rel=1e-3)  # exact, one-sided


def test_one_wrong_cell_does_not_turn_ten_patients_into_two_hundred() -> None:
    cells = [(f"p{d}", f"s{d}-{c}", d % 2, called(d % 2)) for d in range(10) for c in range(20)]
    wrong = [(*cells[0][:3], called(1)), *cells[1:]]
    bounds = [shown(task_of({"a": rows, "prior": rows}, level="specimen"), "a", "accuracy") for rows in (cells, wrong)]
    assert abs(bounds[0]["low"] - bounds[1]["low"]) < 0.02
    assert bounds[1]["low"] < binomtest(10, 10).proportion_ci(method="wilson").low
    errors = {*range(0, 200, 20), *range(1, 60, 20)}  # one in each patient, two in three of them
    spread = [(*row[:3], called(1 - row[2] if i in errors else row[2])) for i, row in enumerate(cells)]
    told = shown(task_of({"a": spread, "prior": spread}, level="specimen"), "a", "accuracy")
    assert told["low"] > 0.85  # the resamples show how little patients differ


def test_donors_of_every_class_count_once() -> None:
    rows = [(f"p{d}", f"s{d}-{k}", k, called(k, 10)) for d in range(4) for k in range(10)]
    task = task_of({"a": rows, "prior": rows}, level="specimen")
    sizes = class_sizes(testsets.test_sets(task)[0], 10)
    assert sizes.distinct == 4 and set(sizes.patients) == set(sizes.others) == {4}
    four = binomtest(4, 4).proportion_ci(method="wilson").low
    for metric in ("accuracy", "balanced_accuracy", "auroc", "macro_f1"):
        assert shown(task, "a", metric)["low"] < four


def noisy(rng: np.random.Generator, y: NDArray[np.int64], shift: float) -> list[Row]:
    p = 1 / (1 + np.exp(-(rng.normal(size=len(y)) + shift * y)))
    return [(f"p{i}", f"s{i}", int(y[i]), (1 - v, v)) for i, v in enumerate(p)]


@pytest.mark.parametrize("seeds", [1, 2])
def test_ties_pairs_and_the_comparison_with_prior_use_one_interval(seeds: int) -> None:
    disagree, apart = 0, 0
    for seed in range(15):
        rng, y = np.random.default_rng(seed), np.arange(40) % 2
        entries = {"a": noisy(rng, y, 1.6), "b": noisy(rng, y, 0.7)}
        task = task_of(entries | {"prior": [(*row[:3], (0.5, 0.5)) for row in entries["a"]]}, seeds)
        table = score(task, resamples=100)
        table = table[table["metric"] == "auroc"].set_index("entry")
        by_pair = pairs(task, resamples=100, permutations=2).set_index(["a", "b"])
        clear = (by_pair["low"] > 0) | (by_pair["high"] < 0)
        best = table["value"].idxmax()
        for (one, two), is_clear in clear.items():
            apart += is_clear
            if best in (one, two):
                disagree += is_clear == (table.loc[one, "tie"] == table.loc[two, "tie"])
            if two == "prior":
                disagree += is_clear != (table.loc[one, "vs_prior"] != 0)
    assert disagree == 0 and apart > 5


def test_one_entry_of_one_seed_does_not_widen_the_ties_of_others() -> None:
    samples = np.random.default_rng(0).normal(size=(3, 4000)) * 0.01 + np.array([[0.0], [0.032], [0.09]])
    values, wide = np.array([0.0, 0.032, 0.09]), np.full(3, 1.96)
    apart = tie_groups(values, samples, wide, higher_is_better=True)
    assert apart.tolist() == [3, 2, 1]
    assert tie_groups(values, samples, np.array([2.6, 1.96, 1.96]), higher_is_better=True).tolist() == [2, 2, 1]
    assert tie_groups(values, samples, np.array([1.96, 1.96, 2.6]), higher_is_better=True).tolist() == [3, 2, 1]


def test_a_set_of_a_shared_draw_has_the_reach_of_its_own_patients() -> None:
    rows = [("test", "D")] * 200 + [("test:C", "C")] * 6
    table = pd.DataFrame(rows, columns=["role", "domain"]).assign(patient=[f"p{i:03d}" for i in range(206)])
    drawn = shared_draw([table.assign(y=np.arange(206) % 2)], ["y", "domain", "role"], 10, 0)
    few, many = table["patient"].to_numpy(dtype=str)[200:], table["patient"].to_numpy(dtype=str)[:200]
    assert drawn.reach(few) == pytest.approx(reach(np.arange(6) % 2))
    assert drawn.reach(many) == pytest.approx(reach(np.arange(200) % 2))
    assert drawn.reach(few, many) == drawn.reach(few)


def test_a_shared_draw_keeps_the_patients_of_each_class_in_a_role_of_few() -> None:
    rows = [("test", "D")] * 40 + [("test:C", "C")] * 6 + [("test:E", "D")] * 8
    table = pd.DataFrame(rows, columns=["role", "domain"]).assign(patient=[f"p{i:03d}" for i in range(54)])
    table = table.assign(y=np.arange(54) % 2)
    drawn = shared_draw([table], ["y", "domain", "role"], 50, 0)
    for _, part in table.groupby(["y", "role"]):
        here = np.searchsorted(drawn.patients, part["patient"].to_numpy(dtype=str))
        assert (drawn.weights[here].sum(axis=0) == len(part)).all()


@pytest.mark.parametrize("difference", [1e-17, -1e-17, 5e-324, 1e-200, 1e-9, 0.0])
def test_a_difference_of_rounding_asks_for_more_patients_than_there_are(difference):
    assert patients_needed(difference, 0.1, 30, 2.05) == np.inf


def test_a_million_patients_is_the_most_that_is_said():
    assert 999_000 < patients_needed(0.1 * 1.96 / 100, 0.1, 100, 1.96) <= 10**6
    assert patients_needed(0.1 * 1.96 / 101, 0.1, 100, 1.96) == np.inf
