"""What a report needs to know of specimens without their data: strata, and the Bayes posterior of generated ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmark.records.store import Store, StoreError, write_atomic
from datasets.cohort import Cohort

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
    return store.folder / "splits" / f"{fingerprint[:16]}.facts.parquet"


def keep_facts(cohort: Cohort, store: Store) -> None:
    """Write the facts of a cohort beside the split plans, under its fingerprint."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(specimen_facts(cohort), preserve_index=False), sink, compression="zstd")
    write_atomic(_path(store, cohort.fingerprint), sink.getvalue().to_pybytes())


def kept_facts(store: Store, fingerprint: str) -> pd.DataFrame | None:
    """Return the facts of a cohort, or None where no plan kept them.

    Raises:
        StoreError: If the file is torn.
    """
    path = _path(store, fingerprint)
    if not path.is_file():
        return None
    try:
        return pd.read_parquet(path)
    except pa.ArrowInvalid as error:
        raise StoreError(f"{path} is torn ({error}); delete it and run the suite again") from error
