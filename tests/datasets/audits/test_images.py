"""Audit of copies of images across the roles of a split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.audits.finding import Finding
from datasets.audits.rules import audit
from datasets.cohort import ImageBags, presence
from datasets.splits import SplitPlan
from tests.datasets.read.test_duplicates import cells, cropped, jpeg
from tests.toy import toy_cohort

RULES = ("duplicate-images", "near-duplicate-images", "augmented-copies", "moved-copies")
CHANGES = {
    "duplicate-images": lambda p: p,
    "near-duplicate-images": jpeg,
    "augmented-copies": lambda p: np.ascontiguousarray(np.rot90(p)),
    "moved-copies": lambda p: cropped(p, 0.1, (0, 1)),
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def cohort_of(pixels, cell_type=None):
    """Return a cohort of one image a specimen, 12 specimens."""
    images = ImageBags(np.ascontiguousarray(pixels), np.arange(13), None, cell_type)
    clean = toy_cohort(n=12, images=False, genes=False, clinical=False)
    return replace(clean, images=images, present=presence(12, images))


def planted(change):
    pixels = cells(12)
    pixels[10] = change(pixels[1])  # both of class-1
    return cohort_of(pixels)


def plan(test):
    roles = np.where(np.isin(np.arange(12), test), "test", "train")
    return SplitPlan(pd.DataFrame({"specimen": [f"S{i:03d}" for i in range(12)], "fold": 0, "role": roles}))


def about_images(cohort, split=None):
    return [f for f in audit(cohort, split) if f.rule in RULES]


@pytest.mark.parametrize("rule", RULES)
def test_a_copy_in_another_role_blocks(rule):
    (finding,) = about_images(planted(CHANGES[rule]), plan([10, 11]))
    assert (finding.rule, finding.blocks, finding.specimens) == (rule, True, ("S001", "S010"))


@pytest.mark.parametrize("rule", RULES)
def test_a_copy_that_crosses_roles_in_a_later_fold_only_blocks(rule):
    clean = plan([10, 1]).table
    folds = [clean, clean.assign(fold=1), plan([10, 11]).table.assign(fold=2)]
    (finding,) = about_images(planted(CHANGES[rule]), SplitPlan(pd.concat(folds)))
    assert (finding.rule, finding.blocks, finding.specimens) == (rule, True, ("S001", "S010"))


@pytest.mark.parametrize("rule", RULES)
def test_a_copy_in_train_and_valid_blocks(rule):
    table = plan([0]).table
    table.loc[table["specimen"] == "S010", "role"] = "valid"
    (finding,) = about_images(planted(CHANGES[rule]), SplitPlan(table))
    assert (finding.rule, finding.blocks) == (rule, True)


@pytest.mark.parametrize("rule", RULES)
def test_a_copy_in_the_same_role_or_without_a_split_warns(rule):
    for split in (plan([1, 10]), None):
        (finding,) = about_images(planted(CHANGES[rule]), split)
        assert (finding.rule, finding.blocks) == (rule, False) and "1 group " in finding.problem


def test_other_cells_are_no_finding():
    assert about_images(cohort_of(cells(12)), plan([1, 2])) == []


def test_a_copy_under_two_labels_is_named():
    pixels = cells(12)
    pixels[11] = pixels[1]
    pixels[9] = pixels[3]
    duplicate, labels = about_images(cohort_of(pixels))
    assert duplicate.where == "images" and labels.where == "classes" and not labels.blocks
    assert "class-1 and class-2" in labels.problem and labels.specimens == ("S001", "S011")


def test_a_copy_under_two_cell_types_is_named():
    kinds = np.array(["Blast"] * 6 + ["Monocyte"] * 6)
    pixels = cells(12)
    pixels[10] = pixels[1]
    assert [f.where for f in about_images(cohort_of(pixels, kinds))] == ["images", "cell types"]
    assert "Blast and Monocyte" in about_images(cohort_of(pixels, kinds))[1].problem


def test_copies_of_which_the_first_plays_no_role_still_cross():
    pixels = cells(12)
    pixels[[4, 10]] = pixels[1]
    split = SplitPlan(plan([10]).table.query("specimen != 'S001'"))
    (finding,) = [f for f in about_images(cohort_of(pixels), split) if f.blocks]
    assert {"S004", "S010"} <= set(finding.specimens)


REMEDIES = {
    "two roles": "Keep every group in one role (a split of images does: scheme images), or drop the copies.",
    "unseen": "Leave the copies out: no split can put an unseen class and a class that is learned in one role.",
    "once": "Count them once; a split of images must keep a group in one role.",
}


def test_findings_about_copies_are_whole():
    """Images 1, 4 and 10 are one, as are 2 and 5 of one patient, 0 and 6 of which one is unseen, and 3 and 9."""
    pixels = cells(12)
    for of, to in ((1, 4), (1, 10), (2, 5), (0, 6), (3, 9)):
        pixels[to] = pixels[of]
    base = cohort_of(pixels)
    far = np.arange(12) == 6
    cohort = replace(
        base, y=np.where(far, -1, base.y), unseen=np.where(far, "far", ""), target_level="specimen",
        patient=np.where(np.arange(12) == 5, "P002", base.patient),
    )  # fmt: skip
    table = plan([5, 10]).table
    table.loc[6, "role"] = "ood:far"
    what = "of byte-identical images"
    expected = [
        (True, f"2 groups {what} (5 images; 1 across patients), in two roles of one fold: S001, S002, S004 and 2 more.",
         REMEDIES["two roles"], ("S001", "S002", "S004", "S005", "S010")),
        (True, f"1 group {what} (2 images; 1 across patients), in two roles of one fold: S000, S006.",
         REMEDIES["unseen"], ("S000", "S006")),
        (False, f"1 group {what} (2 images; 1 across patients), none in two roles: S003, S009.",
         REMEDIES["once"], ("S003", "S009")),
    ]  # fmt: skip
    found = [f for f in about_images(cohort, SplitPlan(table)) if f.where == "images"]
    assert found == [Finding("duplicate-images", blocks, "images", *rest) for blocks, *rest in expected]
    (bare,) = [f for f in about_images(replace(cohort, patients_known=False)) if f.where == "images"]
    assert not bare.blocks and bare.problem == (
        f"4 groups {what} (9 images; 3 across specimens), before any split: S000, S001, S002 and 6 more."
    )
    assert bare.remedy == REMEDIES["once"]


def test_copies_under_two_names_are_told_with_the_first_pair():
    pixels = cells(12)
    for of, to in ((1, 10), (2, 4), (2, 7), (3, 5)):
        pixels[to] = pixels[of]
    kinds = np.array([*"abcdefghijkl"])
    kinds[10] = "b"
    _, labels, types = about_images(cohort_of(pixels, kinds))
    assert labels == Finding(
        "duplicate-images", False, "classes",
        "2 groups of byte-identical images with two classes, first: class-1 and class-2.",
        "At most one of the classes is right: correct or drop these images.", ("S002", "S003", "S004", "S005", "S007"),
    )  # fmt: skip
    assert types.problem == "2 groups of byte-identical images with two cell types, first: c and e and h."
    assert types.specimens == labels.specimens and types.where == "cell types"
