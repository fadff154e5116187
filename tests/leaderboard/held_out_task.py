"""Made-up tasks with validation predictions: distorted probabilities whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.records.results import TaskResult

Floats = NDArray[np.float64]


def drawn(rng: np.random.Generator, truth: Floats) -> NDArray[np.int64]:
    """Draw a class from each row of probabilities."""
    return (truth.cumsum(axis=1) < rng.random((len(truth), 1))).sum(axis=1).clip(max=truth.shape[1] - 1)


def honest(rng: np.random.Generator, n: int, n_classes: int, spread: float = 1.5) -> Floats:
    """Return probabilities that vary from patient to patient, (n, K)."""
    logits = rng.normal(scale=spread, size=(n, n_classes))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def sharpened(proba: Floats, power: float) -> Floats:
    """Return softmax(power * log p)."""
    logits = power * np.log(proba)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def rows(entry: str, role: str, y: NDArray[np.int64], proba: Floats, *, seed: int = 0, fold: int = 0, first: int = 0,
         domain: str = "A") -> pd.DataFrame:  # fmt: skip
    """Return predictions of one specimen a patient."""
    names = [f"{role}-{first + i:05d}" for i in range(len(y))]
    facts = {"entry": entry, "seed": seed, "fold": fold, "role": role, "specimen": names, "patient": names}
    chances = {f"p{k}": proba[:, k] for k in range(proba.shape[1])}
    return pd.DataFrame({**facts, "domain": domain, "y": y, **chances})


def task_of(tests: pd.DataFrame, valid: pd.DataFrame | None = None, **changed: object) -> TaskResult:
    """Return a task whose trials are those that have predictions."""
    n_classes = sum(column[1:].isdigit() for column in tests.columns if column[0] == "p")
    trials = tests[["entry", "seed", "fold"]].drop_duplicates()
    facts: dict[str, object] = {
        "name": "made-up",
        "title": "",
        "dataset": "made-up",
        "classes": tuple("ABCDE"[:n_classes]),
        "positive": 1 if n_classes == 2 else None,
        "generated": True,
        "flags": (),
        "notes": (),
        "predictions": tests,
        "trials": trials.assign(status="done", stale=False, tuned=True, seconds=1.0, error=""),
        "valid": valid,
    }
    return TaskResult(**facts | changed)
