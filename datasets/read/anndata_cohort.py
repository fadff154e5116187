"""From observations by genes in memory to a cohort: one specimen an observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort, CohortError, Provenance, presence
from datasets.read.codes import text
from datasets.read.text_table import numbers, unique_ids

if TYPE_CHECKING:
    from anndata import AnnData

Normalise = Literal["none", "log1p-cp10k"]
_MOST_VALUES = 2_000_000_000  # 8 GB as float32
_TARGET_SUM = 1e4


def dense(data: AnnData, layer: str = "") -> NDArray[np.float32]:
    """Return a matrix of the file without holes in memory, float32 (n_obs, n_vars).

    Args:
        data: What ``open_h5ad`` returns.
        layer: Name of a layer; "" is X.

    Raises:
        CohortError: If the layer does not exist, there is no matrix of numbers, or it does not fit in 8 GB.
    """
    if layer and layer not in data.layers:
        raise CohortError("layer", f"there is no {layer!r}; there are {sorted(data.layers)}", remedy='"" is X.')
    values = data.layers[layer] if layer else data.X
    if values is None:
        raise CohortError("layer", f"the file has no X; there are layers {sorted(data.layers)}")
    if values.shape[0] * values.shape[1] > _MOST_VALUES:
        size = values.shape[0] * values.shape[1] * 4 / 1e9
        raise CohortError(
            "layer",
            f"{values.shape[0]} x {values.shape[1]} values are {size:.0f} GB",
            remedy="Take fewer cells or genes.",
        )
    from scipy.sparse import issparse

    if values.dtype.kind not in "biuf":
        raise CohortError(layer or "X", f"holds {values.dtype}, not numbers", remedy="Name a layer with numbers.")
    return np.asarray(_filled_in(values, layer or "X") if issparse(values) else values, dtype=np.float32)


def _filled_in(values: Any, place: str) -> NDArray:
    """Return a sparse matrix with its noughts; one that points outside of itself would write where it must not."""
    try:
        if hasattr(values, "check_format"):
            values.check_format(full_check=True)
    except ValueError as error:
        raise CohortError(place, f"is a broken sparse matrix: {error}", remedy="Write the file again.") from error
    return np.asarray(values.toarray())


def cohort_from_anndata(
    data: AnnData,
    *,
    name: str,
    provenance: Provenance,
    label: str,
    patient: str = "",
    domain: str = "",
    layer: str = "",
    gene_column: str = "",
    normalise: Normalise = "none",
    where: Mapping[str, Sequence[str]] | None = None,
    clinical: Mapping[str, str] | None = None,
) -> Cohort:
    """Return one specimen a row of ``data``.

    Args:
        label: Column of obs with the class.
        patient: Column of obs with the donor; "": the file has none, and only flagged splits by cell can be made.
        domain: Column of obs with the site, assay or study; "": one domain.
        layer: Layer with the values; "" is X, "raw" is the part of the file with that name.
        gene_column: Column of var with gene names; "" is the index.
        normalise: "log1p-cp10k" takes counts to log(1 + 10,000 x count / count of the cell), cell by cell; "none"
            takes values as they are and refuses counts.
        where: Column of obs -> values to keep; other rows are left out.
        clinical: Column of obs -> unit ("" for a number without one, "category" for a category).

    Raises:
        CohortError: If a column is missing (the message lists those there are), labels or donors are empty in some
            rows, gene names repeat, or values are counts when they should not be, or the other way round.
    """
    data = _chosen(data, layer, (label, patient, domain, *(clinical or {})), where or {})
    classes, y = _classes(data.obs, label)
    specimen = unique_ids(data.obs.index.astype(str), "obs index")
    owner = _filled(data.obs, patient) if patient else specimen
    per_patient = pd.Series(y).groupby(owner).nunique().max() == 1
    table, units = _clinical(data.obs, clinical or {}, specimen)
    return Cohort(
        name=name,
        classes=classes,
        y=y,
        specimen=specimen,
        patient=owner,
        domain=_filled(data.obs, domain) if domain else np.full(len(y), name),
        provenance=provenance,
        present=presence(len(y), genes_present=np.ones(len(y), dtype=bool), clinical=table),
        genes=_scaled(dense(data, "" if layer == "raw" else layer), normalise, layer),
        gene_names=_gene_names(data, gene_column),
        clinical=table,
        units=units,
        target_level="patient" if patient and per_patient else "specimen",
        patients_known=bool(patient),
    )


def _chosen(data: AnnData, layer: str, columns: Sequence[str], where: Mapping[str, Sequence[str]]) -> AnnData:
    """Return the part of the file that is asked for, its columns checked."""
    if layer == "raw":
        if data.raw is None:
            raise CohortError("layer", "the file has no raw part", remedy=f'"" is X; there are {sorted(data.layers)}.')
        data = data.raw.to_adata()
    for column in [*columns, *where]:
        _require(data.obs, column, "obs")
    for column, values in where.items():
        data = data[text(data.obs[column]).isin(list(values)).to_numpy()]
    if data.n_obs == 0:
        raise CohortError("where", f"no row has {dict(where)}")
    return data


def _require(table: pd.DataFrame, column: str, place: str) -> None:
    if column and column not in table:
        raise CohortError(place, f"has no column {column!r}; has {', '.join(map(str, table.columns))}")


def _filled(obs: pd.DataFrame, column: str) -> NDArray[np.str_]:
    values = text(obs[column])
    blank = (values == "") | (values.str.lower() == "nan")
    if blank.any():
        ids = obs.index[blank.to_numpy()].tolist()
        raise CohortError(f"obs[{column!r}]", f"is empty in {len(ids)} rows", ids, "Leave them out with where.")
    return values.to_numpy(np.str_)


def _classes(obs: pd.DataFrame, label: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    codes, names = pd.factorize(_filled(obs, label), sort=True)
    return tuple(str(n) for n in names), codes.astype(np.int64)


def _gene_names(data: AnnData, gene_column: str) -> tuple[str, ...]:
    _require(data.var, gene_column, "var")
    names = text(data.var[gene_column]) if gene_column else pd.Series(data.var_names.astype(str))
    if names.tolist() == [str(i) for i in range(len(names))]:
        raise CohortError("var", "has no gene names, only their places", remedy="Name them, or a gene_column.")
    if names.duplicated().any():
        columns = ", ".join(map(str, data.var.columns)) or "none"
        raise CohortError(
            "var", "gene names occur more than once", names[names.duplicated()].unique().tolist(),
            f"Choose another gene_column (var has {columns}), or aggregate them in the file.",
        )  # fmt: skip
    return tuple(names)


def _scaled(values: NDArray[np.float32], normalise: Normalise, layer: str) -> NDArray[np.float32]:
    if normalise not in ("none", "log1p-cp10k"):
        raise CohortError("normalise", f"unknown {normalise!r}", remedy="Known: none, log1p-cp10k.")
    counts = bool((values >= 0).all() and (values == np.rint(values)).all())
    place = layer or "X"
    if normalise == "none":
        if counts:
            raise CohortError(place, "holds counts", remedy="Say normalise='log1p-cp10k', or name a normalised layer.")
        return values
    if not counts:
        raise CohortError(place, "holds no counts", remedy="Say normalise='none', or name the layer with counts.")
    total = values.sum(axis=1, keepdims=True, dtype=np.float64)
    return np.log1p(values * (_TARGET_SUM / np.where(total > 0, total, 1))).astype(np.float32)


def _clinical(
    obs: pd.DataFrame, columns: Mapping[str, str], specimen: NDArray[np.str_]
) -> tuple[pd.DataFrame | None, dict[str, str]]:
    if not columns:
        return None, {}
    parts: dict[str, object] = {}
    for column, unit in columns.items():
        values = text(obs[column]).reset_index(drop=True)
        if unit == "category":
            parts[column] = pd.Categorical(values.where(~values.str.lower().isin(["", "nan", "unknown"])))
        else:
            parts[column] = numbers(values, f"obs[{column!r}]", specimen)
    return pd.DataFrame(parts), {c: u for c, u in columns.items() if u != "category"}
