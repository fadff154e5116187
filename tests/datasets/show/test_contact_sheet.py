"""What lies where on a sheet of real cells, found by colours that no two images share."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from datasets.cohort import ImageBags
from datasets.show.contact_sheet import contact_sheet
from tests.toy import toy_cohort

SIZES = [2, 1, 3, 0, 1] * 12  # images of each specimen
UNSEEN = "zebra"


@pytest.fixture
def cohort():
    """Sixty patients, class 0 twice as often as class 1, two domains; some are of no class, some have no image."""
    n, place = len(SIZES), np.arange(len(SIZES))
    y = np.where(place % 6 == 5, -1, (place % 3 == 2).astype(np.int64))
    starts = np.concatenate([[0], np.cumsum(SIZES)]).astype(np.int64)
    row = np.arange(starts[-1])
    colours = np.stack([40 + row, 250 - row, np.full_like(row, 255)], axis=1).astype(np.uint8)
    pixels = np.tile(colours[:, None, None], (1, 7, 7, 1))
    toy = toy_cohort(n=n, n_classes=2, genes=False, clinical=False, domains=("B", "A"))
    bags = ImageBags(pixels, starts)
    return replace(
        toy, y=y, unseen=np.where(y < 0, UNSEEN, ""), images=bags, domain=np.where(place % 4 == 3, "A", "B"),
        present=np.stack([bags.sizes > 0, *np.zeros((2, n), bool)], axis=1),
    )  # fmt: skip


def tiles(path):
    """Return image -> left, top, right, bottom of where its colour is."""
    with Image.open(path) as sheet:
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    shown = (pixels[..., 2] == 255) & (pixels[..., 0] + pixels[..., 1] == 290)
    found = {}
    for row in np.unique(pixels[shown][:, 0] - 40).tolist():
        i, j = np.nonzero(shown & (pixels[..., 0] == row + 40))
        assert len(i) == (np.ptp(i) + 1) * (np.ptp(j) + 1)  # whole, in one place
        found[row] = (j.min(), i.min(), j.max() + 1, i.max() + 1)
    return found, pixels


def test_rows_are_classes_and_blocks_are_domains(cohort, tmp_path):
    contact_sheet(cohort, tmp_path / "sheet.png")
    found, pixels = tiles(tmp_path / "sheet.png")
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    assert {(right - left, bottom - top) for left, top, right, bottom in found.values()} == {(96, 96)}
    kinds = (*cohort.classes, UNSEEN)
    place = {
        row: (kinds.index(cohort.label[owner[row]]), sorted(set(cohort.domain)).index(cohort.domain[owner[row]]))
        for row in found
    }
    specimens = [owner[row] for row in found]
    assert len(set(specimens)) == len(specimens)  # one image a specimen
    tops, lefts = {}, {}
    for row, (left, top, _, _) in found.items():
        tops.setdefault(place[row][0], set()).add(top)
        lefts.setdefault(place[row][1], set()).add(left)
    assert [len(tops[k]) for k in range(3)] == [1, 1, 1]
    (first,), (second,), (third,) = tops[0], tops[1], tops[2]
    assert second - first == third - second == 99  # a gap of three pixels
    assert max(lefts[0]) + 96 + 3 < min(lefts[1])
    for k, kind in enumerate(kinds):
        for b, domain in enumerate(sorted(set(cohort.domain))):
            with_images = ((cohort.label == kind) & (cohort.domain == domain) & (cohort.images.sizes > 0)).sum()
            shown = sorted(found[row][0] for row in found if place[row] == (k, b))
            assert len(shown) == min(8, with_images)
            assert set(np.diff(shown)) <= {99}  # side by side
    assert max(len([p for p in place.values() if p == cell]) for cell in place.values()) == 8
    assert max(box[2] for box in found.values()) <= pixels.shape[1]
    assert 0 < pixels.shape[0] - max(box[3] for box in found.values()) <= 3


def test_each_row_has_its_name_before_it_and_each_block_above_it(cohort, tmp_path):
    contact_sheet(cohort, tmp_path / "sheet.png")
    found, pixels = tiles(tmp_path / "sheet.png")
    dark = (pixels.sum(axis=2) < 100) & (np.ptp(pixels, axis=2) == 0)
    left, top = min(box[0] for box in found.values()), min(box[1] for box in found.values())
    for k in range(3):  # near the middle of the row's height
        inked = np.flatnonzero(dark[top + 99 * k : top + 99 * k + 99, :left].any(axis=1))
        assert inked.min() > 30 and inked.max() < 66
    assert not dark[top:, left:].any()
    heading, blocks = dark[: top // 2, :], dark[top // 2 : top, :]
    assert heading.any() and blocks.any()
    assert np.flatnonzero(blocks.any(axis=0)).min() >= left
    assert {bool(blocks[:, start : start + 96].any()) for start in {box[0] for box in found.values()}} == {True, False}


def test_the_draw_follows_the_seed(cohort, tmp_path):
    sheets = []
    for k, options in enumerate(({}, {"seed": 0}, {"seed": 1})):
        contact_sheet(cohort, tmp_path / f"{k}.png", **options)
        sheets.append((tmp_path / f"{k}.png").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_later_images_of_a_specimen_are_drawn_too(cohort, tmp_path):
    shown = set()
    for seed in range(12):
        contact_sheet(cohort, tmp_path / "sheet.png", seed=seed)
        shown |= set(tiles(tmp_path / "sheet.png")[0])
    place = np.arange(len(cohort.images.pixels)) - np.repeat(cohort.images.starts[:-1], cohort.images.sizes)
    assert set(place[sorted(shown)].tolist()) == {0, 1, 2}


def test_a_cohort_without_images_has_no_sheet(tmp_path):
    with pytest.raises(ValueError, match="toy has no images"):
        contact_sheet(toy_cohort(n=6, images=False), tmp_path / "sheet.png")


def test_words_stand_in_the_grid_of_tiles(cohort, tmp_path, monkeypatch):
    """Tiles of 96 and gaps of 3 pixels; blocks of eight tiles and four gaps begin at 170, rows at 56."""
    said = {}
    monkeypatch.setattr(
        sys.modules[contact_sheet.__module__], "_write", lambda sheet, place, text: said.update({place: text})
    )
    contact_sheet(cohort, tmp_path / "sheet.png")
    rows = [*cohort.classes, UNSEEN]
    expected = {(6, 4): "toy: toy, images as entries see them", (170, 30): "domain A", (170 + 804, 30): "domain B"}
    assert said == expected | {(6, 56 + 99 * k + 40): name for k, name in enumerate(rows)}
    found, pixels = tiles(tmp_path / "sheet.png")
    assert pixels.shape[:2] == (56 + 3 * 99, 170 + 2 * 804)
    assert {left for left, *_ in found.values()} <= {170 + 804 * b + 99 * c for b in (0, 1) for c in range(8)}
    assert {top for _, top, *_ in found.values()} == {56, 155, 254}
    assert (pixels[:56] == 255).all() and min(left for left, *_ in found.values()) == 170
