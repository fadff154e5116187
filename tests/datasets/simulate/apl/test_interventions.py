"""One factor of a rendered cell at a time: everything else keeps its random draws."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.cells import SHAPES
from datasets.simulate.drawing.magnification import FIELD_UM
from datasets.simulate.drawing.render import render_bag
from datasets.simulate.drawing.stain import OPTICS, prepare_slide
from datasets.simulate.shared.components import COMPONENTS, ComponentMasks
from datasets.simulate.shared.draws import Stream, generator

SEED = 2
SIDE = 96


def _bag():
    return sample_world(1.0, 5, 12, 0.0, SEED).cells.bag(0)


def _photograph(cells, optics=OPTICS["A"]):
    slide = prepare_slide(optics, generator(SEED, Stream.SLIDE, 0))
    arrays = render_bag(cells, slide, 0, SIDE, FIELD_UM / SIDE, SEED, np.zeros(len(cells.auer), bool))
    return arrays["pixels"].astype(int), ComponentMasks(arrays["components"])


INTERVENTIONS = {  # traits set alone, in all cells -> components that may change
    "Auer rods": ({"auer": 2}, {"auer", "granules"}),
    "granularity": ({"granules": (0.4, 0.5, 0.6)}, {"granules"}),
    "basophilia": ({"cytoplasm": (0.4, 0.02, 0.0, 0.05, 0.0)}, set()),
    "chromatin": ({"nucleus": (0.7, 0.15, 0.5)}, set()),
    "nucleoli": ({"nucleoli": 3}, {"nucleoli"}),
    "blebs": ({"bleb": True}, {"blebs", "cell", "nucleus", "granules", "rbc"}),
    "hof": ({"hof": 0.7}, {"hof", "granules"}),
    "nuclear shape": ({"shape": SHAPES.index("reniform")}, {"nucleus", "nucleoli", "granules", "hof"}),
    "N:C ratio": ({"nc_ratio": 0.5}, {"nucleus", "nucleoli", "granules", "hof"}),
    "diameter": ({"diameter_um": 12.0}, {*COMPONENTS} - {"artefact"}),
}


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_one_trait_can_be_changed_alone(name):
    change, may_change = INTERVENTIONS[name]
    bag = _bag()
    new = {key: np.broadcast_to(value, getattr(bag, key).shape).copy() for key, value in change.items()}
    before, after = _photograph(bag), _photograph(dataclasses.replace(bag, **new))
    assert (before[0] != after[0]).any()
    for component in set(COMPONENTS) - may_change:
        np.testing.assert_array_equal(before[1][component], after[1][component], err_msg=component)


@pytest.mark.parametrize(("trait", "value", "component"), [("auer", 1, "auer"), ("nucleoli", 4, "nucleoli")])
def test_pixels_change_only_near_the_component(trait, value, component):
    bag = _bag()
    none, some = (dataclasses.replace(bag, **{trait: np.full_like(getattr(bag, trait), k)}) for k in (0, value))
    before, after = _photograph(none), _photograph(some)
    near = ndimage.binary_dilation(after[1][component], np.ones((1, 9, 9)))  # light spreads a few pixels
    change = np.abs(before[0] - after[0]).max(axis=3)
    assert change[near].max() > 20
    assert change[~near].max() <= 3


def test_more_granular_cells_keep_their_granules():
    bag = _bag()
    cover = np.tile([0.1, 0.5, 0.2], (12, 1)), np.tile([0.3, 0.5, 0.2], (12, 1))
    few, many = (_photograph(dataclasses.replace(bag, granules=g))[1]["granules"] for g in cover)
    assert few.any()
    assert not (few & ~many).any()


def test_bigger_cells_keep_their_outline():
    bag = dataclasses.replace(_bag(), bleb=np.zeros(12, bool))
    small, big = (_photograph(dataclasses.replace(bag, diameter_um=np.full(12, d)))[1]["cell"] for d in (10.0, 15.0))
    grown = np.array([_centred(ndimage.zoom(mask.astype(float), 1.5, order=1) > 0.5) for mask in small])
    unlike = (grown[:, None] ^ np.array([_centred(mask) for mask in big])).sum(axis=(2, 3))
    np.testing.assert_array_equal(unlike.argmin(axis=1), np.arange(12))


def _centred(mask):
    row, column = (round(v) for v in ndimage.center_of_mass(mask))
    return np.pad(mask, 30)[row : row + 61, column : column + 61]


def test_another_stain_changes_light_but_no_component():
    bag = _bag()
    pinker = dataclasses.replace(OPTICS["A"], gain=OPTICS["B"].gain, rotation=4.0, shift=0.1, electrons=500, psf_um=0.4)
    first, second = _photograph(bag), _photograph(bag, pinker)
    assert (first[0] != second[0]).any()
    np.testing.assert_array_equal(first[1].bits, second[1].bits)


def test_another_crop_moves_the_same_cell():
    bag = dataclasses.replace(_bag(), diameter_um=np.full(12, 13.0))
    middle, moved = (_photograph(bag, dataclasses.replace(OPTICS["A"], crop_um=sd))[1] for sd in (0.0, 1.5))
    parts = ("cell", "nucleus", "nucleoli", "granules", "auer")
    for row in range(12):
        step = [round(v) for v in np.subtract(*(ndimage.center_of_mass(m["cell"][row]) for m in (moved, middle)))]
        for name in parts:
            np.testing.assert_array_equal(np.roll(middle[name][row], step, (0, 1)), moved[name][row])


def test_another_pixel_size_shows_the_same_grains():
    coarse = Canvas(32, 0.32, np.array([[16, 16]]), 0).texture("granule", np.array([[0.3, 0.9]]))
    fine = Canvas(64, 0.16, np.array([[32, 32]]), 0).texture("granule", np.array([[0.3, 0.9]]))
    np.testing.assert_array_equal(fine[:, ::2, ::2], coarse)


def test_smudges_are_bare_nuclei():
    bag = _bag()
    shape, unlike = np.full(12, SHAPES.index("smudge")), np.full(12, 13.0)
    _, masks = _photograph(dataclasses.replace(bag, shape=shape, diameter_um=unlike, auer=0 * bag.auer))
    np.testing.assert_array_equal(masks["cell"], masks["nucleus"])
    assert (masks["nucleus"].sum(axis=(1, 2)) > 100).all()
    assert not masks["nucleoli"].any()


def test_clumped_chromatin_has_more_contrast():
    bag = dataclasses.replace(_bag(), granules=np.zeros((12, 3)), nucleoli=np.zeros(12, np.int64))
    spread = []
    for clumping in (0.1, 0.5):
        pixels, masks = _photograph(dataclasses.replace(bag, nucleus=np.tile([0.7, 0.15, clumping], (12, 1))))
        middle = ndimage.binary_erosion(masks["nucleus"], np.ones((1, 7, 7)))
        spread.append(pixels[middle][:, 0].std())
    assert spread[1] > 1.5 * spread[0]


def test_black_borders_are_artefacts():
    always = dataclasses.replace(OPTICS["C"], black_bar=1.0, jpeg=None)
    pixels, masks = _photograph(_bag(), always)
    black = (pixels == 0).all(axis=3)
    assert black.any(axis=(1, 2)).all()
    assert not (black & ~masks["artefact"]).any()
    assert not (black & masks["cell"]).any()
