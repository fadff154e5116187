"""Options of the generated cohort: wrong labels, raters, missingness by illness, planted bugs, shortcut, years."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from datasets.generated import apl_sim
from datasets.simulate.apl import clinical
from datasets.simulate.apl.eras import YEARS, sampled_era
from datasets.simulate.apl.label_noise import noisy_labels
from datasets.simulate.apl.patients import sample_patients
from datasets.simulate.apl.raters import rated
from datasets.simulate.apl.settings import Settings
from datasets.simulate.apl.shortcut import scale_bars
from datasets.simulate.apl.world import sample_world
from datasets.simulate.shared import tables
from datasets.simulate.shared.missingness import COAGULATION, early_death, genes_lost
from tests.module_cache import module_cache  # noqa: F401

SMALL = {"patients": 40, "cells": 4, "image_size": 32}
N = 20_000


@pytest.fixture(scope="module")
def plain():
    return apl_sim.load(**SMALL)


def test_label_noise_has_the_designs_rates():
    y = np.repeat(np.arange(5), N // 5)
    written = noisy_labels(y, 1.0, 3)
    wrong = np.array([(written[y == c] != c).mean() for c in range(5)])
    misread = 1 - 0.94 * (1 - 0.02)
    np.testing.assert_allclose(wrong, [0.02, misread, misread, misread, 0.02], atol=0.011)
    variants = np.isin(y, [1, 2, 3])
    assert (written[variants] == 0).mean() == pytest.approx(0.06 + 0.94 * 0.02 / 4, abs=0.007)
    np.testing.assert_array_equal(noisy_labels(y, 0.0, 3), y)


def test_more_noise_keeps_the_errors_of_less():
    y = np.arange(N) % 5
    less, more = noisy_labels(y, 1.0, 3) != y, noisy_labels(y, 3.0, 3) != y
    assert not (less & ~more).any()
    assert more.mean() > 2.5 * less.mean()


def test_noise_changes_labels_only_and_truth_keeps_the_class(plain):
    noisy = apl_sim.load(**SMALL, label_noise=5.0)
    assert plain.truth.y is None
    np.testing.assert_array_equal(noisy.truth.y, plain.y)
    assert (noisy.y != plain.y).any()
    np.testing.assert_array_equal(noisy.images.pixels, plain.images.pixels)
    np.testing.assert_array_equal(noisy.truth.posterior["all"], plain.truth.posterior["all"])


def test_raters_agree_as_experts_do():
    world = sample_world(1.0, 300, 24, 0.0, 0)
    table = rated(world.cells.cell_type, 0)
    names = [table[f"rater_{k}"] for k in (1, 2, 3)]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert cohen_kappa_score(names[a], names[b]) == pytest.approx(0.75, abs=0.03)
    soft = table.filter(like="soft_")
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    best = soft.idxmax(axis=1).str.removeprefix("soft_")
    true = world.cells.cell_type.ravel()
    assert (best == true).mean() > max((name == true).mean() for name in names)


def test_raters_are_columns_of_the_traits_and_the_first_names_the_cells(plain):
    cohort = apl_sim.load(**SMALL, raters=True)
    assert {"rater_1", "rater_2", "rater_3", "soft_promyelocyte"} <= set(cohort.truth.traits.columns)
    np.testing.assert_array_equal(cohort.images.cell_type, cohort.truth.traits["rater_1"].to_numpy(str))
    assert (cohort.images.cell_type != plain.images.cell_type).any()
    np.testing.assert_array_equal(cohort.images.pixels, plain.images.pixels)


@pytest.fixture(scope="module")
def ill():
    patients = sample_patients(N, 0.0, 5)
    return patients, clinical.sample_clinical(clinical.clinical_model(1.0), patients.y, patients.variant, 5)


def test_coagulation_is_measured_less_at_a_low_white_count(ill):
    patients, complete = ill
    usual = clinical.observed_clinical(complete, patients, 5)
    mnar = clinical.observed_clinical(complete, patients, 5, mnar=True)
    low, at_c = (complete["wbc"] < 1.5).to_numpy(), patients.site == 2
    for column in COAGULATION:
        share = mnar.loc[low & ~at_c, column].isna().mean()
        assert share == pytest.approx(2.5 * tables.MISSING[column], abs=0.04)
    pd.testing.assert_frame_equal(usual[~low], mnar[~low])
    others = [c for c in usual.columns if c not in COAGULATION]
    pd.testing.assert_frame_equal(usual[others], mnar[others])


def test_early_death_is_as_frequent_as_published_and_loses_genes(ill):
    _, complete = ill
    died, lost = early_death(complete, 5), genes_lost(complete, 5)
    assert 0.13 < died.mean() < 0.20
    assert lost[died].mean() == pytest.approx(0.5, abs=0.03)
    assert not lost[~died].any()
    assert (complete["wbc"][died] > 10).mean() > (complete["wbc"][~died] > 10).mean() + 0.1


def test_mnar_leaves_values_and_pictures(plain):
    cohort = apl_sim.load(**SMALL, mnar=True)
    both = plain.clinical.notna() & cohort.clinical.notna()
    pd.testing.assert_frame_equal(plain.clinical.where(both), cohort.clinical.where(both))
    assert cohort.has("genes").sum() < plain.has("genes").sum()
    assert not (cohort.has("genes") & ~plain.has("genes")).any()


@pytest.fixture(scope="module")
def dirty():
    options = {**SMALL, "patients": 200, "confound": 0.0}
    return apl_sim.load(**options), apl_sim.load(**options, dirty=True), apl_sim.planted_bugs(Settings(**options))


def test_bugs_have_the_designs_rates(dirty):
    clean, bad, bugs = dirty
    counts = bugs["bug"].value_counts()
    measured_b = clean.clinical["fibrinogen"].notna() & (clean.domain == "B")
    assert counts["fibrinogen in mg/dL"] == measured_b.sum()
    assert counts["haemoglobin in g/dL"] == round(0.02 * clean.clinical["hb"].notna().sum())
    assert counts["duplicated specimen"] == 2 and len(bad) == 202
    assert counts["images of another patient"] == 2


def test_units_are_wrong_exactly_where_listed(dirty):
    clean, bad, bugs = dirty
    for bug, column, factor in (("haemoglobin in g/dL", "hb", 0.1), ("fibrinogen in mg/dL", "fibrinogen", 100)):
        hit = np.isin(clean.specimen, bugs.loc[bugs["bug"] == bug, "specimen"].tolist())
        ratio = (bad.clinical[column][:200] / clean.clinical[column]).to_numpy()
        np.testing.assert_allclose(ratio[hit], factor)
        np.testing.assert_allclose(ratio[~hit & clean.clinical[column].notna()], 1)


def test_duplicates_and_swaps_are_the_listed_ones(dirty):
    clean, bad, bugs = dirty
    at = {name: i for i, name in enumerate(bad.specimen.tolist())}
    for _, row in bugs[bugs["bug"] == "duplicated specimen"].iterrows():
        one, two = at[row["specimen"]], at[row["other"]]
        np.testing.assert_array_equal(bad.images.bag(one), bad.images.bag(two))
        assert bad.patient[one] != bad.patient[two] and bad.y[one] == bad.y[two]
    swapped = bugs[bugs["bug"] == "images of another patient"]
    for _, row in swapped.iterrows():
        one, two = at[row["specimen"]], at[row["other"]]
        np.testing.assert_array_equal(bad.images.bag(one), clean.images.bag(two))
        assert clean.domain[one] == clean.domain[two] and clean.y[one] != clean.y[two]
    rest = ~np.isin(clean.specimen, swapped["specimen"].tolist())
    for i in np.flatnonzero(rest)[:20].tolist():
        np.testing.assert_array_equal(bad.images.bag(i), clean.images.bag(i))


def test_the_scale_bar_goes_with_pml_as_strongly_as_asked():
    y = sample_patients(N, 0.0, 0).y
    for correlation in (0.3, 0.8, 1.0):
        got = np.corrcoef(y == 0, scale_bars(y, correlation, 1))[0, 1]
        assert got == pytest.approx(correlation, abs=0.03)
    assert not scale_bars(y, 0.0, 1).any()


def test_the_scale_bar_is_in_the_pictures_of_those_who_have_it(plain):
    cohort = apl_sim.load(**SMALL, shortcut=1.0)
    changed = (cohort.images.pixels != plain.images.pixels).any(axis=(1, 2, 3)).reshape(40, 4)
    np.testing.assert_array_equal(changed.all(axis=1), plain.y == 0)
    np.testing.assert_array_equal(changed.any(axis=1), plain.y == 0)
    differs = (cohort.images.pixels != plain.images.pixels).any(axis=3).mean(axis=(1, 2))
    assert differs.max() < 0.35


def test_variants_become_more_frequent_with_the_years(plain):
    y = sample_patients(N, 0.0, 0).y
    year = sampled_era(y, 2).astype(int)
    assert set(year.tolist()) == set(YEARS)
    early, late = year < 2019, year > 2020
    assert (y[late] == 1).mean() > 1.8 * (y[early] == 1).mean()
    cohort = apl_sim.load(**SMALL, era=True)
    assert plain.era is None and len(cohort.era) == 40
    assert cohort.fingerprint == plain.fingerprint


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"label_noise": -0.1}, r"label_noise=-0\.1.*0 to 5"),
        ({"shortcut": 1.5}, r"shortcut=1\.5.*0 to 1"),
        ({"raters": 3}, "raters=3 is a switch"),
        ({"dirty": "yes"}, "dirty='yes' is a switch"),
    ],
)
def test_options_out_of_range_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        apl_sim.load(**SMALL, **wrong)
