"""What determines a generated APL cohort: its limits, its key and its version, and how causes are written."""

import dataclasses
import re

import numpy as np
import pytest

from datasets.simulate.apl.interventions import Intervention, parse_intervention
from datasets.simulate.apl.patients import Patients, largest_remainder, sample_patients, site_probabilities
from datasets.simulate.apl.settings import PRESETS, SIZES, Settings

LIMITS = {
    "patients": (5, 100_000), "cells": (1, 1_000), "image_size": (16, 256), "ood": (0, 10_000), "more_c": (0, 100_000),
    "seed": (0, 2**32 - 1), "confound": (0, 1), "label_noise": (0, 5), "shortcut": (0, 1), "images_only": (0, 1),
}  # fmt: skip
OTHER = {
    "preset": "easy", "patients": 241, "cells": 25, "image_size": 65, "confound": 0.4, "seed": 1, "do": "auer=0",
    "label_noise": 1.0, "raters": True, "mnar": True, "dirty": True, "shortcut": 0.1, "era": True, "ood": 1,
    "more_c": 1, "images_only": 0.4, "unknown_scale": True, "gene_sets": False,
}  # fmt: skip
DRAWN = {
    "preset", "patients", "cells", "image_size", "confound", "seed", "do", "shortcut", "ood", "more_c", "unknown_scale"
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_the_ends_of_a_range_are_in_it_and_what_is_beyond_is_refused(name):
    low, high = LIMITS[name]
    step = 1 if name in ("patients", "cells", "image_size", "ood", "more_c", "seed") else 1e-6
    for value in (low, high):
        assert getattr(Settings(**{name: value}), name) == value
    for value in (low - step, high + step):
        with pytest.raises(ValueError, match=f"apl-sim: {name}=.* is out of range; choose {low} to {high}$"):
            Settings(**{name: value})


@pytest.mark.parametrize("name", ["raters", "mnar", "dirty", "era", "unknown_scale", "gene_sets"])
def test_a_switch_is_true_or_false(name):
    with pytest.raises(ValueError, match=f"apl-sim: {name}=1 is a switch"):
        Settings(**{name: 1})


def test_the_key_of_pictures_covers_what_is_drawn_and_the_version_all_that_differs():
    plain = Settings()
    assert set(OTHER) == {field.name for field in dataclasses.fields(Settings)}
    assert re.fullmatch(r"[0-9a-f]{32}", plain.key)
    start = "preset=default patients=240 cells=24 image_size=64 confound=0.3 seed=0"
    assert re.fullmatch(rf"{start} source=[0-9a-f]{{12}}", plain.version)
    for name, value in OTHER.items():
        changed = Settings(**{name: value})
        assert (changed.key != plain.key) == (name in DRAWN), name
        assert f"{name}={value}" in changed.version.split(" ") and changed.version != plain.version


def test_presets_and_sizes_are_those_of_the_card():
    assert PRESETS == {"hard": 0.8, "default": 1.0, "easy": 1.3, "seed-like": 2.0}
    assert SIZES == {"tiny": (60, 8), "default": (240, 24), "full": (1000, 50)}
    assert Settings(preset="hard").effect == 0.8
    assert Settings().intervention is None and Settings(do="site=B").intervention == Intervention("site", 1)


@pytest.mark.parametrize(
    ("text", "cause", "value"),
    [
        ("auer=0", "auer", 0), ("auer=2", "auer", 2), (" nucleoli = 4 ", "nucleoli", 4), ("bleb=1", "bleb", 1),
        ("nucleus_shape=round", "nucleus_shape", 0), ("nucleus_shape=pelger", "nucleus_shape", 4),
        ("site=C", "site", 2),
        ("granularity=0.01", "granularity", 0.01), ("basophilia=0.99", "basophilia", 0.99),
        ("nc_ratio=.05", "nc_ratio", 0.05),
        ("nc_ratio=0.95", "nc_ratio", 0.95), ("diameter_um=6", "diameter_um", 6), ("diameter_um=30", "diameter_um", 30),
    ],
)  # fmt: skip
def test_one_cause_is_set_to_one_value(text, cause, value):
    assert parse_intervention(text) == Intervention(cause, value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("auer=3", "auer cannot be '3'; choose one of 0, 1, 2$"),
        ("nucleoli=5", "choose one of 0, 1, 2, 3, 4$"),
        ("bleb=2", "choose one of 0, 1$"),
        ("auer", "auer cannot be ''"),
        ("site=D", "site cannot be 'D'; choose one of A, B, C$"),
        ("nucleus_shape=oval", "choose one of round, reniform, bilobed, folded, pelger$"),
        ("granularity=0.001", r"granularity=0\.001 is out of range; choose 0\.01 to 0\.99$"),
        ("basophilia=1", r"basophilia=1\.0 is out of range; choose 0\.01 to 0\.99$"),
        ("nc_ratio=0.96", r"out of range; choose 0\.05 to 0\.95$"),
        ("diameter_um=31", r"out of range; choose 6\.0 to 30\.0$"),
        ("diameter_um=nan", "out of range"),
        ("diameter_um=big", r"'big' is not a number; choose 6\.0 to 30\.0$"),
        ("hof=1", "unknown cause 'hof'; write cause=value with one of nucleus_shape, site, auer"),
    ],
)
def test_causes_and_values_that_cannot_be_set_are_named(text, named):
    with pytest.raises(ValueError, match=named):
        parse_intervention(text)
    with pytest.raises(ValueError, match=named):
        Settings(do=text)


