"""One patient's photographs put together again from pigments, light, noise and borders."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.drawing import optics
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.paint import draw_cells
from datasets.simulate.drawing.render import render, render_bag
from datasets.simulate.drawing.stain import OPTICS, prepare_slide
from datasets.simulate.drawing.surroundings import add_surroundings
from tests.datasets.simulate.drawing import bags

CELLS, B = bags.one_of_each(), 10
NAMES = ("cell", "nucleus", "nucleoli", "hof", "blebs", "granules", "auer", "rbc", "artefact")
BARS = np.arange(B) % 4 == 0


def _slide(**changes):
    site = dataclasses.replace(OPTICS["C"], black_bar=0.4, artefact=0.4, **changes)
    return prepare_slide(site, np.random.default_rng([bags.SEED, 11, bags.PATIENT]))


@pytest.mark.parametrize(("size", "factor"), [(20, 3), (56, 1), (60, 1), (28, 2)])
def test_a_patients_pictures_are_drawn_finely_blurred_shrunk_and_written(size, factor):
    slide, um = _slide(crop_um=2.5, defocus_um=1.0), 28 / size
    got = render_bag(CELLS, slide, bags.PATIENT, size, um, bags.SEED, BARS)
    u = bags.uniforms(19, B, 8)
    z, side = stats.norm.ppf(u), size * factor
    centre = np.round(side / 2 + np.clip(2.5 * z[:, :2], -3.2, 3.2) / (um / factor)).astype(int)
    canvas = Canvas(side, um / factor, centre, bags.SEED)
    drawing = draw_cells(canvas, CELLS, bags.PATIENT)
    add_surroundings(drawing, canvas, CELLS, slide, bags.PATIENT)
    sigma = np.sqrt(0.25**2 + (0.5 * 1.0 * z[:, 2]) ** 2) / (um / factor)
    light = optics.photograph(optics.transmitted(drawing.pigments, slide), sigma, factor)
    pixels = optics.expose(light, slide, np.random.default_rng([bags.SEED, 20, bags.PATIENT]))
    hidden = optics.black_bars(slide, u[:, 3:6], size) | optics.scale_bars(BARS, um, size)
    pixels = np.where(hidden[..., None], 0, pixels).astype(np.uint8)
    np.testing.assert_array_equal(got["pixels"], optics.through_jpeg(pixels, slide, u[:, 6]))
    bits = np.zeros((B, size, size), np.uint16)
    for k, name in enumerate(NAMES):
        share = drawing.masks[name].reshape(B, size, factor, size, factor).mean(axis=(2, 4))
        bits |= (share > 0.5).astype(np.uint16) << k
    bits[hidden] = 1 << 8
    assert (got["components"] != bits).mean() < 1e-3  # a share of one half exactly may fall to either side
    assert hidden.any(axis=(1, 2)).sum() > BARS.sum()


def test_cropping_leaves_no_cell_farther_off_than_3_um():
    slide = _slide(crop_um=50.0)
    crops = []
    for cells in (CELLS, dataclasses.replace(CELLS, diameter_um=np.full(B, 9.0), bleb=np.zeros(B, bool))):
        bits = render_bag(cells, slide, bags.PATIENT, 56, 0.5, bags.SEED, np.zeros(B, bool))["components"]
        crops.append([np.argwhere(one & 1).mean(axis=0) for one in bits])
    away = np.abs(np.array(crops[1])[CELLS.shape != 7] - 28) * 0.5
    assert 2 < away.max() < 3.8


def test_every_patient_gets_its_own_slide_pictures_and_bars():
    many = type(CELLS)(**{name: np.stack([values] * 3) for name, values in vars(CELLS).items()})
    site, bars = np.array([2, 0, 1]), np.array([False, True, False])
    got = render(many, site, 16, bags.SEED, scale_bar=bars, unknown_scale=True, threads=1)
    for i, name in enumerate("CAB"):
        slide = prepare_slide(OPTICS[name], np.random.default_rng([bags.SEED, 11, i]))
        um = 28 / 16 * slide.um_per_px / 0.16
        one = render_bag(CELLS, slide, i, 16, um, bags.SEED, np.full(B, bars[i]))
        for part, values in one.items():
            np.testing.assert_array_equal(got[part][B * i : B * (i + 1)], values)
