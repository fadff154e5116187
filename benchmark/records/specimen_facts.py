"""What a report needs to know of specimens without their data: strata, and the Bayes posterior of generated ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.records.store import Store, StoreError
from datasets.cohort import Cohort
from datasets.sealed import Untrusted, read_document, set_aside, write_document

AGE_BANDS = {"0-17": 0, "18-39": 18, "40-59": 40, "60+": 60}


def specimen_facts(cohort: Cohort) -> pd.DataFrame:
    """Return one row a specimen: specimen, and what is known of age_band and sex ("" for unknown) and the posterior.

    ``q0`` .. ``q<K-1>`` is the posterior of all modalities, "images.q0" .. that of a subset.
    """
    facts = pd.DataFrame({"specimen": cohort.specimen})
    age, sex = _column(cohort, "age"), _column(cohort, "sex")
    if age is not None and cohort.units.get("age") == "years":
        facts["age_band"] = _age_band(age.to_numpy(dtype=float, na_value=np.nan))
    if sex is not None and isinstance(sex.dtype, pd.CategoricalDtype):
        facts["sex"] = sex.astype(object).where(sex.notna(), "").astype(str).to_numpy(dtype=object)
    for subset, posterior in ({} if cohort.truth is None else cohort.truth.posterior).items():
        prefix = "" if subset == "all" else f"{subset}."
        facts = facts.assign(**{f"{prefix}q{k}": posterior[:, k] for k in range(cohort.n_classes)})
    return facts


def _column(cohort: Cohort, name: str) -> pd.Series | None:
    return cohort.clinical[name] if cohort.clinical is not None and name in cohort.clinical else None


def _age_band(age: NDArray[np.float64]) -> NDArray[np.object_]:
    names = np.array(["", *AGE_BANDS], dtype=object)
    return names[np.where(np.isnan(age), 0, np.searchsorted(list(AGE_BANDS.values()), age, side="right"))]


def _path(store: Store, fingerprint: str) -> Path:
    return store.folder / "splits" / f"{fingerprint[:16]}.facts.json"


def keep_facts(cohort: Cohort, store: Store) -> None:
    """Write the facts of a cohort beside the split plans; a file there that cannot be trusted is set aside."""
    path = _path(store, cohort.fingerprint)
    try:
        _read(path, cohort.fingerprint)
    except Untrusted as error:
        set_aside(path, error.why)
    columns = {str(name): column.tolist() for name, column in specimen_facts(cohort).items()}
    write_document(path, {"fingerprint": cohort.fingerprint, "columns": columns})


def kept_facts(store: Store, fingerprint: str) -> pd.DataFrame | None:
    """Return the facts of a cohort, or None where no plan kept them.

    Raises:
        StoreError: If the file is torn, edited, or tells of another cohort.
    """
    try:
        return _read(_path(store, fingerprint), fingerprint)
    except Untrusted as error:
        raise StoreError(f"{error}; run the suite again: what is computed is kept") from error


def _read(path: Path, fingerprint: str) -> pd.DataFrame | None:
    if not path.exists():
        return None
    told = read_document(path)
    if told.get("fingerprint") != fingerprint:
        raise Untrusted(path, f"tells of another cohort, {told.get('fingerprint')}")
    try:
        return pd.DataFrame(told["columns"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Untrusted(path, f"is of another version ({error})") from error
