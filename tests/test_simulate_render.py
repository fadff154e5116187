"""Colours, sizes and masks of rendered cells against the design's swatches and the latent traits."""

import dataclasses

import numpy as np
import pytest

from datasets.simulate.canvas import Canvas, coverage
from datasets.simulate.draws import Stream, generator
from datasets.simulate.render import render, render_bag
from datasets.simulate.stain import OPTICS, PIGMENTS, colour, prepare_slide
from datasets.simulate.surroundings import FILM_EOSIN
from datasets.simulate.tables import SITES
from datasets.simulate.world import sample_world

SWATCHES = {  # pigments -> RGB of the design
    "blast nucleus": ({"purple": 0.55, "blue": 0.10}, (114, 75, 160)),
    "mature nucleus": ({"purple": 0.80, "blue": 0.18}, (75, 42, 131)),
    "nucleolus": ({"purple": 0.30, "blue": 0.26}, (109, 101, 176)),
    "cytoplasm": ({"blue": 0.22, "magenta": 0.07}, (155, 163, 209)),
    "plasma cell": ({"blue": 0.55}, (86, 128, 189)),
    "granule": ({"magenta": 0.50, "blue": 0.10}, (151, 76, 164)),
    "Auer rod": ({"magenta": 0.58, "blue": 0.03}, (165, 69, 160)),
    "red cell": ({"haemoglobin": 0.17, "eosin": 0.11}, (232, 152, 165)),
    "background": ({"eosin": FILM_EOSIN}, (247, 237, 240)),
}


@pytest.mark.parametrize("name", SWATCHES)
def test_pigments_give_the_swatches(name):
    amounts, rgb = SWATCHES[name]
    got = 255 * colour([amounts.get(pigment, 0.0) for pigment in PIGMENTS])
    np.testing.assert_allclose(got, rgb, atol=2)


@pytest.fixture(scope="module")
def photographs():
    world = sample_world(1.0, 30, 12, 0.0, 1)
    site = np.zeros(30, np.int64)
    return world, render(world.cells, site, 64, 1)


def _pure(pixels, mask):
    return np.median(pixels[mask], axis=0)


def test_colours_of_photographs_are_near_the_swatches(photographs):
    world, arrays = photographs
    pixels, cell, nucleus = arrays["pixels"], arrays["mask_cell"], arrays["mask_nucleus"]
    background = ~cell & (pixels.min(axis=3) > 215)
    np.testing.assert_allclose(_pure(pixels, background), SWATCHES["background"][1], atol=10)
    sick = world.cells.leukaemic.ravel()
    np.testing.assert_allclose(_pure(pixels[sick], nucleus[sick]), SWATCHES["blast nucleus"][1], atol=26)
    dense = world.cells.cell_type.ravel() == "lymphocyte"
    assert _pure(pixels[dense], nucleus[dense]).sum() < _pure(pixels[sick], nucleus[sick]).sum()


def test_nuclei_lie_in_cells_and_rods_only_where_the_trait_says(photographs):
    world, arrays = photographs
    assert not (arrays["mask_nucleus"] & ~arrays["mask_cell"]).any()
    has_rod = arrays["mask_auer"].any(axis=(1, 2))
    auer = world.cells.auer.ravel() > 0
    assert not has_rod[~auer].any()
    assert has_rod[auer].mean() > 0.85


def test_masks_measure_diameter_and_nc_ratio(photographs):
    world, arrays = photographs
    cell, nucleus = arrays["mask_cell"].sum(axis=(1, 2)), arrays["mask_nucleus"].sum(axis=(1, 2))
    whole = world.cells.leukaemic.ravel() & (world.cells.diameter_um.ravel() < 17.5) & ~world.cells.bleb.ravel()
    measured = 2 * np.sqrt(cell[whole] / np.pi) * 0.32
    np.testing.assert_allclose(measured, world.cells.diameter_um.ravel()[whole], rtol=0.06)
    ratio = nucleus[whole] / cell[whole]
    assert np.corrcoef(ratio, world.cells.nc_ratio.ravel()[whole])[0, 1] > 0.8
    assert abs((ratio - world.cells.nc_ratio.ravel()[whole]).mean()) < 0.06


def test_granular_cells_have_more_granule(photographs):
    world, arrays = photographs
    sick = world.cells.leukaemic.ravel()
    share = arrays["mask_granules"].sum(axis=(1, 2)) / arrays["mask_cell"].sum(axis=(1, 2))
    assert np.corrcoef(share[sick], world.cells.granularity.ravel()[sick])[0, 1] > 0.6


@pytest.mark.parametrize("size", [28, 64, 96, 128])
def test_any_size_renders_the_same_scene(size):
    world = sample_world(1.0, 5, 4, 0.0, 2)
    arrays = render(world.cells, np.zeros(5, np.int64), size, 2)
    assert arrays["pixels"].shape == (20, size, size, 3)
    share = arrays["mask_cell"].mean(axis=(1, 2))
    reference = render(world.cells, np.zeros(5, np.int64), 64, 2)["mask_cell"].mean(axis=(1, 2))
    np.testing.assert_allclose(share, reference, atol=0.05)


def test_site_changes_light_but_not_anatomy():
    world = sample_world(1.0, 5, 6, 0.0, 2)
    bag = world.cells.bag(0)
    slide = prepare_slide(OPTICS["A"], generator(2, Stream.SLIDE, 0))
    pinker = dataclasses.replace(slide, vectors=prepare_slide(OPTICS["B"], generator(2, Stream.SLIDE, 0)).vectors)
    first, second = (render_bag(bag, s, 0, 64, 2) for s in (slide, pinker))
    assert (first["pixels"] != second["pixels"]).any()
    np.testing.assert_array_equal(first["mask_nucleus"], second["mask_nucleus"])


def test_one_trait_can_be_changed_alone():
    world = sample_world(1.0, 5, 6, 0.0, 2)
    bag = world.cells.bag(0)
    slide = prepare_slide(OPTICS["A"], generator(2, Stream.SLIDE, 0))
    no_rods = dataclasses.replace(bag, auer=np.zeros_like(bag.auer))
    rods = dataclasses.replace(bag, auer=np.full_like(bag.auer, 2))
    before, after = render_bag(no_rods, slide, 0, 64, 2), render_bag(rods, slide, 0, 64, 2)
    far = ~np.pad(after["mask_auer"], ((0, 0), (6, 6), (6, 6)))
    for shift in range(-5, 6):  # light spreads a few pixels from the rod
        for other in range(-5, 6):
            far &= ~np.roll(np.pad(after["mask_auer"], ((0, 0), (6, 6), (6, 6))), (shift, other), axis=(1, 2))
    far = far[:, 6:-6, 6:-6]
    change = np.abs(before["pixels"].astype(int) - after["pixels"].astype(int)).max(axis=3)
    assert change[~far].max() > 20
    assert change[far].max() <= 3


def test_every_site_has_optics():
    assert tuple(OPTICS) == SITES


def test_discs_equal_brute_force():
    canvas = Canvas(32, 0.16, np.array([[16, 16]]), 0)
    centre, radius = np.array([[[10, 12], [20, 25], [90, 90]]], np.float32), np.array([[5, 6, 4]], np.float32)
    row, column = np.mgrid[:32, :32]
    wanted = np.max(
        [r - np.hypot(row - c[0], column - c[1]) for c, r in zip(centre[0], radius[0], strict=True)], axis=0
    )
    np.testing.assert_allclose(
        coverage(canvas.discs(centre, radius))[0], coverage(wanted.astype(np.float32)), atol=1e-5
    )
