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
_IMAGES_AT_ONCE = 1024
_ROUNDING = 1e-6  # of what lies between -1 and 1
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
    """Squash each feature of a frozen encoder; give it mean 0 over images of train and variance 1 over bags of a class.

    A channel of a map is one feature, with a value at each place. The hyperbolic tangent, in units of the standard
    deviation over images and places, keeps a few strange cells from deciding the mean of a bag. What differs between
    specimens decides the scale, not what differs between the cells of each. A feature that is the same in nine of ten
    images of train is left out: the few others would weigh too much (M. Kuhn, K. Johnson, "Applied Predictive
    Modeling", 2013, section 3.5).

    Reference: D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by Default", 2024, https://arxiv.org/abs/2407.04491
    (features are clipped smoothly).
    Differs from the paper in: the function and its unit.

    Attributes:
        size: Height and width of every image.
        features: From bags of m images to what the frozen encoder says of each, (m, f) or (m, channels, h, w).
        places: Height and width of a map, () for features without places.
        mean, spread: Over images and places, float32 (f,), or (channels, 1, 1).
        level, scale: Of what was squashed, alike; the scale is infinite for features that are left out.
    """

    size: tuple[int, int]
    features: ReadFeatures
    places: tuple[int, ...]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    level: NDArray[np.float32]
    scale: NDArray[np.float32]

    @classmethod
    def fit(cls, images: ImageBags, features: ReadFeatures, y: NDArray[np.int64]) -> Self:
        """Learn from all images of train, whose bags are of classes ``y``, int64 (n,).

        One bag alone has no variance, and its images give the scale.
        """
        values = features(images)
        within = tuple(range(2, values.ndim))
        flat = (-1, *(1 for _ in within))
        each = _image_means(values, lambda block: block)
        mean = each.mean(axis=0)
        wide = mean.astype(np.float32).reshape(flat)
        spread = np.sqrt(_image_means(values, lambda block: (block - wide) ** 2).mean(axis=0))
        spread = np.where(spread > 0, spread, np.inf)
        alike = (each == np.median(each, axis=0)).mean(axis=0) > _NEARLY_ALL
        narrow = spread.astype(np.float32).reshape(flat)
        squashed = _image_means(values, lambda block: np.tanh((block - wide) / narrow))
        filled = images.starts[:-1][images.sizes > 0]
        bags = np.add.reduceat(squashed, filled, axis=0) / images.sizes[images.sizes > 0][:, None]
        scale = class_spread(bags, y[images.sizes > 0]) if len(bags) > 1 else squashed.std(axis=0)
        scale = np.where((scale > _ROUNDING) & ~alike, scale, np.inf)
        size = (images.pixels.shape[1], images.pixels.shape[2])
        level, scale = (part.astype(np.float32).reshape(flat) for part in (squashed.mean(axis=0), scale))
        return cls(size, features, values.shape[2:], wide, narrow, level, scale)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of what an encoder reads of an image, (f,) or (channels, h, w)."""
        return (len(self.mean), *self.places)

    def read(self, images: ImageBags) -> NDArray[np.float32]:
        """Return squashed and standardised features, float32 (m, f) or (m, channels, h, w), bag after bag."""
        values = self.features(images).astype(np.float32)
        values -= self.mean
        values /= self.spread
        np.tanh(values, out=values)
        values -= self.level
        values /= self.scale
        return values


def _image_means(
    values: NDArray[np.floating], read: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return the mean over places of what is read of each image, float64 (m, f), in pieces of bounded memory."""
    starts = range(0, len(values), _IMAGES_AT_ONCE)
    pieces = (read(values[i : i + _IMAGES_AT_ONCE].astype(np.float32)) for i in starts)
    return np.concatenate([piece.reshape(*piece.shape[:2], -1).mean(axis=2, dtype=np.float64) for piece in pieces])


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
