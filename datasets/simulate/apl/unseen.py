"""Patients of none of the five classes: their place among the others, and models wide enough to draw them too.

A wide model has the rows of the classes first, as they are, then those of ``UNSEEN``: it is for drawing only. The
likelihood of every patient, unseen or not, is that of the classes' own model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from datasets.simulate.apl import unseen_tables as odd
from datasets.simulate.apl.expression import GeneModel
from datasets.simulate.apl.patients import Patients, enrolled, largest_remainder
from datasets.simulate.apl.traits import TraitModel
from datasets.simulate.drawing import leukaemic_cells
from datasets.simulate.shared import (
    Bernoulli,
    ChildOrAdultAge,
    Family,
    LogNormal,
    Normal,
    Percentage,
    Stream,
    generator,
    patient_uniforms,
    tables,
)

Floats = NDArray[np.float64]


def with_unseen(patients: Patients, each: int, seed: int, images_only: float = 0.5) -> Patients:
    """Return the patients followed by ``each`` of every unseen kind in random order, sites in equal parts.

    Of the share ``images_only`` of each kind at site C there are images only.
    """
    n_kinds, n_sites = len(odd.UNSEEN), len(tables.SITES)
    sites = np.repeat(np.arange(n_sites), largest_remainder(each, np.ones(n_sites)))
    order = generator(seed, Stream.UNSEEN_ORDER).permutation(n_kinds * each)
    kind = np.concatenate([patients.kind, len(tables.CLASSES) + np.repeat(np.arange(n_kinds), each)[order]])
    site = np.concatenate([patients.site, np.tile(sites, n_kinds)[order]])
    return enrolled(kind, site, images_only, seed)


def wide_clinical(model: Mapping[str, Family]) -> dict[str, Family]:
    """Return column -> distribution of the classes and of ``UNSEEN``."""
    more: dict[str, Family] = {"age": _age()}
    for column, rows in odd.LOG_NORMAL.items():
        more[column] = LogNormal(*_both(rows))
    for column, rows in odd.NORMAL.items():
        more[column] = Normal(*_both(rows))
    for column, rates in odd.BERNOULLI.items():
        more[column] = Bernoulli(_twice(rates))
    wbc = np.array(odd.WBC, dtype=np.float64)
    more["wbc"] = LogNormal(wbc[..., 0], wbc[..., 1])
    more["flt3_itd"] = Bernoulli(np.array(odd.FLT3_ITD))
    more["promyelocytes"] = Percentage(*_both(odd.PROMYELOCYTES))
    return {column: _stacked(family, more[column]) for column, family in model.items()}


def wide_traits(model: TraitModel) -> TraitModel:
    """Return the trait distributions of the classes and of ``UNSEEN``."""
    gaussian = {}
    for name, trait in model.gaussian.items():
        mean = trait.to_scale(np.array(odd.GAUSSIAN_TRAITS[name], dtype=np.float64))
        gaussian[name] = replace(trait, mean=np.concatenate([trait.mean, mean]))
    more = {"nucleus_shape": odd.SHAPE, "auer": odd.AUER}
    return replace(
        model,
        gaussian=gaussian,
        categorical={name: np.concatenate([part, more[name]]) for name, part in model.categorical.items()},
        bleb=np.concatenate([model.bleb, odd.BLEB]),
        nucleoli=np.concatenate([model.nucleoli, odd.NUCLEOLI]),
    )


def wide_genes(model: GeneModel) -> GeneModel:
    """Return the genes with the shifts of the classes and of ``UNSEEN``."""
    shifts = [odd.GENE_SHIFTS[name] for name, (genes, _) in tables.GENE_MODULES.items() for _ in genes]
    return replace(model, shift=np.concatenate([model.shift, np.array(shifts).T]))


def leukaemic_fraction(complete: pd.DataFrame, kind: NDArray[np.int64], seed: int) -> Floats:
    """Return the share of leukaemic cells in each marrow, float64 (n,): promyelocytes, or blasts in other AML."""
    mean, concentration = odd.BLAST_FRACTION
    chance = patient_uniforms(seed, Stream.BLASTS, len(kind), (1,))[:, 0]
    blasts = betaincinv(mean * concentration, (1 - mean) * concentration, chance)
    return np.where(has_blasts(kind), blasts, complete["promyelocytes"].to_numpy() / 100)


def has_blasts(kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whose leukaemic cells are myeloblasts, bool (n,)."""
    return kind == len(tables.CLASSES) + odd.BLASTS


def sick_cells(traits: Mapping[str, NDArray], kind: NDArray[np.int64]) -> dict[str, NDArray]:
    """Return how each patient's leukaemic cells look, (n, cells, ...) each: as promyelocytes or as myeloblasts."""
    usual = leukaemic_cells(traits)
    blasts, chosen = _as_blasts(usual), has_blasts(kind)
    return {name: np.where(chosen.reshape(-1, *[1] * (x.ndim - 1)), blasts[name], x) for name, x in usual.items()}


def _as_blasts(cells: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Return leukaemic cells, (n, cells, ...) each, looking like myeloblasts of the same latent traits."""
    granularity, basophilia = cells["granularity"], cells["basophilia"]
    one, zero = np.ones_like(granularity), np.zeros_like(granularity)
    base, more = odd.BLAST_BLUE
    purple, magenta = odd.BLAST_CYTOPLASM
    cover, *grain = odd.BLAST_GRANULES
    return {
        **cells,
        "cell_type": np.full(granularity.shape, "blast"),
        "nucleus": np.stack([part * one for part in odd.BLAST_NUCLEUS], axis=2),
        "cytoplasm": np.stack([base + more * basophilia, purple * one, zero, magenta * one, zero], axis=2),
        "granules": np.stack([cover * granularity, *(part * one for part in grain)], axis=2),
        "eccentricity": odd.BLAST_ECCENTRICITY * one,
    }


def _age() -> ChildOrAdultAge:
    median, sigma = tables.CHILD_AGE
    ones = np.ones((len(odd.UNSEEN), 2))
    return ChildOrAdultAge(_twice(odd.CHILD), LogNormal(median * ones, sigma * ones), Normal(*_both(odd.ADULT_AGE)))


def _both(rows: ArrayLike) -> tuple[Floats, Floats]:
    """Return the two parameters of each kind, the same for both variants, float64 (n_kinds, 2) each."""
    table = np.array(rows, dtype=np.float64)
    return _twice(table[:, 0]), _twice(table[:, 1])


def _twice(per_kind: ArrayLike) -> Floats:
    return np.repeat(np.asarray(per_kind, dtype=np.float64)[:, None], 2, axis=1)


def _stacked(first: Any, second: Any) -> Any:
    """Return a distribution with the rows of two of one family."""
    parts = {f.name: (getattr(first, f.name), getattr(second, f.name)) for f in fields(first)}
    return type(first)(**{
        name: _stacked(a, b) if is_dataclass(a) else np.concatenate([a, b]) if isinstance(a, np.ndarray) else a
        for name, (a, b) in parts.items()
    })  # fmt: skip
