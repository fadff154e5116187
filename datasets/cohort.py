"""The one shape of data that every dataset produces and every entry consumes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import CohortError
from datasets.image_bags import ImageBags

MODALITIES = ("images", "genes", "clinical")


@dataclass(frozen=True)
class Provenance:
    """Say where a cohort came from and what a reader of its figures must know.

    Attributes:
        source: Public address or the name of the generator.
        version: Pinned commit, release or generator settings.
        licence: Licence found at the source.
        generated: True for simulated cohorts; every table then carries the banner.
        modified: True when files differ from the committed manifest of the source.
        absent: Parts of the dataset that are not on this machine, one sentence each.
        skipped: Files that could not be read, relative to the dataset's folder.
    """

    source: str
    version: str
    licence: str
    generated: bool = False
    modified: bool = False
    absent: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Truth:
    """What only a generator knows. Never an input of an entry.

    Attributes:
        posterior: Modality subset ("images+genes", "all", ...) -> Bayes posterior, float64 (n, n_classes).
        y: int64 (n,), class before label noise; None where the labels carry none.
        traits: Latent values of every image of ``pixels``, one row each.
        evidence: One row an image of ``pixels``, a column a trait: |log-likelihood ratio| of the trait's value for
            the patient's class against the other classes; NaN-free, 0 where the trait says nothing.
        signal_genes: Names of genes whose distribution depends on the class.
        signal_pathways: Names of gene sets that hold such genes by design.
        masks: Component name -> bool (m, H, W), aligned with ``pixels``.
        posterior_error: Modality subset -> standard error of ``posterior`` where it is a Monte Carlo estimate,
            float64 (n, n_classes); no entry where it is a closed form.
    """

    posterior: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    y: NDArray[np.int64] | None = None
    traits: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    signal_genes: tuple[str, ...] = ()
    signal_pathways: tuple[str, ...] = ()
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    posterior_error: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, indices: NDArray[np.int64]) -> Truth:
        """Return the truth of some specimens; image-level parts stay aligned with ``pixels``."""
        return replace(
            self,
            posterior={k: v[indices] for k, v in self.posterior.items()},
            posterior_error={k: v[indices] for k, v in self.posterior_error.items()},
            y=None if self.y is None else self.y[indices],
        )


def presence(
    n: int,
    images: ImageBags | None = None,
    genes_present: NDArray[np.bool_] | None = None,
    clinical: pd.DataFrame | None = None,
) -> NDArray[np.bool_]:
    """Return which modalities each specimen has, bool (n, 3), columns as ``MODALITIES``."""
    present = np.zeros((n, 3), dtype=bool)
    if images is not None:
        present[:, 0] = images.sizes > 0
    if genes_present is not None:
        present[:, 1] = genes_present
    if clinical is not None:
        present[:, 2] = clinical.notna().any(axis=1).to_numpy()
    return present


@dataclass(frozen=True, eq=False)
class Cohort:
    """Hold N specimens of patients with optional, ragged modalities.

    Attributes:
        name: Dataset name.
        classes: Class names; ``y`` indexes them.
        y: int64 (n,), class of each specimen.
        specimen: str (n,), unique ids; split plans and predictions refer to them.
        patient: str (n,), the unit that splits and intervals respect.
        domain: str (n,), site, scanner, era or lineage.
        provenance: Source, licence and flags.
        images: Bags of cell images, or None when the dataset has none.
        genes: float32 (n, n_genes), finite; rows of specimens without genes are zero.
        gene_names: n_genes symbols or probe ids, unique.
        gene_sets: Given pathways: name -> members among ``gene_names``.
        clinical: One row a specimen; numeric or category columns; NaN is missing.
        units: Unit of each numeric clinical column ("" for a pure number).
        present: bool (n, 3) in the order of ``MODALITIES``.
        truth: What a generator knows, or None.
        target_level: Whether the label belongs to the patient or to the specimen.
        patients_known: False where the source does not say which specimens are of one patient; ``patient`` then holds
            what is known to belong together (at the least each specimen alone), and only splits that say so in every
            table can be made.
        official: str (n,), role in the source's own split: "train", "valid", "test" or "" for none. Not an input.
        era: str (n,), period of sampling, in the order of time when sorted. Not an input.
        image_facts: What the image files tell besides their pixels, one row an image of ``images.pixels``, such as
            ``format`` (str), ``mode`` (str), ``width``, ``height``, ``bytes``. Never an input: audits read it.

    Raises:
        CohortError: If parts disagree; the message names column, first ids and remedy.
    """

    name: str
    classes: tuple[str, ...]
    y: NDArray[np.int64]
    specimen: NDArray[np.str_]
    patient: NDArray[np.str_]
    domain: NDArray[np.str_]
    provenance: Provenance
    present: NDArray[np.bool_]
    images: ImageBags | None = None
    genes: NDArray[np.float32] | None = None
    gene_names: tuple[str, ...] = ()
    gene_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clinical: pd.DataFrame | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    truth: Truth | None = None
    target_level: Literal["patient", "specimen"] = "patient"
    patients_known: bool = True
    official: NDArray[np.str_] | None = None
    era: NDArray[np.str_] | None = None
    image_facts: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        for check in _CHECKS:
            check(self)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that the dataset has at all, in the order of ``MODALITIES``."""
        have = (self.images, self.genes, self.clinical)
        return tuple(m for m, part in zip(MODALITIES, have, strict=True) if part is not None)

    def has(self, modality: str) -> NDArray[np.bool_]:
        """Return which specimens have ``modality``, bool (n,)."""
        return self.present[:, MODALITIES.index(modality)]

    def __getitem__(self, indices: ArrayLike) -> Cohort:
        """Return the chosen specimens (positions or a mask) without copying pixels.

        A view is not validated again: it may lack a class.
        """
        taken = np.asarray(indices)
        idx = np.flatnonzero(taken) if taken.dtype == bool else taken.astype(np.int64)
        view = object.__new__(Cohort)
        parts: dict[str, Any] = {k: v for k, v in vars(self).items() if k in self.__dataclass_fields__}
        for key in ("y", "specimen", "patient", "domain", "present", "official", "era"):
            parts[key] = None if parts[key] is None else parts[key][idx]
        parts["images"] = None if self.images is None else self.images[idx]
        parts["genes"] = None if self.genes is None else self.genes[idx]
        parts["clinical"] = None if self.clinical is None else self.clinical.iloc[idx].reset_index(drop=True)
        parts["truth"] = None if self.truth is None else self.truth.take(idx)
        vars(view).update(parts)
        return view

    def blinded(self, *, labels: bool) -> Cohort:
        """Return what an entry may see: no truth, no facts of files, and labels only when ``labels`` (hidden: -1).

        Real ids may carry the label (numbers of a file that was sorted by class); opaque ones count
        specimens and patients in the order of this view.
        """
        view = self[np.arange(len(self))]
        patient = pd.factorize(self.patient)[0]
        vars(view).update(
            truth=None,
            official=None,
            era=None,
            image_facts=None,
            y=self.y if labels else np.full(len(self), -1, dtype=np.int64),
            specimen=np.char.add("specimen-", np.arange(len(self)).astype(str)),
            patient=np.char.add("patient-", patient.astype(str)),
        )
        return view

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of everything that an entry or a metric can see."""
        digest = hashlib.sha256()
        digest.update(repr((self.name, self.classes, self.target_level, self.gene_names)).encode())
        digest.update(repr(sorted((k, tuple(v)) for k, v in self.gene_sets.items())).encode())
        digest.update(repr(sorted(self.units.items())).encode())
        for ids in (self.specimen, self.patient, self.domain):
            digest.update("\x1f".join(ids.tolist()).encode())
        for array in (self.y, self.present, self.genes):
            if array is not None:
                digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        if self.clinical is not None:
            digest.update(self.clinical.to_csv(index=False, float_format="%.10g").encode())
        if self.images is not None:
            _digest_images(digest, self.images)
        return digest.hexdigest()


def _digest_images(digest: Any, images: ImageBags) -> None:
    digest.update(repr(images.pixels.shape).encode())
    digest.update(images.starts.tobytes())
    digest.update(images.all_rows().tobytes())
    for block in range(0, len(images.pixels), 256):
        digest.update(np.ascontiguousarray(images.pixels[block : block + 256]).data)
    if images.cell_type is not None:
        digest.update("\x1f".join(images.cell_type.tolist()).encode())


def _check_lengths(c: Cohort) -> None:
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
    }
    for column, part in parts.items():
        if part is not None and len(part) != n:
            raise CohortError(column, f"has {len(part)} rows, y has {n}", remedy="Give every part one row a specimen.")
    if n == 0:
        raise CohortError("y", "the cohort has no specimen")
    if c.y.dtype != np.int64:
        raise CohortError("y", f"is {c.y.dtype}, needs int64 positions in classes")


def _check_ids(c: Cohort) -> None:
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


def _check_roles(c: Cohort) -> None:
    if c.official is not None:
        odd = ~np.isin(c.official, ["train", "valid", "test", ""])
        if odd.any():
            raise CohortError("official", f"unknown roles {sorted(set(c.official[odd]))}", c.specimen[odd])
    images = 0 if c.images is None else len(c.images.pixels)
    if c.image_facts is not None and len(c.image_facts) != images:
        raise CohortError("image_facts", f"has {len(c.image_facts)} rows for {images} images")


def _check_labels(c: Cohort) -> None:
    if len(set(c.classes)) != len(c.classes) or len(c.classes) < 2:
        raise CohortError("classes", f"needs two or more distinct names, got {c.classes}")
    bad = (c.y < 0) | (c.y >= len(c.classes))
    if bad.any():
        raise CohortError(
            "y", f"unknown class {sorted(set(c.y[bad].tolist()))}", c.specimen[bad], f"Known: 0..{len(c.classes) - 1}."
        )
    empty = [name for k, name in enumerate(c.classes) if not (c.y == k).any()]
    if empty:
        raise CohortError("classes", "no specimen belongs to some classes", empty, "Drop them from classes.")
    if c.target_level == "patient":
        labels = pd.Series(c.y).groupby(c.patient).nunique()
        torn = labels.index[labels > 1].tolist()
        if torn:
            raise CohortError(
                "patient", "has two labels although the target is per patient", torn,
                "Correct the labels, or set target_level='specimen'.",
            )  # fmt: skip


def _check_genes(c: Cohort) -> None:
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


def _check_clinical(c: Cohort) -> None:
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


def _check_present(c: Cohort) -> None:
    if c.present.shape != (len(c), 3) or c.present.dtype != bool:
        raise CohortError("present", f"is {c.present.dtype} {c.present.shape}, needs bool ({len(c)}, 3)")
    genes = None if c.genes is None else c.present[:, 1]
    expected = presence(len(c), c.images, genes, c.clinical)
    wrong = (c.present != expected).any(axis=1)
    if wrong.any():
        raise CohortError(
            "present", "disagrees with the bags, genes or clinical rows", c.specimen[wrong],
            "Build it with datasets.cohort.presence.",
        )  # fmt: skip


_CHECKS = (
    _check_lengths, _check_ids, _check_roles, _check_labels, _check_genes, _check_clinical, _check_present
)  # fmt: skip
