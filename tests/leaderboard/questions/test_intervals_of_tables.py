"""What the intervals of every table are made of: all resamples, not the estimate, and the reach of their metric."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from leaderboard.exchange import archive
from leaderboard.exchange.compare import compare
from leaderboard.measures.metrics import METRICS
from leaderboard.questions import cross_domain
from leaderboard.questions.further import further_tables
from leaderboard.questions.pairs import pairs
from leaderboard.questions.selection import selection
from leaderboard.questions.selection_rules import VALIDATION
from leaderboard.records.results import Board, TaskResult
from leaderboard.scores.detail_score import detail
from leaderboard.scores.score import score
from tests.leaderboard.further_board import rich_task, rung_tasks, transfer_task
from tests.leaderboard.held_out_task import rows, task_of

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "d", "command": "x"}
# A share has a width whatever its resamples are (Wilson, or Clopper and Pearson).
SHARES = {"coverage", "singleton", "empty", "ood_auroc", "fpr95", *(m.name for m in METRICS.values() if m.share)}
MIRRORED = {"ece", "ece_debiased"}  # held at the estimate on one side
COLUMNS = {
    "recalibration": {"low": "value", "change_low": "change"},
    "conformal": {"low": "value"},
    "benefit": {"low": "value", "gain_low": "gain"},
    "cost": {"low": "value"},
    "oracle": {"low": "value"},
    "selection": {"low": "value", "behind_low": "behind_best"},
    "transfer": {"low": "value"},
    "transfer-summary": {"low": "value"},
    "ladder": {"low": "value"},
    "modality-grid": {"low": "value"},
    "strata": {"low": "value"},
    "strata-gaps": {"low": "gap"},
    "ood": {"low": "value"},
    "ood-calls": {"max_probability_low": "max_probability"},
    "pairs": {"low": "difference"},
    "score": {"low": "value"},
    "compare": {"low": "difference"},
}


def board_of(task: TaskResult) -> Board:
    """Return a board that has the predictions only."""
    nothing = pd.DataFrame()
    return Board(**FACTS, tasks=(task,), scores=nothing, details=nothing, pairs=nothing, further={})


def compared(folder: Path, old: TaskResult, new: TaskResult) -> pd.DataFrame:
    for name, task in (("old", old), ("new", new)):
        archive.write(archive.pack(board_of(task)), folder / name, {})
    return compare(folder / "old", folder / "new")


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """Return every table whose rows have intervals, made of one resample."""
    rich, across = rich_task(n=45), (transfer_task(), *rung_tasks())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module(compare.__module__), "RESAMPLES", 1)
        moved = compared(tmp_path_factory.mktemp("boards"), rung_tasks()[0], rung_of_other_skill())
    found = {**further_tables((rich,), resamples=1), **cross_domain.tables(across, resamples=1, seed=0)}
    paired = pairs(rich, resamples=1, permutations=5)
    return {**found, "score": score(rich, resamples=1), "pairs": paired, "compare": moved}


def rung_of_other_skill() -> TaskResult:
    leaky, honest = rung_tasks()
    trials, predictions = honest.trials, honest.predictions
    return TaskResult(**{**vars(leaky), "trials": trials, "predictions": predictions})


@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "low", "value"), [(name, low, value) for name, pair in COLUMNS.items() for low, value in pair.items()]
)
def test_an_interval_of_one_resample_is_that_resample_alone(tables, name, low, value):
    whole = tables[name]
    table = whole[~whole["metric"].isin(SHARES)] if {"metric", "value"} <= set(whole) and plain(name) else whole
    bounds = table[[low, low.replace("low", "high")]].to_numpy(dtype=float)
    table, bounds = table[~np.isnan(bounds[:, 0])], bounds[~np.isnan(bounds[:, 0])]
    mirrored = table["metric"].isin(MIRRORED) & (bounds[:, 1] == table[value]) if "metric" in table else False
    assert ((np.abs(bounds[:, 0] - bounds[:, 1]) < 1e-12) | mirrored).all()
    assert (np.abs(bounds[:, 0] - table[value]) > 1e-3).any()


def plain(name: str) -> bool:
    """Return whether a table gives shares intervals of their own: those that rank entries do, and sets."""
    return name in ("conformal", "ood", "score")


Y = np.repeat([0, 1], [30, 2])
HALF = np.arange(32) % 2 == 0  # of whom the worse entry calls the common class right


def called(right: np.ndarray) -> np.ndarray:
    """Return sure probabilities of the two classes."""
    return np.eye(2)[np.where(right, Y, 1 - Y)] * 0.8 + 0.1


def of_accuracy(question: object, folder: Path) -> pd.Series:
    """Return difference and interval of an entry that is right and one that is wrong about half of a class."""
    sure, half = called(np.ones(32, dtype=bool)), called(HALF | (Y == 1))
    tests = pd.concat([rows("a", "test", Y, sure), rows("b", "test", Y, half)], ignore_index=True)
    valid = pd.concat([rows("a", "valid", Y, half), rows("b", "valid", Y, sure)], ignore_index=True)
    if question is pairs:
        return pairs(task_of(tests), permutations=5).iloc[0][["difference", "low", "high"]]
    if question is selection:
        table = selection(task_of(tests, valid)).set_index("rule")
        return table.loc[VALIDATION, ["behind_best", "behind_low", "behind_high"]]
    old, new = (task_of(tests[tests["entry"] == entry].assign(entry="x").reset_index(drop=True)) for entry in "ba")
    return compared(folder, old, new).iloc[0][["difference", "low", "high"]]


@pytest.mark.parametrize("question", [pairs, selection, compare])
def test_the_interval_of_a_difference_is_as_wide_as_its_metric_asks(question, monkeypatch, tmp_path):
    """Accuracy weighs patients alike: of 32 in two strata the resamples show 30 / 32 of its variance, no less."""
    monkeypatch.setattr(import_module(question.__module__), "headline", lambda _: METRICS["accuracy"])
    difference, low, high = of_accuracy(question, tmp_path).astype(float)
    one_seed = norm.ppf(0.995) / norm.ppf(0.975)
    half = t.ppf(0.975, 30) * np.sqrt(32 / 30) * one_seed * np.sqrt(30 * 0.25) / 32
    assert difference == 15 / 32
    assert (high - low) / 2 == pytest.approx(half, rel=0.12)  # class averages would ask for a third more


@pytest.mark.parametrize(
    ("make", "metric", "most"), [(score, "accuracy", 32), (score, "brier", 0), (detail, "accuracy_at_80", 0.8 * 32)]
)
def test_the_interval_of_a_score_is_as_wide_as_its_metric_asks(make, metric, most):
    """Shares have Wilson's interval of at most so many patients; all are equally sure, so all are answered."""
    table = make(task_of(rows("b", "test", Y, called(HALF | (Y == 1))))).set_index("metric")
    low, high = table.loc[metric, ["low", "high"]].astype(float)
    wide, z, share = t.ppf(0.975, 30) * np.sqrt(32 / 30), norm.ppf(0.975), 17 / 32
    half = wide * 1.6 * np.sqrt(30 * 0.25) / 32  # one wrong call costs 1.6 of Brier's score
    if most:
        m = most / (wide / z) ** 2
        half = z * np.sqrt(share * (1 - share) / m + z**2 / (4 * m**2)) / (1 + z**2 / m)
    assert (high - low) / 2 == pytest.approx(half, rel=0.01 if most else 0.12)


