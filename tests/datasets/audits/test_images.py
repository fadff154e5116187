"""Audit of copies of images across the roles of a split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

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
