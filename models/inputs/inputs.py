"""Everything that is learned from train to turn a cohort into tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort, ImageBags
from models.inputs.clinical_table import ClinicalTable
from models.inputs.gene_scaler import GeneScaler

_IMAGES_FOR_STATISTICS = 1024


@dataclass(frozen=True)
class ImageScaler:
    """Give pixels mean 0 and variance 1 per channel on train.

    Attributes:
        shape: Height and width of every image.
        mean, scale: float32 (3,), of intensities in [0, 1].
    """

    shape: tuple[int, int]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, images: ImageBags) -> Self:
        """Learn from up to 1,024 evenly spaced images of train."""
        rows = images.all_rows()
        picked = rows[np.linspace(0, len(rows) - 1, min(len(rows), _IMAGES_FOR_STATISTICS)).astype(np.int64)]
        values = images.pixels[picked].reshape(-1, 3).astype(np.float32) / 255
        mean, scale = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
        shape = (images.pixels.shape[1], images.pixels.shape[2])
        return cls(shape, mean.astype(np.float32), np.maximum(scale, 0.02).astype(np.float32))


@dataclass(frozen=True)
class Inputs:
    """Hold what each modality needs; None where a modality is not used.

    A modality is used if the entry wants it and at least one specimen of train has it.
    """

    images: ImageScaler | None
    genes: GeneScaler | None
    clinical: ClinicalTable | None

    @classmethod
    def fit(
        cls, train: Cohort, modalities: tuple[str, ...], n_genes: int, first_genes: frozenset[str] = frozenset()
    ) -> Self:
        """Learn from ``train``.

        Raises:
            ValueError: If no specimen of train has any of ``modalities``.
        """
        used = {m for m in modalities if m in train.modalities and train.has(m).any()}
        if not used:
            raise ValueError(f"train: no specimen of {train.name} has any of {modalities}. Choose another entry.")
        return cls(
            ImageScaler.fit(train.images) if train.images is not None and "images" in used else None,
            GeneScaler.fit(train, n_genes, first_genes) if "genes" in used else None,
            ClinicalTable.fit(train) if "clinical" in used else None,
        )
