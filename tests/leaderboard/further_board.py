"""Made-up results that fill every further table: validation parts, strata, costs, oracle, modalities, rungs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.records.results import Published, TaskResult
from tests.leaderboard.fake_board import CLASSES, fake_task

FIGURES = (
    Published("accuracy 98.04 %", "random split, 102 images", "Frontiers in Oncology 2025", "images of a patient leak"),
    Published("AUROC .86", "held-out centre, 52 patients", "npj Precision Oncology 2021"),
)


def rich_task(name: str = "apl-sim", *, n: int = 90) -> TaskResult:
    """Return a task that calls for every table of one task."""
    task = fake_task(name, n=n, skill={"prior": 0.0, "xgboost": 2.4, "fusion-gnn": 2.0, "broken": 1.0}, failed="broken")
    grid = [task.predictions.assign(modalities=names) for names in ("images+genes", "images", "genes")]
    unseen = _unseen(task)
    blind = (grid[2]["entry"] == "fusion-gnn").to_numpy()
    grid[2] = grid[2][~blind]
    return replace(
        task,
        valid=_valid(task),
        specimens=_specimens(task, unseen),
        ood=unseen,
        costs=((0.0, 8.0, 10.0), (1.0, 0.0, 3.0), (6.0, 1.0, 0.0)),
        abstain_cost=0.7,
        modality_predictions=pd.concat(grid, ignore_index=True),
        published=FIGURES,
    )


def _valid(task: TaskResult) -> pd.DataFrame:
    """Let every model say of other models' test patients what was said of them."""
    mine = task.predictions[task.predictions["role"] == "test"]
    moved = mine.assign(role="valid", fold=(mine["fold"] + 1) % 3)
    names = {column: "v" + moved[column].astype(str) for column in ("specimen", "patient")}
    return moved.assign(**names)


def _unseen(task: TaskResult) -> pd.DataFrame:
    """Let every model say of 12 patients of a withheld class what it said of some of its test patients."""
    tested = task.predictions[task.predictions["role"] == "test"]
    first = tested.drop_duplicates(["entry", "seed", "fold", "patient"]).groupby(["entry", "seed", "fold"]).head(12)
    names = [f"U{i:03d}" for i in first.groupby(["entry", "seed", "fold"]).cumcount()]
    return first.assign(role="ood:STAT5B-RARA", specimen=names, patient=names, domain="A", y=-1).reset_index(drop=True)


def _specimens(task: TaskResult, unseen: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([task.predictions, unseen])
    told = both.drop_duplicates("specimen")[["specimen", "patient", "y"]].reset_index(drop=True)
    number = told["patient"].str[1:].astype(int)
    rng = np.random.default_rng(5)
    is_class = told["y"].to_numpy()[:, None] == np.arange(len(CLASSES))
    weight = np.exp(3 * is_class + rng.normal(size=(len(told), len(CLASSES))))
    chances = weight / weight.sum(axis=1, keepdims=True)
    facts: Mapping[str, object] = {
        "age_band": np.where(number < 6, "80 and over", np.where(number % 2, "under 40", "40 to 79")),
        "sex": np.where(number % 3, "female", ""),
        **{f"q{k}": chances[:, k] for k in range(len(CLASSES))},
    }
    return told[["specimen"]].assign(**facts)


def transfer_task(name: str = "apl-transfer-sim") -> TaskResult:
    """Return a task whose two models each learned from one domain; domain C has two classes."""
    task = fake_task(name, folds=2, failed=None, n=120)
    rows = task.predictions
    learned = rows["fold"].map({0: "A", 1: "B"})
    role = np.where(rows["domain"] == learned, "test", "test:" + rows["domain"])
    other = rows[rows["domain"] != "C"].assign(fold=lambda table: 1 - table["fold"])
    both = pd.concat([rows.assign(role=role), other.assign(role=_roles(other))], ignore_index=True)
    return replace(task, predictions=both, fold_names={0: "A", 1: "B"})


def _roles(rows: pd.DataFrame) -> np.ndarray:
    return np.where(rows["domain"] == rows["fold"].map({0: "A", 1: "B"}), "test", "test:" + rows["domain"])


def rung_tasks(ladder: str = "cells") -> tuple[TaskResult, ...]:
    """Return the random-image and the patient rung of a ladder; two rungs are left out."""
    skill = {"prior": 0.0, "xgboost": 4.0}
    leaky = fake_task("cells-random-sim", n=150, skill=skill, failed=None)
    honest = fake_task("cells-patient-sim", n=150, skill={"prior": 0.0, "xgboost": 1.0}, failed=None)
    rungs = {"random image": leaky, "patient": honest}
    return tuple(replace(task, ladder=ladder, rung=rung, dataset="cells-sim") for rung, task in rungs.items())


def curve_tasks() -> tuple[TaskResult, ...]:
    """Return two points of a learning curve on which two entries change places."""
    skills = {
        50: {"prior": 0.0, "xgboost": 0.5, "rules-apl": 2.0},
        200: {"prior": 0.0, "xgboost": 4.0, "rules-apl": 2.0},
    }
    tasks = {n: fake_task(f"curve-{n}-sim", n=60, skill=skill, failed=None) for n, skill in skills.items()}
    return tuple(replace(task, curve="curve", learned_from=n, dataset="apl-sim") for n, task in tasks.items())


def rich_tasks() -> tuple[TaskResult, ...]:
    """Return tasks that together fill every further table."""
    two = fake_task("apl-jhu", classes=("AML", "APL"), domains=("Discovery", "Validation"), failed=None, seed=2, n=100)
    return (rich_task(), transfer_task(), *rung_tasks(), two)
