"""From cells to photographs: Beer-Lambert light, point spread, vignette, photon noise, JPEG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft
from scipy.special import ndtri

from datasets.simulate.canvas import Canvas
from datasets.simulate.cells import Cells
from datasets.simulate.draws import Stream, generator
from datasets.simulate.paint import MASKS, draw_cells
from datasets.simulate.stain import LAMP, OPTICS, Slide, prepare_slide
from datasets.simulate.surroundings import add_surroundings
from datasets.simulate.tables import SITES

Floats = NDArray[np.float32]
_FINE_SIDE = 128
_NOMINAL_PX = 128  # pixel sizes and crop offsets of sites are given at this image size
_BLUR_PER_DEFOCUS = 0.5  # sigma in um of an image out of focus by 1 um, numerical aperture about 0.7


def render(cells: Cells, site: NDArray[np.int64], image_size: int, seed: int) -> dict[str, NDArray]:
    """Photograph every cell, one slide a patient.

    Args:
        cells: (n, cells).
        site: Position in ``SITES``, (n,).
        image_size: Pixels across.
        seed: Seed of the cohort.

    Returns:
        ``pixels`` uint8 (n * cells, H, W, 3) and ``mask_<component>`` bool (n * cells, H, W).
    """
    n, per_bag = cells.leukaemic.shape
    arrays: dict[str, NDArray] = {"pixels": np.empty((n * per_bag, image_size, image_size, 3), np.uint8)}
    for name in MASKS:
        arrays[f"mask_{name}"] = np.empty((n * per_bag, image_size, image_size), bool)
    for i in range(n):
        slide = prepare_slide(OPTICS[SITES[site[i]]], generator(seed, Stream.SLIDE, i))
        rows = slice(i * per_bag, (i + 1) * per_bag)
        for name, values in render_bag(cells.bag(i), slide, i, image_size, seed).items():
            arrays[name][rows] = values
    return arrays


def render_bag(cells: Cells, slide: Slide, patient: int, image_size: int, seed: int) -> dict[str, NDArray]:
    """Photograph the cells of one patient; returns as ``render``."""
    oversampling = max(1, _FINE_SIDE // image_size)
    side = image_size * oversampling
    u = generator(seed, Stream.PLACEMENT, patient).random((len(cells.leukaemic), 8))
    z = ndtri(np.clip(u, 1e-9, 1 - 1e-9))
    offset = np.clip(slide.optics.crop_sd * z[:, :2], -20, 20) * side / _NOMINAL_PX
    px_um = slide.um_per_px * _NOMINAL_PX / side
    canvas = Canvas(side, px_um, np.round(side / 2 + offset).astype(np.int64), seed)
    drawing = draw_cells(canvas, cells, patient)
    add_surroundings(drawing, canvas, cells, slide, patient)
    light = _shrink(_transmitted(drawing.pigments, slide), oversampling)
    sigma = np.hypot(slide.optics.psf_um, _BLUR_PER_DEFOCUS * slide.optics.defocus_um * z[:, 2]) / (
        px_um * oversampling
    )
    light = _blur(light, sigma) * _illumination(slide, image_size)
    pixels = _expose(light, slide, generator(seed, Stream.SENSOR, patient))
    _black_bars(pixels, slide, u[:, 3:6])
    masks = {f"mask_{name}": _shrink(mask, oversampling) > 0.5 for name, mask in drawing.masks.items()}
    return {"pixels": _compress(pixels, slide, u[:, 6]), **masks}


def _transmitted(pigments: Floats, slide: Slide) -> Floats:
    """Return light through the film, (3, b, side, side), lamp at its colour."""
    density = slide.vectors.T @ pigments.reshape(len(pigments), -1)
    light = np.exp(density * np.float32(-np.log(10)))
    return (light * np.array(LAMP, np.float32)[:, None]).reshape(3, *pigments.shape[1:])


def _shrink(image: Floats, factor: int) -> Floats:
    """Return block means of the last two axes."""
    parts = [image[..., i::factor, j::factor] for i in range(factor) for j in range(factor)]
    return sum(parts[1:], start=parts[0]) / np.float32(factor**2)


def _blur(light: Floats, sigma: NDArray) -> Floats:
    """Blur each photograph by its own Gaussian (px), mirrored at the border."""
    frequency = np.arange(light.shape[-1]) / (2 * light.shape[-1])
    damp = np.exp(-2 * np.pi**2 * sigma[:, None] ** 2 * frequency**2).astype(np.float32)
    waves = fft.dctn(light, axes=(2, 3), norm="ortho")
    waves *= damp[:, :, None] * damp[:, None, :]
    return fft.idctn(waves, axes=(2, 3), norm="ortho")


def _illumination(slide: Slide, side: int) -> Floats:
    position = np.linspace(-1, 1, side, dtype=np.float32)
    square = (position[:, None] ** 2 + position**2) / 2
    return (1 - slide.optics.vignette * square).astype(np.float32)


def _expose(light: Floats, slide: Slide, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return uint8 (b, H, W, 3) with photon noise and the camera's white balance."""
    image = np.ascontiguousarray(np.moveaxis(light, 0, 3))
    image += np.sqrt(np.maximum(image, 0) / np.float32(slide.optics.electrons)) * rng.standard_normal(
        image.shape, dtype=np.float32
    )
    image *= slide.white_balance * np.float32(255)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _black_bars(pixels: NDArray[np.uint8], slide: Slide, u: NDArray) -> None:
    """Blacken a border of some images, in place: left, right, top or bottom."""
    for row in np.flatnonzero(u[:, 0] < slide.optics.black_bar):
        width = 1 + int(0.10 * pixels.shape[1] * u[row, 1])
        turned = np.rot90(pixels[row], int(4 * u[row, 2]))
        turned[:, :width] = 0


def _compress(pixels: NDArray[np.uint8], slide: Slide, u: NDArray) -> NDArray[np.uint8]:
    """Return the images as their JPEG files decode; unchanged where the site keeps lossless files."""
    if slide.optics.jpeg is None:
        return pixels
    low, high = slide.optics.jpeg
    return np.stack([_through_jpeg(p, low + round((high - low) * q)) for p, q in zip(pixels, u.tolist(), strict=True)])


def _through_jpeg(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
