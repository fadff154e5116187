"""The records that go in and come out: one task's predictions and trials, and the board made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd


@dataclass(frozen=True)
class Published:
    """A figure that somebody published on the dataset; shown apart from measured rows.

    Attributes:
        result: The figure.
        protocol: Split, sizes and model.
        citation: Where it was published.
        not_comparable: Why it must not be set against a row here; "" where it may.
    """

    result: str
    protocol: str
    citation: str
    not_comparable: str = ""


@dataclass(frozen=True)
class TaskResult:
    """Everything that was run on one task.

    Attributes:
        name: Unique in the board, such as "apl-sim".
        title: One line for people.
        dataset: Name of the dataset.
        classes: Names of the K classes; column ``p<k>`` of ``predictions`` belongs to ``classes[k]``.
        positive: Index of the positive class when K is 2, else None.
        generated: True when the cohort came from a simulator.
        flags: Said of every row, such as "modified copy".
        notes: Sentences shown with the table.
        predictions: One row a predicted specimen: entry, seed, fold, role ("test" or "test:<domain>"),
            specimen, patient, domain, y, p0 .. p<K-1>.
        trials: One row a planned trial: entry, seed, fold, status ("done", "failed", "missing",
            "not-applicable", "same-as"), stale, tuned (None: the entry has nothing to tune), seconds, error (last line
            of the traceback, the reason, or the entry that is the same model here); where it was recorded also
            refitted (on train and valid together, after valid had chosen), fit_seconds, latency_ms (milliseconds a
            specimen at prediction, in the batches of the harness), n_parameters (as the entry counts them), NaN for
            unknown.
        families: What an entry is, when known: "control", "rule", "classic" or "deep".
        published: Figures that others published on this dataset.
        level: Whose label is predicted; a task of specimens is never averaged over a patient.
        valid: As ``predictions``, role "valid": what each fold's model said of patients it was stopped on, before it
            learned from them too; for recalibration and conformal sets only. None where nobody kept them.
        specimens: One row a specimen of the test sets and of ``ood``, column ``specimen`` and any of: strata
            (``age_band``, ``sex``, "" for unknown), ``q0`` .. ``q<K-1>`` (Bayes posterior of a generated cohort). None
            where nothing is known.
        fold_names: Fold -> the domain it learned from, for a task that trains on one domain at a time; else empty.
        costs: Cost of calling class j for a patient of class i, (K, K), or None.
        abstain_cost: Cost of no call, or None.
        ladder: Name of the leak ladder that this task is a rung of, or "".
        rung: "random image", "slide", "patient" or "site", or "".
        curve: Name of the learning curve that this task is a point of, or "".
        learned_from: Patients of train and valid in each fold of a point of a curve, else 0.
        modality_predictions: As ``predictions`` plus ``modalities`` ("images", "images+genes", ...): the same models
            on the same specimens, with the other modalities taken away at prediction. None where it was not asked for.
        ood: As ``predictions``, role "ood:<name of the unseen class>", y = -1: what each fold's model said of patients
            of a class that is none of ``classes``; no model saw any of them. None where no class was withheld.
    """

    name: str
    title: str
    dataset: str
    classes: tuple[str, ...]
    positive: int | None
    generated: bool
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    predictions: pd.DataFrame
    trials: pd.DataFrame
    families: Mapping[str, str] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
    level: Literal["patient", "specimen"] = "patient"
    valid: pd.DataFrame | None = None
    specimens: pd.DataFrame | None = None
    fold_names: Mapping[int, str] = field(default_factory=dict)
    costs: tuple[tuple[float, ...], ...] | None = None
    abstain_cost: float | None = None
    ladder: str = ""
    rung: str = ""
    curve: str = ""
    learned_from: int = 0
    modality_predictions: pd.DataFrame | None = None
    ood: pd.DataFrame | None = None

    @property
    def entries(self) -> tuple[str, ...]:
        """Names of the planned entries, in the order of the plan."""
        return tuple(dict.fromkeys(self.trials["entry"]))


@dataclass(frozen=True, eq=False)
class Board:
    """Scored tasks of one suite.

    Attributes:
        scores: Long table of ``leaderboard.scores.score.score``.
        details: Long table of ``leaderboard.scores.detail_score.detail``.
        pairs: Long table of ``leaderboard.questions.pairs.pairs``.
        further: Name -> long table of ``leaderboard.questions.further.further_tables``.
    """

    suite: str
    title: str
    profile: str
    commit: str
    date: str
    command: str
    tasks: tuple[TaskResult, ...]
    scores: pd.DataFrame
    details: pd.DataFrame
    pairs: pd.DataFrame
    further: Mapping[str, pd.DataFrame]
    resamples: int = 1000
