"""From predictions to what is scored: test sets of patients, and the replicates of each entry on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.records.check import ResultError, proba_columns
from leaderboard.records.holes import hole_notes
from leaderboard.records.pooled import pooled
from leaderboard.records.results import TaskResult
from leaderboard.records.scored_unit import counted_unit

Level = Literal["patient", "specimen"]
IN_DOMAIN, SHIFTED, WORST = "in-domain", "all shifted", "worst domain"
FEW = 10
DIGITS = 12  # the mean over a patient's specimens differs in the last bit; ties must stay ties


@dataclass(frozen=True)
class Replicate:
    """Predictions that are scored as one set.

    Attributes:
        y: int64 (n,); class 1 is the positive one of a binary task.
        proba: float64 (n, K).
        patient: Index into ``TestSet.patients``, int64 (n,).
        fold: Which model made the row, int64 (n,).
        seed: Of the training.
    """

    y: NDArray[np.int64]
    proba: NDArray[np.float64]
    patient: NDArray[np.int64]
    fold: NDArray[np.int64]
    seed: int = 0


@dataclass(frozen=True)
class TestSet:
    """One column of the table: the patients of one role, or of all shifted roles.

    Attributes:
        name: "in-domain", the domain of role "test:<domain>", or "all shifted".
        patients: Sorted names, (n_patients,).
        strata: Class x domain of each patient, or wider where few are alike (``pooled``), int64 (n_patients,).
        n_specimens: Number of specimens.
        notes: Classes that are absent or rare here.
        replicates: For each complete entry: one a seed where its folds divide the set, so that they can be pooled,
            else one a seed and fold; so it is where each fold learnt from another domain (``fold_names``).
    """

    __test__ = False  # the name is not a test's

    name: str
    patients: NDArray[np.str_]
    strata: NDArray[np.int64]
    n_specimens: int
    notes: tuple[str, ...]
    replicates: dict[str, tuple[Replicate, ...]]


def test_sets(task: TaskResult, level: Level = "patient") -> tuple[TestSet, ...]:
    """Return the test sets of a checked task: in-domain, each shifted one by name, all shifted ones (two or more).

    A patient's specimens are averaged within each seed and fold. If some patient carries two labels the task is one of
    specimens: they are scored one by one, and patients are still what the bootstrap draws; so it is at ``level``
    "specimen", and where the task itself is one of specimens, such as single cells of a donor.
    """
    table = _positive_second(task)
    single = table.groupby("patient")["y"].nunique().max() == 1 if len(table) else True
    averaged = single and level == "patient" and task.level == "patient"
    unit = ["patient"] if averaged else ["patient", "specimen"]
    keys = ["role", "entry", "seed", "fold", *unit, "y"]
    units = table.groupby(keys)[proba_columns(task)].mean().round(DIGITS).reset_index()
    roles = sorted(units["role"].unique())
    shifted = [role for role in roles if role != "test"]
    parts = {_name(role): [role] for role in roles} | ({SHIFTED: shifted} if len(shifted) > 1 else {})
    holes = hole_notes(task)
    complete = [entry for entry in task.entries if entry not in holes]
    return tuple(
        _test_set(task, name, table[table["role"].isin(part)], units[units["role"].isin(part)], complete)
        for name, part in parts.items()
    )


@dataclass(frozen=True)
class ClassSizes:
    """What a test set holds of each class, int64 (K,) each.

    Attributes:
        rows: Rows that are scored at once.
        patients: Patients that have a row of the class.
        others: Patients that have a row of another class.
        distinct: Number of patients.
    """

    rows: NDArray[np.int64]
    patients: NDArray[np.int64]
    others: NDArray[np.int64]
    distinct: int


def class_sizes(test_set: TestSet, n_classes: int) -> ClassSizes:
    """Return how many rows and patients of each class are scored."""
    if not test_set.replicates:
        nothing = np.zeros(n_classes, dtype=np.int64)
        return ClassSizes(nothing, nothing, nothing, 0)
    replicates = next(iter(test_set.replicates.values()))
    of_model = [np.stack([r.patient, r.y]) for r in replicates]
    *seen, (owner, y) = (np.unique(pairs, axis=1) for pairs in (*of_model, np.hstack(of_model)))
    by_model = sum(np.bincount(pairs[1], minlength=n_classes) for pairs in seen)
    patients = np.bincount(y, minlength=n_classes)
    rows = sum(np.bincount(r.y, minlength=n_classes) for r in replicates)
    others = np.array([len(np.unique(owner[y != k])) for k in range(n_classes)], dtype=np.int64)
    return ClassSizes(patients * rows // np.maximum(by_model, 1), patients, others, len(np.unique(owner)))


def one_answer(replicates: Sequence[Replicate]) -> bool:
    """Return whether each model gives all its rows the same probabilities, as ``prior`` does."""
    for replicate in replicates:
        first = replicate.proba[np.unique(replicate.fold, return_index=True)[1]]
        if (replicate.proba != first[np.searchsorted(np.unique(replicate.fold), replicate.fold)]).any():
            return False
    return True


def patients_of(rows: Sequence[NDArray[np.bool_]], replicates: Sequence[Replicate]) -> int:
    """Return how many patients have one of the ``rows`` (n,) of each replicate."""
    return len(np.unique(np.concatenate([r.patient[mask] for r, mask in zip(replicates, rows, strict=True)])))


def _name(role: str) -> str:
    return IN_DOMAIN if role == "test" else role.removeprefix("test:")


def _positive_second(task: TaskResult) -> pd.DataFrame:
    table = task.predictions
    if task.positive != 0:
        return table
    return table.assign(y=1 - table["y"], p0=table["p1"], p1=table["p0"])


def _test_set(task: TaskResult, name: str, table: pd.DataFrame, units: pd.DataFrame, complete: list[str]) -> TestSet:
    told = table[["patient", "domain", "y"]].drop_duplicates().sort_values(["patient", "y", "domain"])
    kind = _joined(told["y"].astype(str) + "@" + told["domain"], told["patient"])
    classes = _joined(told["y"].astype(str), told["patient"])
    patients = kind.index.to_numpy(dtype=str)
    _check_same_specimens(task, name, table, complete)
    apart = bool(task.fold_names) or table.duplicated(["entry", "seed", "specimen"]).any()
    by = ["seed", "fold"] if apart else ["seed"]
    return TestSet(
        name=name,
        patients=patients,
        strata=pooled(classes.to_numpy(dtype=str), kind.to_numpy(dtype=str)),
        n_specimens=table["specimen"].nunique(),
        notes=_notes(task, told),
        replicates=_replicates(task, units[units["entry"].isin(complete)], patients, by),
    )


def _joined(told: pd.Series, patient: pd.Series) -> pd.Series:
    """Return by patient what its rows, which lie together, say; each thing once."""
    if patient.is_unique:
        return told.set_axis(pd.Index(patient))
    return told.groupby(patient).agg(lambda of_one: "|".join(dict.fromkeys(of_one)))


def _replicates(
    task: TaskResult, units: pd.DataFrame, patients: NDArray[np.str_], by: list[str]
) -> dict[str, tuple[Replicate, ...]]:
    """Return entry -> its rows, one replicate for each value of ``by``, in its order."""
    y, seed, fold = (units[name].to_numpy(dtype=np.int64) for name in ("y", "seed", "fold"))
    proba = units[proba_columns(task)].to_numpy(dtype=np.float64)
    patient = np.searchsorted(patients, units["patient"].to_numpy(dtype=str))
    found: dict[str, list[Replicate]] = {}
    for _, part in units.assign(row=np.arange(len(units))).groupby(["entry", *by]):
        rows = part["row"].to_numpy()
        one = Replicate(y[rows], proba[rows], patient[rows], fold[rows], int(seed[rows[0]]))
        found.setdefault(str(units["entry"].iloc[rows[0]]), []).append(one)
    return {entry: tuple(replicates) for entry, replicates in found.items()}


def _check_same_specimens(task: TaskResult, name: str, table: pd.DataFrame, complete: list[str]) -> None:
    """Paired differences need the same specimens from every seed of every complete entry."""
    wanted = set(table["specimen"])
    for (entry, seed), part in table[table["entry"].isin(complete)].groupby(["entry", "seed"]):
        lacking = sorted(wanted - set(part["specimen"]))
        if lacking:
            raise ResultError(
                f"entry {entry!r}, seed {seed} of task {task.name!r} has no prediction for {len(lacking)} specimens of "
                f"test set {name!r}, first: {lacking[0]!r}; all entries need the same split"
            )


def _notes(task: TaskResult, told: pd.DataFrame) -> tuple[str, ...]:
    names = task.classes[::-1] if task.positive == 0 else task.classes
    count = told.drop_duplicates(["patient", "y"])["y"].value_counts()
    sizes = {name: int(count.get(k, 0)) for k, name in enumerate(names)}
    unit = counted_unit(task).removesuffix("s")
    absent = [f"class {name} has no {unit} and is left out of class averages" for name, n in sizes.items() if n == 0]
    rare = [
        f"class {name} has {n} {unit}{'s' if n > 1 else ''}, fewer than {FEW}: its share of an interval is unreliable"
        for name, n in sizes.items()
        if 0 < n < FEW
    ]
    return (*absent, *rare)
