"""Colours, sizes and masks of rendered cells against the design's swatches, the latent traits and interventions."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.render import render
from datasets.simulate.drawing.stain import OPTICS, PIGMENTS, colour
from datasets.simulate.drawing.surroundings import FILM_EOSIN
from datasets.simulate.shared.components import ComponentMasks
from datasets.simulate.shared.tables import SITES

SWATCHES = {  # pigments -> RGB of the design
    "blast nucleus": ({"purple": 0.55, "blue": 0.10}, (114, 75, 160)),
    "mature nucleus": ({"purple": 0.80, "blue": 0.18}, (75, 42, 131)),
    "nucleolus": ({"purple": 0.30, "blue": 0.26}, (109, 101, 176)),
    "cytoplasm": ({"blue": 0.22, "magenta": 0.07}, (155, 163, 209)),
    "plasma cell": ({"blue": 0.55}, (86, 128, 189)),
    "hof": ({"blue": 0.10}, (204, 217, 232)),
    "granule": ({"magenta": 0.50, "blue": 0.10}, (151, 76, 164)),
    "Auer rod": ({"magenta": 0.58, "blue": 0.03}, (165, 69, 160)),
    "red cell": ({"haemoglobin": 0.17, "eosin": 0.11}, (232, 152, 165)),
    "background": ({"eosin": FILM_EOSIN}, (247, 237, 240)),
}
UM_PER_PX = 0.32  # site A at 64 px
SEED = 2


@pytest.mark.parametrize("name", SWATCHES)
def test_pigments_give_the_swatches(name):
    amounts, rgb = SWATCHES[name]
    got = 255 * colour([amounts.get(pigment, 0.0) for pigment in PIGMENTS])
    np.testing.assert_allclose(got, rgb, atol=2)


@pytest.fixture(scope="module")
def photographs():
    world = sample_world(1.0, 40, 12, 0.0, 1)
    arrays = render(world.cells, np.zeros(40, np.int64), 64, 1)
    return world.cells, arrays["pixels"], ComponentMasks(arrays["components"])


def _pure(pixels, mask):
    return np.median(pixels[mask], axis=0)


def test_colours_of_photographs_are_near_the_swatches(photographs):
    cells, pixels, masks = photographs
    background = masks["background"] & (pixels.min(axis=3) > 215)  # without the white cells at the edge
    np.testing.assert_allclose(_pure(pixels, background), SWATCHES["background"][1], atol=8)
    bare = cells.leukaemic.ravel() & (cells.granularity.ravel() < 0.4)
    np.testing.assert_allclose(_pure(pixels[bare], masks["nucleus"][bare]), SWATCHES["blast nucleus"][1], atol=15)
    mature = cells.cell_type.ravel() == "neutrophil"
    np.testing.assert_allclose(_pure(pixels[mature], masks["nucleus"][mature]), SWATCHES["mature nucleus"][1], atol=20)
    np.testing.assert_allclose(_pure(pixels, masks["rbc"]), SWATCHES["red cell"][1], atol=20)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("nucleus", "cell"),
        ("nucleoli", "nucleus"),
        ("hof", "cytoplasm"),
        ("blebs", "cell"),
        ("granules", "cell"),
        ("auer", "cell"),
    ],
)
def test_components_are_nested(photographs, inner, outer):
    masks = photographs[2]
    assert masks[inner].any()
    assert not (masks[inner] & ~masks[outer]).any()


def test_red_cells_lie_beside_the_cell(photographs):
    assert not (photographs[2]["rbc"] & photographs[2]["cell"]).any()


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("auer", lambda cells: cells.auer > 0),
        ("nucleoli", lambda cells: cells.nucleoli > 0),
        ("blebs", lambda cells: cells.bleb),
        ("hof", lambda cells: cells.hof > 0),
    ],
)
def test_components_are_where_the_trait_says(photographs, name, of):
    cells, _, masks = photographs
    seen, wanted = masks[name].any(axis=(1, 2)), of(cells).ravel()
    assert not seen[~wanted].any()
    assert seen[wanted].mean() > 0.9


def test_masks_measure_diameter_and_nc_ratio(photographs):
    cells, _, masks = photographs
    cell, nucleus = masks["cell"].sum(axis=(1, 2)), masks["nucleus"].sum(axis=(1, 2))
    whole = (cells.diameter_um.ravel() < 17.5) & ~cells.bleb.ravel()
    measured = 2 * np.sqrt(cell[whole] / np.pi) * UM_PER_PX
    np.testing.assert_allclose(measured, cells.diameter_um.ravel()[whole], rtol=0.02)
    error = (nucleus[whole] / cell[whole]) - cells.nc_ratio.ravel()[whole]
    assert abs(error.mean()) < 0.01
    assert np.abs(error).max() < 0.15


def test_granules_cover_the_share_asked_for(photographs):
    cells, _, masks = photographs
    covered = (masks["granules"] & masks["cytoplasm"]).sum(axis=(1, 2)) / masks["cytoplasm"].sum(axis=(1, 2))
    wanted, sick = cells.granules[..., 0].ravel(), cells.leukaemic.ravel()
    assert np.corrcoef(covered[sick], wanted[sick])[0, 1] > 0.85
    assert 0.6 < np.median(covered[sick] / wanted[sick]) < 1.2


@pytest.mark.parametrize("size", [16, 28, 48, 64, 128])
def test_any_size_renders_the_same_scene(size):
    world = sample_world(1.0, 5, 4, 0.0, SEED)
    arrays, reference = (render(world.cells, np.zeros(5, np.int64), s, SEED) for s in (size, 64))
    assert arrays["pixels"].shape == (20, size, size, 3)
    for name in ("cell", "nucleus", "rbc"):
        share, wanted = (ComponentMasks(a["components"])[name].mean(axis=(1, 2)) for a in (arrays, reference))
        np.testing.assert_allclose(share, wanted, atol=0.05)


@pytest.mark.parametrize("size", [28, 64])
def test_bytes_depend_neither_on_threads_nor_on_the_other_patients(size):
    world = sample_world(1.0, 9, 3, 0.0, SEED)
    site = np.arange(9) % 3
    one, many = (render(world.cells, site, size, SEED, threads=threads) for threads in (1, 4))
    few = render(world.cells.bag(slice(0, 4)), site[:4], size, SEED)
    for name, values in one.items():
        np.testing.assert_array_equal(values, many[name])
        np.testing.assert_array_equal(values[:12], few[name])


@pytest.mark.parametrize("size", [64, 128])
def test_bytes_do_not_depend_on_the_threads_of_blas(size):
    cells = sample_world(1.0, 5, 40, 0.0, SEED).cells.bag(slice(0, 1))
    made = []
    for threads in (1, 4):
        with threadpool_limits(threads, "blas"):
            made.append(render(cells, np.zeros(1, np.int64), size, SEED))
    for name, values in made[0].items():
        np.testing.assert_array_equal(values, made[1][name])


@pytest.mark.parametrize("per_cell", [False, True])
def test_a_scale_bar_is_planted_where_asked_and_nowhere_else(per_cell):
    cells = sample_world(1.0, 6, 4, 0.0, SEED).cells
    site = np.zeros(6, np.int64)
    chosen = np.zeros((6, 4), bool)
    chosen[[1, 4]] = True
    chosen[1, 2] = not per_cell
    plain = render(cells, site, 64, SEED)
    marked = render(cells, site, 64, SEED, scale_bar=chosen if per_cell else chosen[:, 0])
    changed = (plain["pixels"] != marked["pixels"]).any(axis=3)
    np.testing.assert_array_equal(changed.any(axis=(1, 2)), chosen.ravel())
    bar = ComponentMasks(marked["components"])["artefact"][chosen.ravel()]
    assert not (changed[chosen.ravel()] & ~bar).any()
    rows, columns = np.nonzero(changed.any(axis=0))
    assert rows.min() > 48
    assert columns.max() - columns.min() + 1 == round(5 / UM_PER_PX)


def test_every_site_has_optics():
    assert tuple(OPTICS) == SITES


@pytest.mark.parametrize(
    ("site", "bars", "named"), [(3, None, "site has shape"), (4, (4, 5), "scale_bar has shape"), (4, (3,), "scale_bar")]
)
def test_misfits_are_named(site, bars, named):
    cells = sample_world(1.0, 5, 2, 0.0, SEED).cells.bag(slice(0, 4))
    with pytest.raises(ValueError, match=named):
        render(cells, np.zeros(site, np.int64), 16, SEED, scale_bar=None if bars is None else np.zeros(bars, bool))
