"""The tabular view: columns fixed by training, NaN for what is missing, nothing from other specimens."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from baselines.controls.shortcut_features import border_table, missingness_table
from baselines.patients import patient_weights
from baselines.views.cells import HandcraftedCells
from baselines.views.clinical import ClinicalColumns
from baselines.views.differential import Differential
from baselines.views.genes import AllGenes
from baselines.views.single_cells import SingleCells
from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import presence
from datasets.morphology.cell_features import FEATURES, cell_features
from tests.toy import toy_cohort

VIEWS = {view.group: view for view in (ClinicalColumns(), AllGenes(), HandcraftedCells(), Differential())}


def fitted(train, groups=tuple(VIEWS)):
    made = [VIEWS[group].fit(train) for group in groups]
    return lambda cohort: pd.concat([transform(cohort) for transform in made], axis=1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def test_each_group_fills_its_own_columns():
    cohort = toy_cohort(n=12, missing=0.4)
    table = fitted(cohort)(cohort)
    assert list(table.columns[:4]) == ["clinical:age", "clinical:wbc", "clinical:sex=female", "clinical:sex=male"]
    assert "cells:nucleus_area:mean" in table and "differential:Blast" in table and "genes:G11" in table
    assert (table.dtypes == np.float64).all() and table.columns.is_unique
    for group, modality in (("genes", "genes"), ("cells", "images"), ("differential", "images")):
        part = table.filter(regex=f"^{group}:").isna()
        assert np.array_equal(part.all(axis=1), ~cohort.has(modality))
        assert np.array_equal(part.any(axis=1), ~cohort.has(modality))


def test_clinical_values_pass_unchanged():
    cohort = toy_cohort(n=30, missing=0.3)
    table = fitted(cohort, ["clinical"])(cohort)
    assert table["clinical:age"].equals(cohort.clinical["age"].rename("clinical:age"))
    sex = cohort.clinical["sex"]
    assert np.array_equal(table["clinical:sex=male"].isna(), sex.isna())
    assert np.array_equal(table["clinical:sex=male"].dropna() == 1, sex.dropna() == "male")


def test_cells_are_aggregated_by_specimen():
    cohort = toy_cohort(n=9, missing=0.0)
    table = fitted(cohort, ["cells"])(cohort)
    column = FEATURES.index("cell_area")
    for i in range(9):
        areas = cell_features(cohort.images.bag(i))[:, column].astype(float)
        assert table.loc[i, "cells:cell_area:mean"] == pytest.approx(areas.mean())
        assert table.loc[i, "cells:cell_area:sd"] == pytest.approx(areas.std())
        assert table.loc[i, "cells:cell_area:p90"] == pytest.approx(np.percentile(areas, 90))


def test_the_differential_sums_to_one_over_types_of_training():
    cohort = toy_cohort(n=30)
    shares = fitted(cohort, ["differential"])(cohort)
    assert np.allclose(shares.sum(axis=1)[cohort.has("images")], 1)
    i = int(np.flatnonzero(cohort.has("images"))[0])
    names = cohort.images.cell_type[cohort.images.bag_rows(i)]
    assert shares.loc[i, "differential:Blast"] == (names == "Blast").mean()


def test_what_training_did_not_have_counts_as_none_of_the_known():
    cohort = toy_cohort(n=30, missing=0.0)
    renamed = np.where(cohort.images.cell_type == "Blast", "Plasma", cohort.images.cell_type)
    images = dataclasses.replace(cohort.images, cell_type=renamed)
    clinical = cohort.clinical.assign(sex=pd.Categorical(["unknown"] * 30))
    test = dataclasses.replace(cohort, images=images, clinical=clinical)
    table = fitted(cohort, ["clinical", "differential"])
    found, known = table(test), table(cohort)
    assert list(found.columns) == list(known.columns)
    assert (found[["clinical:sex=female", "clinical:sex=male", "differential:Blast"]] == 0).all(axis=None)


def test_columns_come_from_the_training_specimens_only():
    cohort = toy_cohort(n=30, missing=0.0)
    blasts = cohort.images.cell_type == "Blast"
    only = np.array([not blasts[cohort.images.bag_rows(i)].any() for i in range(30)])
    table = fitted(cohort[only], ["differential"])
    assert list(table(cohort).columns) == ["differential:Lymphocyte"]


TABLES = {**{group: view.fit for group, view in VIEWS.items()}, "border": lambda _: border_table}
TABLES |= {"missingness": lambda _: missingness_table}


@pytest.mark.parametrize("group", TABLES)
def test_a_row_depends_on_its_own_specimen_only(group):
    cohort = toy_cohort(n=24, missing=0.3)
    table = TABLES[group](cohort)
    some = np.array([5, 3, 17])
    pd.testing.assert_frame_equal(table(cohort[some]), table(cohort).iloc[some].reset_index(drop=True))
    assert len(table(cohort[np.array([], dtype=int)])) == 0


def test_groups_that_a_dataset_lacks_are_left_out_and_none_at_all_is_an_error():
    genes = toy_cohort(n=30, images=False, clinical=False)
    forest = entry_class(entry_spec("random-forest"))(**{"blocks.n_estimators": 5})
    assert forest.fit(genes, genes).report_["groups"] == ["genes"]
    with pytest.raises(ValueError, match=r"'toy' has no images, and this entry reads nothing else"):
        entry_class(entry_spec("xgboost-cells"))().fit(genes, genes)


def test_a_test_cohort_with_other_columns_is_an_error():
    cohort = toy_cohort(n=30)
    forest = entry_class(entry_spec("random-forest[cells=none]"))(**{"blocks.n_estimators": 5}).fit(cohort, cohort)
    with pytest.raises(ValueError, match=r"lacks columns \['age'\]"):
        forest.predict_proba(dataclasses.replace(cohort, clinical=cohort.clinical.drop(columns="age")))
    with pytest.raises(ValueError, match="other gene_names"):
        forest.predict_proba(dataclasses.replace(cohort, gene_names=cohort.gene_names[::-1]))
    with pytest.raises(ValueError, match=r"lacks \['genes'\]"):
        forest.predict_proba(toy_cohort(n=30, genes=False))


def test_each_patient_weighs_the_same():
    patient = np.array(["a", "b", "b", "c", "c", "c"])
    weights = patient_weights(patient)
    assert weights.mean() == pytest.approx(1)
    assert pd.Series(weights).groupby(patient).sum().tolist() == pytest.approx([2, 2, 2])
    assert (patient_weights(np.array(["a", "b"])) == 1).all()


@pytest.mark.parametrize("view", [HandcraftedCells(), SingleCells(), Differential(), ClinicalColumns()])
def test_views_say_what_a_dataset_lacks(view):
    word = {"clinical": "clinical values", "differential": "images.cell_type"}.get(view.group, "images")
    cohort = toy_cohort(n=9)
    assert view.lacking(cohort) == ""
    assert view.lacking(toy_cohort(n=9, images=False, clinical=False)) == word
    untyped = dataclasses.replace(cohort, images=dataclasses.replace(cohort.images, cell_type=None))
    assert view.lacking(untyped) == (word if view.group == "differential" else "")


def test_no_clinical_column_and_columns_of_whole_numbers_are_tables_all_the_same():
    cohort = toy_cohort(n=6, images=False, missing=0)
    there = presence(6, None, cohort.has("genes"), cohort.clinical[[]])
    none = dataclasses.replace(cohort, clinical=cohort.clinical[[]], units={}, present=there)
    assert ClinicalColumns().fit(none)(none).shape == (6, 0)
    whole = cohort.clinical.assign(age=pd.array([1, 2, None, 4, 5, 6], dtype="Int64"))
    age = ClinicalColumns().fit(cohort)(dataclasses.replace(cohort, clinical=whole))["clinical:age"]
    assert age.dtype == np.float64 and age.isna().tolist() == [False, False, True, False, False, False]
