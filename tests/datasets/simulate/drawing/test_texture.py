"""The tiles of noise, made again from the same white noise with the filters of another library."""

import numpy as np
import pytest
from scipy import ndimage

from datasets.simulate.drawing.texture import texture_bank

SIDE, SEED = 512, 6


def _noise(rng, keep, remove=None):
    waves = np.fft.rfft2(rng.standard_normal((SIDE, SIDE)))
    kept = ndimage.fourier_gaussian(waves, keep / 0.10, SIDE)
    if remove is not None:
        kept = kept - ndimage.fourier_gaussian(waves, remove / 0.10, SIDE)
    tile = np.fft.irfft2(kept)
    return tile / tile.std()


def _standard(tile):
    return (tile - tile.mean()) / tile.std()


def _islands(rng, scale):
    one, two = _noise(rng, scale), _noise(rng, scale)
    return _standard(np.tanh(1.7 * np.minimum(np.abs(one), np.abs(two))))


def test_every_tile_is_the_mixture_of_noise_that_it_should_be():
    rng, bank = np.random.default_rng([SEED, 21]), texture_bank(SEED)
    assert {name: tiles.shape for name, tiles in bank.items()} == {
        name: (6 if name == "chromatin" else 1, SIDE, SIDE)
        for name in ("granule", "patch", "cytoplasm", "chromatin", "blocks")
    }
    _alike(bank["granule"][0], _noise(rng, 0.25, 0.48))
    _alike(bank["patch"][0], _noise(rng, 1.3))
    _alike(bank["cytoplasm"][0], 0.13 * _noise(rng, 1.6) + 0.10 * _noise(rng, 0.42))
    weights = [(0.90, 0.30, 0.25), (0.65, 0.65, 0.30), (0.45, 0.85, 0.25)]
    weights += [(0.80, 0.50, 0.20), (0.70, 0.40, 0.45), (0.55, 0.75, 0.35)]
    for tile, (strands, mesh, clouds) in zip(bank["chromatin"], weights, strict=True):
        mixed = strands * _islands(rng, 0.45)
        mixed = mixed + mesh * _standard(_noise(rng, 0.24, 0.65) + _noise(rng, 0.14, 0.35))
        _alike(tile, _standard(mixed + clouds * _noise(rng, 1.1)))
    _alike(bank["blocks"][0], _islands(rng, 0.65))


def _alike(got, wanted):
    np.testing.assert_allclose(got, wanted, atol=2e-3)


@pytest.mark.parametrize("name", ["chromatin", "blocks"])
def test_tiles_of_nuclei_have_mean_0_and_variance_1(name):
    tiles = texture_bank(SEED)[name].astype(float)
    np.testing.assert_allclose(tiles.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(tiles.std(axis=(1, 2)), 1, atol=1e-5)