def test_a_trait_is_set_in_every_cell_and_the_site_for_every_slide():
    traits = {"auer": np.array([[0, 1], [2, 0]]), "granularity": np.array([[0.1, 0.2], [0.3, 0.4]])}
    site = np.array([0, 2, 1])
    for cause, value in (("auer", 2), ("granularity", 0.5)):
        done = Intervention(cause, value)
        got = done.on_traits(traits)
        assert (got[cause] == value).all() and got[cause].dtype == traits[cause].dtype
        (other,) = traits.keys() - {cause}
        assert got[other] is traits[other] and done.on_site(site).tolist() == [0, 2, 1]
    moved = Intervention("site", 1)
    assert moved.on_site(site).tolist() == [1, 1, 1] and moved.on_traits(traits) == traits
    assert parse_intervention("") is None


@pytest.mark.parametrize(
    ("total", "shares", "wanted"),
    [
        (10, (5, 3, 2), [5, 3, 2]),
        (7, (1, 1, 1), [3, 2, 2]),
        (8, (1, 1, 1), [3, 3, 2]),
        (10, (0.55, 0.25, 0.2), [6, 2, 2]),  # equal remainders: the first is given the one that is left
        (3, (0.9, 0.05, 0.05), [1, 1, 1]),
        (2, (0.9, 0.05, 0.05), [1, 1, 0]),
        (5, (0.96, 0.0, 0.04), [4, 0, 1]),
        (6, (0.49, 0.48, 0.02, 0.01), [2, 2, 1, 1]),
        (0, (1, 2), [0, 0]),
    ],
)
def test_a_total_is_split_by_the_largest_remainder_and_nobody_is_left_out(total, shares, wanted):
    assert largest_remainder(total, shares).tolist() == wanted


def test_sites_go_from_uniform_to_the_designs_table():
    table = np.array([[0.1, 0.1, 0.8], [0.9, 0.1, 0], [0.1, 0.9, 0], [0.85, 0.15, 0], [0.15, 0.85, 0]])
    for confound in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(site_probabilities(confound), (1 - confound) / 3 + confound * table)


def test_patients_are_shuffled_with_their_sites_and_more_of_site_c_follow():
    n, more, seed = 50, 14, 6
    sizes, table = [20, 6, 6, 9, 9], site_probabilities(0.5)
    y = np.repeat(range(5), sizes)
    site = np.concatenate([np.repeat(range(3), largest_remainder(k, row)) for k, row in zip(sizes, table, strict=True)])
    order = np.random.default_rng([seed, 0]).permutation(n)
    at_c = largest_remainder(more, [p * row[2] for p, row in zip((0.40, 0.12, 0.12, 0.18, 0.18), table, strict=True)])
    later = np.random.default_rng([seed, 48]).permutation(np.repeat(range(5), at_c))
    got = sample_patients(n, 0.5, seed, more_c=more)
    np.testing.assert_array_equal(got.kind, [*y[order], *later])
    np.testing.assert_array_equal(got.site, [*site[order], *[2] * more])
    assert len(got) == 64 and got.images_only.sum() > 5
    alone = sample_patients(n, 0.5, seed, images_only=1.0)
    np.testing.assert_array_equal(alone.images_only, alone.site == 2)


def test_a_patient_of_no_class_has_label_minus_1_and_one_with_images_only_a_domain_of_their_own():
    kind, site = np.array([0, 4, 5, 6, 3]), np.array([0, 2, 1, 2, 2])
    got = Patients(kind, site, np.zeros(5, np.int64), np.array([False, True, False, False, True]))
    assert got.y.tolist() == [0, 4, -1, -1, 3]
    assert got.domain.tolist() == ["A", "C-images", "B", "C", "C-images"]
