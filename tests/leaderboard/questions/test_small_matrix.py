"""Transfer between three made-up domains, of which one is only tested on: every cell and summary by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss

from leaderboard.inference.shared_draw import shared_draw, summary
from leaderboard.measures.metrics import METRICS
from leaderboard.questions.matrix import domains, matrix
from leaderboard.records.results import TaskResult
from tests.leaderboard.held_out_task import rows, task_of

COLUMNS = ["p0", "p1", "p2"]
SHARES = {("A", "A"): 0.5, ("A", "B"): 0.8, ("A", "C"): 0.7, ("B", "B"): 0.9, ("B", "A"): 0.4, ("B", "C"): 0.6}
SIZES = {"A": 30, "B": 12, "C": 18}


def made(
    shares: dict[tuple[str, str], float] = SHARES, entries: str = "e", sizes: dict[str, int] = SIZES
) -> TaskResult:
    """Return a task of models that learned from A or B; an entry is right about a share of each domain's patients."""
    parts = []
    for entry in entries:
        for (train, test), share in shares.items():
            n = sizes[test]
            y = np.arange(n) % 3
            called = np.where(np.arange(n) * 7 % 10 < 10 * share, y, (y + 1) % 3)
            proba = np.eye(3)[called] * 0.7 + 0.1
            role = "test" if train == test else f"test:{test}"
            table = rows(entry, role, y, proba, fold="AB".index(train), domain=test)
            names = [f"{test}{i:02d}" for i in range(n)]
            parts.append(table.assign(patient=names, specimen=names))
    return task_of(pd.concat(parts, ignore_index=True), fold_names={0: "A", 1: "B"})


def samples_of(
    task: TaskResult, weights: np.ndarray, patients: np.ndarray, metric: str
) -> dict[tuple[str, str], np.ndarray]:
    found = {}
    for (fold, role), part in task.predictions.query("entry == 'e'").groupby(["fold", "role"]):
        train = "AB"[fold]
        y, proba = part["y"].to_numpy(), part[COLUMNS].to_numpy()
        w = weights[np.searchsorted(patients, part["patient"].to_numpy(dtype=str))].T
        score = (
            [balanced_accuracy_score(y, proba.argmax(axis=1), sample_weight=one) for one in w]
            if metric == "balanced_accuracy"
            else [log_loss(y, proba, sample_weight=one, labels=[0, 1, 2]) for one in w]
        )
        found[train, role.partition(":")[2] or train] = np.array(score)
    return found


@pytest.mark.parametrize("metric", ["balanced_accuracy", "nll"])
def test_cells_and_summaries_on_each_resample(metric: str) -> None:
    task = made()
    cells, told = matrix(task, metric=METRICS[metric], resamples=9, seed=2)
    drawn = shared_draw([task.predictions], ["y", "domain", "role"], 9, 2)
    samples = samples_of(task, drawn.weights, drawn.patients, metric)
    bounds = METRICS[metric].bounds
    reaches = {d: drawn.reach(np.array([f"{d}{i:02d}" for i in range(n)])) for d, n in SIZES.items()}
    assert reaches["B"] > reaches["C"] > reaches["A"]
    assert list(zip(cells["train"], cells["test"], strict=True)) == [(a, b) for a in "ABC" for b in "ABC"]
    for row in cells.itertuples():
        if row.train == "C":
            assert (row.n_patients, row.n_specimens) == (0, 0) and np.isnan(row.value)
            assert row.note == "undefined: too few patients of two classes to learn from"
            continue
        expected = summary(samples[row.train, row.test], reaches[row.test], bounds)
        assert (row.value, row.low, row.high) == pytest.approx(expected)
        assert row.n_patients == row.n_specimens == SIZES[row.test] and "undefined" not in row.note
    away = {a: np.mean([samples[a, b] for b in "ABC" if b != a], axis=0) for a in "AB"}
    own = {a: samples[a, a] for a in "AB"}
    worst = np.array([s for (a, b), s in samples.items() if a != b])
    worst = worst.min(axis=0) if metric == "balanced_accuracy" else worst.max(axis=0)
    whole = drawn.reach(drawn.patients)
    expected = {
        "in-domain": summary((own["A"] + own["B"]) / 2, whole, bounds),
        "mean shifted": summary((away["A"] + away["B"]) / 2, whole, bounds),
        "gap": summary((own["A"] + own["B"] - away["A"] - away["B"]) / 2, whole),
        "worst domain": summary(worst, max(reaches.values()), bounds),
    }
    found = told.set_index("score")
    assert {name: tuple(found.loc[name, ["value", "low", "high"]]) for name in found.index} == {
        name: pytest.approx(figures) for name, figures in expected.items()
    }
    assert found.loc["gap", "low"] < 0 and set(found["metric"]) == {metric}
    assert found.loc["worst domain", "note"] == "worst is B -> A"
    assert set(found["note"].drop("worst domain")) == {"over 2 domains learnt from"}


