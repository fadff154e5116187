"""A cohort as tensors that live on the device; batches are drawn from them by index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Generator, Tensor

from datasets.cohort import Cohort
from models.inputs.augmentation import jitter_stain, random_orientation
from models.inputs.batch import Batch
from models.inputs.cell_sampling import even_cells, random_cells
from models.inputs.inputs import ImageScaler, Inputs


@dataclass(frozen=True)
class Resident:
    """Hold one cohort on one device.

    Attributes:
        pixels: uint8 (m, H, W, 3), or features of a frozen encoder, float (m, ...), bag after bag; m is 0 when images
            are not used.
        starts, sizes: int64 (n,), first row and number of cells of each bag.
        image_mean, image_scale: float (3, 1, 1).
        genes: float (n, n_genes). clinical: float (n, n_features).
        present: bool (n, 3); False for modalities that are not used.
        y: int64 (n,). patient: int64 (n,), codes 0..n_patients-1.
        per_patient: Whether the label belongs to the patient, not the specimen.
    """

    pixels: Tensor
    starts: Tensor
    sizes: Tensor
    image_mean: Tensor
    image_scale: Tensor
    genes: Tensor
    clinical: Tensor
    present: Tensor
    y: Tensor
    patient: Tensor
    per_patient: bool

    @classmethod
    def load(cls, cohort: Cohort, inputs: Inputs, device: str) -> Self:
        """Copy to ``device`` what ``inputs`` uses of a cohort.

        Raises:
            ValueError: If images have another size than on train, or genes or columns other names.
        """
        n = len(cohort)
        used = np.array([inputs.images is not None, inputs.genes is not None, inputs.clinical is not None])
        pixels, sizes = _used_pixels(cohort, inputs)
        scaler = inputs.images
        mean, scale = np.zeros(3, np.float32), np.ones(3, np.float32)
        if isinstance(scaler, ImageScaler):
            mean, scale = scaler.mean, scaler.scale
        empty = np.zeros((n, 0), np.float32)
        parts = {
            "pixels": pixels,
            "starts": np.cumsum(sizes) - sizes,
            "sizes": sizes,
            "image_mean": mean[:, None, None],
            "image_scale": scale[:, None, None],
            "genes": inputs.genes.transform(cohort) if inputs.genes else empty,
            "clinical": inputs.clinical.transform(cohort) if inputs.clinical else empty,
            "present": cohort.present & used,
            "y": cohort.y,
            "patient": np.unique(cohort.patient, return_inverse=True)[1].astype(np.int64),
        }
        tensors = {k: torch.tensor(v, device=device) for k, v in parts.items()}
        return cls(**tensors, per_patient=cohort.target_level == "patient")

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Tensor) -> Self:
        """Return some specimens, int64 (k,) or bool (n,), which share pixels with all."""
        of_specimens = ("starts", "sizes", "genes", "clinical", "present", "y", "patient")
        return replace(self, **{name: getattr(self, name)[rows] for name in of_specimens})

    def training_batch(self, index: Tensor, cells: int, stain_jitter: float, generator: Generator) -> Batch:
        """Return specimens ``index`` with up to ``cells`` random, randomly varied cells each.

        Without cells nothing is drawn: an entry that reads none, and one that finds none, then draw the same.
        """
        if not len(self.pixels):
            return self._batch(index, None, torch.zeros(len(index), cells, dtype=torch.bool, device=index.device))
        positions, mask = random_cells(self.sizes[index], cells, generator)
        if self.pixels.is_floating_point():
            return self._batch(index, self._pixels(index, positions, mask), mask)
        turned = random_orientation(self._pixels(index, positions, mask), generator)
        varied = jitter_stain(_intensities(turned), stain_jitter, generator)
        return self._batch(index, self._scaled(varied), mask)

    def evaluation_batch(self, index: Tensor, cells: int) -> Batch:
        """Return specimens ``index`` with up to ``cells`` evenly spaced cells each."""
        positions, mask = even_cells(self.sizes[index], cells)
        if not len(self.pixels):
            return self._batch(index, None, mask)
        drawn = self._pixels(index, positions, mask)
        return self._batch(index, drawn if drawn.is_floating_point() else self._scaled(_intensities(drawn)), mask)

    def _pixels(self, index: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        return self.pixels[(self.starts[index][:, None] + positions)[mask]]

    def _scaled(self, intensities: Tensor) -> Tensor:
        return (intensities - self.image_mean) / self.image_scale

    def _batch(self, index: Tensor, cells: Tensor | None, mask: Tensor) -> Batch:
        return Batch(cells, mask, self.genes[index], self.clinical[index], self.present[index])


def _intensities(pixels: Tensor) -> Tensor:
    """Return float (m, 3, H, W) in [0, 1], channels last in memory, of uint8 (m, H, W, 3)."""
    return pixels.permute(0, 3, 1, 2).float().div_(255)


def _used_pixels(cohort: Cohort, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    if inputs.images is None or cohort.images is None:
        return np.zeros((0, 1, 1, 3), np.uint8), np.zeros(len(cohort), np.int64)
    shape = cohort.images.pixels.shape[1:3]
    if shape != inputs.images.size:
        raise ValueError(
            f"images: {cohort.name} has {shape} pixels, train had {inputs.images.size}. Decode to one size."
        )
    return inputs.images.read(cohort.images), cohort.images.sizes
