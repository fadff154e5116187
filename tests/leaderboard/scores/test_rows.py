"""The long table of made-up samples: which interval, who is ranked, against whom, and what the floor leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leaderboard.inference.bootstrap import interval, reflected
from leaderboard.inference.resolution import resolution_floor
from leaderboard.inference.ties import tie_reach
from leaderboard.measures.metrics import METRICS
from leaderboard.measures.share_interval import share_interval
from leaderboard.records.results import TaskResult
from leaderboard.scores.rows import Facts, bounds, most_known, rows, seeds, stale_entries
from tests.leaderboard.hand_board import hand_task, with_status

NAMES = ("prior", "good", "near", "bad", "aged", "lost", "shortcut")
MEANS = np.array([0.5, 0.8, 0.795, 0.2, 0.9, np.nan, 0.6])
FIVE = [METRICS[name] for name in ("accuracy", "nll", "ece", "always_positive_f1", "balanced_accuracy")]


def task() -> TaskResult:
    given = with_status(hand_task(NAMES, n_classes=2), "lost", "failed", "e")
    trials = given.trials[(given.trials["entry"] != "bad") | (given.trials["seed"] == 0)].reset_index(drop=True)
    first = (trials["entry"] == "aged") & (trials["seed"] == 1) & (trials["fold"] == 1)
    families = {"prior": "control", "shortcut": "control", "good": "deep"}
    return replace(given, trials=trials.assign(stale=first), families=families)


def facts(n: int = len(NAMES), m: int = len(FIVE)) -> Facts:
    shape = (n, m)
    reach = np.full(shape, 2.0)
    reach[1] = 2.1
    notes = np.array([[f"note {i}"] * m for i in range(n)], dtype=object)
    sizes = np.arange(n)[:, None] + np.full(shape, 20)
    no = np.zeros(shape, dtype=bool)
    return Facts(
        sizes, sizes + 50, notes, reach, np.full(shape, 30.0), np.full(shape, 10.0), np.full(shape, 5.0), no, no
    )


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    rng = np.random.default_rng(0)
    spread = np.array([0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.03])[:, None, None]
    drawn = MEANS[:, None, None] + spread * rng.normal(size=(len(NAMES), len(FIVE), 301))
    drawn[..., 0] = MEANS[:, None]
    return np.clip(drawn, 0, 1)


@pytest.fixture(scope="module")
def table(samples: np.ndarray) -> pd.DataFrame:
    return rows(task(), "somewhere", FIVE, samples, facts())


def of(table: pd.DataFrame, metric: str, column: str) -> list[object]:
    found = table[table["metric"] == metric]
    assert found["entry"].tolist() == list(NAMES) and set(found["test_set"]) == {"somewhere"}
    return [None if pd.isna(value) else value for value in found[column]]


def test_facts_are_those_of_each_entry(table: pd.DataFrame) -> None:
    assert list(dict.fromkeys(table["metric"])) == [metric.name for metric in FIVE]
    assert of(table, "nll", "n_patients") == list(range(20, 27)) and of(table, "nll", "n_specimens")[1] == 71
    notes = of(table, "accuracy", "note")
    assert notes[:5] == [f"note {i}" for i in range(5)] and str(notes[5]).startswith("0 of 4 folds")
    assert of(table, "accuracy", "comparable") == [True] * 4 + [False, False, True]
    assert set(table["task"]) == {"t"} and list(table.index) == list(range(len(NAMES) * len(FIVE)))


def test_ranks_leave_out_stale_rows_holes_and_references(table: pd.DataFrame) -> None:
    assert of(table, "accuracy", "tie") == [3, 1, 1, 4, None, None, 2]
    assert of(table, "nll", "tie") == [2, 4, 4, 1, None, None, 3]
    assert of(table, "always_positive_f1", "tie") == [None] * 7
    assert of(table, "accuracy", "vs_prior") == [None, 1, 1, -1, None, None, 1]
    assert of(table, "nll", "vs_prior") == [None, -1, -1, 1, None, None, -1]


@pytest.mark.parametrize("lost", ["absent", "stale"])
def test_without_a_prior_that_counts_nothing_is_compared_with_it(samples: np.ndarray, lost: str) -> None:
    given = task()
    if lost == "absent":
        kept = {
            part: getattr(given, part)[getattr(given, part)["entry"] != "prior"] for part in ("trials", "predictions")
        }
        given, samples = replace(given, **kept), samples[1:]
    else:
        given = replace(given, trials=given.trials.assign(stale=given.trials["entry"] == "prior"))
    assert rows(given, "x", FIVE, samples, facts(len(samples)))["vs_prior"].isna().all()


def test_one_seed_needs_more(samples: np.ndarray) -> None:
    """A lead of 2.2 standard deviations is one of 95 %, and none of 99 %."""
    given = hand_task(["prior", "one", "two"])
    given = replace(given, trials=given.trials[(given.trials["entry"] != "one") | (given.trials["seed"] == 0)])
    rng = np.random.default_rng(1)
    drawn = np.stack([np.zeros(4001), *(2.25 + rng.normal(size=(2, 4001)))])[:, None]
    nll = replace(METRICS["nll"], bounds=(-np.inf, np.inf), higher_is_better=True)
    found = rows(given, "x", [nll], drawn, replace(facts(3, 1), reach=np.full((3, 1), 1.96)))
    assert found["vs_prior"].tolist()[1:] == [0, 1]
    assert seeds(given) == [2, 1, 2]


def test_the_floor_is_of_entries_that_are_ranked_and_no_controls(table: pd.DataFrame, samples: np.ndarray) -> None:
    ranked, wide = [1, 2, 3], [tie_reach(2.1, n) for n in (2, 2, 1)]
    for m, metric in enumerate(FIVE):
        wanted = np.nan if metric.reference else resolution_floor(samples[ranked, m, 1:], np.array(wide))
        assert table.loc[table["metric"] == metric.name, "floor"].to_numpy() == pytest.approx([wanted] * 7, nan_ok=True)


def test_each_kind_of_score_has_its_interval(table: pd.DataFrame, samples: np.ndarray) -> None:
    values, drawn, whole = samples[:, :, 0], samples[:, :, 1:], facts()
    wanted = {
        "accuracy": share_interval(values[:, 0], drawn[:, 0], whole.reach[:, 0], 30, (0, 1)),
        "nll": interval(drawn[:, 1], 2.1, METRICS["nll"].bounds),
        "ece": reflected(values[:, 2], drawn[:, 2], 2.1),
    }
    for name, limits in wanted.items():
        found = table.loc[table["metric"] == name, ["low", "high"]].to_numpy().T
        np.testing.assert_allclose(found, limits, equal_nan=True)


def test_bounds_use_the_flag_of_one_answer() -> None:
    one = Facts(*(array[:2, 0] for array in vars(replace(facts(), fixed=np.full((7, 5), True))).values()))
    low, high = bounds(METRICS["accuracy"], np.full(2, 0.5), np.full((2, 9), 0.5), one)
    np.testing.assert_array_equal([low, high], 0.5)


@pytest.mark.parametrize(
    ("value", "spread", "few", "most", "wanted"),
    [
        (0.5, 0.1, False, 30, 30),
        (0.5, 0.1, True, 30, 10),
        (0.5, 0.0, False, 30, 10),
        (1.0, 0.1, False, 30, 10),
        (1.0, 0.1, False, 8, 8),
        (-1.0, 0.1, False, 30, 5),
        (-1.0, 0.0, True, 30, 5),
        (-1 + 1e-10, 0.1, False, 30, 30),
        (0.0, 0.1, False, 30, 30),
    ],
)
def test_what_a_share_can_be_worth(value: float, spread: float, few: bool, most: float, wanted: float) -> None:
    samples = value + spread * np.array([[-1.0, 1.0, 0.5]])
    one = Facts(*(array[:1, 0] for array in vars(facts()).values()))
    given = replace(one, few=np.array([few]), most=np.array([float(most)]))
    assert most_known(np.array([value]), samples, given, (-1, 1)).tolist() == [wanted]


def test_entries_with_one_stale_trial_are_stale_in_the_order_of_the_alphabet() -> None:
    given = hand_task(["z", "m", "a"])
    assert stale_entries(replace(given, trials=given.trials.assign(stale=given.trials["entry"] != "m"))) == ["a", "z"]
    assert stale_entries(task()) == ["aged"]
