"""Modalities taken away from a few made-up patients: order, notes, sizes and intervals."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from leaderboard.inference.shared_draw import shared_draw, summary
from leaderboard.questions.modality_grid import modality_grid, subsets
from leaderboard.records.results import TaskResult
from tests.leaderboard.held_out_task import rows, task_of

SHARES = {"clinical": 0.4, "genes": 0.9, "clinical+genes": 0.7, "clinical+genes+images": 0.8}


def said(share: float, n: int, role: str, n_classes: int, entry: str) -> pd.DataFrame:
    y = np.arange(n) % n_classes
    called = np.where(np.arange(n) * 7 % 10 < 10 * share, y, (y + 1) % n_classes)
    rng = np.random.default_rng(int(100 * share))
    proba = np.eye(n_classes)[called] + rng.uniform(0.2, 0.5, (n, n_classes))
    proba /= proba.sum(axis=1, keepdims=True)
    return rows(entry, role, y, proba, domain=role[5:] or "A", first=0 if role == "test" else 500)


def made(n_classes: int = 3) -> TaskResult:
    """Return a task of which "part" lacks one patient without images, "lost" failed, and "odd" raised without genes."""
    full, grid = [], []
    for entry in ("e", "part", "odd", "lost"):
        for role, n in (("test", 30), ("test:B", 18)):
            for name, share in SHARES.items():
                table = said(share, n, role, n_classes, entry)
                full.append(table) if name == "clinical+genes+images" else None
                kept = table.iloc[1:] if (entry, name, role) == ("part", "clinical+genes", "test") else table
                grid.append(kept.assign(modalities=name) if (entry, name) != ("odd", "clinical") else kept.iloc[:0])
    task = task_of(pd.concat(full, ignore_index=True), modality_predictions=pd.concat(grid, ignore_index=True))
    is_lost = task.trials["entry"] == "lost"
    holes = [
        json.dumps({"genes": "unused", "clinical": "ValueError: no"} if e == "odd" else {})
        for e in task.trials["entry"]
    ]
    status, error = np.where(is_lost, "failed", "done"), np.where(is_lost, "it broke", "")
    return replace(task, trials=task.trials.assign(status=status, error=error, modality_holes=holes))


def test_subsets_come_by_falling_size_then_by_name() -> None:
    assert subsets(made()) == ("clinical+genes+images", "clinical+genes", "clinical", "genes")
    assert subsets(replace(made(), modality_predictions=None)) == ()
    table = modality_grid(made(), resamples=2)
    keys = ["test_set", "entry", "modalities"]
    every = [
        (where, e, n) for where in ("in-domain", "B") for e in ("e", "part", "odd", "lost") for n in subsets(made())
    ]
    assert list(table[keys].itertuples(index=False, name=None)) == every


def test_what_is_missing_is_said() -> None:
    table = modality_grid(made(), resamples=2).set_index(["test_set", "entry", "modalities"]).sort_index()
    note = table["note"]
    assert set(note["in-domain", "e"]) == {""}
    assert note["in-domain", "odd", "clinical"] == note["B", "odd", "clinical"] == "hole: ValueError: no"
    assert note["in-domain", "part", "clinical+genes"] == "hole: not predicted with these modalities"
    assert set(note["in-domain", "lost"]) == {"0 of 1 folds; fold 0 failed: it broke"}
    assert (note == "").equals(table["value"].notna()) and table["value"].notna().equals(table["drop"].notna())
    assert set(table.loc["in-domain", "n_patients"]) == {30} and set(table.loc["B", "n_specimens"]) == {18}
    assert table["oracle"].isna().all()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_and_drops_on_each_resample(n_classes: int) -> None:
    task = made(n_classes)
    table = modality_grid(task, resamples=9, seed=3).query("entry == 'e'").set_index(["test_set", "modalities"])
    drawn = shared_draw([task.predictions], ["y", "domain", "role"], 9, 3)
    own = task.modality_predictions[task.modality_predictions["entry"] == "e"]
    for where, role in (("in-domain", "test"), ("B", "test:B")):
        samples = {}
        for name in SHARES:
            mine = own[(own["role"] == role) & (own["modalities"] == name)]
            patients = mine["patient"].to_numpy(dtype=str)
            weights = drawn.weights[np.searchsorted(drawn.patients, patients)].T
            y, proba = mine["y"], mine[[f"p{k}" for k in range(n_classes)]].to_numpy()
            samples[name] = np.array([
                roc_auc_score(y, proba[:, 1], sample_weight=w) if n_classes == 2
                else balanced_accuracy_score(y, proba.argmax(axis=1), sample_weight=w) for w in weights
            ])  # fmt: skip
        for name, scores in samples.items():
            row = table.loc[(where, name)]
            expected = summary(scores, drawn.reach(patients), (0, 1))
            assert row[["value", "low", "high"]].tolist() == pytest.approx(list(expected))
            drop = summary(samples["clinical+genes+images"] - scores, drawn.reach(patients))
            assert row[["drop", "drop_low", "drop_high"]].tolist() == pytest.approx(list(drop), abs=1e-12)
    assert table.loc[("in-domain", "genes"), "drop_low"] < 0 < table.loc[("in-domain", "clinical"), "drop"]
