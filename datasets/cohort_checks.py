"""What must hold of a cohort; a violation names column, first ids and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import CohortError
from datasets.image_bags import ImageBags
from datasets.presence import presence


class CohortParts(Protocol):
    """What is checked, as data: the fields of ``datasets.cohort.Cohort`` that must agree."""

    # fmt: off
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def y(self) -> NDArray[np.int64]: ...
    @property
    def specimen(self) -> NDArray[np.str_]: ...
    @property
    def patient(self) -> NDArray[np.str_]: ...
    @property
    def domain(self) -> NDArray[np.str_]: ...
    @property
    def present(self) -> NDArray[np.bool_]: ...
    @property
    def images(self) -> ImageBags | None: ...
    @property
    def genes(self) -> NDArray[np.float32] | None: ...
    @property
    def gene_names(self) -> tuple[str, ...]: ...
    @property
    def gene_sets(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def clinical(self) -> pd.DataFrame | None: ...
    @property
    def units(self) -> Mapping[str, str]: ...
    @property
    def target_level(self) -> str: ...
    @property
    def official(self) -> NDArray[np.str_] | None: ...
    @property
    def era(self) -> NDArray[np.str_] | None: ...
    @property
    def image_facts(self) -> pd.DataFrame | None: ...
    @property
    def unseen(self) -> NDArray[np.str_] | None: ...
    @property
    def known(self) -> NDArray[np.bool_]: ...
    @property
    def label(self) -> NDArray[np.str_]: ...
    # fmt: on


def check_cohort(c: CohortParts) -> None:
    """Apply every check.

    Raises:
        CohortError: If parts disagree.
    """
    for check in _CHECKS:
        check(c)


def _check_lengths(c: CohortParts) -> None:
    n = len(c.y)
    parts: dict[str, Any] = {
        "specimen": c.specimen,
        "patient": c.patient,
        "domain": c.domain,
        "present": c.present,
        "images": c.images,
        "genes": c.genes,
        "clinical": c.clinical,
        "official": c.official,
        "era": c.era,
        "unseen": c.unseen,
    }
    for column, part in parts.items():
        if part is not None and len(part) != n:
            raise CohortError(column, f"has {len(part)} rows, y has {n}", remedy="Give every part one row a specimen.")
    if n == 0:
        raise CohortError("y", "the cohort has no specimen")
    if c.y.dtype != np.int64:
        raise CohortError("y", f"is {c.y.dtype}, needs int64 positions in classes")


def _check_ids(c: CohortParts) -> None:
    for column in ("specimen", "patient", "domain"):
        ids = getattr(c, column)
        if ids.dtype.kind != "U":
            raise CohortError(column, f"is {ids.dtype}, needs str")
        blank = np.flatnonzero(np.char.strip(ids) == "")
        if len(blank):
            raise CohortError(column, "is empty in some rows", blank, "Give every row an id; none is invented.")
    values, counts = np.unique(c.specimen, return_counts=True)
    if (counts > 1).any():
        raise CohortError("specimen", "ids occur more than once", values[counts > 1], "Make specimen ids unique.")


def _check_roles(c: CohortParts) -> None:
    if c.official is not None:
        odd = ~np.isin(c.official, ["train", "valid", "test", ""])
        if odd.any():
            raise CohortError("official", f"unknown roles {sorted(set(c.official[odd].tolist()))}", c.specimen[odd])
    images = 0 if c.images is None else len(c.images.pixels)
    if c.image_facts is not None and len(c.image_facts) != images:
        raise CohortError("image_facts", f"has {len(c.image_facts)} rows for {images} images")


def _check_classes(c: CohortParts) -> None:
    if len(set(c.classes)) != len(c.classes) or len(c.classes) < 2:
        raise CohortError("classes", f"needs two or more distinct names, got {c.classes}")
    if c.unseen is None:
        return
    if c.unseen.dtype.kind != "U":
        raise CohortError("unseen", f"is {c.unseen.dtype}, needs str")
    blank = (c.unseen != "") & (np.char.strip(c.unseen) != c.unseen)
    if blank.any():
        raise CohortError("unseen", "has names with blanks around them", c.specimen[blank], 'Strip them; "" is none.')
    both = np.isin(c.unseen, c.classes)
    if both.any():
        raise CohortError(
            "unseen", f"names classes {sorted(set(c.unseen[both].tolist()))}", c.specimen[both],
            "A class is either known or unseen.",
        )  # fmt: skip


def _check_labels(c: CohortParts) -> None:
    bad = ((c.y < 0) | (c.y >= len(c.classes))) & c.known
    if bad.any():
        raise CohortError(
            "y", f"unknown class {sorted(set(c.y[bad].tolist()))}", c.specimen[bad], f"Known: 0..{len(c.classes) - 1}."
        )
    labelled = ~c.known & (c.y != -1)
    if labelled.any():
        raise CohortError(
            "y", "is a class where unseen has a name", c.specimen[labelled],
            "Set y to -1 there: the specimen is of none of the classes.",
        )  # fmt: skip
    empty = [name for k, name in enumerate(c.classes) if not (c.y == k).any()]
    if empty:
        raise CohortError("classes", "no specimen belongs to some classes", empty, "Drop them from classes.")
    if c.target_level == "patient":
        labels = pd.Series(c.label).groupby(c.patient).nunique()
        torn = labels.index[labels > 1].tolist()
        if torn:
            raise CohortError(
                "patient", "has two labels although the target is per patient", torn,
                "Correct the labels, or set target_level='specimen'.",
            )  # fmt: skip


def _check_genes(c: CohortParts) -> None:
    if c.genes is None:
        return
    if c.genes.dtype != np.float32 or c.genes.ndim != 2 or c.genes.shape[1] != len(c.gene_names):
        raise CohortError(
            "genes", f"is {c.genes.dtype} {c.genes.shape}, needs float32 (n, {len(c.gene_names)}) to match gene_names"
        )
    if len(set(c.gene_names)) != len(c.gene_names):
        repeated = pd.Index(c.gene_names)
        raise CohortError("gene_names", "repeat", repeated[repeated.duplicated()].tolist(), "Aggregate probes first.")
    bad = ~np.isfinite(c.genes).all(axis=1)
    if bad.any():
        raise CohortError(
            "genes", "NaN or infinite values", c.specimen[bad], "Impute, or mark the specimen absent in present."
        )
    known = set(c.gene_names)
    strangers = sorted({g for members in c.gene_sets.values() for g in members} - known)
    if strangers:
        raise CohortError("gene_sets", "name genes that are not in gene_names", strangers, "Intersect them first.")


def _check_clinical(c: CohortParts) -> None:
    if c.clinical is None:
        return
    for column in c.clinical.columns:
        kind = c.clinical[column].dtype
        if isinstance(kind, pd.CategoricalDtype):
            continue
        if not pd.api.types.is_numeric_dtype(kind):
            raise CohortError(f"clinical[{column!r}]", f"is {kind}", remedy="Use a numeric or category column.")
        if column not in c.units:
            raise CohortError(f"clinical[{column!r}]", "has no unit", remedy="Name it in units ('' for a pure number).")
        values = c.clinical[column].to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(values).any():
            raise CohortError(f"clinical[{column!r}]", "is infinite", c.specimen[np.isinf(values)])


def _check_present(c: CohortParts) -> None:
    if c.present.shape != (len(c.y), 3) or c.present.dtype != bool:
        raise CohortError("present", f"is {c.present.dtype} {c.present.shape}, needs bool ({len(c.y)}, 3)")
    genes = None if c.genes is None else c.present[:, 1]
    expected = presence(len(c.y), c.images, genes, c.clinical)
    wrong = (c.present != expected).any(axis=1)
    if wrong.any():
        raise CohortError(
            "present", "disagrees with the bags, genes or clinical rows", c.specimen[wrong],
            "Build it with datasets.cohort.presence.",
        )  # fmt: skip


_CHECKS = (
    _check_lengths, _check_ids, _check_roles, _check_classes, _check_labels, _check_genes, _check_clinical,
    _check_present,
)  # fmt: skip
