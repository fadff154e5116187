"""Split plans: which specimen plays which role in which fold, as a table with a checksum."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort

PLAN_FOLDER = Path(__file__).parent / "plans"
_COLUMNS = ["specimen", "fold", "role"]
_VALID_PARTS = 4


class SplitError(ValueError):
    """Report a split that cannot be made or must not be used."""


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """Hold one row for each (specimen, fold) that plays a role.

    Attributes:
        table: Columns specimen (str), fold (int64), role (str): "train", "valid", "test" or "test:<domain>".
        notes: What a reader of the figures must know, for example classes that are not evaluable.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        roles = self.table["role"]
        odd = sorted(set(roles[~(roles.isin(["train", "valid", "test"]) | roles.str.startswith("test:"))]))
        if odd:
            raise SplitError(f"unknown roles {odd}; known: train, valid, test, test:<domain>")
        twice = self.table[self.table.duplicated(["specimen", "fold"])]
        if len(twice):
            raise SplitError(f"specimens with two roles in one fold: {twice['specimen'].unique()[:5].tolist()}")

    @cached_property
    def checksum(self) -> str:
        """Return the SHA-256 of the sorted table, which does not depend on row order."""
        return hashlib.sha256(_to_csv(self.table).encode()).hexdigest()

    @property
    def folds(self) -> tuple[int, ...]:
        return tuple(sorted(int(k) for k in self.table["fold"].unique()))

    @property
    def test_roles(self) -> tuple[str, ...]:
        return tuple(sorted(r for r in self.table["role"].unique() if r.startswith("test")))

    def roles(self, cohort: Cohort, fold: int) -> dict[str, NDArray[np.int64]]:
        """Return role -> positions in ``cohort``, int64, ascending.

        Raises:
            SplitError: If the fold does not exist or names a specimen that the cohort lacks.
        """
        rows = self.table[self.table["fold"] == fold]
        if rows.empty:
            raise SplitError(f"no fold {fold}; the plan has folds {list(self.folds)}")
        position = pd.Series(np.arange(len(cohort)), index=cohort.specimen)
        missing = sorted(set(rows["specimen"]) - set(position.index))
        if missing:
            raise SplitError(f"the plan names specimens that {cohort.name} lacks: {missing[:5]}")
        return {
            str(role): np.sort(position[group].to_numpy(dtype=np.int64))
            for role, group in rows.groupby("role")["specimen"]
        }

    def fitted_to(self, cohort: Cohort) -> SplitPlan:
        """Return the plan for the specimens that are here.

        A domain that is a shifted test set and is wholly absent is dropped; a domain that the
        plan does not know becomes a shifted test set in every fold. Anything else is an error.

        Raises:
            SplitError: If training or in-domain specimens are missing, or a known domain is only partly here.
        """
        here = set(cohort.specimen.tolist())
        lost = self.table[~self.table["specimen"].isin(here)]
        kept = self.table[self.table["specimen"].isin(here)]
        partly = lost[~lost["role"].str.startswith("test:") | lost["role"].isin(set(kept["role"]))]
        if len(partly):
            ids = partly["specimen"].unique()
            raise SplitError(
                f"{cohort.name} lacks {len(ids)} specimens that its split plan needs (first: {', '.join(ids[:5])}). "
                f"Complete the data: python -m benchmark data check {cohort.name}"
            )
        new = ~np.isin(cohort.specimen, kept["specimen"].unique().astype(str))
        return SplitPlan(pd.concat([kept, self._unlisted(cohort, new)], ignore_index=True), self.notes)

    def _unlisted(self, cohort: Cohort, new: NDArray[np.bool_]) -> pd.DataFrame:
        half_known = sorted(set(cohort.domain[new]) & set(cohort.domain[~new]))
        if half_known:
            raise SplitError(
                f"{cohort.name} has specimens of {half_known} that its split plan does not list "
                f"(first: {', '.join(cohort.specimen[new][:5])}). Make a new plan: python -m benchmark data split"
            )
        rows = [
            (specimen, fold, f"test:{domain}")
            for fold in self.folds
            for specimen, domain in zip(cohort.specimen[new], cohort.domain[new], strict=True)
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)


