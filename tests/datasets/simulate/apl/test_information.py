"""Information maps against loops over pixels, on hand-made masks and on a rendered cohort."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets.cohort import Truth
from datasets.generated import apl_sim
from datasets.simulate.apl.information import information_map, supports, top_mass
from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.magnification import um_per_px
from datasets.simulate.drawing.render import render
from datasets.simulate.shared.components import COMPONENTS, ComponentMasks, pack

SIDE, UM = 24, 0.5
TRAITS = ("granularity", "basophilia", "nc_ratio", "diameter_um", "nucleus_shape", "auer", "nucleoli", "bleb")


def _disc(row, column, radius):
    r, c = np.mgrid[:SIDE, :SIDE]
    return (r - row) ** 2 + (c - column) ** 2 <= radius**2


def _hand_made():
    """Return the truth of two cells: one with a rod, a nucleolus and a bleb, one cut by the border without any."""
    cell = np.stack([_disc(12, 12, 9), _disc(3, 12, 8)])
    bleb = np.stack([_disc(12, 21, 2) & ~cell[0], np.zeros((SIDE, SIDE), bool)])
    masks = {
        "cell": cell | bleb,
        "nucleus": np.stack([_disc(11, 10, 5), _disc(3, 12, 5)]),
        "blebs": bleb,
        "auer": np.stack([_disc(12, 18, 1), np.zeros((SIDE, SIDE), bool)]),
        "nucleoli": np.stack([_disc(11, 10, 1), np.zeros((SIDE, SIDE), bool)]),
        "artefact": np.stack([_disc(1, 12, 3) & ~cell[0], np.zeros((SIDE, SIDE), bool)]),
    }
    traits = pd.DataFrame({"auer": [1, 0], "nucleoli": [1, 0], "bleb": [True, False], "um_per_px": [UM, UM]})
    evidence = pd.DataFrame(np.random.default_rng(0).random((2, len(TRAITS))), columns=list(TRAITS))
    return Truth(traits=traits, evidence=evidence, masks=ComponentMasks(pack(masks)))


def _edge(mask, covered):
    """Return pixels of the mask with a neighbour, inside the picture and not covered, that is not in it."""
    edge = set()
    for r, c in zip(*np.nonzero(mask), strict=True):
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            inside = 0 <= r + dr < SIDE and 0 <= c + dc < SIDE
            if inside and not mask[r + dr, c + dc] and not covered[r + dr, c + dc]:
                edge.add((int(r), int(c)))
    return edge


def _brute_band(mask, covered):
    near, edge = np.zeros((SIDE, SIDE), bool), _edge(mask, covered)
    for r in range(SIDE):
        for c in range(SIDE):
            near[r, c] = any(UM * np.hypot(r - a, c - b) <= 1.5 for a, b in edge)
    return near


def _brute_map(truth, image):
    masks = {name: truth.masks[name][image] for name in truth.masks}
    traits = truth.traits.iloc[image]
    shown = masks["cell"] | ~masks["artefact"]
    nucleus, outline = (_brute_band(masks[name], masks["artefact"]) & shown for name in ("nucleus", "cell"))
    where = {
        "granularity": masks["cytoplasm"],
        "basophilia": masks["cytoplasm"],
        "nc_ratio": nucleus | outline,
        "diameter_um": outline,
        "nucleus_shape": nucleus,
        "auer": masks["auer"] if traits["auer"] else masks["cytoplasm"],
        "nucleoli": masks["nucleoli"] if traits["nucleoli"] else masks["nucleus"],
        "bleb": masks["blebs"] if traits["bleb"] else outline,
    }
    result = np.zeros((SIDE, SIDE))
    for trait, support in where.items():
        size = int(support.sum())
        for r in range(SIDE):
            for c in range(SIDE):
                if support[r, c]:
                    result[r, c] += truth.evidence[trait].iloc[image] / size
    return result


def test_maps_equal_a_loop_over_traits_and_pixels():
    truth = _hand_made()
    got = information_map(truth, np.array([1, 0]))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[0], _brute_map(truth, 1), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(got[1], _brute_map(truth, 0), rtol=1e-5, atol=1e-8)


def test_where_the_picture_cuts_a_cell_off_there_is_no_outline():
    truth = _hand_made()
    outline = supports(truth.masks, truth.traits)["diameter_um"][1]
    assert truth.masks["cell"][1][0, 12] and not outline[0, 12]


def test_absence_of_a_rod_is_evidence_over_the_whole_cytoplasm():
    truth = _hand_made()
    rod = supports(truth.masks, truth.traits)["auer"]
    np.testing.assert_array_equal(rod[1], truth.masks["cytoplasm"][1])
    np.testing.assert_array_equal(rod[0], truth.masks["auer"][0])


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield apl_sim.load(patients=20, cells=4, image_size=48)
    patch.undo()


def test_mass_of_a_rendered_map_is_the_evidence_that_can_be_seen(cohort):
    truth, rows = cohort.truth, np.arange(80)
    maps = information_map(truth, rows)
    where = supports(truth.masks, truth.traits)
    wanted = sum(truth.evidence[trait].to_numpy() * where[trait].any(axis=(1, 2)) for trait in truth.evidence)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), wanted, rtol=1e-4, atol=1e-6)
    leukaemic = truth.traits["leukaemic"].to_numpy()
    assert (maps[~leukaemic] == 0).all()
    assert (maps[leukaemic].sum(axis=(1, 2)) > 0).all()
    assert (maps >= 0).all()


def test_no_image_no_map(cohort):
    assert information_map(cohort.truth, np.array([], np.int64)).shape == (0, 48, 48)


def test_it_needs_a_generated_truth_with_known_traits():
    with pytest.raises(ValueError, match=r"truth\.evidence"):
        information_map(Truth(), np.array([0]))
    truth = _hand_made()
    for lacking in ({"traits": None}, {"evidence": None}, {"masks": dict(truth.masks)}, {"masks": {}}):
        with pytest.raises(ValueError, match=r"needs truth\.traits"):
            information_map(dataclasses.replace(truth, **lacking), np.array([0]))
    odd = dataclasses.replace(truth, evidence=truth.evidence.assign(taste=1.0, smell=1.0, touch=1.0, sound=1.0))
    with pytest.raises(ValueError, match="has smell, sound, taste, touch; supports are known of granularity, "):
        information_map(odd, np.array([0]))


def test_traits_of_the_whole_show_in_the_whole():
    truth = _hand_made()
    where = supports(truth.masks, truth.traits)
    assert set(where) == {*TRAITS, "clumping", "cell_type"}
    np.testing.assert_array_equal(where["clumping"], truth.masks["nucleus"])
    np.testing.assert_array_equal(where["cell_type"], truth.masks["cell"])


@given(arrays(np.float32, (3, 4, 5), elements=st.floats(0, 10, width=32)), st.floats(0.01, 1))
def test_top_mass_is_the_fewest_brightest_levels_with_the_share(maps, share):
    got = top_mass(maps, share)
    for one, kept in zip(maps.astype(np.float64), got, strict=True):
        assert one[kept].sum() >= share * one.sum() * (1 - 1e-9)
        assert not kept.any() or (one[~kept] < one[kept].min()).all()
        assert not kept.any() or one[one > one[kept].min()].sum() < share * one.sum()
        assert kept.any() == (one.sum() > 0)


def test_top_mass_of_a_flat_support_does_not_lean_to_one_side():
    disc = _disc(12, 12, 9).astype(np.float32)
    dot = _disc(12, 12, 2).astype(np.float32)
    for share in (0.1, 0.5, 0.9):
        for one in (disc, disc + dot):
            centre = np.argwhere(top_mass(one[None], share)[0]).mean(axis=0)
            np.testing.assert_allclose(centre, 12)


def test_half_the_mass_of_a_rendered_map_is_where_the_map_is(cohort):
    rows = np.flatnonzero(cohort.truth.traits["leukaemic"].to_numpy())
    maps = information_map(cohort.truth, rows).astype(np.float64)
    kept = top_mass(maps.astype(np.float32), 0.5)
    place = np.arange(48.0)
    for axis in (1, 2):
        middle = [(m.sum(axis=axis) * place).sum(axis=1) / m.sum(axis=(1, 2)) for m in (maps, kept)]
        away = middle[1] - middle[0]
        assert abs(away.mean()) < 4 * away.std() / np.sqrt(len(rows))


def test_nothing_is_told_by_pixels_under_a_black_bar():
    cells = sample_world(1.0, 30, 12, 0.0, 4).cells
    at_c = np.full(30, 2)
    bits = render(cells, at_c, 48, 4)["components"]
    pixels_um = np.repeat(um_per_px(at_c, 48, 4), 12)
    evidence = pd.DataFrame(1.0, index=range(360), columns=list(TRAITS))
    traits = cells.frame().assign(um_per_px=pixels_um)
    truth = Truth(traits=traits, evidence=evidence, masks=ComponentMasks(bits))
    alone = bits == 1 << COMPONENTS.index("artefact")
    cut = (alone[:, :, [0, -1]].all(axis=1) | alone[:, [0, -1]].all(axis=2)).any(axis=1)
    assert cut.sum() > 5
    maps = information_map(truth, np.flatnonzero(cut))
    assert maps.sum() > 0
    assert not maps[alone[cut]].any()


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_out_of_range_is_named(share):
    with pytest.raises(ValueError, match="share="):
        top_mass(np.ones((1, 2, 2), np.float32), share)
