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
    "granule": ((1.0, 0.20, 0.38),),
    "chromatin": ((0.7, 0.24, 0.65), (0.7, 0.14, 0.35)),
    "cytoplasm": ((0.13, 1.6, None), (0.10, 0.42, None)),
}
_BLOCK_UM, _CRACK = 0.65, 1.7  # scale of clumped chromatin; how narrow the pale lines between the blocks are


@lru_cache(maxsize=4)
def texture_bank(seed: int) -> dict[str, Floats]:
    """Return tiles by name, float32 (TILE_SIDE, TILE_SIDE) each.

    A layer of noise has mean 0 and variance weight squared; "blocks" are dark islands between pale
    lines, the clumped chromatin of mature cells, with mean 0 and variance 1.
    """
    rng = generator(seed, Stream.TEXTURE_BANK)
    bank = {}
    for name, layers in _LAYERS.items():
        parts = [np.float32(weight) * _noise(rng, keep, remove) for weight, keep, remove in layers]
        bank[name] = np.sum(parts, axis=0)
    blocks = np.tanh(_CRACK * np.minimum(np.abs(_noise(rng, _BLOCK_UM, None)), np.abs(_noise(rng, _BLOCK_UM, None))))
    bank["blocks"] = (blocks - blocks.mean()) / blocks.std()
    return bank


def _noise(rng: np.random.Generator, keep_um: float, remove_um: float | None) -> Floats:
    across, down = fft.rfftfreq(TILE_SIDE), fft.fftfreq(TILE_SIDE)
    square = -2 * np.pi**2 * (across[None, :] ** 2 + down[:, None] ** 2)
    passed = np.exp((keep_um / TILE_UM) ** 2 * square)
    if remove_um is not None:
        passed -= np.exp((remove_um / TILE_UM) ** 2 * square)
    tile = fft.irfft2(fft.rfft2(rng.standard_normal((TILE_SIDE, TILE_SIDE))) * passed)
    return (tile / tile.std()).astype(np.float32)
