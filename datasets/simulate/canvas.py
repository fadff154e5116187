"""The fine pixel grid that cells are drawn on: polar look-up, discs, and textures of a physical scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from datasets.simulate.draws import Stream, generator

Floats = NDArray[np.float32]
N_ANGLES = 512
ANGLES = np.linspace(0, 2 * np.pi, N_ANGLES, endpoint=False, dtype=np.float32)
_BANK_SIDE = 1024
_BANK_UM = 0.10
_SOFT_PX = 1.3
# texture -> layers of noise: weight, scale in um, and the coarser scale taken off to leave round grains
_TEXTURES: dict[str, tuple[tuple[float, float, float | None], ...]] = {
    "granule": ((1.0, 0.20, 0.38),),
    "chromatin": ((1.0, 0.42, None), (0.5, 0.16, None)),
    "cytoplasm": ((0.13, 1.6, None), (0.10, 0.42, None)),
}


@lru_cache(maxsize=4)
def _polar(side: int) -> tuple[NDArray[np.int16], Floats]:
    offset = np.arange(-side * 3 // 2, side * 3 // 2, dtype=np.float32)
    dy, dx = np.meshgrid(offset, offset, indexing="ij")
    angle = np.arctan2(dy, dx) / (2 * np.pi) * N_ANGLES
    return np.round(angle).astype(np.int16) % N_ANGLES, np.hypot(dx, dy)


@lru_cache(maxsize=2)
def _texture_bank(seed: int) -> dict[str, Floats]:
    """Return noise tiles that repeat at their edges; each layer has variance weight squared."""
    rng = generator(seed, Stream.TEXTURE_BANK)
    return {
        name: sum(
            (weight * _noise(rng, keep, remove) for weight, keep, remove in layers), start=np.zeros((1, 1), np.float32)
        )
        for name, layers in _TEXTURES.items()
    }


def _noise(rng: np.random.Generator, keep_um: float, remove_um: float | None) -> Floats:
    across, down = fft.rfftfreq(_BANK_SIDE), fft.fftfreq(_BANK_SIDE)
    square = -2 * np.pi**2 * (across[None, :] ** 2 + down[:, None] ** 2)
    passed = np.exp((keep_um / _BANK_UM) ** 2 * square)
    if remove_um is not None:
        passed -= np.exp((remove_um / _BANK_UM) ** 2 * square)
    tile = fft.irfft2(fft.rfft2(rng.standard_normal((_BANK_SIDE, _BANK_SIDE))) * passed)
    return (tile / tile.std()).astype(np.float32)


@dataclass(frozen=True)
class Canvas:
    """A batch of square fine grids of ``side`` pixels with the cells' centres on them.

    Attributes:
        side: Pixels across.
        px_um: Size of a fine pixel.
        centre: Row and column of each cell's centre, int64 (b, 2).
        seed: Seed of the cohort; fixes the textures.
    """

    side: int
    px_um: float
    centre: NDArray[np.int64]
    seed: int

    def __len__(self) -> int:
        return len(self.centre)

    def only(self, rows: NDArray[np.int64]) -> Canvas:
        """Return the grids of some of the cells."""
        return Canvas(self.side, self.px_um, self.centre[rows], self.seed)

    def polar(self, centre: NDArray[np.int64]) -> tuple[NDArray[np.int16], Floats]:
        """Return angle index and radius in px about ``centre`` (b, 2), both (b, side, side)."""
        angle, radius = _polar(self.side)
        edge = self.side // 2
        start = np.clip(self.side * 3 // 2 - centre, edge, 3 * self.side // 2 + edge)
        window = (self.side, self.side)
        row, column = start[:, 0], start[:, 1]
        return sliding_window_view(angle, window)[row, column], sliding_window_view(radius, window)[row, column]

    def inside(self, profile: Floats, centre: NDArray[np.int64]) -> Floats:
        """Return the distance in px from the outline ``profile`` (b, N_ANGLES, px), positive inside."""
        angle, radius = self.polar(centre)
        flat = np.take_along_axis(profile, angle.reshape(len(angle), -1), axis=1)
        return flat.reshape(radius.shape) - radius

    def discs(self, centre: Floats, radius: Floats, stretch: Floats | None = None) -> Floats:
        """Return the distance in px from a union of discs, positive inside, (b, side, side).

        Args:
            centre: Row and column in px, (b, k, 2).
            radius: In px, (b, k); 0 leaves a disc out.
            stretch: Height over width, (b, k); discs when None.
        """
        grid = np.arange(self.side, dtype=np.float32)
        best = np.full((len(centre), self.side, self.side), -1e3, np.float32)
        reach = 1.3 * radius + 4 * _SOFT_PX
        near = (np.abs(centre - self.side / 2) < self.side / 2 + reach[:, :, None]).all(axis=2) & (radius > 0)
        for k in np.flatnonzero(near.any(axis=0)):
            rows = np.flatnonzero(near[:, k])
            down = (grid - centre[rows, k, :1]) ** 2
            across = (grid - centre[rows, k, 1:]) ** 2
            if stretch is not None:
                down, across = down / stretch[rows, k, None], across * stretch[rows, k, None]
            distance = np.sqrt(down[:, :, None] + across[:, None, :])
            best[rows] = np.maximum(best[rows], radius[rows, k, None, None] - distance)
        return best

    def offsets(self, rows: slice | NDArray = slice(None)) -> tuple[Floats, Floats]:
        """Return row and column distances in px from the cells' centres, (b, side, 1) and (b, 1, side)."""
        grid = np.arange(self.side, dtype=np.float32)
        centre = self.centre[rows].astype(np.float32)
        return (grid - centre[:, :1])[:, :, None], (grid - centre[:, 1:])[:, None, :]

    def texture(self, name: str, corner: NDArray[np.float64]) -> Floats:
        """Return the named noise, (b, side, side): a window of the tile at ``corner`` (b, 2) in [0, 1)."""
        tile = _texture_bank(self.seed)[name]
        steps = np.arange(self.side) * (self.px_um / _BANK_UM)
        index = (corner[:, :, None] * _BANK_SIDE + steps).astype(np.int64) % _BANK_SIDE
        return tile.ravel().take(index[:, 0, :, None] * _BANK_SIDE + index[:, 1, None, :])


def coverage(distance: Floats, soft_px: float | np.float32 = _SOFT_PX) -> Floats:
    """Return how much of each pixel lies inside, 0 to 1, from a distance in px."""
    return np.clip(distance / np.float32(soft_px) + np.float32(0.5), 0, 1)
