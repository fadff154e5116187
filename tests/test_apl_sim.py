"""The generated cohort as users load it."""

import importlib

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict
from toy import toy_cohort

from datasets import DATASETS, apl_sim
from datasets.simulate.gallery import contact_sheet
from datasets.simulate.world import sample_world

SMALL = {"patients": 40, "cells": 4, "image_size": 32}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.getbasetemp() / "apl-sim"))


@pytest.fixture
def cohort():
    return apl_sim.load(**SMALL)


def test_registry_points_here():
    module, name = DATASETS["apl-sim"].split(":")
    assert getattr(importlib.import_module(module), name) is apl_sim.load


def test_shape_of_the_cohort(cohort):
    assert cohort.name == "apl-sim"
    assert cohort.modalities == ("images", "genes", "clinical")
    assert cohort.images.pixels.shape == (160, 32, 32, 3)
    assert cohort.genes.shape == (40, 2000)
    assert len(set(cohort.patient.tolist())) == 40
    assert cohort.provenance.generated
    assert "preset=default" in cohort.provenance.version
    assert cohort.classes == ("PML-RARA", "TTMV-RARA", "NPM1-RARA", "STAT5B-RARA", "NUP98-RARG")


def test_clinical_columns_are_the_contract(cohort):
    numeric = ["age", "wbc", "hb", "platelets", "fibrinogen", "d_dimer", "pt", "ldh", "promyelocytes"]
    flags = ["flt3_itd", "extramedullary", "i17q", "ras_wt1", "bleeding"]
    assert set(cohort.clinical.columns) == {*numeric, *flags, "sex"}
    assert list(cohort.clinical["sex"].cat.categories) == ["female", "male"]
    for flag in flags:
        assert set(cohort.clinical[flag].dropna()) <= {0.0, 1.0}
        assert cohort.units[flag] == ""


def test_site_c_has_images_only(cohort):
    at_c = cohort.domain == "C"
    assert at_c.any()
    np.testing.assert_array_equal(cohort.present[at_c], np.tile([True, False, False], (at_c.sum(), 1)))


def test_every_class_is_in_a_small_cohort_and_truth_is_aligned(cohort):
    assert np.bincount(cohort.y, minlength=5).min() >= 4
    assert len(cohort.truth.traits) == len(cohort.images.pixels)
    for mask in cohort.truth.masks.values():
        assert mask.shape == (160, 32, 32)
    for posterior in cohort.truth.posterior.values():
        assert posterior.dtype == np.float64
        np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-12)
    assert {"MPO", "CISH", "HOXA9"} <= set(cohort.truth.signal_genes)
    assert set(cohort.truth.signal_genes) <= set(cohort.gene_names)


def test_half_or_more_of_the_gene_sets_are_decoys(cohort):
    signal = set(cohort.truth.signal_genes)
    decoys = [name for name, members in cohort.gene_sets.items() if not signal & set(members)]
    assert len(decoys) == 20
    assert len(cohort.gene_sets) - len(decoys) == 7


def test_same_seed_same_bytes_even_when_rendered_again(cohort, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    assert apl_sim.load(**SMALL).fingerprint == cohort.fingerprint


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "easy"}, {"confound": 0.0}])
def test_other_settings_other_bytes(cohort, change):
    other = apl_sim.load(**SMALL, **change)
    assert other.fingerprint != cohort.fingerprint
    assert other.provenance.version != cohort.provenance.version


def test_cell_type_says_what_a_technician_sees_and_not_the_class(cohort):
    kinds = set(cohort.images.cell_type.tolist())
    assert kinds <= {"promyelocyte", "myelocyte", "neutrophil", "erythroblast", "lymphocyte", "monocyte", "plasma cell"}
    leukaemic = cohort.truth.traits["leukaemic"].to_numpy()
    assert set(cohort.images.cell_type[leukaemic].tolist()) == {"promyelocyte"}


def _score(features, y):
    called = cross_val_predict(LogisticRegression(max_iter=500, class_weight="balanced"), features, y, cv=5)
    return balanced_accuracy_score(y, called)


def _missingness_score(confound):
    world = sample_world(1.0, 600, 1, confound, 0)
    features = np.column_stack([world.genes_measured, world.observed.isna()]).astype(float)
    return _score(features, world.patients.y)


def test_missingness_tells_the_class_only_when_site_and_class_are_confounded():
    assert _missingness_score(0.0) < 0.2 + 4 * 0.4 / np.sqrt(72 * 5)
    assert _missingness_score(1.0) > 0.3


def test_corners_alone_is_near_chance_without_confounding():
    plain = apl_sim.load(patients=250, cells=4, image_size=16, confound=0.0)
    corners = plain.images.pixels[:, [0, 0, -1, -1], [0, -1, 0, -1]].astype(float) / 255
    assert _score(corners.reshape(250, 4, -1).mean(axis=1), plain.y) < 0.2 + 4 * 0.4 / np.sqrt(30 * 5)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"preset": "medium"}, "preset='medium'.*hard, default, easy, seed-like"),
        ({"patients": 4}, "patients=4"),
        ({"cells": 0}, "cells=0"),
        ({"image_size": 8}, "image_size=8"),
        ({"confound": 1.5}, "confound=1.5"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_bad_settings_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        apl_sim.load(**wrong)


def test_contact_sheet_is_written(cohort, tmp_path):
    contact_sheet(cohort, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000


def test_contact_sheet_needs_truth(tmp_path):
    with pytest.raises(ValueError, match=r"truth\.traits"):
        contact_sheet(toy_cohort(n=6), tmp_path / "sheet.png")
