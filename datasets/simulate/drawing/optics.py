"""From pigments to photographs: Beer-Lambert light, point spread, vignette, photon noise, borders, JPEG."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft
from scipy.special import ndtri

from datasets.simulate.drawing.stain import LAMP, Slide

Floats = NDArray[np.float32]
_BAR_UM = 5.0
_ONE_THREAD = 2**17  # multiplications; above 2**18 OpenBLAS starts threads, whose number changes last bits
_NORMAL = ndtri((np.arange(256) + 0.5) / 256).astype(np.float32)  # photon noise needs no finer steps


def transmitted(pigments: Floats, slide: Slide) -> Floats:
    """Return light through the film, (b, 3, side, side), lamp at its colour, from pigments (b, 5, side, side)."""
    b, kinds, side, _ = pigments.shape
    absorbed = slide.vectors.T * np.float32(-np.log(10))
    light, flat = np.empty((b, 3, side * side), np.float32), pigments.reshape(b, kinds, side * side)
    step = _ONE_THREAD // absorbed.size
    for start in range(0, side * side, step):
        piece = slice(start, start + step)
        np.matmul(absorbed, flat[:, :, piece], out=light[:, :, piece])
    light += np.log(np.array(LAMP, np.float32))[:, None]
    return np.exp(light, out=light).reshape(b, 3, side, side)


def shrink(image: Floats, factor: int) -> Floats:
    """Return block means of the last two axes."""
    if factor == 1:
        return image
    parts = [image[..., i::factor, j::factor] for i in range(factor) for j in range(factor)]
    return sum(parts[1:], start=parts[0]) / np.float32(factor**2)


def photograph(light: Floats, sigma: NDArray[np.float64], factor: int) -> Floats:
    """Blur each image by its own Gaussian of ``sigma`` (b,) px, mirrored at the border, and shrink it by ``factor``."""
    waves, back = _cosines(light.shape[-1], factor)
    frequency = np.arange(light.shape[-1]) / (2 * light.shape[-1])
    damp = np.exp(-2 * np.pi**2 * sigma[:, None] ** 2 * frequency**2).astype(np.float32)
    across = _product(back * damp[:, None, :], waves)[:, None]
    return _product(_product(across, light), across.swapaxes(2, 3))


def _product(left: Floats, right: Floats) -> Floats:
    """Return the matrix product, made in blocks of rows that are too small for BLAS to use threads."""
    rows, inner = left.shape[-2:]
    block = max(k for k in range(1, rows + 1) if rows % k == 0 and k * inner * right.shape[-1] <= _ONE_THREAD)
    parts = np.matmul(left.reshape(*left.shape[:-2], rows // block, block, inner), right[..., None, :, :])
    return parts.reshape(*parts.shape[:-3], rows, right.shape[-1])


@lru_cache(maxsize=4)
def _cosines(side: int, factor: int) -> tuple[Floats, Floats]:
    """Return the cosine transform (side, side) and its inverse followed by block means, (side / factor, side)."""
    waves = fft.dct(np.eye(side), axis=0, norm="ortho")
    return waves.astype(np.float32), waves.T.reshape(side // factor, factor, side).mean(axis=1).astype(np.float32)


def expose(light: Floats, slide: Slide, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return uint8 (b, H, W, 3) from light (b, 3, H, W): vignette, photon noise and the camera's white balance."""
    light *= _illumination(slide, light.shape[-1])
    np.maximum(light, 0, out=light)
    noise = _NORMAL.take(rng.integers(0, len(_NORMAL), light.shape, dtype=np.uint8))
    noise *= np.sqrt(light)
    noise *= np.float32(slide.optics.electrons**-0.5)
    light += noise
    light *= (slide.white_balance * np.float32(255))[:, None, None]
    light += np.float32(0.5)
    np.clip(light, 0, 255, out=light)
    return np.ascontiguousarray(np.moveaxis(light.astype(np.uint8), 1, 3))


def _illumination(slide: Slide, side: int) -> Floats:
    position = np.linspace(-1, 1, side, dtype=np.float32)
    square = (position[:, None] ** 2 + position**2) / 2
    return (1 - slide.optics.vignette * square).astype(np.float32)


def black_bars(slide: Slide, u: NDArray[np.float64], side: int) -> NDArray[np.bool_]:
    """Return where the border is black, bool (b, side, side): left, right, top or bottom of some images."""
    position = np.arange(side)
    width = np.where(u[:, 0] < slide.optics.black_bar, 1 + np.floor(0.10 * side * u[:, 1]), 0)[:, None]
    turned = np.floor(4 * u[:, 2])[:, None]
    rows = ((turned == 0) & (position < width)) | ((turned == 1) & (position >= side - width))
    columns = ((turned == 2) & (position < width)) | ((turned == 3) & (position >= side - width))
    return rows[:, :, None] | columns[:, None, :]


def scale_bars(shown: NDArray[np.bool_], um_per_px: float, side: int) -> NDArray[np.bool_]:
    """Return where a scale bar of 5 um lies in the lower right corner of the images ``shown`` (b,)."""
    margin, thickness = max(1, side // 21), max(1, side // 32)
    length = min(max(2, round(_BAR_UM / um_per_px)), side - 2 * margin)
    bar = np.zeros((side, side), bool)
    bar[side - margin - thickness : side - margin, side - margin - length : side - margin] = True
    return shown[:, None, None] & bar


def through_jpeg(pixels: NDArray[np.uint8], slide: Slide, u: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the images as their JPEG files decode; unchanged where the site keeps lossless files."""
    if slide.optics.jpeg is None:
        return pixels
    low, high = slide.optics.jpeg
    quality = low + np.round((high - low) * u).astype(np.int64)
    return np.stack([_decoded(p, q) for p, q in zip(pixels, quality.tolist(), strict=True)])


def _decoded(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file, formats=["JPEG"]))
