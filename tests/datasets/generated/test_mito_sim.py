"""The generated cohort of six diseases as users load it."""

import importlib

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict

from datasets import DATASETS
from datasets.generated import mito_sim
from datasets.simulate.apl.information import information_map
from datasets.simulate.mito.world import sample_mito_world

SMALL = {"patients": 42, "cells": 4, "image_size": 32}
SUBSETS = {"images", "genes", "clinical", "images+genes", "images+clinical", "genes+clinical", "all"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.getbasetemp() / "mito-sim"))


@pytest.fixture
def cohort():
    return mito_sim.load(**SMALL)


def test_registry_points_here():
    module, name = DATASETS["mito-sim"].split(":")
    assert getattr(importlib.import_module(module), name) is mito_sim.load


def test_shape_of_the_cohort(cohort):
    assert cohort.classes == ("AML", "ALL", "CLL", "MM", "MDS", "healthy")
    assert cohort.modalities == ("images", "genes", "clinical")
    assert cohort.images.pixels.shape == (168, 32, 32, 3)
    assert cohort.genes.shape == (42, 2000)
    assert np.bincount(cohort.y, minlength=6).min() >= 4
    assert len(set(cohort.patient.tolist())) == 42
    assert cohort.provenance.generated


def test_prior_of_the_classes():
    world = sample_mito_world(0.6, 1000, 1, 0.3, 0)
    np.testing.assert_array_equal(np.bincount(world.patients.y), [280, 160, 180, 140, 140, 100])


def test_clinical_columns_and_units(cohort):
    numeric = {
        "age": "years", "wbc": "10^9/L", "hb": "g/L", "platelets": "10^9/L", "ldh": "U/L", "mcv": "fL",
        "calcium": "mmol/L", "creatinine": "umol/L", "globulin": "g/L", "mtdna_variants": "",
    }  # fmt: skip
    flags = ("flt3", "npm1", "idh2", "bcr_abl1", "del13q", "del17p", "t11_14", "gain1q", "sf3b1", "tp53")
    assert set(cohort.clinical.columns) == {"sex", *numeric, *flags}
    assert dict(cohort.units) == {**numeric, **dict.fromkeys(flags, "")}
    for flag in flags:
        assert set(cohort.clinical[flag].dropna()) <= {0.0, 1.0}


def test_definitional_columns_are_an_option_that_changes_nothing_else(cohort):
    told = mito_sim.load(**SMALL, definitional=True)
    assert set(told.clinical.columns) - set(cohort.clinical.columns) == {"blasts", "lymphocytes"}
    assert told.units["blasts"] == told.units["lymphocytes"] == "%"
    assert told.clinical[cohort.clinical.columns].equals(cohort.clinical)
    np.testing.assert_array_equal(told.images.pixels, cohort.images.pixels)
    np.testing.assert_array_equal(told.truth.posterior["images+genes"], cohort.truth.posterior["images+genes"])
    assert told.clinical["blasts"].dropna().between(0, 100).all()


def test_site_c_has_images_only(cohort):
    at_c = cohort.domain == "C"
    assert at_c.any()
    np.testing.assert_array_equal(cohort.present[at_c], np.tile([True, False, False], (at_c.sum(), 1)))


def test_truth_is_aligned_and_complete(cohort):
    truth = cohort.truth
    assert set(truth.posterior) == SUBSETS
    assert not truth.posterior_error  # closed form
    for posterior in truth.posterior.values():
        assert posterior.dtype == np.float64
        np.testing.assert_allclose(posterior.sum(axis=1), 1, atol=1e-12)
    assert len(truth.traits) == len(truth.evidence) == 168
    assert np.isfinite(truth.evidence.to_numpy()).all()
    for name in ("cell", "nucleus", "auer", "background"):
        assert truth.masks[name].shape == (168, 32, 32)


def test_evidence_can_be_laid_on_the_pixels(cohort):
    maps = information_map(cohort.truth, np.arange(12))
    assert maps.shape == (12, 32, 32)
    assert np.isfinite(maps).all() and (maps.sum(axis=(1, 2)) > 0).all()


def test_pathways_and_decoys(cohort):
    signal = set(cohort.truth.signal_genes)
    sizes = {name: len(members) for name, members in cohort.gene_sets.items()}
    pathways = cohort.truth.signal_pathways
    assert len(pathways) == 14
    assert all(6 <= size <= 45 for size in sizes.values())
    assert {g for name in pathways for g in cohort.gene_sets[name]} == signal
    decoys = [name for name in sizes if name not in pathways]
    assert len(decoys) >= 14
    assert not signal & {g for name in decoys for g in cohort.gene_sets[name]}
    encoded = [g for g in cohort.gene_names if g.startswith("MT-")]
    assert sorted(cohort.gene_sets["mtdna_transcripts"]) == sorted(encoded)
    assert len(encoded) == 37
    assert sum(g.startswith("MT-T") for g in encoded) == 22


