"""What controls see, by hand; and that they are scikit-learn's forests on it."""

import dataclasses

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from baselines.controls.background_colours import background_table
from baselines.controls.background_only import BackgroundOnly
from baselines.controls.border_only import BorderOnly
from baselines.controls.missingness_only import MissingnessOnly
from baselines.controls.prior import Prior
from baselines.controls.shortcut_features import border_table, missingness_table
from baselines.controls.site_only import SiteOnly
from tests.toy import toy_cohort

COHORT = toy_cohort(n=24, missing=0.3, side=12)
NOBODY = np.array([], dtype=int)


def lit():
    """Return the cohort with a bright field, but for a dark one in all pictures of some specimens."""
    owner = np.repeat(COHORT.y, COHORT.images.sizes)
    pixels = np.random.default_rng(0).normal(230, 3, COHORT.images.pixels.shape) + owner[:, None, None, None]
    pixels[:7] = 20
    return dataclasses.replace(COHORT, images=dataclasses.replace(COHORT.images, pixels=pixels.astype(np.uint8)))


def test_what_is_there_is_told_as_numbers():
    table = missingness_table(COHORT)
    modalities = [f"missingness:{m}" for m in ("images", "genes", "clinical")]
    columns = [f"missingness:clinical:{name}" for name in ("age", "wbc", "sex")]
    assert list(table.columns) == [*modalities, "missingness:n_images", *columns]
    np.testing.assert_array_equal(table[modalities], COHORT.present)
    np.testing.assert_array_equal(table["missingness:n_images"], COHORT.images.sizes)
    np.testing.assert_array_equal(table[columns], ~COHORT.clinical.isna())
    bare = missingness_table(toy_cohort(n=5, images=False, clinical=False, missing=0))
    assert bare.to_numpy().tolist() == [[0, 1, 0, 0]] * 5


def test_the_frame_is_two_pixels_wide_on_every_side():
    table = border_table(COHORT)
    names = [f"border:{colour}:{what}" for what in ("mean", "sd") for colour in ("red", "green", "blue")]
    assert list(table.columns) == names
    for i in range(24):
        framed = []
        for picture in COHORT.images.bag(i).astype(float):
            inside = picture.copy()
            inside[2:10, 2:10] = np.nan
            framed.append(np.nanmean(inside, axis=(0, 1)))
        expected = [np.mean(framed, axis=0), np.std(framed, axis=0)] if framed else np.full((2, 3), np.nan)
        np.testing.assert_allclose(table.iloc[i], np.concatenate(expected))
    with pytest.raises(ValueError, match="cohort 'toy' has no images"):
        border_table(toy_cohort(n=5, images=False))


@pytest.mark.parametrize(
    ("build", "table"),
    [(MissingnessOnly, missingness_table), (BorderOnly, border_table), (BackgroundOnly, background_table)],
)
def test_a_control_is_scikit_learns_forest_with_weights_of_patients(build, table):
    patient = np.array([f"P{i // 2 if i < 12 else i}" for i in range(24)])
    cohort = dataclasses.replace(lit(), patient=patient, target_level="specimen")
    train = cohort[cohort.y != 1]
    seen = table(train).notna().all(axis=1).to_numpy() if build is BackgroundOnly else np.ones(len(train), bool)
    weight = 1 / np.array([(train.patient[seen] == p).sum() for p in train.patient[seen]])
    forest = RandomForestClassifier(n_estimators=7, random_state=3)
    forest.fit(table(train)[seen], train.y[seen], sample_weight=weight / weight.mean())
    control = build(seed=3, n_estimators=7).fit(train, train[NOBODY])
    proba = control.predict_proba(cohort)
    asked = table(cohort).notna().all(axis=1).to_numpy() if build is BackgroundOnly else np.ones(24, bool)
    np.testing.assert_allclose(proba[asked][:, [0, 2]], forest.predict_proba(table(cohort)[asked]))
    assert asked.any() and not proba[:, 1].any()
    assert control.report_["n_parameters"] == sum(len(tree.tree_.feature) for tree in forest.estimators_)
    if build is BackgroundOnly:
        assert control.report_["without_background"] == (~seen).sum() > 0
    else:
        assert control.report_["n_features"] == table(train).shape[1]
    again = control.refit(train).predict_proba(cohort)
    assert np.array_equal(again, proba) and control.predict_proba(cohort[NOBODY]).shape == (0, 3)
    assert build().n_estimators == 500


@pytest.mark.parametrize("build", [Prior, SiteOnly, MissingnessOnly, BorderOnly, BackgroundOnly])
def test_controls_know_their_seed_and_need_no_more_than_they_read(build):
    assert build(seed=4).seed == 4 and build.family == "control"
    assert build.needs == build.reads == (frozenset({"images"}) if build in (BorderOnly, BackgroundOnly) else set())


@pytest.mark.parametrize("build", [Prior, SiteOnly])
def test_shares_are_those_of_patients_and_learning_anew_is_learning(build):
    train = dataclasses.replace(COHORT, patient=np.where(COHORT.y == 0, "same", COHORT.patient))
    train = dataclasses.replace(train, domain=np.array(["A"] * 24), target_level="specimen")
    control = build().fit(train, train[NOBODY])
    np.testing.assert_allclose(control.predict_proba(train), np.tile([1 / 17, 8 / 17, 8 / 17], (24, 1)))
    assert np.array_equal(
        build().fit(train[np.arange(3)], train).refit(train).predict_proba(train), control.predict_proba(train)
    )
    assert control.predict_proba(train[NOBODY]).shape == (0, 3)
    if build is SiteOnly:
        assert control.report_ == {"patients": {"A": 17.0}}
