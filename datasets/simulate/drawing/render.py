"""From cells to photographs of them, with a mask of every component."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from datasets.simulate.drawing import optics
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.cells import Cells
from datasets.simulate.drawing.magnification import pixel_um
from datasets.simulate.drawing.paint import draw_cells
from datasets.simulate.drawing.stain import OPTICS, Slide, prepare_slide
from datasets.simulate.drawing.surroundings import add_surroundings
from datasets.simulate.shared import SITES, Stream, generator, pack

_FINE_SIDE = 56  # smaller images are drawn on a finer grid
_FARTHEST_UM = 3.2  # that cropping leaves a cell off the middle
_BLUR_PER_DEFOCUS = 0.5  # sigma in um of an image out of focus by 1 um, numerical aperture about 0.7


def render(
    cells: Cells,
    site: NDArray[np.int64],
    image_size: int,
    seed: int,
    *,
    scale_bar: NDArray[np.bool_] | None = None,
    unknown_scale: bool = False,
    threads: int = 2,
) -> dict[str, NDArray]:
    """Photograph every cell, one slide a patient.

    A patient's images depend on the seed, the patient's place, cells and site only: not on the other
    patients, nor on ``threads``. Another site changes stain, optics and camera, not what is drawn. All images are
    ``FIELD_UM`` wide, as a laboratory delivers them that knows its cameras' pixel sizes.

    Args:
        cells: (n, cells).
        site: Position in ``SITES``, (n,).
        image_size: Pixels across.
        seed: Seed of the cohort.
        scale_bar: Which images show a bar of 5 um in a corner, a planted shortcut, (n,) or (n, cells).
        unknown_scale: Each image keeps its camera's pixel size: the same cell is larger or smaller at another site.
        threads: How many patients are drawn at a time.

    Returns:
        ``pixels`` uint8 (n * cells, H, W, 3) and ``components`` uint16 (n * cells, H, W), packed as by
        ``pack``. Black borders and scale bars count as artefacts and hide what lies under them; platelets
        and other white cells have no component.

    Raises:
        ValueError: If ``site`` or ``scale_bar`` does not fit the cells.
    """
    n, per_bag = cells.leukaemic.shape
    shape = (n * per_bag, image_size, image_size)
    arrays: dict[str, NDArray] = {"pixels": np.empty((*shape, 3), np.uint8), "components": np.empty(shape, np.uint16)}
    bars = _per_image(scale_bar, n, per_bag)
    if site.shape != (n,):
        raise ValueError(f"render: site has shape {site.shape} for the cells of {n} patients; give one site a patient")

    def draw(i: int) -> None:
        slide = prepare_slide(OPTICS[SITES[site[i]]], generator(seed, Stream.SLIDE, i))
        px_um = pixel_um(slide, image_size, unknown_scale)
        for name, values in render_bag(cells.bag(i), slide, i, image_size, px_um, seed, bars[i]).items():
            arrays[name][i * per_bag : (i + 1) * per_bag] = values

    draw(0)  # fills the tables that all patients share
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(draw, range(1, n)))
    return arrays


def _per_image(scale_bar: NDArray[np.bool_] | None, n: int, per_bag: int) -> NDArray[np.bool_]:
    bars = np.zeros(n, bool) if scale_bar is None else scale_bar
    if bars.shape not in ((n,), (n, per_bag)):
        raise ValueError(f"render: scale_bar has shape {bars.shape}; give ({n},) or ({n}, {per_bag})")
    return np.broadcast_to(bars.reshape(n, -1), (n, per_bag))


def render_bag(
    cells: Cells, slide: Slide, patient: int, image_size: int, px_um: float, seed: int, scale_bar: NDArray[np.bool_]
) -> dict[str, NDArray]:
    """Photograph the cells of one patient, pixels ``px_um`` wide; the rest as of ``render``, (cells,) each."""
    factor = -(-_FINE_SIDE // image_size)
    u = generator(seed, Stream.PLACEMENT, patient).random((len(scale_bar), 8))
    z = ndtri(np.clip(u, 1e-9, 1 - 1e-9))
    canvas = _place(slide, z[:, :2], image_size * factor, px_um / factor, seed)
    drawing = draw_cells(canvas, cells, patient)
    add_surroundings(drawing, canvas, cells, slide, patient)
    sigma = np.hypot(slide.optics.psf_um, _BLUR_PER_DEFOCUS * slide.optics.defocus_um * z[:, 2]) / canvas.px_um
    light = optics.photograph(optics.transmitted(drawing.pigments, slide), sigma, factor)
    pixels = optics.expose(light, slide, generator(seed, Stream.SENSOR, patient))
    hidden = optics.black_bars(slide, u[:, 3:6], image_size)
    hidden |= optics.scale_bars(scale_bar, canvas.px_um * factor, image_size)
    pixels[hidden] = 0
    masks = {name: optics.shrink(mask, factor) > 0.5 for name, mask in drawing.masks.items()}
    components = np.where(hidden, pack({"artefact": hidden}), pack(masks))
    return {"pixels": optics.through_jpeg(pixels, slide, u[:, 6]), "components": components}


def _place(slide: Slide, z: NDArray[np.float64], side: int, px_um: float, seed: int) -> Canvas:
    """Return the grids of a patient, each cell off its middle by what the site's cropping leaves."""
    offset = np.clip(slide.optics.crop_um * z, -_FARTHEST_UM, _FARTHEST_UM) / px_um
    return Canvas(side, px_um, np.round(side / 2 + offset).astype(np.int64), seed)
