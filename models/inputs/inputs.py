"""Everything that is learned from train to turn a cohort into tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort, ImageBags, NotApplicable
from models.inputs.class_spread import class_spread
from models.inputs.clinical_table import ClinicalTable
from models.inputs.gene_scaler import GeneScaler, GeneSelection

_IMAGES_FOR_STATISTICS = 1024
_NEARLY_ALL = 0.9
EVERY_GENE = GeneSelection()
ReadFeatures = Callable[[ImageBags], NDArray[np.floating]]


@dataclass(frozen=True)
class ImageScaler:
    """Give pixels mean 0 and variance 1 per channel on train.

    Attributes:
        size: Height and width of every image.
        mean, scale: float32 (3,), of intensities in [0, 1].
    """

    size: tuple[int, int]
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

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of what an encoder reads of an image, (H, W)."""
        return self.size

    def read(self, images: ImageBags) -> NDArray[np.uint8]:
        """Return the pixels, uint8 (m, H, W, 3), bag after bag."""
        return images.pixels[images.all_rows()]


@dataclass(frozen=True)
class FeatureScaler:
    """Give each feature of a frozen encoder mean 0 over images of train, and variance 1 over bags of a class.

    A channel of a map is one feature, by its mean over places.
    What differs between specimens decides the scale, not what differs between the cells of each. A feature that is the
    same in nine of ten images of train is left out: the few others would weigh too much (M. Kuhn, K. Johnson, "Applied
    Predictive Modeling", 2013, section 3.5).

    Attributes:
        size: Height and width of every image.
        features: From bags of m images to what the frozen encoder says of each, (m, f) or (m, channels, h, w).
        places: Height and width of a map, () for features without places.
        mean, scale: float32 (f,), or (channels, 1, 1); the scale is infinite for features that are left out.
    """

    size: tuple[int, int]
    features: ReadFeatures
    places: tuple[int, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, images: ImageBags, features: ReadFeatures, y: NDArray[np.int64]) -> Self:
        """Learn from all images of train, whose bags are of classes ``y``, int64 (n,).

        One bag alone has no variance, and its images give the scale.
        """
        values = features(images)
        places = values.shape[2:]
        values = values.mean(axis=tuple(range(2, values.ndim)), dtype=np.float32)
        filled = images.starts[:-1][images.sizes > 0]
        sums = np.add.reduceat(values, filled, axis=0, dtype=np.float64)
        bags = sums / images.sizes[images.sizes > 0][:, None]
        scale = class_spread(bags, y[images.sizes > 0]) if len(bags) > 1 else values.astype(np.float64).std(axis=0)
        alike = (values == np.median(values, axis=0)).mean(axis=0) > _NEARLY_ALL
        scale = np.where((scale > 0) & ~alike, scale, np.inf)
        mean = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        flat = (-1, *(1 for _ in places))
        size = (images.pixels.shape[1], images.pixels.shape[2])
        return cls(size, features, places, mean.reshape(flat), scale.astype(np.float32).reshape(flat))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of what an encoder reads of an image, (f,) or (channels, h, w)."""
        return (len(self.mean), *self.places)

    def read(self, images: ImageBags) -> NDArray[np.float32]:
        """Return standardised features, float32 (m, f) or (m, channels, h, w), bag after bag."""
        return (self.features(images).astype(np.float32) - self.mean) / self.scale


@dataclass(frozen=True)
class UnscaledFeatures:
    """Hand on features of a frozen encoder as they are, for a network that goes on from there.

    Attributes:
        size: Height and width of every image.
        features: From bags of m images to what the frozen encoder says of each, (m, ...).
        shape: Of what an encoder reads of an image.
    """

    size: tuple[int, int]
    features: ReadFeatures
    shape: tuple[int, ...]

    @classmethod
    def fit(cls, images: ImageBags, features: ReadFeatures) -> Self:
        """Look up the shapes; nothing is learned."""
        size = (images.pixels.shape[1], images.pixels.shape[2])
        return cls(size, features, features(images).shape[1:])

    def read(self, images: ImageBags) -> NDArray[np.floating]:
        """Return the features, (m, ...), bag after bag."""
        return self.features(images)


ImageReader = ImageScaler | FeatureScaler | UnscaledFeatures


@dataclass(frozen=True)
class Inputs:
    """Hold what each modality needs; None where a modality is not used.

    A modality is used if the entry wants it and at least one specimen of train has it.
    """

    images: ImageReader | None
    genes: GeneScaler | None
    clinical: ClinicalTable | None

    @classmethod
    def fit(
        cls,
        train: Cohort,
        modalities: tuple[str, ...],
        genes: GeneSelection = EVERY_GENE,
        features: ReadFeatures | None = None,
        unscaled: bool = False,
    ) -> Self:
        """Learn from ``train``.

        Args:
            modalities: Those that the entry wants.
            genes: Which genes to keep.
            features: What a frozen encoder says of images; without it pixels are read.
            unscaled: Whether features stay as they are.

        Raises:
            NotApplicable: If no specimen of train has any of ``modalities``.
        """
        used = {m for m in modalities if m in train.modalities and train.has(m).any()}
        if not used:
            raise NotApplicable(f"train: no specimen of {train.name} has any of {modalities}. Choose another entry.")
        return cls(
            _fit_images(train, features, unscaled) if "images" in used else None,
            GeneScaler.fit(train, genes) if "genes" in used else None,
            ClinicalTable.fit(train) if "clinical" in used else None,
        )


def _fit_images(train: Cohort, features: ReadFeatures | None, unscaled: bool) -> ImageReader:
    assert train.images is not None
    if features is None:
        return ImageScaler.fit(train.images)
    if unscaled:
        return UnscaledFeatures.fit(train.images, features)
    return FeatureScaler.fit(train.images, features, train.y)
