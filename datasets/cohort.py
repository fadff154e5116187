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

from datasets.cohort_checks import check_cohort
from datasets.errors import CohortError as CohortError
from datasets.errors import NotApplicable as NotApplicable
from datasets.image_bags import ImageBags
from datasets.modality_names import MODALITIES as MODALITIES
from datasets.presence import presence as presence


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
        notes: What was passed over or is lacking, one sentence each; printed with every table.
    """

    source: str
    version: str
    licence: str
    generated: bool = False
    modified: bool = False
    absent: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Truth:
    """What only a generator knows. Never an input of an entry.

    Attributes:
        posterior: Modality subset ("images+genes", "all", ...) -> Bayes posterior, float64 (n, n_classes).
        y: int64 (n,), class before label noise, -1 for what is none of the classes; None where the labels carry none.
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


@dataclass(frozen=True, eq=False)
class Cohort:
    """Hold N specimens of patients with optional, ragged modalities.

    Attributes:
        name: Dataset name.
        classes: Class names; ``y`` indexes them.
        y: int64 (n,), class of each specimen; -1 exactly where ``unseen`` has a name.
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
        unseen: str (n,), "" for a specimen of ``classes``, else the name of what it is instead: such specimens are
            predicted to see what entries say of the unknown, never learned from. None where there are none. Not an
            input.

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
    unseen: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        check_cohort(self)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return which specimens are of one of ``classes``, bool (n,)."""
        return np.ones(len(self), dtype=bool) if self.unseen is None else self.unseen == ""

    @property
    def label(self) -> NDArray[np.str_]:
        """Return the class of each specimen by name, or what it is instead, str (n,).

        Raises:
            ValueError: If labels are hidden, as ``blinded`` does.
        """
        if (self.y[self.known] < 0).any():
            raise ValueError("labels are hidden")
        names = np.array(self.classes)[self.y]
        return names if self.unseen is None else np.where(self.known, names, self.unseen)

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
        for key in ("y", "specimen", "patient", "domain", "present", "official", "era", "unseen"):
            parts[key] = None if parts[key] is None else parts[key][idx]
        parts["images"] = None if self.images is None else self.images[idx]
        parts["genes"] = None if self.genes is None else self.genes[idx]
        parts["clinical"] = None if self.clinical is None else _numbered(self.clinical.take(idx))
        parts["truth"] = None if self.truth is None else self.truth.take(idx)
        vars(view).update(parts)
        return view

    def blinded(self, *, labels: bool) -> Cohort:
        """Return what an entry may see: no truth, no facts of files, and labels only when ``labels`` (hidden: -1).

        Real ids may carry the label (numbers of a file that was sorted by class); opaque ones count
        specimens and patients in the order of this view. Arrays are shared.
        """
        view = object.__new__(Cohort)
        patient = pd.factorize(self.patient)[0]
        vars(view).update({k: v for k, v in vars(self).items() if k in self.__dataclass_fields__})
        vars(view).update(
            clinical=None if self.clinical is None else _numbered(self.clinical),
            truth=None,
            official=None,
            era=None,
            image_facts=None,
            unseen=None,
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
        for ids in (self.specimen, self.patient, self.domain, self.unseen):
            if ids is not None:
                digest.update("\x1f".join(ids.tolist()).encode())
        for array in (self.y, self.present, self.genes):
            if array is not None:
                digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        if self.clinical is not None:
            digest.update(self.clinical.to_csv(index=False, float_format="%.10g").encode())
        if self.images is not None:
            _digest_images(digest, self.images)
        return digest.hexdigest()


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table under plain row numbers, itself where it has them; other labels of rows may tell the class."""
    plain = pd.RangeIndex(len(table))
    return table if table.index.identical(plain) else table.set_axis(plain, axis="index")


def _digest_images(digest: Any, images: ImageBags) -> None:
    digest.update(repr(images.pixels.shape).encode())
    digest.update(images.starts.tobytes())
    digest.update(images.all_rows().tobytes())
    for block in range(0, len(images.pixels), 256):
        digest.update(np.ascontiguousarray(images.pixels[block : block + 256]).data)
    if images.cell_type is not None:
        digest.update("\x1f".join(images.cell_type.tolist()).encode())
