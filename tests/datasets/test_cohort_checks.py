"""Everything that may be wrong with the parts of a cohort is refused in the words that a user reads."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError, ImageBags, presence
from tests.toy import toy_cohort

GOOD = toy_cohort(n=12, side=4)
N, IDS = 12, GOOD.specimen
BAGS = GOOD.images
UNSEEN = np.where(np.arange(N) % 6 == 5, "far", "").astype("U9")
LENGTH = "has 11 rows, y has 12. Give every part one row a specimen."


def put(values, at, new):
    """Return a copy with other values at some places."""
    changed = np.array(values)
    changed[at] = new
    return changed


def refused(told, **changes):
    with pytest.raises(CohortError, match=f"^{re.escape(told)}$"):
        dataclasses.replace(GOOD, **changes)


PARTS = {
    "specimen": IDS,
    "patient": GOOD.patient,
    "domain": GOOD.domain,
    "present": GOOD.present,
    "images": BAGS,
    "genes": GOOD.genes,
    "clinical": GOOD.clinical,
    "official": np.full(N, "train"),
    "era": np.full(N, "2001"),
    "unseen": np.full(N, ""),
}


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_one_row_a_specimen(name):
    part = PARTS[name]
    refused(f"{name}: {LENGTH}", **{name: part[np.arange(N - 1)] if name == "images" else part[: N - 1]})
    assert getattr(dataclasses.replace(GOOD, **{name: part}), name) is part


@pytest.mark.parametrize("name", ["specimen", "patient", "domain"])
def test_ids_are_text_and_not_blank(name):
    ids = PARTS[name]
    refused(f"{name}: is object, needs str.", **{name: ids.astype(object)})
    told = f"{name}: is empty in some rows (first: 4, 9). Give every row an id; none is invented."
    refused(told, **{name: put(ids, [4, 9], ["", " "])})


WIDE = [f"Z{k}" for k in range(9)]
CASES = [
    ({"y": GOOD.y.astype(np.int32)}, "y: is int32, needs int64 positions in classes."),
    (
        {"specimen": put(IDS, [4, 9], [IDS[2], IDS[3]])},
        "specimen: ids occur more than once (first: S002, S003). Make specimen ids unique.",
    ),
    (
        {"official": put(PARTS["official"], [1, 3, 8], ["hold", "dev", "dev"])},
        "official: unknown roles ['dev', 'hold'] (first: S001, S003, S008).",
    ),
    (
        {"image_facts": pd.DataFrame({"format": ["PNG"] * (len(BAGS.pixels) + 1)})},
        f"image_facts: has {len(BAGS.pixels) + 1} rows for {len(BAGS.pixels)} images.",
    ),
    (
        {"images": None, "image_facts": pd.DataFrame({"format": ["PNG"]})},
        "image_facts: has 1 rows for 0 images.",
    ),
    ({"classes": ("a", "a", "b")}, "classes: needs two or more distinct names, got ('a', 'a', 'b')."),
    ({"classes": ("a",), "y": np.zeros(N, np.int64)}, "classes: needs two or more distinct names, got ('a',)."),
    ({"unseen": np.zeros(N)}, "unseen: is float64, needs str."),
    (
        {"unseen": put(UNSEEN, 11, "far ")},
        'unseen: has names with blanks around them (first: S011). Strip them; "" is none.',
    ),
    (
        {"unseen": put(UNSEEN, [4, 5], ["class-2", "class-1"])},
        "unseen: names classes ['class-1', 'class-2'] (first: S004, S005). A class is either known or unseen.",
    ),
    (
        {"y": put(GOOD.y, [2, 7, 8], [3, -1, 3])},
        "y: unknown class [-1, 3] (first: S002, S007, S008). Known: 0..2.",
    ),
    (
        {"unseen": UNSEEN, "y": put(GOOD.y, 5, -1)},
        "y: is a class where unseen has a name (first: S011). Set y to -1 there: the specimen is of none of the "
        "classes.",
    ),
    (
        {"classes": (*GOOD.classes, "ghost", "elf")},
        "classes: no specimen belongs to some classes (first: ghost, elf). Drop them from classes.",
    ),
    (
        {"patient": put(GOOD.patient, [1, 6], ["P000", "P005"])},
        "patient: has two labels although the target is per patient (first: P000, P005). Correct the labels, or set "
        "target_level='specimen'.",
    ),
    ({"genes": GOOD.genes.astype(float)}, "genes: is float64 (12, 12), needs float32 (n, 12) to match gene_names."),
    ({"genes": GOOD.genes[:, 0]}, "genes: is float32 (12,), needs float32 (n, 12) to match gene_names."),
    ({"genes": GOOD.genes[:, 1:]}, "genes: is float32 (12, 11), needs float32 (n, 12) to match gene_names."),
    (
        {"gene_names": (*GOOD.gene_names[:10], "G4", "G2")},
        "gene_names: repeat (first: G4, G2). Aggregate probes first.",
    ),
    (
        {"genes": put(GOOD.genes, ([3, 7, 7], [2, 1, 5]), [np.nan, np.inf, -np.inf])},
        "genes: NaN or infinite values (first: S003, S007). Impute, or mark the specimen absent in present.",
    ),
    (
        {"gene_sets": {"x": ("G0", *WIDE[::2]), "y": WIDE[1::2]}},
        "gene_sets: name genes that are not in gene_names (first: Z0, Z1, Z2, Z3, Z4 and 4 more). Intersect them "
        "first.",
    ),
    (
        {"clinical": GOOD.clinical.assign(note="free text")},
        f"clinical['note']: is {pd.Series(['']).dtype}. Use a numeric or category column.",
    ),
    (
        {"units": {"age": "years"}},
        "clinical['wbc']: has no unit. Name it in units ('' for a pure number).",
    ),
    (
        {"clinical": GOOD.clinical.assign(wbc=put(GOOD.clinical["wbc"], [4, 6], [np.inf, -np.inf]))},
        "clinical['wbc']: is infinite (first: S004, S006).",
    ),
    ({"present": GOOD.present[:, :2]}, "present: is bool (12, 2), needs bool (12, 3)."),
    ({"present": GOOD.present.astype(np.int8)}, "present: is int8 (12, 3), needs bool (12, 3)."),
    (
        {"present": put(GOOD.present, ([2, 9], [0, 2]), ~GOOD.present[[2, 9], [0, 2]])},
        "present: disagrees with the bags, genes or clinical rows (first: S002, S009). Build it with "
        "datasets.cohort.presence.",
    ),
]


@pytest.mark.parametrize(("changes", "told"), CASES, ids=[told[:40] for _, told in CASES])
def test_what_disagrees_is_told_with_first_ids_and_remedy(changes, told):
    refused(told, **changes)


def test_strangers_among_genes_are_all_kept_in_order():
    with pytest.raises(CohortError) as caught:
        dataclasses.replace(GOOD, gene_sets={"x": WIDE})
    assert caught.value.ids == tuple(WIDE)


def test_a_cohort_of_nobody_is_refused():
    with pytest.raises(CohortError, match=r"^y: the cohort has no specimen\.$"):
        dataclasses.replace(GOOD[np.zeros(0, np.int64)])


def test_what_is_right_passes():
    two = toy_cohort(n=6, n_classes=2, side=4, genes=False, clinical=False)
    roles = np.array(["train", "valid", "test", "", "", "train"])
    facts = pd.DataFrame({"format": ["PNG"] * len(two.images.pixels)})
    dataclasses.replace(two, official=roles, image_facts=facts)
    dataclasses.replace(two, y=np.array([0, 1, 0, 1, -1, -1]), unseen=np.array(["", "", "", "", "far", "near"]))
    bare = toy_cohort(n=6, images=False, genes=False)
    dataclasses.replace(bare, image_facts=pd.DataFrame({"format": []}))
    whole = bare.clinical.assign(age=range(6), wbc=pd.array([1, None, 3, 4, 5, 6], dtype="Int64"))
    dataclasses.replace(bare, clinical=whole, present=presence(6, clinical=whole))


PIXELS = np.zeros((5, 2, 2, 3), np.uint8)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"pixels": PIXELS[0]}, "images.pixels: is uint8 (2, 2, 3), needs uint8 (m, H, W, 3)."),
        ({"pixels": PIXELS[..., :2]}, "images.pixels: is uint8 (5, 2, 2, 2), needs uint8 (m, H, W, 3)."),
        ({"pixels": PIXELS * 1.0}, "images.pixels: is float64 (5, 2, 2, 3), needs uint8 (m, H, W, 3)."),
        ({"starts": np.array([[0, 5]])}, "images.starts: must be one-dimensional and begin with 0."),
        ({"starts": np.array([], np.int64)}, "images.starts: must be one-dimensional and begin with 0."),
        ({"starts": np.array([1, 5])}, "images.starts: must be one-dimensional and begin with 0."),
        (
            {"starts": np.array([0, 3, 1, 4, 2, 5])},
            "images.starts: bag offsets are out of order (first: 1, 3). Sort images by specimen before cutting bags.",
        ),
        ({"starts": np.array([0, 4])}, "images.starts: ends at 4 but there are 5 images."),
        ({"rows": np.array([4, 2])}, "images.starts: ends at 5 but there are 2 images."),
        ({"cell_type": np.array(["b"] * 4)}, "images.cell_type: has 4 names for 5 images."),
    ],
)
def test_bags_that_do_not_fit_their_images_are_refused(parts, told):
    with pytest.raises(CohortError, match=f"^{re.escape(told)}$"):
        ImageBags(**{"pixels": PIXELS, "starts": np.array([0, 2, 2, 5]), **parts})


def test_bags_are_the_rows_that_were_cut():
    pixels = np.arange(6 * 12).reshape(6, 2, 2, 3).astype(np.uint8)
    rows = np.array([5, 1, 3, 0])
    whole, part = ImageBags(pixels, np.array([0, 2, 2, 6])), ImageBags(pixels, np.array([0, 1, 4, 4]), rows)
    bags = {whole: [[0, 1], [], [2, 3, 4, 5]], part: [[5], [1, 3, 0], []]}
    for images, wanted in bags.items():
        assert len(images) == 3 and images.sizes.tolist() == [len(bag) for bag in wanted]
        assert images.all_rows().tolist() == [row for bag in wanted for row in bag]
        for order in ([2, 0, 0, 1], [1], []):
            view = images[np.array(order, np.int64)]
            assert view.pixels is pixels and view.starts.dtype == view.rows.dtype == np.int64
            assert [view.bag_rows(i).tolist() for i in range(len(view))] == [wanted[k] for k in order]
            assert view.starts.tolist() == [0, *np.cumsum([len(wanted[k]) for k in order]).tolist()]
            for i, k in enumerate(order):
                np.testing.assert_array_equal(view.bag(i), pixels[wanted[k]])


def test_presence_has_a_column_a_modality():
    bags = ImageBags(PIXELS, np.array([0, 2, 2, 4, 5]))
    table = pd.DataFrame({"age": [np.nan, np.nan, 1, 2], "sex": pd.Categorical(["f", None, None, "m"])})
    genes = np.array([True, True, False, False])
    assert presence(4, bags, genes, table).T.tolist() == [
        [True, False, True, True], [True, True, False, False], [True, False, True, True]
    ]  # fmt: skip
    assert not presence(4).any() and presence(4).shape == (4, 3)
