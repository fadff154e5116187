"""Light, blur, noise, borders and files against formulas for single pixels and the filters of another library."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from datasets.simulate.drawing import optics
from datasets.simulate.drawing.stain import OPTICS, Slide

RNG = np.random.default_rng(0)
VECTORS = RNG.uniform(0.1, 1, (5, 3)).astype(np.float32)


def _slide(**changes):
    plain = dataclasses.replace(OPTICS["A"], **changes)
    return Slide(plain, VECTORS, np.array([1.0, 0.9, 0.8], np.float32), 0.16, 0.5, 0.3)


@pytest.mark.parametrize("side", [7, 128])  # the larger is done in pieces
def test_light_is_absorbed_pixel_by_pixel(side):
    pigments = RNG.random((2, 5, side, side)).astype(np.float32)
    got = optics.transmitted(pigments, _slide())
    assert got.dtype == np.float32
    density = np.einsum("bkij,kc->bcij", pigments, VECTORS)
    np.testing.assert_allclose(got, np.array([0.97, 0.96, 0.95])[:, None, None] * 10.0**-density, rtol=2e-5)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_photograph_is_a_gaussian_blur_mirrored_at_the_border_and_block_means(factor):
    light, sigma = RNG.random((3, 3, 48, 48)).astype(np.float32), np.array([1.3, 1.8, 3.0])
    got = optics.photograph(light, sigma, factor)
    assert got.dtype == np.float32
    for image, sd, one in zip(light, sigma, got, strict=True):
        blurred = ndimage.gaussian_filter(image.astype(float), (0, sd, sd), mode="reflect", truncate=8)
        np.testing.assert_allclose(one, _blocks(blurred, factor), atol=1e-3)
    np.testing.assert_allclose(optics.shrink(light, factor), _blocks(light, factor), rtol=1e-5)


def _blocks(image, factor):
    k = image.shape[-1] // factor
    return image.reshape(*image.shape[:-2], k, factor, k, factor).mean(axis=(-3, -1))


def test_without_noise_a_pixel_is_light_times_vignette_times_white_balance_rounded():
    light = RNG.uniform(-0.1, 1.1, (2, 3, 9, 9)).astype(np.float32)
    got = optics.expose(light.copy(), _slide(electrons=10**14, vignette=0.3), np.random.default_rng(0))
    assert got.shape == (2, 9, 9, 3) and got.dtype == np.uint8
    for i, c, row, col in np.ndindex(2, 3, 9, 9):
        far = ((row - 4) / 4) ** 2 + ((col - 4) / 4) ** 2
        wanted = max(light[i, c, row, col], 0) * (1 - 0.3 * far / 2) * (1.0, 0.9, 0.8)[c] * 255 + 0.5
        assert got[i, row, col, c] == pytest.approx(int(min(wanted, 255)), abs=int(abs(wanted % 1 - 0.5) > 0.499))


def test_photon_noise_is_that_of_the_electrons_counted():
    light = np.full((4, 3, 100, 100), 0.25, np.float32)
    got = optics.expose(light, _slide(electrons=900, vignette=0.0), np.random.default_rng(1)) / 255
    for c, white in enumerate((1.0, 0.9, 0.8)):
        assert got[..., c].mean() == pytest.approx(0.25 * white, abs=1e-3)
        assert got[..., c].std() == pytest.approx(white * np.sqrt(0.25 / 900), rel=0.02)


def test_black_bars_lie_on_one_side_each_and_are_up_to_a_tenth_wide():
    u = np.array([[0.1, 0.99, 0.0], [0.1, 0.99, 0.3], [0.1, 0.0, 0.6], [0.1, 0.55, 0.8], [0.6, 0.9, 0.0], [0.5, 0, 0]])
    got = optics.black_bars(_slide(black_bar=0.5), u, 40)
    wanted = np.zeros((6, 40, 40), bool)
    wanted[0, :4] = wanted[1, -4:] = wanted[2, :, :1] = wanted[3, :, -3:] = True
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize(
    ("side", "um", "margin", "thick", "long"),
    [
        (64, 28 / 64, 3, 2, 11),
        (128, 28 / 128, 6, 4, 23),
        (16, 28 / 16, 1, 1, 3),
        (16, 10.0, 1, 1, 2),
        (42, 0.1, 2, 1, 38),
    ],
)
def test_a_scale_bar_is_five_um_long_and_fits_the_picture(side, um, margin, thick, long):
    got = optics.scale_bars(np.array([True, False]), um, side)
    wanted = np.zeros((2, side, side), bool)
    for row in range(side - margin - thick, side - margin):
        wanted[0, row, side - margin - long : side - margin] = True
    np.testing.assert_array_equal(got, wanted)


def test_files_are_as_good_as_the_site_keeps_them():
    pixels = RNG.integers(0, 255, (3, 16, 16, 3), dtype=np.uint8)
    u = np.array([0.0, 0.52, 0.999])
    assert optics.through_jpeg(pixels, _slide(), u) is pixels
    got = optics.through_jpeg(pixels, _slide(jpeg=(50, 90)), u)
    for image, quality, one in zip(pixels, (50, 71, 90), got, strict=True):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        np.testing.assert_array_equal(one, np.asarray(Image.open(file)))


def test_products_are_as_large_as_they_can_be_without_threads(monkeypatch):
    """OpenBLAS starts threads above 2**18 multiplications; blocks of half of that have the same bytes."""
    sizes, matmul = [], np.matmul

    def counted(left, right, **more):
        sizes.append(left.shape[-2] * left.shape[-1] * right.shape[-1])
        return matmul(left, right, **more)

    monkeypatch.setattr(np, "matmul", counted)
    optics.photograph(np.ones((1, 3, 128, 128), np.float32), np.ones(1), 1)
    assert set(sizes) == {2**17}
    sizes.clear()
    optics.transmitted(np.ones((1, 5, 128, 128), np.float32), _slide())
    assert sizes == [15 * (2**17 // 15), 15 * (128**2 - 2**17 // 15)]
