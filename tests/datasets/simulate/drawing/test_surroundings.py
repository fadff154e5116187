"""What lies about each cell, drawn again one cell at a time."""

import dataclasses

import numpy as np
import pytest

from datasets.simulate.drawing import shapes
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.paint import Drawing
from datasets.simulate.drawing.stain import OPTICS, Slide
from datasets.simulate.drawing.surroundings import add_surroundings
from tests.datasets.simulate.drawing import bags

B, SIDE, UM = 10, 64, 1 / 0.7
CELLS = bags.one_of_each()
CENTRE = np.random.default_rng(0).integers(30, 35, (B, 2))
SLIDE = Slide(
    dataclasses.replace(OPTICS["A"], artefact=0.7), np.zeros((5, 3), np.float32), np.ones(3, np.float32), 0.16, 0.7, 0.4
)
BLUE, PURPLE, EOSIN, MAGENTA, HAEMOGLOBIN = range(5)
NEIGHBOUR, RED_CELLS, ARTEFACT = (
    bags.uniforms(stream, B, count) for stream, count in ((60, shapes.OUTLINE_DRAWS + 6), (17, 70), (18, 8))
)


def _cell_mask():
    row, col = np.mgrid[:SIDE, :SIDE]
    return np.array([np.hypot(row - y, col - x) < 8 for y, x in CENTRE]).astype(np.float32) * np.float32(0.9)


@pytest.fixture(scope="module")
def drawing():
    canvas = Canvas(SIDE, 0.7, CENTRE, bags.SEED)
    made = Drawing(np.full((B, 5, SIDE, SIDE), 0.01, np.float32), {"cell": _cell_mask()})
    add_surroundings(made, canvas, CELLS, SLIDE, bags.PATIENT)
    return made


def _rising(distance, soft_um=None):
    return np.clip(distance / (1 if soft_um is None else soft_um * UM) + 0.5, 0, 1)


def _disc(i, angle, away_um, radius_um, stretch=1.0):
    row, col = np.mgrid[:SIDE, :SIDE]
    y, x = CENTRE[i, 0] + away_um * UM * np.sin(angle), CENTRE[i, 1] + away_um * UM * np.cos(angle)
    r = radius_um * UM
    return (r - (row - y) ** 2 / (r * stretch) - (col - x) ** 2 * stretch / r) / 2


def _neighbour(i, alone, free, pigments):
    u, radius = NEIGHBOUR[i], (5.5 + 3.0 * NEIGHBOUR[i, -2]) * UM
    away = CELLS.diameter_um[i] / 2 * UM + radius + 1.5 * UM * u[-3]
    centre = CENTRE[i] + away * np.array([np.sin(2 * np.pi * u[-4]), np.cos(2 * np.pi * u[-4])])
    outline, _ = shapes.cell_outline(u[None, :-6], np.array([np.pi * radius**2]), np.zeros(1, bool))
    inside = alone.inside(outline, centre[None])[0]
    body = _rising(inside) * free
    nucleus = _rising(inside - radius * (0.15 + 0.35 * u[-5])) * body
    grain = 1 + 0.3 * alone.texture("chromatin", u[None, :2])[0]
    pigments[PURPLE] += nucleus * grain * (0.5 + 0.25 * u[-6])
    pigments[BLUE] += body * (0.05 + 0.20 * u[2])
    return free - body


def _red_cells(i, free, pigments):
    seen, total = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for ring, (slots, first) in enumerate(((8, 0), (12, 24))):
        angle, chance, size = RED_CELLS[i, first : first + 3 * slots].reshape(3, slots)
        inside = np.full((SIDE, SIDE), -1000.0)
        for k in range(slots):
            if chance[k] < SLIDE.red_cells:
                turn = 2 * np.pi * (angle[0] + k / slots + 0.05 * (angle[k] - 0.5)) + 0.4 * ring
                radius = 3.6 * (0.9 + 0.2 * size[k])
                gap = 2.2 * angle[k] if ring == 0 else 5.5 + 4.5 * angle[k]
                away = CELLS.diameter_um[i] / 2 + radius * 0.97 + gap
                inside = np.maximum(inside, _disc(i, turn, away, radius, 0.85 + 0.3 * size[slots - 1 - k]))
        disc = _rising(inside, 0.45) * free
        seen = np.maximum(seen, disc)
        total += disc * (1 - SLIDE.pallor * np.clip(2.7 / (3.6 * UM) * inside - 0.2, 0, 1))
    for pigment, amount in ((HAEMOGLOBIN, 0.13), (EOSIN, 0.16), (BLUE, 0.15)):
        pigments[pigment] += amount * total
    return seen


def _platelet(i, alone, free, pigments):
    u = RED_CELLS[i, -10:]
    if u[1] < 0.25:
        disc = _disc(i, 2 * np.pi * u[3], CELLS.diameter_um[i] / 2 + 2.0 + 2.5 * u[0], 0.9 + 0.7 * u[2])
        body = _rising(disc, 0.7) * free
        pigments[MAGENTA] += 0.17 * body * np.maximum(1 + 0.5 * alone.texture("granule", u[None, 4:6])[0], 0)
        pigments[BLUE] += 0.06 * body


def _artefact(i, alone, pigments):
    u = ARTEFACT[i]
    if u[0] >= 0.7:
        return np.zeros((SIDE, SIDE))
    row, col = np.mgrid[:SIDE, :SIDE]
    y, x = CENTRE[i] + (u[1:3] - 0.5) * 24 * UM
    r = (2.0 + 3.5 * u[3]) * UM
    soft = _rising((r - ((row - y) ** 2 + (col - x) ** 2) / r) / 2, 2.5)
    specks = np.clip(4 * (alone.texture("granule", u[None, 4:6])[0] - 1.1), 0, 1)
    pigments[PURPLE] += soft * (0.9 * specks if u[6] < 0.5 else 0.18)
    return soft


@pytest.mark.parametrize("i", range(B))
def test_what_lies_about_each_cell_is_what_its_own_numbers_say(drawing, i):
    alone = Canvas(SIDE, 0.7, CENTRE[i : i + 1], bags.SEED)
    free, wanted = 1 - _cell_mask()[i], np.full((5, SIDE, SIDE), 0.01)
    if NEIGHBOUR[i, -1] < 0.30:
        free = _neighbour(i, alone, free, wanted)
    seen = _red_cells(i, free, wanted)
    wanted[EOSIN] += 0.015
    _platelet(i, alone, free, wanted)
    soft = _artefact(i, alone, wanted)
    np.testing.assert_allclose(drawing.masks["rbc"][i], seen, atol=1e-3)
    np.testing.assert_allclose(drawing.masks["artefact"][i], soft, atol=1e-3)
    np.testing.assert_allclose(drawing.pigments[i], wanted, atol=1e-3)


def test_the_bag_holds_some_of_everything():
    assert 2 <= (NEIGHBOUR[:, -1] < 0.30).sum() < B and 1 <= (RED_CELLS[:, -9] < 0.25).sum() < B
    dirty = ARTEFACT[ARTEFACT[:, 0] < 0.7, 6] < 0.5
    assert dirty.any() and not dirty.all() and len(dirty) < B
