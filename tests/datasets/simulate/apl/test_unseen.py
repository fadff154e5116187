"""Patients of none of the five classes: their design values, what they must not change, the posterior of the known."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from datasets.generated import apl_sim
from datasets.show.gallery import generated_sheet as contact_sheet
from datasets.simulate.apl import unseen_tables as odd
from datasets.simulate.apl.dirt import choose_bugs
from datasets.simulate.apl.information import information_map
from datasets.simulate.apl.settings import Settings
from datasets.simulate.apl.world import sample_world
from datasets.simulate.shared.tables import CLASSES

SMALL = {"patients": 24, "cells": 3, "image_size": 24}
ZBTB16, AML = len(CLASSES), len(CLASSES) + 1
ALL_OPTIONS = {"label_noise": 1.0, "raters": True, "mnar": True, "dirty": True, "shortcut": 0.5, "era": True}


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("unseen")))
        yield


@pytest.fixture(scope="module")
def world():
    return sample_world(1.0, 40, 10, 0.3, 5, ood=900)


def of(world, kind):
    return world.patients.kind == kind


@pytest.mark.parametrize(
    "options", [{"do": "auer=0", "preset": "easy"}, {"confound": 1.0, **ALL_OPTIONS}], ids=["do", "options"]
)
def test_known_patients_do_not_depend_on_unseen_ones(options):
    plain, wide = (apl_sim.load(**SMALL, **options, ood=ood) for ood in (0, 3))
    known = wide[wide.known]
    assert plain.unseen is None and (~wide.known).sum() == 2 * 3
    for part in ("y", "specimen", "patient", "domain", "genes", "present", "era"):
        np.testing.assert_array_equal(getattr(known, part), getattr(plain, part))
    pd.testing.assert_frame_equal(known.clinical, plain.clinical)
    rows, before = known.images.all_rows(), plain.images.all_rows()
    np.testing.assert_array_equal(known.images.pixels[rows], plain.images.pixels[before])
    np.testing.assert_array_equal(known.images.cell_type[rows], plain.images.cell_type[before])
    np.testing.assert_array_equal(wide.truth.masks["nucleus"][rows], plain.truth.masks["nucleus"][before])
    for table in ("traits", "evidence"):
        ours, theirs = (getattr(c.truth, table).iloc[r] for c, r in ((wide, rows), (plain, before)))
        pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True))
    for subset, posterior in plain.truth.posterior.items():
        np.testing.assert_array_equal(known.truth.posterior[subset], posterior)


def test_unseen_patients_come_last_under_ids_of_their_own_and_keep_no_class():
    wide = apl_sim.load(**SMALL, **ALL_OPTIONS, ood=3)
    assert not wide.known[-6:].any() and wide.known[:-6].all()
    assert all(name.startswith("OOD") for name in wide.specimen[~wide.known])
    names, counts = np.unique(wide.unseen[~wide.known], return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == dict.fromkeys(sorted(odd.UNSEEN), 3)
    assert set(wide.y[~wide.known]) == {-1} == set(wide.truth.y[~wide.known])
    assert (wide.truth.y[wide.known] >= 0).all()


def test_every_unseen_posterior_is_a_distribution_over_the_known_classes(world):
    for posterior in world.posterior.values():
        assert posterior.shape == (len(world.patients), len(CLASSES))
        assert np.isfinite(posterior).all() and (posterior >= 0).all()
        np.testing.assert_allclose(posterior.sum(axis=1), 1)


def test_nothing_is_evidence_for_a_class_in_an_unseen_patient(world):
    per_patient = world.evidence.to_numpy().reshape(len(world.patients), 10, -1).sum(axis=(1, 2))
    assert (per_patient[world.patients.y < 0] == 0).all() and (per_patient[world.patients.y >= 0] > 0).all()


def test_labs_of_other_aml_follow_the_design(world):
    labs = world.observed[of(world, AML)]
    assert labs["fibrinogen"].median() == pytest.approx(3.2, rel=0.06)
    assert np.log(labs["fibrinogen"]).std() == pytest.approx(0.442, rel=0.1)
    assert labs["d_dimer"].median() == pytest.approx(1.2, rel=0.2)
    assert np.log(labs["d_dimer"]).std() == pytest.approx(1.3, rel=0.1)
    assert (labs["fibrinogen"] < 1.87).mean() == pytest.approx(1 - 0.888, abs=0.04)  # the published specificity
    assert labs["promyelocytes"].mean() == pytest.approx(4, abs=0.8)


def test_cells_of_other_aml_are_blasts_with_single_rods_only(world):
    cells, mine = world.cells, of(world, AML)
    sick = cells.leukaemic & mine[:, None]
    assert set(cells.cell_type[sick]) == {"blast"}
    assert "blast" not in cells.cell_type[~sick]
    assert cells.leukaemic[mine].mean() == pytest.approx(0.60, abs=0.02)
    assert set(cells.auer[sick]) == {0, 1}
    assert cells.auer[sick].mean() == pytest.approx(0.15, abs=0.02)
    assert np.median(cells.granularity[sick]) == pytest.approx(0.20, abs=0.02)
    assert np.median(cells.nc_ratio[sick]) == pytest.approx(0.80, abs=0.01)
    assert cells.nucleoli[sick].mean() == pytest.approx(2.4, rel=0.06)


def test_zbtb16_has_round_and_pelger_like_nuclei_and_hardly_a_rod(world):
    cells, mine = world.cells, of(world, ZBTB16)
    sick = cells.leukaemic & mine[:, None]
    assert (cells.shape[sick] == 0).mean() == pytest.approx(0.58, abs=0.03)
    assert (cells.shape[sick] == 4).mean() == pytest.approx(0.20, abs=0.03)
    assert (cells.auer[sick] > 0).mean() < 0.02
    assert set(cells.cell_type[sick]) == {"promyelocyte"}
    assert world.patients.variant[mine].mean() == pytest.approx(0.05, abs=0.025)


def test_the_core_genes_of_apl_are_not_up_in_other_aml(world):
    core = [world.genes.names.index(gene) for gene in ("HGF", "STAB1", "FGF13", "TAFA5")]
    assert world.signal[of(world, AML)][:, core].mean() == pytest.approx(-0.3, abs=0.06)
    assert world.signal[of(world, ZBTB16)][:, core].mean() == pytest.approx(0.4, abs=0.06)


@pytest.mark.parametrize("confound", [0.0, 1.0])
def test_sites_of_unseen_patients_do_not_depend_on_confounding(confound):
    patients = sample_world(1.0, 10, 1, confound, 0, ood=7).patients
    for kind in (ZBTB16, AML):
        assert sorted(np.bincount(patients.site[patients.kind == kind])) == [2, 2, 3]


def test_effect_scale_does_not_act_on_unseen_patients():
    hard, easy = (sample_world(effect, 10, 3, 0.0, 1, ood=30) for effect in (0.8, 2.0))
    mine = hard.patients.y < 0
    pd.testing.assert_frame_equal(hard.observed[mine], easy.observed[mine])
    np.testing.assert_array_equal(hard.signal[mine], easy.signal[mine])
    for field in fields(hard.cells):
        np.testing.assert_array_equal(getattr(hard.cells, field.name)[mine], getattr(easy.cells, field.name)[mine])


def test_interventions_and_bugs_reach_unseen_patients_where_they_should():
    cohort = apl_sim.load(**SMALL, do="granularity=0.3", ood=3)
    rows = cohort[~cohort.known].images.all_rows()
    sick = cohort.truth.traits.iloc[rows].query("leukaemic")
    assert len(sick) and np.allclose(sick["granularity"], 0.3)
    bugs = choose_bugs(cohort, 0)
    for places in (bugs.hb, bugs.duplicated, bugs.swapped):
        assert cohort.known[places].all()
    listed = apl_sim.planted_bugs(Settings(**SMALL, dirty=True, ood=3))
    dirty = apl_sim.load(**SMALL, dirty=True, ood=3)
    copies = listed.loc[listed["bug"] == "duplicated specimen", ["specimen", "other"]].to_numpy()
    for mine, copy in copies:
        pair = dirty[np.isin(dirty.specimen, [mine, copy])]
        np.testing.assert_array_equal(pair.images.bag(0), pair.images.bag(1))


def test_pictures_maps_and_sheets_of_unseen_patients_can_be_made(tmp_path):
    cohort = apl_sim.load(**SMALL, ood=3)
    rows = cohort[~cohort.known].images.all_rows()
    assert cohort.truth.masks.rows("cell", rows).any(axis=(1, 2)).mean() > 0.9
    assert not information_map(cohort.truth, rows).any()
    contact_sheet(cohort, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000


@pytest.mark.parametrize("ood", [-1, 1.5, True])
def test_a_number_of_unseen_patients_that_is_none_is_refused(ood):
    with pytest.raises(ValueError, match="ood"):
        apl_sim.load(**SMALL, ood=ood)
