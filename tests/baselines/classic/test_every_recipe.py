"""Every classic recipe on a tiny cohort with gaps: one fit, many checks; then learning anew from train and valid."""

import dataclasses

import numpy as np
import pytest

from benchmark.entries.recipes import recipes
from benchmark.entries.registry import entry_class, entry_spec
from benchmark.entries.resolve import resolve
from datasets.cohort import presence
from datasets.modalities import only, subsets
from tests.toy import toy_cohort

NAMES = sorted(name for name, recipe in recipes().items() if recipe.package == "baselines")
CHEAP = {"n_estimators": 15, "C": 0.1}
COHORT = toy_cohort(n=60, missing=0.25, side=24)
TRAIN, VALID, TEST = (COHORT[np.flatnonzero(np.isin(np.arange(60) % 5, part))] for part in ((0, 1, 2), (3,), (4,)))


def build(name, seed=0, **settings):
    known = resolve(name).known()
    cheap = {key: value for key, value in ((f"blocks.{k}", v) for k, v in CHEAP.items()) if key in known}
    if name == "svm-rbf":
        cheap = {}
    return entry_class(entry_spec(name))(seed=seed, **{**cheap, **settings})


@pytest.fixture(scope="module", params=NAMES)
def fitted(request, cache_of_module):
    return request.param, build(request.param).fit(TRAIN, VALID)


def test_what_every_recipe_keeps(fitted):
    name, entry = fitted
    proba = entry.predict_proba(TEST)
    assert proba.shape == (12, 3) and proba.dtype == np.float64 and (proba >= 0).all()
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-12)
    assert build(name).fit(TRAIN, VALID).predict_proba(TEST).tobytes() == proba.tobytes()
    order = np.random.default_rng(0).permutation(12)[:7]
    assert np.array_equal(entry.predict_proba(TEST[order]), proba[order])
    assert entry.predict_proba(TEST[order[:0]]).shape == (0, 3)
    assert np.allclose(entry.predict_proba(turned_bags(TEST)), proba, atol=1e-9)


def test_every_pattern_of_missing_modalities_is_answered(fitted):
    _, entry = fitted
    reads = {"clinical": "clinical", "genes": "genes", "cells": "images", "differential": "images"}
    read = {reads[group] for group in entry.transforms_}
    answers = {subset: entry.predict_proba(only(TEST, subset)) for subset in subsets(TEST)}
    full = entry.predict_proba(TEST)
    for subset, proba in answers.items():
        assert np.allclose(proba.sum(axis=1), 1, atol=1e-12)
        if read <= set(subset):
            assert np.array_equal(proba, full)
        elif not read & set(subset):
            assert np.ptp(proba, axis=0).max() < 1e-12


def test_learning_anew_keeps_what_was_chosen_and_reads_all(fitted):
    name, _ = fitted
    entry = build(name).fit(TRAIN, VALID)
    before, settled = entry.predict_proba(TEST), entry.fitted_.settled
    both = COHORT[np.flatnonzero(np.arange(60) % 5 != 4)]
    again = entry.refit(both)
    assert again is entry and entry.fitted_.settled == settled
    proba = entry.predict_proba(TEST)
    assert not np.array_equal(proba, before) and np.allclose(proba.sum(axis=1), 1)
    fresh = build(name).fit(TRAIN, VALID).refit(both)
    assert fresh.predict_proba(TEST).tobytes() == proba.tobytes()


def test_boosting_learns_anew_with_the_chosen_number_of_rounds(cache_of_module):
    noise = toy_cohort(n=60, signal=0.0, images=False)
    entry = build("xgboost", **{"blocks.n_estimators": 60, "blocks.patience": 5}).fit(
        noise[np.arange(40)], noise[np.arange(40, 60)]
    )
    rounds = entry.report_["rounds"]
    assert 0 < rounds < 60 and entry.refit(noise).report_["rounds"] == rounds


def test_a_penalty_chosen_in_fit_stays(cache_of_module):
    entry = build("lda-sets[blocks=logistic]", **{"blocks.C": "chosen"}).fit(TRAIN, VALID)
    chosen = entry.report_["blocks"]["genes"]["C"]
    assert entry.refit(COHORT).report_["blocks"]["genes"]["C"] == chosen


def turned_bags(cohort):
    """Return the cohort with the images of every bag in reverse order."""
    images = cohort.images
    order = np.concatenate([images.bag_rows(i)[::-1] for i in range(len(cohort))])
    starts = np.concatenate([[0], np.cumsum(images.sizes)]).astype(np.int64)
    bags = dataclasses.replace(
        images, pixels=images.pixels[order], starts=starts, rows=None, cell_type=images.cell_type[order]
    )
    shown = presence(len(cohort), bags, cohort.has("genes"), cohort.clinical)
    return dataclasses.replace(cohort, images=bags, present=shown)
