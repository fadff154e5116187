"""From predictions to what is scored: test sets of patients, and the replicates of each entry on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.check import proba_columns
from leaderboard.holes import hole_notes
from leaderboard.results import TaskResult

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
        strata: Class x domain of each patient, int64 (n_patients,).
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
    units = table.groupby(keys, sort=True)[proba_columns(task)].mean().round(DIGITS).reset_index()
    roles = sorted(units["role"].unique())
    shifted = [role for role in roles if role != "test"]
    parts = {_name(role): [role] for role in roles} | ({SHIFTED: shifted} if len(shifted) > 1 else {})
    holes = hole_notes(task)
    complete = [entry for entry in task.entries if entry not in holes]
    return tuple(
        _test_set(task, name, table[table["role"].isin(part)], units[units["role"].isin(part)], complete)
        for name, part in parts.items()
    )


def _name(role: str) -> str:
    return IN_DOMAIN if role == "test" else role.removeprefix("test:")


def _positive_second(task: TaskResult) -> pd.DataFrame:
    table = task.predictions
    if task.positive != 0:
        return table
    return table.assign(y=1 - table["y"], p0=table["p1"], p1=table["p0"])


def _test_set(task: TaskResult, name: str, table: pd.DataFrame, units: pd.DataFrame, complete: list[str]) -> TestSet:
    told = table[["patient", "domain", "y"]].drop_duplicates().sort_values(["patient", "y", "domain"])
    kind = (told["y"].astype(str) + "@" + told["domain"]).groupby(told["patient"]).agg("|".join)
    patients = kind.index.to_numpy(dtype=str)
    _check_same_specimens(task, name, table, complete)
    apart = bool(task.fold_names) or table.duplicated(["entry", "seed", "specimen"]).any()
    by = ["seed", "fold"] if apart else ["seed"]
    entries = units[units["entry"].isin(complete)].groupby("entry")
    return TestSet(
        name=name,
        patients=patients,
        strata=np.unique(kind.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64),
        n_specimens=table["specimen"].nunique(),
        notes=_notes(task, told),
        replicates={
            str(entry): tuple(_replicate(task, one, patients) for _, one in part.groupby(by)) for entry, part in entries
        },
    )


def _replicate(task: TaskResult, units: pd.DataFrame, patients: NDArray[np.str_]) -> Replicate:
    return Replicate(
        y=units["y"].to_numpy(dtype=np.int64),
        proba=units[proba_columns(task)].to_numpy(dtype=np.float64),
        patient=np.searchsorted(patients, units["patient"].to_numpy(dtype=str)),
        fold=units["fold"].to_numpy(dtype=np.int64),
        seed=int(units["seed"].iloc[0]),
    )


def _check_same_specimens(task: TaskResult, name: str, table: pd.DataFrame, complete: list[str]) -> None:
    """Paired differences need the same specimens from every seed of every complete entry."""
    wanted = set(table["specimen"])
    for (entry, seed), part in table[table["entry"].isin(complete)].groupby(["entry", "seed"]):
        lacking = sorted(wanted - set(part["specimen"]))
        if lacking:
            raise ValueError(
                f"entry {entry!r}, seed {seed} of task {task.name!r} has no prediction for {len(lacking)} specimens of "
                f"test set {name!r}, first: {lacking[0]!r}; all entries need the same split"
            )


def _notes(task: TaskResult, told: pd.DataFrame) -> tuple[str, ...]:
    names = task.classes[::-1] if task.positive == 0 else task.classes
    count = told.drop_duplicates(["patient", "y"])["y"].value_counts()
    sizes = {name: int(count.get(k, 0)) for k, name in enumerate(names)}
    absent = [f"class {name} has no patient and is left out of class averages" for name, n in sizes.items() if n == 0]
    rare = [
        f"class {name} has {n} patient{'s' if n > 1 else ''}, fewer than {FEW}: its share of an interval is unreliable"
        for name, n in sizes.items()
        if 0 < n < FEW
    ]
    return (*absent, *rare)
