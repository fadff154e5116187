"""Noise of a physical scale: tiles that repeat at their edges, looked up about a cell's centre."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from datasets.simulate.shared import Stream, generator

Floats = NDArray[np.float32]
TILE_SIDE = 512
TILE_UM = 0.10
# texture -> layers of noise: weight, scale in um, and the coarser scale taken off to leave round grains
_LAYERS: dict[str, tuple[tuple[float, float, float | None], ...]] = {
    "granule": ((1.0, 0.25, 0.48),),
    "patch": ((1.0, 1.3, None),),
    "cytoplasm": ((0.13, 1.6, None), (0.10, 0.42, None)),
}
_CHROMATIN = (  # weights of strands, mesh and clouds in the tiles that nuclei are cut from
    (0.90, 0.30, 0.25),
    (0.65, 0.65, 0.30),
    (0.45, 0.85, 0.25),
    (0.80, 0.50, 0.20),
    (0.70, 0.40, 0.45),
    (0.55, 0.75, 0.35),
)
_BLOCK_UM, _CRACK = 0.65, 1.7  # scale of clumped chromatin; how narrow the pale lines between the blocks are
_STRAND_UM, _CLOUD_UM = 0.45, 1.1


@lru_cache(maxsize=4)
def texture_bank(seed: int) -> dict[str, Floats]:
    """Return tiles by name, float32 (k, TILE_SIDE, TILE_SIDE) each.

    A layer of noise has mean 0 and variance weight squared. "chromatin" has mean 0 and variance 1 in each of its
    tiles, which mix threads, a mesh and clouds in different parts; so has "blocks": dark islands between pale lines,
    the clumped chromatin of mature cells.
    """
    rng = generator(seed, Stream.TEXTURE_BANK)
    bank = {}
    for name, layers in _LAYERS.items():
        parts = [np.float32(weight) * _noise(rng, keep, remove) for weight, keep, remove in layers]
        bank[name] = np.sum(parts, axis=0)[None]
    bank["chromatin"] = np.stack([_chromatin(rng, weights) for weights in _CHROMATIN])
    bank["blocks"] = _standard(_islands(rng, _BLOCK_UM))[None]
    return bank


def _chromatin(rng: np.random.Generator, weights: tuple[float, float, float]) -> Floats:
    strands = _standard(_islands(rng, _STRAND_UM))
    mesh = _noise(rng, 0.24, 0.65) + _noise(rng, 0.14, 0.35)
    clouds = _noise(rng, _CLOUD_UM, None)
    parts = zip(weights, (strands, _standard(mesh), clouds), strict=True)
    return _standard(np.sum([np.float32(weight) * part for weight, part in parts], axis=0))


def _islands(rng: np.random.Generator, scale_um: float) -> Floats:
    """Return dark islands between the pale lines where either of two fields is zero."""
    nearest = np.minimum(np.abs(_noise(rng, scale_um, None)), np.abs(_noise(rng, scale_um, None)))
    return np.tanh(_CRACK * nearest)


def _standard(tile: Floats) -> Floats:
    return np.asarray((tile - tile.mean()) / tile.std(), dtype=np.float32)


def _noise(rng: np.random.Generator, keep_um: float, remove_um: float | None) -> Floats:
    across, down = fft.rfftfreq(TILE_SIDE), fft.fftfreq(TILE_SIDE)
    square = -2 * np.pi**2 * (across[None, :] ** 2 + down[:, None] ** 2)
    passed = np.exp((keep_um / TILE_UM) ** 2 * square)
    if remove_um is not None:
        passed -= np.exp((remove_um / TILE_UM) ** 2 * square)
    tile = fft.irfft2(fft.rfft2(rng.standard_normal((TILE_SIDE, TILE_SIDE))) * passed)
    return (tile / tile.std()).astype(np.float32)
