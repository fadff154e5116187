"""How patients are dealt to the parts of a split, and the rows that a plan is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort
from datasets.splits import SplitError

VALID_PARTS = 4


def refuse_unknown_patients(cohort: Cohort, scheme: str) -> None:
    """Raise SplitError for a cohort without patient ids, naming the scheme that needs them."""
    if not cohort.patients_known:
        raise SplitError(
            f"{cohort.name} has no patient ids, so scheme = {scheme!r} cannot keep patients apart; "
            "use scheme = 'images', which every table flags, or one that splits by source"
        )


def people(cohort: Cohort, chosen: NDArray[np.bool_]) -> str:
    """Return how many patients the chosen specimens are of, in words; specimens where the source names no patients."""
    return f"{len(set(cohort.patient[chosen]))} patients" if cohort.patients_known else f"{chosen.sum()} specimens"


def patient_table(cohort: Cohort, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """Return one row a patient: its most frequent class (ties: the smaller index) and first domain."""
    frame = pd.DataFrame({"patient": cohort.patient, "y": cohort.y, "domain": cohort.domain})[chosen]
    return frame.groupby("patient").agg(y=("y", lambda v: int(np.bincount(v).argmax())), domain=("domain", "min"))


def deal(patients: pd.DataFrame, parts: int, seed: int) -> NDArray[np.int64]:
    """Return a part for each patient; every class, and every class within a domain, is dealt evenly (to one)."""
    rng = np.random.default_rng([seed, parts])
    order = np.lexsort((rng.permutation(len(patients)), patients["domain"].to_numpy(), patients["y"].to_numpy()))
    part = np.empty(len(patients), dtype=np.int64)
    part[order] = np.arange(len(patients)) % parts
    return part


def train_valid(patients: pd.DataFrame, seed: int, fold: int) -> dict[str, str]:
    """Return patient -> "train" or "valid"; a quarter of the rows of ``patient_table`` is valid."""
    valid = deal(patients, VALID_PARTS, seed + 1000 * (fold + 1)) == 0
    return dict(zip(patients.index, np.where(valid, "valid", "train"), strict=True))


def enough(cohort: Cohort, patients: pd.DataFrame, folds: int) -> None:
    """Raise SplitError where a class has fewer patients than there are folds, naming all such classes."""
    counts = patients["y"].value_counts().reindex(range(cohort.n_classes), fill_value=0)
    few = [f"{name} ({n})" for name, n in zip(cohort.classes, counts, strict=True) if n < folds]
    if few:
        unit = "patients" if cohort.patients_known else "specimens"
        raise SplitError(
            f"{cohort.name}: {folds} folds need {folds} {unit} of each class, and there are fewer of {', '.join(few)}; "
            "ask for fewer folds, two at least, or leave the class out"
        )


def role_rows(cohort: Cohort, chosen: NDArray[np.bool_], fold: int, role: dict[str, str]) -> list[tuple[str, int, str]]:
    """Return (specimen, fold, role of its patient) of the chosen specimens."""
    pairs = zip(cohort.specimen[chosen], cohort.patient[chosen], strict=True)
    return [(str(specimen), fold, role[str(patient)]) for specimen, patient in pairs]


def shifted(
    cohort: Cohort, chosen: NDArray[np.bool_], folds: Sequence[int], label: NDArray[np.str_] | None = None
) -> list[tuple[str, int, str]]:
    """Return (specimen, fold, "test:<domain>") of the chosen specimens in each fold, or "test:<label>"."""
    names = cohort.domain if label is None else label
    pairs = list(zip(cohort.specimen[chosen], names[chosen], strict=True))
    return [(str(specimen), fold, f"test:{name}") for fold in folds for specimen, name in pairs]