def fewer(task: TaskResult, n: int) -> TaskResult:
    """Return a task without its last patients."""
    kept = task.predictions["patient"].isin(sorted(set(task.predictions["patient"]))[:n])
    return replace(task, predictions=task.predictions[kept].reset_index(drop=True))


def thinned(task: TaskResult, domain: str) -> TaskResult:
    """Return a task without every third patient of a domain."""
    rows = task.predictions
    mine = sorted(set(rows.loc[rows["domain"] == domain, "patient"]))
    return replace(task, predictions=rows[~rows["patient"].isin(mine[::3])].reset_index(drop=True))


@pytest.fixture(scope="module")
def of_three_resamples() -> dict[int, dict[str, pd.DataFrame]]:
    """Return tables of three resamples by what a patient adds to a reach of 2.6, in thousandths.

    Three numbers lie within 1.42 standard deviations of their mean, so a reach above ``FEW_REACH`` alone says how wide
    an interval of them is.
    """
    leaky, honest = rung_tasks()
    tasks = (rich_task(n=90), thinned(transfer_task(), "B"), leaky, fewer(honest, 120))
    drawing, found = import_module("leaderboard.inference.shared_draw"), {}
    for more in (0, 1, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(drawing, "reach", lambda strata, more=more: 2.6 + more * len(strata) / 1000)
            found[more] = cross_domain.tables(tasks, resamples=3, seed=0)
    return found


DIFFERENCES = ("transfer-summary", "ladder", "strata-gaps")


def sets_of(name: str, table: pd.DataFrame, by_row: dict[str, pd.DataFrame]) -> list[tuple[int, ...] | None]:
    """Return the sizes of the sets of patients that the interval of each row is about; None where it is not tested."""
    if name == "strata-gaps":
        keys = ["task", "entry", "test_set", "by", "stratum"]
        sizes = by_row["strata"].drop_duplicates(keys).set_index(keys)["n_patients"]
        ends = [[(r.task, r.entry, r.test_set, r.by, s) for s in (r.best, r.worst)] for r in table.itertuples()]
        return [tuple(int(sizes[end]) for end in pair) for pair in ends]
    if name == "ladder":
        ends = {(r.level, r.rung): int(r.n_patients) for r in table.itertuples()}
        return [
            (ends[r.level, "random image"], ends[r.level, "patient"]) if r.rung == "inflation" else (r.n_patients,)
            for r in table.itertuples()
        ]
    if name == "transfer-summary":
        cells = by_row["transfer"].dropna(subset="value").query("train != test")
        return [tuple(cells[cells["entry"] == row.entry]["n_patients"]) if row.score == "worst domain" else None
                for row in table.itertuples()]  # fmt: skip
    return [None if pd.isna(n) else (int(n),) for n in table["n_patients"]]


@pytest.mark.parametrize("name", ["transfer", "transfer-summary", "ladder", "modality-grid", "strata", "strata-gaps"])
@pytest.mark.parametrize("more", [1, -1])
def test_an_interval_reaches_as_far_as_the_patients_of_its_sets_ask(of_three_resamples, name, more):
    """Of a difference between two sets the one that asks for more counts, be it the larger or the smaller."""
    plain, told = of_three_resamples[0][name], of_three_resamples[more][name]
    checked = set()
    for i, sets in enumerate(sets_of(name, told, of_three_resamples[more])):
        bounds = [table.iloc[i][side] for table in (plain, told) for side in ("low", "high")]
        before, after = bounds[1] - bounds[0], bounds[3] - bounds[2]
        if sets is None or plain.iloc[i]["metric"] in MIRRORED or {0.0, 1.0} & set(bounds) or not before > 1e-9:
            continue
        assert after / before == pytest.approx(max(1 + more * n / 2600 for n in sets))
        checked.add(sets)
    assert checked and any(len(set(sets)) > 1 for sets in checked) == (name in DIFFERENCES)


def test_every_interval_has_its_lower_bound_first():
    task = rich_task(n=45)
    made = {**further_tables((task,), resamples=20), "score": score(task, resamples=20)}
    made |= {"pairs": pairs(task, resamples=20, permutations=5), "detail": detail(task, resamples=20)}
    for name, table in made.items():
        for low in (column for column in table if column.endswith("low")):
            bounds = table[[low, low.replace("low", "high")]].dropna().to_numpy(dtype=float)
            assert (bounds[:, 0] <= bounds[:, 1]).all(), (name, low)
