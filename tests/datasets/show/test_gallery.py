"""What lies where on a sheet of generated cells, found by colours that no two images share."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.ndimage as ndi
from PIL import Image

from datasets.cohort import ImageBags, Truth
from datasets.show import gallery
from datasets.simulate.shared import COMPONENTS, ComponentMasks, pack
from tests.toy import toy_cohort

SIZES = [2, 3, 1, 0, 2] * 8
SIDE = 10


@pytest.fixture
def cohort():
    """Forty patients of two classes and an unseen one in two domains.

    Even images of known classes are leukaemic; later images say more, and two have rods.
    """
    n, place = len(SIZES), np.arange(len(SIZES))
    y = np.where(place % 8 == 7, -1, place % 2).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(SIZES)]).astype(np.int64)
    row = np.arange(starts[-1])
    colours = np.stack([60 + 2 * row, 250 - 2 * row, np.full_like(row, 255)], axis=1).astype(np.uint8)
    bags = ImageBags(np.tile(colours[:, None, None], (1, SIDE, SIDE, 1)), starts, cell_type=np.where(row % 3, "b", "l"))
    masks = {name: np.zeros((len(row), SIDE, SIDE), bool) for name in COMPONENTS}
    masks["nucleus"][:, :5] = True
    of_none = np.repeat(y < 0, SIZES)
    traits = pd.DataFrame({"leukaemic": (row % 2 == 0) & ~of_none, "auer": np.where(np.isin(row, [20, 30]), 1, 0)})
    evidence = pd.DataFrame({"size": row / 100.0, "colour": -row / 300.0})
    truth = Truth(traits=traits, masks=ComponentMasks(pack(masks)), evidence=evidence)
    toy = toy_cohort(n=n, n_classes=2, genes=False, clinical=False)
    return replace(
        toy, y=y, unseen=np.where(y < 0, "zebra", ""), images=bags, truth=truth,
        domain=np.where(place % 4 < 2, "N", "M"),
        present=np.stack([bags.sizes > 0, *np.zeros((2, n), bool)], axis=1),
    )  # fmt: skip


@pytest.fixture
def sheet(cohort, tmp_path, monkeypatch):
    """Return rows of the sheet: top -> (image, left, height of what has its colour), from left to right."""
    left_half = np.zeros((SIDE, SIDE), np.float32)
    left_half[:, :5] = 2.0
    monkeypatch.setattr(gallery, "information_map", lambda _, chosen: np.tile(left_half, (len(chosen), 1, 1)))
    gallery.generated_sheet(cohort, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    code = np.where((pixels[..., 2] == 255) & (pixels[..., 0] + pixels[..., 1] == 310), pixels[..., 0] // 2 - 30, -1)
    labels, _ = ndi.label(code >= 0)
    rows: dict[int, list[tuple[int, int, int]]] = {}
    for k, part in enumerate(ndi.find_objects(labels), start=1):
        height, width = part[0].stop - part[0].start, part[1].stop - part[1].start
        if height > 35 and width > 100:
            (row,) = set(code[part][labels[part] == k].tolist())
            rows.setdefault(part[0].stop, []).append((row, part[1].start, height))
    return {bottom: sorted(found, key=lambda told: told[1]) for bottom, found in sorted(rows.items())}, pixels


def in_turn(cohort, wanted, specimens):
    """Return first images of the specimens, then second ones, six at most."""
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    bags = [[i for i in np.flatnonzero(owner == s) if wanted[i]] for s in np.flatnonzero(specimens)]
    return [bag[turn] for turn in range(3) for bag in bags if len(bag) > turn][:6]


def test_rows_are_classes_then_normal_cells_and_blocks_are_domains(cohort, sheet):
    rows, _ = sheet
    leukaemic, kind = cohort.truth.traits["leukaemic"].to_numpy(), cohort.images.cell_type
    expected = []
    for name in (*cohort.classes, "zebra"):
        wanted = leukaemic if name != "zebra" else np.ones_like(leukaemic)
        expected.append([in_turn(cohort, wanted, (cohort.label == name) & (cohort.domain == d)) for d in ("M", "N")])
    for name in ("b", "l"):
        expected.append([in_turn(cohort, (kind == name) & ~leukaemic, cohort.domain == d) for d in ("M", "N")])
    shown = list(rows.values())[:5]
    assert len(rows) == 8
    lefts = sorted({left for found in shown for _, left, _ in found})
    step, second = lefts[1] - lefts[0], lefts[6]
    assert step == 128 + 3 and second > lefts[5] + step
    for found, blocks in zip(shown, expected, strict=True):
        assert [[row for row, left, _ in found if (left >= second) == b] for b in (False, True)] == blocks
        for b, block in enumerate(blocks):
            ours = [left for _, left, _ in found if (left >= second) == bool(b)]
            assert ours == [(second if b else lefts[0]) + step * k for k in range(len(block))]
    assert max(len(block) for blocks in expected for block in blocks) == 6
    assert np.diff(list(rows)[:5]).tolist() == [131] * 4


def test_cells_that_say_the_most_are_explained_in_three_pictures(cohort, sheet):
    rows, pixels = sheet
    said = cohort.truth.evidence.sum(axis=1) + 100 * cohort.truth.traits["auer"]
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    leukaemic = cohort.truth.traits["leukaemic"].to_numpy()
    first = min(left for found in rows.values() for _, left, _ in found)
    for name, (bottom, found) in zip((*cohort.classes, "zebra"), list(rows.items())[5:], strict=True):
        blocks = []
        for domain in ("M", "N"):
            own = (cohort.label == name) & (cohort.domain == domain)
            can = np.flatnonzero(own[owner] & (leukaemic | (name == "zebra")))
            best = {owner[i]: i for i in sorted(can, key=lambda i: said[i])}
            blocks.append(sorted(best.values(), key=lambda i: -said[i])[:2])
        wholes = [(row, left) for row, left, height in found if height == 128]
        assert [row for row, _ in wholes] == [row for block in blocks for row in block]
        assert wholes[0][1] == first and wholes[1][1] == first + 3 * 131
        for (row, left), (tinted, beside, height) in zip(wholes, [f for f in found if f[2] < 128], strict=True):
            assert (tinted, beside) == (row, left + 131) and 35 < height < 64  # the lower half
            tint = pixels[bottom - 120, beside + 60]
            assert tint.tolist() == [(60 + 2 * row + 40) // 2, (250 - 2 * row + 40) // 2, (255 + 200) // 2]
            heat = pixels[bottom - 60, left + 2 * 131 : left + 2 * 131 + 128]
            assert heat[:50].min() == 255 and heat[-50:].max() == 0


def test_rows_blocks_and_components_are_named(cohort, sheet):
    rows, pixels = sheet
    dark = (pixels.max(axis=2) < 60) & (np.ptp(pixels, axis=2) == 0)
    left = min(at for found in rows.values() for _, at, _ in found)
    for bottom in rows:
        inked = np.flatnonzero(dark[bottom - 128 : bottom, :left].any(axis=1))
        assert len(inked) and inked.min() > 60 and inked.max() < 90
    top = min(rows) - 128
    assert dark[: top // 2].any() and dark[top // 2 : top, left : left + 128].any()
    legend = pixels[list(rows)[4] : list(rows)[5] - 128]
    solid = [ndi.binary_erosion((legend == gallery._COLOURS[name]).all(axis=2), np.ones((9, 9))) for name in COMPONENTS]
    boxes = [
        np.flatnonzero(box.any(axis=0)).min() for name, box in zip(COMPONENTS, solid, strict=True) if name != "hof"
    ]
    assert boxes == sorted(boxes) and len(set(boxes)) == len(COMPONENTS) - 1


def test_cells_are_named_at_their_feet_and_the_legend_has_its_words(sheet):
    rows, pixels = sheet
    for bottom, found in list(rows.items())[:5]:
        for _, left, _ in found:  # in dark blue
            inked = (pixels[bottom - 128 : bottom, left : left + 128] <= (60, 60, 90)).all(axis=2).any(axis=1)
            assert np.flatnonzero(inked).min() > 105 and inked[-17:].any()
    legend = pixels[list(rows)[4] : list(rows)[5] - 128].sum(axis=2) < 60
    for start, end in ((0, 500), (580, 660)):  # what it explains; the name of the first component
        inked = np.flatnonzero(legend[:, start:end].any(axis=1))
        assert inked.min() > 3 and inked.max() < 30


def test_a_bag_without_such_a_cell_is_passed_over():
    bags = ImageBags(np.zeros((6, 2, 2, 3), np.uint8), np.array([0, 2, 2, 4, 6]))
    wanted = np.array([False, False, True, True, True, False])
    every = np.ones(4, bool)
    assert gallery._spread(bags, every, wanted, None).tolist() == [2, 4, 3]
    assert gallery._spread(bags, every, wanted, np.array([9.0, 9, 1, 5, 3, 9])).tolist() == [3, 4, 2]
    assert gallery._spread(bags, ~every, wanted, None).tolist() == []


def test_evidence_that_is_not_there_leaves_the_rods(cohort):
    rank = gallery._rank(replace(cohort.truth, evidence=None))
    assert np.flatnonzero(rank == 100).tolist() == [20, 30] and set(rank) == {0.0, 100.0}
    assert gallery._rank(Truth()).tolist() == []


@pytest.mark.parametrize("lacking", ["images", "traits", "masks"])
def test_what_a_sheet_needs_is_said(cohort, lacking, tmp_path):
    less = replace(
        cohort,
        images=None if lacking == "images" else cohort.images,
        truth=replace(cohort.truth, **({"traits": None} if lacking == "traits" else {"masks": {}})),
        present=np.zeros((len(cohort), 3), bool) if lacking == "images" else cohort.present,
    )
    with pytest.raises(ValueError, match=r"toy: a contact sheet needs images, truth\.traits and truth\.masks"):
        gallery.generated_sheet(less, tmp_path / "sheet.png")


COLOURS = {
    "rbc": (220, 60, 60), "artefact": (120, 120, 120), "cell": (90, 190, 255), "blebs": (255, 140, 0),
    "hof": (255, 255, 255), "nucleus": (40, 40, 200), "granules": (230, 0, 230), "nucleoli": (0, 200, 0),
    "auer": (255, 240, 0),
}  # fmt: skip


def test_words_stand_in_the_grid_of_tiles(cohort, tmp_path, monkeypatch):
    """Tiles of 128 and gaps of 3 pixels; blocks of six tiles and 12 pixels begin at 150, rows at 56."""
    said, real = {}, gallery._label
    monkeypatch.setattr(gallery, "_label", lambda sheet, *rest, **more: [
        said.setdefault(rest[0], (*rest[1:], *more.values())), real(sheet, *rest, **more)])  # fmt: skip
    monkeypatch.setattr(gallery, "information_map", lambda _, chosen: np.ones((len(chosen), SIDE, SIDE), np.float32))
    gallery.generated_sheet(cohort, tmp_path / "sheet.png")
    title = "toy: generated cohort, figures describe algorithms, not patients (0)"
    rows = ["class-0", "class-1", "zebra", "normal b", "normal l"]
    explained = "generated cells: picture, components, information map (white: most, root scale)"
    words = {(6, 4): title, (150, 30): "domain M", (150 + 798, 30): "domain N", (6, 56 + 5 * 131 + 6): explained}
    words |= {(6, 56 + 131 * k + 64): name for k, name in enumerate(rows)}
    words |= {(6, 56 + 131 * (5 + k) + 30 + 64): name for k, name in enumerate(rows[:3])}
    words |= {(580 + 110 * k, 56 + 5 * 131 + 6): name for k, name in enumerate(COMPONENTS)}
    assert {at: told[0] for at, told in said.items() if len(told) == 1} == words
    kinds = {at: told for at, told in said.items() if len(told) > 1}
    assert {told[1:] for told in kinds.values()} == {((20, 20, 60), 12)} and {t[0] for t in kinds.values()} == {
        "b",
        "l",
    }
    columns = {150 + 798 * block + 131 * column + 3 for block in (0, 1) for column in range(6)}
    assert {x for x, _ in kinds} == columns and {y for _, y in kinds} == {56 + 131 * k + 111 for k in range(5)}
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (150 + 2 * 798, 56 + 8 * 131 + 30)
        for k, name in enumerate(COMPONENTS):
            left, top = 560 + 110 * k, 56 + 5 * 131 + 8
            box = np.asarray(sheet.crop((left - 1, top - 1, left + 16, top + 16)))
            assert (box[2:15, 2:15] == COLOURS[name]).all() and (box[0] == 255).all() and (box[:, 0] == 255).all()
            assert not box[[1, 15], 1:16].any() and not box[1:16, [1, 15]].any()


def test_components_are_tinted_by_half_and_later_ones_lie_above():
    pixels = np.full((1, 1, 10, 3), 100, np.uint8)
    masks = {name: np.zeros((1, 1, 10), bool) for name in COLOURS}
    for k, name in enumerate(COLOURS):
        masks[name][0, 0, k] = True
    tinted = gallery.overlay(pixels, masks)
    assert tinted[0, 0].tolist() == [[(100 + c) // 2 for c in COLOURS[name]] for name in COLOURS] + [[100] * 3]
    assert (pixels == 100).all() and tinted.dtype == np.uint8
    masks["cell"][:] = masks["auer"][:] = True
    assert gallery.overlay(pixels, masks)[0, 0, 9].tolist() == [int(((100 + 90) / 2 + 255) / 2), 192, 88]


def test_heat_goes_from_black_over_red_and_yellow_to_white_by_roots():
    maps = np.array([[[0, 1, 4, 9, 36]], [[0, 0, 0, 0, 0]], [[0, 0, 1 / 4, 1, 0]]], np.float32)
    found = gallery.heat(maps)
    assert found[0, 0].tolist() == [[0, 0, 0], [127, 0, 0], [255, 0, 0], [255, 127, 0], [255, 255, 255]]
    assert not found[1].any() and found[2, 0, 2].tolist() == [255, 127, 0] and found[2, 0, 3].tolist() == [255] * 3
