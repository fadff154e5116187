"""The generated cohort as users load it."""

import importlib

import numpy as np
import pytest
from PIL import Image
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict

from datasets import DATASETS
from datasets.generated import apl_sim
from datasets.schemes.splitters import kfold
from datasets.show.gallery import generated_sheet as contact_sheet
from datasets.show.gallery import heat, overlay
from datasets.simulate.apl.settings import SIZES, Settings
from datasets.simulate.apl.world import sample_world
from tests.toy import toy_cohort

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


def test_half_of_site_c_has_images_only(cohort):
    alone, at_c = cohort.domain == "C-images", cohort.domain == "C"
    assert alone.any() and abs(at_c.sum() - alone.sum()) <= 5
    np.testing.assert_array_equal(cohort.present[alone], np.tile([True, False, False], (alone.sum(), 1)))
    assert cohort.present[at_c].all()


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
    assert len(cohort.truth.evidence) == len(cohort.images.pixels)
    assert cohort.truth.evidence.notna().all().all()
    assert (cohort.truth.traits["um_per_px"] > 0).all()


def test_half_or_more_of_the_gene_sets_are_decoys(cohort):
    signal = set(cohort.truth.signal_genes)
    decoys = [name for name, members in cohort.gene_sets.items() if not signal & set(members)]
    assert len(decoys) == 20
    assert set(cohort.gene_sets) - set(decoys) == set(cohort.truth.signal_pathways)
    assert len(cohort.truth.signal_pathways) == 7


def test_the_cards_counts_are_recomputed(cohort):
    members = {gene for genes in cohort.gene_sets.values() for gene in genes}
    signal = set(cohort.truth.signal_genes)
    said = f"{len(signal & members)} of {len(signal)} signal genes are among the {len(members)} members"
    assert any(said in trap for trap in apl_sim.CARD.traps), said
    assert f"{cohort.genes.shape[1]:,} genes" in apl_sim.CARD.x
    assert f"{cohort.clinical.shape[1]} clinical variables" in apl_sim.CARD.x
    assert all(f"{patients:,} patients x {cells} cells" in apl_sim.CARD.x for patients, cells in SIZES.values())
    assert apl_sim.CARD.y.endswith(", ".join(cohort.classes))


def test_the_default_split_can_be_made(cohort):
    assert apl_sim.SPLIT["scheme"] == "kfold"
    plan = kfold(cohort, folds=apl_sim.SPLIT["folds"], train_domains=apl_sim.SPLIT["train_domains"])
    assert set(plan.table["role"]) >= {"train", "test", "test:C", "test:C-images"}


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


def test_pixel_sizes_are_told_unless_they_are_unknown(cohort):
    np.testing.assert_allclose(cohort.image_facts["um_per_px"], 28 / 32)
    blind = apl_sim.load(**SMALL, unknown_scale=True)
    assert blind.image_facts is None
    assert blind.truth.traits["um_per_px"].nunique() > 2
    np.testing.assert_array_equal(blind.truth.posterior["all"], cohort.truth.posterior["all"])


def test_without_gene_sets_nothing_else_changes(cohort):
    bare = apl_sim.load(**SMALL, gene_sets=False)
    assert bare.gene_sets == {} and bare.truth.signal_pathways == ()
    np.testing.assert_array_equal(bare.genes, cohort.genes)
    np.testing.assert_array_equal(bare.images.pixels, cohort.images.pixels)
    assert bare.provenance.version != cohort.provenance.version


def test_more_patients_of_site_c_have_ids_of_their_own_and_stand_before_the_unseen():
    cohort = apl_sim.load(**SMALL, more_c=10, ood=2, images_only=0.0)
    assert len(set(cohort.patient.tolist())) == len(cohort) == 54
    assert set(cohort.domain[40:50].tolist()) == {"C"} and cohort.known[:50].all() and not cohort.known[50:].any()
    assert "C-images" not in cohort.domain


def test_zero_written_two_ways_is_one_setting():
    one, two = Settings(confound=0, patients=np.int64(40)), Settings(confound=0.0, patients=40)
    assert (one.key, one.version) == (two.key, two.version)


def test_the_place_of_a_gene_tells_nothing_and_its_values_go_with_its_name(cohort):
    place = np.array([cohort.gene_names.index(gene) for gene in cohort.truth.signal_genes])
    assert stats.kstest(place / len(cohort.gene_names), "uniform").pvalue > 1e-3
    world = sample_world(1.0, 40, 4, 0.3, 0)
    columns = [world.genes.names.index(gene) for gene in cohort.gene_names]
    np.testing.assert_array_equal(cohort.genes, world.expression[:, columns])
    other = apl_sim.load(**SMALL, seed=1)
    assert other.gene_names != cohort.gene_names and set(other.gene_names) == set(cohort.gene_names)


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
        ({"images_only": 1.5}, "images_only=1.5"),
        ({"more_c": -1}, "more_c=-1"),
        ({"gene_sets": 1}, "gene_sets=1 is a switch"),
        ({"seed": -1}, "seed=-1"),
        ({"patients": 240.0}, r"patients=240\.0 is not a whole number"),
        ({"cells": True}, "cells=True is not a whole number"),
        ({"seed": 1.5}, r"seed=1\.5 is not a whole number"),
        ({"patients": "240"}, "patients='240' is not a whole number"),
        ({"label_noise": True}, "label_noise=True is not a number"),
        ({"confound": float("nan")}, "confound=nan is out of range"),
        ({"patients": 5, "cells": 2, "label_noise": 5.0}, r"leaves no patient called .*ask for more patients"),
    ],
)
def test_bad_settings_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        apl_sim.load(**wrong)


def test_contact_sheet_is_written(cohort, tmp_path):
    contact_sheet(cohort, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000


def test_maps_are_black_where_nothing_is_said_and_white_at_their_most():
    maps = np.zeros((2, 3, 3), np.float32)
    maps[0, 1, 1], maps[0, 0, 0] = 4.0, 1.0
    shown = heat(maps)
    assert shown[0, 1, 1].tolist() == [255, 255, 255]
    assert 0 < shown[0, 0, 0].astype(int).sum() < 765
    assert shown[1].max() == 0


def test_overlay_tints_components_only(cohort):
    tinted = overlay(cohort.images.pixels, cohort.truth.masks)
    background = cohort.truth.masks["background"]
    np.testing.assert_array_equal(tinted[background], cohort.images.pixels[background])
    nucleus = cohort.truth.masks["nucleus"]
    assert (tinted[nucleus] != cohort.images.pixels[nucleus]).any(axis=1).mean() > 0.99


def test_contact_sheet_needs_truth(tmp_path):
    with pytest.raises(ValueError, match=r"truth\.traits"):
        contact_sheet(toy_cohort(n=6), tmp_path / "sheet.png")
