"""Romanowsky stain and the optics of each site: pigments in optical density, one slide a patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation
from scipy.special import ndtri

PIGMENTS = ("blue", "purple", "eosin", "magenta", "haemoglobin")
_VECTORS = (  # azure B, azure B-eosin complex of nuclei, eosin Y, azurophil, haemoglobin; RGB
    (0.834750233, 0.513556283, 0.196330403),
    (0.46, 0.84, 0.29),
    (0.092789, 0.954111, 0.283111),
    (0.26, 0.92, 0.30),
    (0.10, 0.60, 0.79),
)
LAMP = (0.97, 0.96, 0.95)
FILM_EOSIN = 0.015  # the stained plasma film between cells
RED_CELL = (0.13, 0.16, 0.15)  # haemoglobin, eosin, blue where they are thickest


def pigment_vectors() -> NDArray[np.float64]:
    """Return optical density per unit of each pigment, float64 (5, 3 RGB), rows of length 1."""
    vectors = np.array(_VECTORS)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def colour(amounts: ArrayLike, vectors: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return transmitted light in [0, 1] of pigment amounts (..., 5): Beer-Lambert, float64 (..., 3)."""
    density = np.asarray(amounts) @ (pigment_vectors() if vectors is None else vectors)
    return np.array(LAMP) * 10.0**-density


@dataclass(frozen=True)
class SiteOptics:
    """Stain and microscope of a site; ``gain`` follows ``PIGMENTS``.

    Attributes:
        gain: Median pigment gains.
        gain_sd: Spread between slides, log scale.
        rotation: Turn of the stain vectors in degrees; between slides when ``random_slides``.
        shift: Towards red (positive) by pH; its half range when ``random_slides``.
        white_balance: RGB gains.
        white_balance_sd: Spread between slides.
        um_per_px: Range of the camera's pixel size.
        psf_um: Point spread (Gaussian sigma).
        defocus_um: Standard deviation of the distance from focus.
        electrons: Full well; photon noise.
        jpeg: Range of JPEG quality, None for lossless files.
        vignette: Loss of light at the corner.
        black_bar: Share of images with a black border.
        artefact: Share of images with a stain deposit or a smudge.
        crop_um: Standard deviation of the cell's offset from the middle.
        random_slides: Whether rotation and shift are drawn for each slide.
    """

    gain: tuple[float, float, float, float, float]
    gain_sd: float
    rotation: float
    shift: float
    white_balance: tuple[float, float, float]
    white_balance_sd: float
    um_per_px: tuple[float, float]
    psf_um: float
    defocus_um: float
    electrons: float
    jpeg: tuple[int, int] | None
    vignette: float
    black_bar: float
    artefact: float
    crop_um: float
    random_slides: bool = False


# White balances give an empty film as bright as that of apl-jhu (253, 226, 201) at A, and near it elsewhere.
OPTICS = {
    "A": SiteOptics(
        (1.0, 1.0, 1.0, 1.0, 1.0), 0.10, 0.0, 0.0, (1.04, 0.975, 0.855), 0.0, (0.16, 0.16), 0.15, 0.2, 12_000, None,
        0.03, 0.0, 0.03, 0.32,
    ),
    "B": SiteOptics(
        (0.85, 1.0, 1.25, 1.0, 1.1), 0.10, 4.0, 0.10, (1.03, 0.985, 0.90), 0.0, (0.18, 0.18), 0.18, 0.3, 8_000,
        (92, 92), 0.05, 0.0, 0.05, 0.64,
    ),
    "C": SiteOptics(
        (1.15, 0.85, 0.8, 0.85, 0.9), 0.15, 4.0, 0.15, (1.03, 0.985, 0.90), 0.025, (0.13, 0.22), 0.25, 0.4, 5_000,
        (55, 85), 0.10, 0.05, 0.12, 1.28, random_slides=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Slide:
    """One patient's slide: stain vectors with gains, (5, 3), white balance (3,), camera's pixel size, RBC habit."""

    optics: SiteOptics
    vectors: NDArray[np.float32]
    white_balance: NDArray[np.float32]
    um_per_px: float
    red_cells: float
    pallor: float


def prepare_slide(optics: SiteOptics, rng: np.random.Generator) -> Slide:
    """Return a slide of the site; every slide takes the same number of draws."""
    u = np.clip(rng.random(14), 1e-9, 1 - 1e-9)
    z = ndtri(u)
    tilt = u[12] * 2 - 1 if optics.random_slides else 1.0
    degrees = optics.rotation * (z[5] if optics.random_slides else 1.0)
    gains = np.array(optics.gain) * np.exp(optics.gain_sd * z[:5])
    gains *= 1 + tilt * optics.shift * np.array([-1, 0, 1, 0, 0])
    grey_axis = np.full(3, np.deg2rad(degrees) / np.sqrt(3))
    turned = np.clip(Rotation.from_rotvec(grey_axis).apply(pigment_vectors()), 0.01, None)
    low, high = optics.um_per_px
    return Slide(
        optics=optics,
        vectors=(gains[:, None] * turned).astype(np.float32),
        white_balance=(np.array(optics.white_balance) + optics.white_balance_sd * z[6:9]).astype(np.float32),
        um_per_px=low + (high - low) * u[9],
        red_cells=0.35 + 0.5 * u[10],
        pallor=0.25 + 0.45 * u[11],
    )