def check_patients(cohort: Cohort, plan: SplitPlan) -> None:
    """Refuse a plan in which a patient plays two roles in one fold.

    Raises:
        SplitError: Naming fold, patients and roles.
    """
    owner = pd.Series(cohort.patient, index=cohort.specimen)
    table = plan.table.assign(patient=owner.reindex(plan.table["specimen"]).to_numpy())
    pairs = table[["fold", "patient", "role"]].drop_duplicates()
    torn = pairs[pairs.duplicated(["fold", "patient"], keep=False)]
    if len(torn):
        first = torn[(torn["fold"] == torn["fold"].iloc[0]) & (torn["patient"] == torn["patient"].iloc[0])]
        raise SplitError(
            f"{torn['patient'].nunique()} patients cross roles; first: {first['patient'].iloc[0]} "
            f"in fold {first['fold'].iloc[0]} is {' and '.join(sorted(first['role']))}"
        )


def kfold(cohort: Cohort, *, folds: int, seed: int = 0, train_domains: Sequence[str] | None = None) -> SplitPlan:
    """Plan patient-grouped k-fold cross-validation, stratified by class and domain.

    Patients outside ``train_domains`` (default: all domains are inside) are shifted test sets
    of every fold. A quarter of what is not held out is the valid part.

    Raises:
        SplitError: If a class has fewer patients inside than there are folds.
    """
    inside = _inside(cohort, train_domains)
    patients = _patient_table(cohort, inside)
    _enough(cohort, patients, folds)
    part = _deal(patients, folds, seed)
    rows = [*_shifted(cohort, ~inside, range(folds))]
    for fold in range(folds):
        role = _train_valid(patients[part != fold], seed, fold)
        role.update(dict.fromkeys(patients.index[part == fold], "test"))
        rows += _rows(cohort, inside, fold, role)
    return SplitPlan(pd.DataFrame(rows, columns=_COLUMNS))


def official(cohort: Cohort, *, train_domains: Sequence[str], repeats: int = 5, seed: int = 0) -> SplitPlan:
    """Plan a published train/test split: all of ``train_domains`` to learn from, every other domain a test set.

    Fold r uses another fifth of the training patients as the valid part.
    """
    inside = _inside(cohort, train_domains)
    patients = _patient_table(cohort, inside)
    _enough(cohort, patients, repeats)
    part = _deal(patients, repeats, seed)
    rows = [*_shifted(cohort, ~inside, range(repeats))]
    for fold in range(repeats):
        names = np.where(part == fold, "valid", "train")
        rows += _rows(cohort, inside, fold, dict(zip(patients.index, names, strict=True)))
    return SplitPlan(pd.DataFrame(rows, columns=_COLUMNS))


def leave_one_domain_out(cohort: Cohort, *, seed: int = 0) -> SplitPlan:
    """Plan one fold a domain: that domain is the shifted test set, the others train and valid.

    A class that no other domain has is not evaluable there: its specimens play no role in
    that fold and a note says so. A patient seen in the test domain is never trained on.

    Raises:
        SplitError: If there are fewer than two domains.
    """
    domains = sorted(set(cohort.domain.tolist()))
    if len(domains) < 2:
        raise SplitError(f"{cohort.name} has one domain ({domains[0]}); leave-one-domain-out needs two or more")
    rows: list[tuple[str, int, str]] = []
    notes: list[str] = []
    for fold, domain in enumerate(domains):
        outside = cohort.domain == domain
        inside = ~outside & ~np.isin(cohort.patient, cohort.patient[outside])
        known = np.isin(cohort.y, cohort.y[inside])
        notes += _not_evaluable(cohort, outside & ~known, domain)
        rows += _shifted(cohort, outside & known, [fold])
        rows += _rows(cohort, inside, fold, _train_valid(_patient_table(cohort, inside), seed, fold))
    return SplitPlan(pd.DataFrame(rows, columns=_COLUMNS), tuple(notes))


def _inside(cohort: Cohort, train_domains: Sequence[str] | None) -> NDArray[np.bool_]:
    if train_domains is None:
        return np.ones(len(cohort), dtype=bool)
    known = sorted(set(cohort.domain.tolist()))
    strangers = sorted(set(train_domains) - set(known))
    if strangers:
        raise SplitError(f"{cohort.name} has no domain {strangers}; it has {known}")
    inside = np.isin(cohort.domain, list(train_domains))
    return inside | np.isin(cohort.patient, cohort.patient[inside])