def test_cells_without_a_score_say_why_and_are_left_out_of_summaries() -> None:
    task = made(entries="ef")
    table = task.predictions
    table = table[~((table["fold"] == 0) & (table["role"] == "test"))]  # nobody of A is held out
    table = table[~((table["role"] == "test:C") & (table["y"] > 0))]  # C has one class
    lost = (task.trials["entry"] == "f") & (task.trials["fold"] == 1)
    trials = task.trials.assign(status=np.where(lost, "failed", "done"), error=np.where(lost, "it broke", ""))
    table = table[~((table["entry"] == "f") & (table["fold"] == 1))]
    cells, told = matrix(replace(task, predictions=table, trials=trials), resamples=3)
    mine = cells[cells["entry"] == "e"].set_index(["train", "test"])
    facts = mine[["n_patients", "n_specimens", "note"]].apply(tuple, axis=1)
    assert facts["A", "A"] == (0, 0, "undefined: no patient to test") and facts["A", "C"] == (
        6,
        6,
        "undefined: one class only",
    )
    assert mine["value"].notna().to_dict() == {
        (a, b): (a, b) in [("A", "B"), ("B", "A"), ("B", "B")] for a in "ABC" for b in "ABC"
    }
    found = told[told["entry"] == "e"].set_index("score")
    caveat = "; cells hold different classes, so chance differs: compare with prior"
    value = mine["value"]
    assert found.loc["in-domain", ["value", "note"]].tolist() == [
        value["B", "B"],
        f"over 1 domains learnt from{caveat}",
    ]
    assert found.loc["mean shifted", "value"] == pytest.approx((value["A", "B"] + value["B", "A"]) / 2)
    assert found.loc["mean shifted", "note"] == f"over 2 domains learnt from{caveat}"
    assert found.loc["gap", "value"] == pytest.approx(value["B", "B"] - value["B", "A"])
    other = cells[cells["entry"] == "f"].set_index(["train", "test"])
    hole = "1 of 2 folds; fold 1 failed: it broke"
    assert other.loc["B", "value"].isna().all() and set(other.loc["B", "note"]) == {
        "0 of 1 folds; fold 1 failed: it broke"
    }
    assert other.loc[("A", "B"), "value"] == mine.loc[("A", "B"), "value"]
    rest = told[told["entry"] == "f"]
    assert rest["value"].isna().all() and set(rest["note"]) == {hole}


def test_nothing_to_evaluate_is_undefined() -> None:
    task = made({("A", "A"): 0.5}, sizes={"A": 12})
    assert domains(task) == ("A", "B")
    found = matrix(task, resamples=3)[1].set_index("score")
    assert found["value"].notna().to_dict() == {
        "in-domain": True,
        "mean shifted": False,
        "gap": False,
        "worst domain": False,
    }
    undefined = found["note"].drop("in-domain")
    assert (
        set(undefined) == {"undefined: no cell can be evaluated"}
        and found.loc["in-domain", "note"] == "over 1 domains learnt from"
    )
    with pytest.raises(ValueError, match="has no fold_names"):
        matrix(replace(task, fold_names={}))
