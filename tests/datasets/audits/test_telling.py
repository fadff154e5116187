"""How well numbers tell the class: units by loops, the test by its formula."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score

from datasets.audits.telling import Telling, _permutation_p, _standardised, independent_units, telling
from tests.toy import toy_cohort


def of_patients(classes_of_patient, repeats=1):
    """Return a cohort whose patients have specimens of the classes that are named, each so many times."""
    rows = [(k, y) for _ in range(repeats) for k, classes in enumerate(classes_of_patient) for y in classes]
    toy = toy_cohort(n=max(len(rows), 3), images=False, genes=False)[np.arange(len(rows))]
    vars(toy).update(
        patient=np.array([f"P{99 - k}" for k, _ in rows]), y=np.array([y for _, y in rows]), target_level="specimen"
    )
    return toy


def test_a_unit_is_a_class_of_a_patient_in_order_and_small_classes_are_left_out():
    who = [(0,), (2, 0), (2,), (1,), (0, 2), (2,), (0,), (1, 2), (0,), (1,), (1,), (0,)]  # class-1: four patients
    cohort = of_patients(who, repeats=2)
    units = independent_units(cohort)
    pairs = [(k, y) for k, classes in enumerate(who) for y in sorted(classes) if y != 1]
    assert units.n_classes == 2 and units.y.tolist() == [{0: 0, 2: 1}[y] for _, y in pairs]
    owner = [99 - int(name[1:]) for name in cohort.patient]
    assert units.of.tolist() == [
        pairs.index((k, y)) if y != 1 else -1 for k, y in zip(owner, cohort.y.tolist(), strict=True)
    ]
    parts = {}
    for (k, _), part in zip(pairs, units.part.tolist(), strict=True):
        assert parts.setdefault(k, part) == part
    assert set(parts.values()) == set(range(5))
    values = np.arange(len(cohort) * 2.0).reshape(-1, 2) ** 2
    expected = [values[[i for i, u in enumerate(units.of) if u == unit]].mean(axis=0) for unit in range(len(pairs))]
    np.testing.assert_allclose(units.mean(values), expected)


def test_two_classes_of_five_patients_are_enough():
    assert independent_units(of_patients([(0,)] * 5 + [(1,)] * 5)).n_classes == 2
    assert independent_units(of_patients([(0,)] * 5 + [(1,)] * 4)) is None
    assert independent_units(of_patients([(0,)] * 9)) is None


def test_two_thousand_units_are_looked_at():
    units = independent_units(toy_cohort(n=2100, images=False, genes=False))
    assert len(units.y) == len(units.part) == 2000
    assert (units.of < 0).sum() == 100 and (np.diff(units.of[units.of >= 0]) == 1).all()
    assert 600 < (units.of[:700] >= 0).sum() < 700  # left out at random


@pytest.mark.parametrize(
    ("accuracy", "p", "tells", "determines"),
    [(1, 0.005, True, True), (1, 0.0051, False, False), (0.9995, 0.001, True, True), (0.999, 0.001, True, False)],
)
def test_what_tells_is_hardly_chance_and_what_determines_makes_no_error(accuracy, p, tells, determines):
    told = Telling(accuracy, 0.5, p, 40)
    assert (told.tells, told.determines) == (tells, determines)
    assert str(Telling(0.756, 1 / 3, 0.00149, 40)) == "balanced accuracy 0.76 (chance 0.33, p 0.001, n 40)"


def explained(design, target):
    """Return Pillai's trace by the projection on the columns."""
    centred = design - design.mean(axis=0)
    hat = centred @ np.linalg.pinv(centred)
    return sum(t @ hat @ t / t.mean() for t in target.T)


@pytest.mark.parametrize("seed", range(3))
def test_p_is_the_share_of_999_permutations_that_fit_as_well(seed):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1, 2], [4, 9, 27])
    design = rng.normal(size=(40, 3)) + 0.25 * np.eye(3)[y]
    target = np.eye(3)[y]
    draw = np.random.default_rng(0)
    seen = explained(design, target)
    fits = sum(explained(design, target[draw.permutation(40)]) >= seen for _ in range(999))
    twice = _standardised(np.column_stack([design, design[:, :1], np.full(40, 7.0)]))
    assert _permutation_p(twice, target) == pytest.approx((1 + fits) / 1000)


def test_looks_multiply_p_and_what_shows_no_effect_is_not_tested():
    units = independent_units(toy_cohort(n=40, n_classes=2, images=False, genes=False))
    clear = np.eye(2)[units.y]
    for looks, p in ((1, 0.001), (7, 0.007), (5000, 1.0)):
        told = telling(clear, units, looks)
        assert (told.accuracy, told.chance, told.p, told.units) == (1.0, 0.5, pytest.approx(p), 40)
    assert telling(clear * 0 + 3, units).p == telling(clear[:, :0], units).p == 1
    half = np.where(np.arange(40) % 4 < 2, 1.0, 0.0)[:, None]  # as often in one class as in the other
    assert telling(half, units).p == 1


def test_what_does_not_show_in_patients_held_out_is_chance_however_well_it_fits():
    units = independent_units(toy_cohort(n=20, n_classes=2, images=False, genes=False))
    told = [telling(np.random.default_rng(seed).normal(size=(20, 6)), units) for seed in range(8)]
    shows = [t.accuracy >= 0.505 for t in told]
    assert {True, False} == set(shows) and [t.p < 1 for t in told] == shows


def test_columns_that_do_not_vary_beyond_rounding_are_left_out():
    x = np.arange(8.0)
    design = np.column_stack([x, np.full(8, 3.0), 1e12 + 0.01 * x, 1e-3 * x, -5e11 - 0.01 * x, x * 0])
    found = _standardised(design)
    expected = (x - 3.5) / x.std()
    np.testing.assert_allclose(found, np.column_stack([expected, expected]))


def test_the_accuracy_of_classes_of_unequal_size_is_that_of_ridge_regression_over_their_shares():
    y = np.repeat([0, 1, 2], [80, 25, 15])
    units = independent_units(of_patients([(k,) for k in y]))
    design = np.random.default_rng(1).normal(size=(120, 3)) + 0.6 * np.eye(3)[units.y]
    x = np.column_stack([np.ones(120), (design - design.mean(axis=0)) / design.std(axis=0)])
    told = np.empty(120, int)
    for part in range(5):
        train = units.part != part
        ridge = Ridge(1.0, fit_intercept=False).fit(x[train], np.eye(3)[units.y[train]])
        told[~train] = (ridge.predict(x[~train]) / np.bincount(units.y[train])).argmax(axis=1)
    assert set(told) == {0, 1, 2}
    assert telling(design, units).accuracy == pytest.approx(balanced_accuracy_score(units.y, told))
