"""Split plans: which specimen plays which role in which fold, as a table with a checksum."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.sealed import write_atomic

PLAN_FOLDER = Path(__file__).parent / "plans"
COLUMNS = ["specimen", "fold", "role"]
OOD = "ood:"  # before the name of an unseen class
_DOMAINS, _MADE = "domains=", "made="  # comment lines of a plan's file
_NOTES = "notes sha256="


class SplitError(ValueError):
    """Report a split that cannot be made or must not be used."""


@dataclass(frozen=True, eq=False)
class SplitPlan:
    """Hold one row for each (specimen, fold) that plays a role.

    Attributes:
        table: Columns specimen (str), fold (int64), role (str): "train", "valid", "test", "test:<domain>", or
            "ood:<name>" for specimens of none of the classes.
        notes: What a reader of the figures must know, for example classes that are not evaluable.
        domains: The domains that the plan was made for; () where it does not say.
        made: How: the scheme and its numbers, as a suite's ``split`` names them; empty where it does not say.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    made: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        roles = self.table["role"]
        named = roles.str.startswith(("test:", OOD)) & ~roles.isin(["test:", OOD])
        odd = sorted(set(roles[~(roles.isin(["train", "valid", "test"]) | named)]))
        if odd:
            raise SplitError(f"unknown roles {odd}; known: train, valid, test, test:<domain>, ood:<name>")
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

    def with_unseen(self, cohort: Cohort) -> SplitPlan:
        """Return the plan with every specimen of none of the classes under "ood:<name>" in every fold.

        What the plan said of them before is forgotten; a plan of a cohort without any stays as it is.

        Raises:
            SplitError: If the plan takes a specimen of a class for one of none.
        """
        kept = self.table[~self.table["specimen"].isin(cohort.specimen[~cohort.known])]
        wrong = kept.loc[kept["role"].str.startswith(OOD), "specimen"].unique()
        if len(wrong):
            raise SplitError(
                f"the plan takes {len(wrong)} specimens for unseen that {cohort.name} has a class of (first: "
                f"{', '.join(wrong[:5])}); set the same classes aside, or make a new plan"
            )
        if cohort.known.all():
            return self
        odd = pd.DataFrame({"specimen": cohort.specimen, "role": np.char.add(OOD, cohort.label)})[~cohort.known]
        added = [odd.assign(fold=fold)[COLUMNS] for fold in self.folds]
        return replace(self, table=pd.concat([kept, *added], ignore_index=True))

    @property
    def rotates(self) -> bool:
        """Return whether what is a shifted test set in one fold is learned from in another: leave one domain out."""
        shifted = self.table["role"].str.startswith("test:")
        learned = self.table["specimen"][self.table["role"].isin(["train", "valid"])]
        return bool(self.table["specimen"][shifted].isin(learned).any())

    def other_domains(self, cohort: Cohort) -> tuple[list[str], list[str]]:
        """Return the domains of known specimens that are here and not in the plan, and those only in the plan."""
        listed = np.isin(cohort.specimen, self.table["specimen"].unique().astype(str))
        here = set(cohort.domain[cohort.known].tolist())
        planned = set(self.domains) or set(cohort.domain[listed].tolist())
        return sorted(here - planned), sorted(planned - here)

    def fitted_to(self, cohort: Cohort) -> SplitPlan:
        """Return the plan for the specimens that are here; of use for plans that do not rotate (``rotates``).

        A domain that is a shifted test set and is wholly absent is dropped; a domain that the
        plan does not know becomes a shifted test set in every fold. Anything else is an error, but for specimens of
        none of the classes: the plan need not know them, what it says of them does not count (``with_unseen``), and
        those that are not here are dropped.

        Raises:
            SplitError: If training or in-domain specimens are missing, or a known domain is only partly here.
        """
        here = set(cohort.specimen[cohort.known].tolist())
        asked = self.table[~self.table["specimen"].isin(cohort.specimen[~cohort.known])]
        lost = asked[~asked["specimen"].isin(here)]
        kept = asked[asked["specimen"].isin(here)]
        lost = lost[~lost["role"].str.startswith(OOD)]
        partly = lost[~lost["role"].str.startswith("test:") | lost["role"].isin(set(kept["role"]))]
        if len(partly):
            ids = partly["specimen"].unique()
            raise SplitError(
                f"{cohort.name} lacks {len(ids)} specimens that its split plan needs (first: {', '.join(ids[:5])}). "
                f"Complete the data: python -m benchmark data check {cohort.name}"
            )
        listed = np.isin(cohort.specimen, kept["specimen"].unique().astype(str))
        return replace(self, table=pd.concat([kept, self._unlisted(cohort, listed)], ignore_index=True))

    def _unlisted(self, cohort: Cohort, listed: NDArray[np.bool_]) -> pd.DataFrame:
        new = cohort.known & ~listed
        half_known = sorted(set(cohort.domain[new].tolist()) & set(cohort.domain[listed].tolist()))
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
        return pd.DataFrame(rows, columns=COLUMNS)


