"""Colours, sizes and masks of rendered cells against the design's swatches, the latent traits and interventions."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.magnification import um_per_px
from datasets.simulate.drawing.render import render
from datasets.simulate.drawing.stain import OPTICS, PIGMENTS, colour
from datasets.simulate.drawing.surroundings import FILM_EOSIN
from datasets.simulate.drawing.texture import texture_bank
from datasets.simulate.shared.components import ComponentMasks
from datasets.simulate.shared.tables import SITES
from perf.smear import straight_share

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
UM_PER_PX = 28 / 64
FILM, RED_CELL = (253, 226, 201), (179, 127, 145)  # medians of the promyelocytes' pictures of apl-jhu
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
    background = masks["background"] & (pixels.min(axis=3) > 170)  # without the white cells at the edge
    np.testing.assert_allclose(_pure(pixels, background), FILM, atol=5)
    np.testing.assert_allclose(_pure(pixels, masks["rbc"]), RED_CELL, atol=20)
    pixels = pixels / OPTICS["A"].white_balance
    bare = cells.leukaemic.ravel() & (cells.granularity.ravel() < 0.4)
    np.testing.assert_allclose(_pure(pixels[bare], masks["nucleus"][bare]), SWATCHES["blast nucleus"][1], atol=15)
    mature = cells.cell_type.ravel() == "neutrophil"
    np.testing.assert_allclose(_pure(pixels[mature], masks["nucleus"][mature]), SWATCHES["mature nucleus"][1], atol=20)


def _cut(cell):
    return cell[:, [0, -1]].any(axis=(1, 2)) | cell[:, :, [0, -1]].any(axis=(1, 2))


def test_the_frame_cuts_few_cells_and_pictures_are_of_one_scale(photographs):
    """Real promyelocytes: 10 to 16 % are cut, and fill a fifth to a quarter of a picture of about this field."""
    cells, _, masks = photographs
    sick = cells.leukaemic.ravel()
    assert _cut(masks["cell"])[sick].mean() < 0.06
    assert 0.2 < np.median(masks["cell"][sick].mean(axis=(1, 2))) < 0.34
    sites = [np.full(40, s) for s in range(3)]
    assert {float(x) for s in sites for x in um_per_px(s, 64, 1)} == {UM_PER_PX}
    blind = [um_per_px(s, 64, 1, unknown_scale=True) / UM_PER_PX for s in sites]
    assert blind[0] == pytest.approx(1) and blind[1] == pytest.approx(1.125)
    assert 0.8 < blind[2].min() < 0.95 < 1.2 < blind[2].max() < 1.4


def test_outlines_are_round_and_have_no_facets(photographs):
    """Share of an outline that hardly bends: .13 in real promyelocytes; a hexagon with rounded corners has .5."""
    cells, _, _ = photographs
    drawn = render(cells.bag(slice(0, 12)), np.zeros(12, np.int64), 128, 1)
    cell = ComponentMasks(drawn["components"])["cell"]
    round_ones = cells.leukaemic[:12].ravel() & ~cells.bleb[:12].ravel() & ~_cut(cell)
    assert np.median([straight_share(one) for one in cell[round_ones]]) < 0.14
    row, column = np.mgrid[:128, :128] - 64
    sides = [row * np.sin(k * np.pi / 3) + column * np.cos(k * np.pi / 3) for k in range(6)]
    assert straight_share(np.max(sides, axis=0) < 40) > 0.4
    assert straight_share(np.hypot(row, column) < 40) == 0


def test_cells_differ_in_chromatin_and_granules_crowd_in_places():
    """Tiles of the bank are unlike; where granules lie in one half of a cell says little of the other half."""
    bank = texture_bank(1)["chromatin"]
    alike = np.corrcoef(bank.reshape(len(bank), -1))[np.triu_indices(len(bank), 1)]
    assert np.abs(alike).max() < 0.1
    canvas = Canvas(96, UM_PER_PX * 64 / 96, np.full((8, 2), 48), 1)
    start = np.full((8, 2), 0.5)
    turned = canvas.texture("chromatin", start, np.column_stack([np.zeros(8), np.arange(8) / 8, np.full(8, 0.5)]))
    same = [np.array_equal(a, b) for k, a in enumerate(turned) for b in turned[:k]]
    assert not any(same)
    np.testing.assert_allclose(turned.std(axis=(1, 2)), 1, atol=0.25)


def test_granules_spare_the_nucleus_and_are_uneven(photographs):
    cells, _, masks = photographs
    sick = cells.leukaemic.ravel() & (cells.granularity.ravel() > 0.6) & (cells.hof.ravel() == 0)
    granules, cytoplasm, nucleus = (masks[name][sick] for name in ("granules", "cytoplasm", "nucleus"))
    over = (granules & nucleus).sum() / nucleus.sum()
    assert over < 0.25 * (granules & cytoplasm).sum() / cytoplasm.sum()
    shares = []
    for one, place in zip(granules, cytoplasm, strict=True):
        blocks = [(one[r : r + 8, c : c + 8], place[r : r + 8, c : c + 8]) for r, c in np.ndindex(57, 57)]
        full = [g[p].mean() for g, p in blocks if p.sum() >= 40]
        shares.append(np.std(full) if len(full) > 4 else np.nan)
    assert np.nanmedian(shares) > 0.1


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
    whole = ~cells.bleb.ravel() & ~_cut(masks["cell"])
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
    assert rows.min() > 48 and columns.min() > 40
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