def test_cell_type_is_not_the_class(cohort):
    ours = sample_mito_world(0.6, 400, 24, 0.0, 0)
    kinds = ours.cells.cell_type
    for kind in set(kinds.ravel().tolist()):
        assert len(set(ours.patients.y[(kinds == kind).any(axis=1)].tolist())) >= 5, kind
    assert set(cohort.images.cell_type.tolist()) <= set(kinds.ravel().tolist())
    healthy = ours.patients.y == 5
    assert not ours.cells.leukaemic[healthy].any()
    assert ours.cells.leukaemic[~healthy].any()


def test_same_seed_same_bytes_even_when_rendered_again(cohort, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    assert mito_sim.load(**SMALL).fingerprint == cohort.fingerprint


@pytest.mark.parametrize("change", [{"seed": 1}, {"preset": "easy"}, {"confound": 0.0}])
def test_other_settings_other_bytes(cohort, change):
    other = mito_sim.load(**SMALL, **change)
    assert other.fingerprint != cohort.fingerprint
    assert other.provenance.version != cohort.provenance.version


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"preset": "medium"}, "preset='medium'.*hard, default, easy"),
        ({"patients": 5}, "patients=5"),
        ({"cells": 0}, "cells=0"),
        ({"image_size": 8}, "image_size=8"),
        ({"confound": 1.5}, "confound=1.5"),
        ({"definitional": "yes"}, "definitional='yes'"),
        ({"seed": -1}, "seed=-1"),
        ({"patients": 42.0}, r"patients=42\.0 is not a whole number"),
        ({"cells": True}, "cells=True is not a whole number"),
        ({"confound": "much"}, "confound='much' is not a number"),
    ],
)
def test_bad_settings_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        mito_sim.load(**wrong)


def test_zero_written_two_ways_is_one_setting():
    one, two = (mito_sim.MitoSettings("default", 42, 4, 32, confound, False, 0) for confound in (0, 0.0))
    assert (one.key, one.version) == (two.key, two.version)


def test_the_place_of_a_gene_tells_nothing_and_its_values_go_with_its_name(cohort):
    place = np.array([cohort.gene_names.index(gene) for gene in cohort.truth.signal_genes])
    assert stats.kstest(place / len(cohort.gene_names), "uniform").pvalue > 1e-3
    world = sample_mito_world(0.6, 42, 4, 0.3, 0)
    columns = [world.genes.names.index(gene) for gene in cohort.gene_names]
    rows = cohort.has("genes")
    np.testing.assert_array_equal(cohort.genes[rows], world.expression[rows][:, columns].astype(np.float32))
    other = mito_sim.load(**SMALL, seed=1)
    assert other.gene_names != cohort.gene_names and set(other.gene_names) == set(cohort.gene_names)


def _score(features, y):
    called = cross_val_predict(LogisticRegression(max_iter=500, class_weight="balanced"), features, y, cv=5)
    return balanced_accuracy_score(y, called)


def _missingness_score(confound):
    world = sample_mito_world(0.6, 900, 1, confound, 0)
    return _score(np.column_stack([world.genes_measured, world.observed.isna()]).astype(float), world.patients.y)


def test_missingness_tells_the_class_only_when_site_and_class_are_confounded():
    assert _missingness_score(0.0) < 1 / 6 + 4 * 0.38 / np.sqrt(90 * 6)
    assert _missingness_score(1.0) > 0.3


def test_corners_alone_are_near_chance_without_confounding():
    plain = mito_sim.load(patients=300, cells=4, image_size=16, confound=0.0)
    corners = plain.images.pixels[:, [0, 0, -1, -1], [0, -1, 0, -1]].astype(float) / 255
    assert _score(corners.reshape(300, 4, -1).mean(axis=1), plain.y) < 1 / 6 + 4 * 0.38 / np.sqrt(30 * 6)


def test_card_says_what_is_design_and_what_no_image_shows():
    traps = " ".join(mito_sim.CARD.traps)
    assert "Generated" in traps
    assert "Mitochondria are not visible in a May-Gruenwald-Giemsa smear" in traps
    assert "Design:" in traps
    assert mito_sim.SPLIT == {"scheme": "kfold", "folds": 3, "train_domains": ["A", "B"]}