def check_patients(cohort: Cohort, plan: SplitPlan) -> None:
    """Refuse a plan in which a patient plays two of train, valid, test and ood in one fold.

    Raises:
        SplitError: Naming fold, patients and roles.
    """
    owner = pd.Series(cohort.patient, index=cohort.specimen)
    part = plan.table["role"].str.partition(":")[0]  # a patient may be tested in several domains
    table = plan.table.assign(patient=owner.reindex(plan.table["specimen"]).to_numpy(), role=part)
    pairs = table[["fold", "patient", "role"]].drop_duplicates()
    torn = pairs[pairs.duplicated(["fold", "patient"], keep=False)]
    if len(torn):
        first = torn[(torn["fold"] == torn["fold"].iloc[0]) & (torn["patient"] == torn["patient"].iloc[0])]
        raise SplitError(
            f"{torn['patient'].nunique()} patients cross roles; first: {first['patient'].iloc[0]} "
            f"in fold {first['fold'].iloc[0]} is {' and '.join(sorted(first['role']))}"
        )


def _to_csv(table: pd.DataFrame) -> str:
    return str(table[COLUMNS].sort_values(["fold", "role", "specimen"]).to_csv(index=False, lineterminator="\n"))


def save_plan(plan: SplitPlan, path: Path) -> None:
    """Write a plan as CSV; comment lines hold the checksum, what it was made for, notes, and a checksum of these."""
    said = [f"{_DOMAINS}{json.dumps(plan.domains)}"] if plan.domains else []
    said += [f"{_MADE}{json.dumps(dict(plan.made))}"] if plan.made else []
    lines = (*said, *(" ".join(note.split()) for note in plan.notes))
    head = [f"sha256={plan.checksum}", *lines, f"{_NOTES}{_hash_of_notes(lines)}"]
    write_atomic(path, ("".join(f"# {line}\n" for line in head) + _to_csv(plan.table)).encode())


def load_plan(path: Path, checksum: str = "") -> SplitPlan:
    """Read a plan that ``save_plan`` wrote.

    Args:
        path: The file.
        checksum: Checksum of the plan that is wanted; another plan under its name is refused.

    Raises:
        SplitError: If the file is missing, malformed, another plan, or was edited after it was written.
    """
    if not path.is_file():
        known = sorted(p.stem for p in PLAN_FOLDER.glob("*.csv"))
        raise SplitError(f"no split plan at {path}; committed plans: {', '.join(known) or 'none'}")
    try:
        plan = _parsed(path.read_text(encoding="utf-8").splitlines(keepends=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise SplitError(f"{path}: {error}; restore the file or save a new plan") from error
    if checksum not in ("", plan.checksum):
        raise SplitError(f"{path}: is another plan, {plan.checksum[:16]}; {checksum[:16]} is wanted")
    return plan


def _parsed(lines: list[str]) -> SplitPlan:
    comments = [line[2:].rstrip("\n") for line in takewhile(lambda line: line.startswith("# "), lines)]
    if not comments or not comments[0].startswith("sha256="):
        raise ValueError("the first line must be '# sha256=<checksum>'")
    body = io.StringIO("".join(lines[len(comments) :]))
    table = pd.read_csv(body, dtype={"specimen": str, "fold": np.int64, "role": str}, keep_default_na=False)
    if list(table.columns) != COLUMNS:
        raise ValueError(f"columns are {list(table.columns)}, need {COLUMNS}")
    notes = tuple(comments[1:])
    if notes and notes[-1].startswith(_NOTES):
        *said, seal = notes
        notes = tuple(said)
        if seal != f"{_NOTES}{_hash_of_notes(notes)}":
            raise ValueError("notes do not match their checksum")
    plan = SplitPlan(
        table,
        tuple(note for note in notes if not note.startswith((_DOMAINS, _MADE))),
        tuple(_said(notes, _DOMAINS, [])),
        _said(notes, _MADE, {}),
    )
    if plan.checksum != comments[0].removeprefix("sha256=").strip():
        raise ValueError("content does not match its checksum")
    return plan


def _said(lines: Sequence[str], key: str, otherwise: Any) -> Any:
    """Return the JSON behind ``key`` in the comment lines of a plan, or ``otherwise``."""
    found = next((line.removeprefix(key) for line in lines if line.startswith(key)), None)
    value = otherwise if found is None else json.loads(found)
    if type(value) is not type(otherwise):
        raise ValueError(f"the line '# {key}' needs {type(otherwise).__name__}, got {value!r}")
    return value


def _hash_of_notes(notes: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(notes).encode()).hexdigest()
