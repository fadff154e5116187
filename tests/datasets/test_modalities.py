"""A view of some modalities is the cohort as if the others had not been measured."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import MODALITIES, Cohort, CohortError, presence
from datasets.modalities import only, subsets
from tests.toy import toy_cohort

GOOD = toy_cohort(n=15, side=4, missing=0.3)


def test_subsets_are_all_that_hold_something_small_ones_first():
    assert subsets(GOOD) == tuple(chosen for size in (1, 2, 3) for chosen in combinations(MODALITIES, size))
    assert subsets(toy_cohort(n=6, images=False)) == (("genes",), ("clinical",), ("genes", "clinical"))


@pytest.mark.parametrize("kept", [(), *subsets(GOOD)], ids="+".join)
def test_what_is_not_kept_was_never_measured_and_the_rest_is_as_it_was(kept):
    before = GOOD.present.copy()
    view = only(GOOD, kept)
    for k, name in enumerate(MODALITIES):
        assert (view.present[:, k] == (GOOD.present[:, k] if name in kept else False)).all()
    table, genes = view.clinical, view.genes
    assert view.images.sizes.tolist() == (GOOD.images.sizes.tolist() if "images" in kept else [0] * 15)
    assert view.images.pixels is GOOD.images.pixels and view.images.cell_type is GOOD.images.cell_type
    np.testing.assert_array_equal(genes, GOOD.genes if "genes" in kept else np.zeros((15, 12), np.float32))
    assert genes.dtype == np.float32
    if "clinical" in kept:
        pd.testing.assert_frame_equal(table, GOOD.clinical)
    else:
        assert table.isna().all(axis=None) and table.shape == GOOD.clinical.shape
        assert table.dtypes.tolist() == [np.float64, np.float64, GOOD.clinical["sex"].dtype]
        assert list(table) == list(GOOD.clinical) and table.index.equals(GOOD.clinical.index)
    there = view.has("genes")
    np.testing.assert_array_equal(view.present, presence(15, view.images, there, table))
    Cohort(**{name: getattr(view, name) for name in Cohort.__dataclass_fields__})  # a view is not validated
    assert (view.specimen == GOOD.specimen).all() and (view.y == GOOD.y).all()
    np.testing.assert_array_equal(GOOD.present, before)


def test_a_cohort_without_some_modalities_stays_without():
    for name in MODALITIES:
        view = only(toy_cohort(n=6, side=4, **{m: m == name for m in MODALITIES}), ())
        assert view.modalities == (name,) and not view.present.any()


def test_a_modality_that_is_not_there_is_named():
    told = r"^modalities: toy has no \['images', 'sound', 'taste'\]\. It has \('genes', 'clinical'\)\.$"
    with pytest.raises(CohortError, match=told):
        only(toy_cohort(n=6, images=False), ["taste", "genes", "sound", "images"])
