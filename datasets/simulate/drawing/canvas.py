"""The pixel grid that cells are drawn on: distances to outlines and discs, soft coverage, textures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from datasets.simulate.drawing.texture import TILE_SIDE, TILE_UM, texture_bank

Floats = NDArray[np.float32]
N_ANGLES = 512
ANGLES = np.linspace(0, 2 * np.pi, N_ANGLES, endpoint=False, dtype=np.float32)
_FLATTEST = 0.2  # of a pixel: what a radial pixel counts for where an outline runs along the radius
_FAR = -1e3


@lru_cache(maxsize=4)
def _polar(side: int) -> tuple[NDArray[np.int16], Floats]:
    """Return angle index and radius on the plane, (phases, phases, 3 side, 3 side), for centres between pixels."""
    phases = max(1, 256 // side)
    steps = np.arange(-side * 3 // 2, side * 3 // 2, dtype=np.float32)
    offset = steps - np.arange(phases, dtype=np.float32)[:, None] / phases
    dy, dx = offset[:, None, :, None], offset[None, :, None, :]
    return (nearest_angle(dy, dx) % N_ANGLES).astype(np.int16), np.hypot(dy, dx)


def nearest_angle(down: NDArray, across: NDArray) -> NDArray[np.int64]:
    """Return the position in ``ANGLES``, up to whole turns; in double, as single differs between processors."""
    angle = np.arctan2(down.astype(np.float64), across.astype(np.float64))
    return np.round(angle * (N_ANGLES / (2 * np.pi))).astype(np.int64)


@dataclass(frozen=True)
class Canvas:
    """A batch of square grids of ``side`` pixels with the cells' centres on them.

    Attributes:
        side: Pixels across.
        px_um: Size of a pixel.
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

    def blank(self) -> Floats:
        """Return zeros, float32 (b, side, side)."""
        return np.zeros((len(self), self.side, self.side), np.float32)

    def px(self, um: float) -> np.float32:
        """Return a length in pixels."""
        return np.float32(um / self.px_um)

    def polar(self, centre: NDArray[np.float64]) -> tuple[NDArray[np.int16], Floats]:
        """Return angle index and radius in px about ``centre`` (b, 2), both (b, side, side)."""
        angle, radius = _polar(self.side)
        phases, origin = len(angle), self.side * 3 // 2
        whole, phase = np.divmod(np.round(centre * phases).astype(np.int64), phases)
        row, column = np.clip(origin - whole, 0, 2 * self.side).T
        window = (self.side, self.side)
        at = (phase[:, 0], phase[:, 1], row, column)
        return (
            sliding_window_view(angle, window, axis=(2, 3))[at],
            sliding_window_view(radius, window, axis=(2, 3))[at],
        )

    def inside(self, profile: Floats, centre: NDArray[np.float64]) -> Floats:
        """Return the distance in px from the outline ``profile`` (b, N_ANGLES, px), positive inside."""
        angle, radius = self.polar(centre)
        index = angle + (np.arange(len(profile)) * N_ANGLES)[:, None, None]
        slope = (np.roll(profile, -1, axis=1) - np.roll(profile, 1, axis=1)) * np.float32(N_ANGLES / (4 * np.pi))
        tilt = np.maximum(profile / np.hypot(profile, slope), np.float32(_FLATTEST))
        distance = np.subtract(profile.take(index), radius, out=radius)
        distance *= tilt.take(index)
        return distance

    def discs(self, centre: NDArray, radius: NDArray, stretch: NDArray | None = None) -> Floats:
        """Return about the distance in px from a union of discs, positive inside, (b, side, side).

        Right at the edge, r / 2 at the middle of a disc of radius r: (r - d^2 / r) / 2.

        Args:
            centre: Row and column in px, (b, k, 2).
            radius: In px, (b, k); 0 leaves a disc out.
            stretch: Height over width, (b, k); discs when None.
        """
        grid = np.arange(self.side, dtype=np.float32)
        best = np.full((len(centre), self.side, self.side), _FAR, np.float32)
        reach = 1.3 * radius + 4
        near = (np.abs(centre - self.side / 2) < self.side / 2 + reach[:, :, None]).all(axis=2) & (radius > 0)
        for k in np.flatnonzero(near.any(axis=0)):
            rows = np.flatnonzero(near[:, k])
            place, size = centre[rows, k].astype(np.float32), radius[rows, k, None].astype(np.float32)
            ratio = np.float32(1) if stretch is None else stretch[rows, k, None].astype(np.float32)
            down = (grid - place[:, :1]) ** 2 / (2 * size * ratio)
            across = (grid - place[:, 1:]) ** 2 * ratio / (2 * size)
            distance = (size / 2 - down)[:, :, None] - across[:, None, :]
            best[rows] = np.maximum(best[rows], distance)
        return best

    def offsets(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return row and column distances in px from the cells' centres, (b, side, 1) and (b, 1, side)."""
        grid = np.arange(self.side, dtype=np.float32)
        centre = self.centre[rows].astype(np.float32)
        return (grid - centre[:, :1])[:, :, None], (grid - centre[:, 1:])[:, None, :]

    def texture(self, name: str, start: NDArray[np.float64], habit: NDArray[np.float64] | None = None) -> Floats:
        """Return the named noise, (b, side, side): the tile's point ``start`` (b, 2) in [0, 1) lies at the centre.

        The noise is fixed to the cell: another crop or pixel size shows the same grains.

        Args:
            name: In the texture bank.
            start: Row and column as shares of the tile.
            habit: Uniforms (b, 3) by which cells differ: one of the bank's tiles of that name, mirrored or turned,
                and grains up to a fifth finer or coarser; the first tile as it is when None.
        """
        tiles = texture_bank(self.seed)[name]
        u = np.tile([0.0, 0.0, 0.5], (len(self), 1)) if habit is None else habit
        turned = np.floor(8 * u[:, 1]).astype(np.int64)
        finer = (0.8 + 0.4 * u[:, 2])[:, None] * np.stack([1 - (turned & 2), 1 - (turned >> 1 & 2)], axis=1)
        steps = (np.arange(self.side) - self.centre[:, :, None]) * (self.px_um / TILE_UM) * finer[:, :, None]
        index = np.floor(start[:, :, None] * TILE_SIDE + steps).astype(np.int64) % TILE_SIDE
        down, across = np.where((turned & 1).astype(bool), [[1], [TILE_SIDE]], [[TILE_SIDE], [1]])
        index *= np.stack([down, across], axis=1)[:, :, None]
        index[:, 0] += (np.floor(u[:, 0] * len(tiles)).astype(np.int64) * TILE_SIDE**2)[:, None]
        return tiles.ravel().take(index[:, 0, :, None] + index[:, 1, None, :])


def coverage(distance: Floats, soft_px: float | np.float32 = 1.0) -> Floats:
    """Return how much of each pixel lies inside, 0 to 1, from a distance in px."""
    result = distance * np.float32(1 / soft_px)
    result += np.float32(0.5)
    return np.clip(result, 0, 1, out=result)


def column(values: NDArray) -> Floats:
    """Return one value a cell, (b,), in a shape that multiplies maps."""
    return values[:, None, None].astype(np.float32)