def _patient_table(cohort: Cohort, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return one row a patient: its most frequent class (ties: the smaller index) and first domain."""
    frame = pd.DataFrame({"patient": cohort.patient, "y": cohort.y, "domain": cohort.domain})[chosen]
    return frame.groupby("patient").agg(y=("y", lambda v: int(np.bincount(v).argmax())), domain=("domain", "min"))


def _deal(patients: pd.DataFrame, parts: int, seed: int) -> NDArray[np.int64]:
    """Return a part for each patient; every class, and every class within a domain, is dealt evenly (to one)."""
    rng = np.random.default_rng([seed, parts])
    order = np.lexsort((rng.permutation(len(patients)), patients["domain"].to_numpy(), patients["y"].to_numpy()))
    part = np.empty(len(patients), dtype=np.int64)
    part[order] = np.arange(len(patients)) % parts
    return part


def _train_valid(patients: pd.DataFrame, seed: int, fold: int) -> dict[str, str]:
    valid = _deal(patients, _VALID_PARTS, seed + 1000 * (fold + 1)) == 0
    return dict(zip(patients.index, np.where(valid, "valid", "train"), strict=True))


def _enough(cohort: Cohort, patients: pd.DataFrame, parts: int) -> None:
    counts = patients["y"].value_counts().reindex(range(cohort.n_classes), fill_value=0)
    few = [f"{name} ({n})" for name, n in zip(cohort.classes, counts, strict=True) if n < parts]
    if few:
        raise SplitError(f"{cohort.name}: fewer patients than the {parts} parts asked for in {', '.join(few)}")


def _rows(cohort: Cohort, chosen: NDArray[np.bool_], fold: int, role: dict[str, str]) -> list[tuple[str, int, str]]:
    pairs = zip(cohort.specimen[chosen], cohort.patient[chosen], strict=True)
    return [(str(specimen), fold, role[str(patient)]) for specimen, patient in pairs]


def _shifted(cohort: Cohort, chosen: NDArray[np.bool_], folds: Sequence[int]) -> list[tuple[str, int, str]]:
    pairs = list(zip(cohort.specimen[chosen], cohort.domain[chosen], strict=True))
    return [(str(specimen), fold, f"test:{domain}") for fold in folds for specimen, domain in pairs]


def _not_evaluable(cohort: Cohort, lost: NDArray[np.bool_], domain: str) -> list[str]:
    return [
        f"{cohort.classes[k]} is not evaluable in {domain}: all its {len(set(cohort.patient[lost & (cohort.y == k)]))}"
        " patients are there"
        for k in np.unique(cohort.y[lost])
    ]


def _to_csv(table: pd.DataFrame) -> str:
    return str(table[_COLUMNS].sort_values(["fold", "role", "specimen"]).to_csv(index=False, lineterminator="\n"))


def save_plan(plan: SplitPlan, path: Path) -> None:
    """Write a plan as CSV whose first line carries the checksum; notes follow as comment lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = "".join(f"# {note}\n" for note in plan.notes)
    path.write_text(f"# sha256={plan.checksum}\n{notes}{_to_csv(plan.table)}", encoding="utf-8")


def load_plan(path: Path) -> SplitPlan:
    """Read a plan that ``save_plan`` wrote.

    Raises:
        SplitError: If the file is missing, malformed, or was edited after it was written.
    """
    if not path.is_file():
        known = sorted(p.stem for p in PLAN_FOLDER.glob("*.csv"))
        raise SplitError(f"no split plan at {path}; committed plans: {', '.join(known) or 'none'}")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    comments = [line[2:].strip() for line in lines if line.startswith("# ")]
    body = "".join(line for line in lines if not line.startswith("# "))
    if not comments or not comments[0].startswith("sha256="):
        raise SplitError(f"{path}: the first line must be '# sha256=<checksum>'")
    table = pd.read_csv(io.StringIO(body), dtype={"specimen": str, "role": str})
    if list(table.columns) != _COLUMNS:
        raise SplitError(f"{path}: columns are {list(table.columns)}, need {_COLUMNS}")
    plan = SplitPlan(table, tuple(comments[1:]))
    if plan.checksum != comments[0].removeprefix("sha256="):
        raise SplitError(f"{path}: content does not match its checksum; restore the file or save a new plan")
    return plan
