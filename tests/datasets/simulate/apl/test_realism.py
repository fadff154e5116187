"""Published anchors, and nuisances that must not tell the class unless class and site are confounded on purpose."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from datasets.generated import apl_sim
from datasets.simulate.apl import clinical
from datasets.simulate.apl.patients import sample_variant
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.shared import tables
from tests.module_cache import module_cache  # noqa: F401

PATIENTS = 400


@pytest.fixture(scope="module")
def pml():
    y = np.zeros(20_000, np.int64)
    return clinical.sample_clinical(clinical.clinical_model(1.0), y, sample_variant(y, 13), 13)


def test_fibrinogen_finds_four_of_five(pml):
    assert (pml["fibrinogen"] <= 1.87).mean() == pytest.approx(0.80, abs=0.012)


def test_about_a_quarter_are_high_risk_by_white_count(pml):
    assert (pml["wbc"] > 10).mean() == pytest.approx(0.238, abs=0.012)


def test_blood_counts_are_the_tables(pml):
    assert pml["hb"].mean() == pytest.approx(88, abs=0.6)
    assert pml["hb"].std() == pytest.approx(20, abs=0.5)
    assert pml["platelets"].mean() == pytest.approx(27 * np.exp(0.65**2 / 2), rel=0.03)
    assert pml["platelets"].median() == pytest.approx(27, rel=0.03)
    assert pml["male"].mean() == pytest.approx(0.52, abs=0.012)


def _isth_score(labs):
    """Return the ISTH score of overt DIC; D-dimer cut at 0.5 and 4 mg/L, normal PT 12 s."""
    platelets = np.select([labs["platelets"] < 50, labs["platelets"] < 100], [2, 1], 0)
    dimer = np.select([labs["d_dimer"] > 4, labs["d_dimer"] > 0.5], [3, 2], 0)
    pt = np.select([labs["pt"] > 18, labs["pt"] >= 15], [2, 1], 0)
    return platelets + dimer + pt + (labs["fibrinogen"] < 1)


def test_overt_dic_is_common_but_not_universal(pml):
    assert 0.5 < (_isth_score(pml) >= 5).mean() < 0.9


def test_leukaemic_cells_have_the_sizes_of_the_textbook():
    y = np.zeros(3000, np.int64)
    traits = sample_traits(trait_model(1.0), y, y, 8, 2)
    assert traits["diameter_um"].mean() == pytest.approx(19.0, abs=0.4)
    assert np.quantile(traits["diameter_um"], [0.01, 0.99]) == pytest.approx([14.2, 25.4], abs=1.0)
    assert 0.16 < (traits["auer"] > 0).mean() < 0.28
    assert ((traits["nc_ratio"] > 0.3) & (traits["nc_ratio"] < 0.9)).mean() > 0.99


def _nuisances(cohort):
    """Return what an entry must not profit from, one table a nuisance, a row a patient.

    The border is the empty film in it: a large cell reaches it and pushes red cells out of it, which is a trait.
    """
    masks = cohort.truth.masks
    ring = np.zeros(masks.bits.shape, bool)
    ring[:, [0, 1, -2, -1]] = ring[:, :, [0, 1, -2, -1]] = True
    return {
        "border": _mean_colour(cohort, ring & masks["background"]),
        "background": _mean_colour(cohort, masks["background"]),
        "missingness": np.column_stack([cohort.present[:, 1:], cohort.clinical.isna()]).astype(float),
        "site": pd.get_dummies(cohort.domain).to_numpy(float),
    }


def _mean_colour(cohort, chosen):
    n = len(cohort)
    weight = np.maximum(chosen.reshape(n, -1).sum(axis=1), 1)
    total = (cohort.images.pixels / np.float32(255) * chosen[..., None]).sum(axis=(1, 2)).reshape(n, -1, 3).sum(axis=1)
    return total / weight[:, None]


def _score(features, cohort):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, class_weight="balanced"))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    called = cross_val_predict(model, features, cohort.y, groups=cohort.patient, cv=folds)
    return balanced_accuracy_score(cohort.y, called)


def _binomial_error(cohort):
    return np.sqrt((0.2 * 0.8 / np.bincount(cohort.y)).sum()) / 5


def _scores(confound, seed, patients=PATIENTS):
    cohort = apl_sim.load(patients=patients, cells=4, image_size=32, confound=confound, seed=seed)
    return {name: _score(part, cohort) for name, part in _nuisances(cohort).items()}, _binomial_error(cohort)


@pytest.fixture(scope="module")
def scores():
    return {confound: _scores(confound, 0) for confound in (0.0, 1.0)}


@pytest.mark.parametrize("nuisance", ["border", "background", "missingness", "site"])
def test_a_nuisance_is_at_chance_without_confounding_and_tells_the_class_with_it(scores, nuisance):
    """Below chance is possible: sites hold the same classes, so what one fold has the others lack."""
    plain, error = scores[0.0]
    assert plain[nuisance] < 0.2 + 3 * error
    confounded, error = scores[1.0]
    assert confounded[nuisance] > 0.2 + 5 * error


@pytest.mark.slow
def test_nuisances_stay_at_chance_over_many_cohorts():
    runs = [_scores(0.0, seed, 800) for seed in range(1, 5)]
    for nuisance in runs[0][0]:
        values = np.array([scores[nuisance] for scores, _ in runs])
        assert values.mean() < 0.2 + 3 * runs[0][1] / np.sqrt(len(runs)), (nuisance, values)


def test_classes_have_the_shares_of_the_design():
    cohort = apl_sim.load(patients=PATIENTS, cells=4, image_size=32, confound=0.0)
    np.testing.assert_allclose(np.bincount(cohort.y) / PATIENTS, tables.PRIOR, atol=0.5 / PATIENTS + 1e-9)
