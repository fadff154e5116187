"""Genes and clinical columns as numbers: which are taken in the logarithm, kept, filled, flagged and refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, permutation_test, skew
from sklearn.feature_selection import f_classif

from models.inputs.clinical_table import CategoryColumn, ClinicalTable, NumericColumn
from models.inputs.gene_scaler import GeneScaler, GeneSelection, f_statistic, set_members, set_selection
from models.inputs.missing_flags import tells_class
from tests.toy import toy_cohort

COHORT = toy_cohort(n=40, missing=0.3, images=False)


def column(*values):
    return pd.Series(values, name="x", dtype=float)


def each(x):
    """Return a patient for every row."""
    return np.arange(len(x)).astype(str)


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([1, 1, 1, 2, 90], True),
        ([0, 1, 1, 2, 90], False),
        ([-1, 1, 1, 2, 90], False),
        ([1, 2, 3, 4, 5], False),
        ([1, 1, 1, 2, 90, np.nan], True),
        ([1, 1, 2.6, 1, 3], False),  # a skewness of about a half
        ([1, 1, 1, 1, 5], True),
        ([3, 90], False),
        ([1, 1, 90], False),  # three values are never skewed by more than 0.71
    ],
)
def test_positive_heavy_tails_are_taken_in_the_logarithm(values, log):
    x, y = column(*values), np.arange(len(values)) % 2
    assert (skew(x.dropna()) > 1 and x.min() > 0) == log
    fitted = NumericColumn.fit(x, y, each(x))
    seen = (np.log(x) if log else x).dropna().to_numpy()
    assert (fitted.floor, fitted.name) == (x.min() / 2 if log else None, "x")
    asked = np.array([4.0, np.nan, -3.0])
    raw = np.log([4.0, np.nan, x.min() / 2]) if log else asked
    low, middle, high = seen.min(), np.median(seen), seen.max()
    bends = low < middle < high and len(set(seen)) > 2
    assert fitted.knots == pytest.approx((low, middle, high) if bends else ())

    def halves(values):
        lower, upper = np.interp(values, [low, middle], [0, 1]), np.interp(values, [middle, high], [0, 1])
        return np.stack([values, lower, upper] if bends else [values], axis=1)

    np.testing.assert_allclose(fitted.mean, halves(seen).mean(axis=0))
    groups = pd.DataFrame(halves(seen)).groupby(y[x.notna()])
    squares = sum(((g - g.mean()) ** 2).sum() for _, g in groups)
    free = len(seen) - groups.ngroups
    scale = np.sqrt(squares / free) if free > 0 else halves(seen).std(axis=0)
    scale = np.where(np.isclose(scale, 0), halves(seen).std(axis=0), scale)
    np.testing.assert_allclose(fitted.scale, scale)
    expected = np.nan_to_num((halves(raw) - halves(seen).mean(axis=0)) / scale)
    np.testing.assert_allclose(fitted.transform(column(*asked))[:, : len(scale)], expected)


def test_the_groups_of_a_table_are_the_features_of_its_columns():
    table, at = ClinicalTable.fit(COHORT), 0
    for column_, group in zip(table.columns, table.groups, strict=True):
        width = column_.transform(COHORT.clinical[column_.name]).shape[1]
        assert group == list(range(at, at + width)) and column_.width == width
        at += width
    assert at == table.transform(COHORT).shape[1] > len(table.columns)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_the_unit_of_a_heavy_tailed_value_changes_nothing(unit):
    x, y = np.random.default_rng(0).lognormal(size=(60, 1)), np.arange(60) % 3
    plain = NumericColumn.fit(column(*x[:40, 0]), y[:40], each(y[:40]))
    other = NumericColumn.fit(column(*(unit * x[:40, 0])), y[:40], each(y[:40]))
    assert plain.floor is not None
    np.testing.assert_allclose(other.transform(column(*(unit * x[:, 0]))), plain.transform(column(*x[:, 0])))


@pytest.mark.parametrize("seed", range(4))
def test_a_flag_tells_the_class_as_often_as_permutations_of_scipy_say(seed):
    """The statistic is that of a chi-squared test, whose table of p does not hold with few patients of a class."""
    rng, y = np.random.default_rng(seed), np.repeat([0, 1, 2], [30, 25, 5])
    flag = rng.random(60) < np.array([0.15, 0.15 + 0.15 * seed, 0.2])[y]

    def statistic(values):
        return chi2_contingency(pd.crosstab(values, y), correction=False).statistic

    p = permutation_test((flag,), statistic, permutation_type="pairings", n_resamples=999, rng=1,
                         alternative="greater").pvalue  # fmt: skip
    assert (p < 0.003) <= tells_class(flag, y, each(y)) <= (p < 0.03)


def test_flags_that_tell_nothing_are_rarely_kept_and_patients_count_once():
    rng, kept = np.random.default_rng(0), 0
    for _ in range(200):
        y = rng.permutation(np.repeat([0, 1, 2], [40, 16, 4]))
        kept += tells_class(np.repeat(rng.random(60) < 0.2, 4), np.repeat(y, 4), np.repeat(each(y), 4))
    assert kept <= 7  # of 200 at 1 in 100
    few = np.arange(60) >= 56
    assert not tells_class(few, few.astype(int), each(few)) and not tells_class(~few, few.astype(int), each(few))


def test_a_flag_of_missing_values_is_kept_where_it_tells_the_class():
    y, values = np.repeat([0, 1, 2], 20), np.arange(60.0)
    with_class = column(*np.where((y == 1) & (np.arange(60) % 5 > 0), np.nan, values))
    by_chance = column(*np.where(np.arange(60) % 5 == 0, np.nan, values))
    for x, kept in ((with_class, True), (by_chance, False), (column(*values), False)):
        fitted = NumericColumn.fit(x, y, each(x))
        assert fitted.flags_missing == kept == tells_class(x.isna().to_numpy(), y, each(x))
        found = fitted.transform(column(4.0, np.nan))
        assert found.shape == (2, 3 + kept) and not found[1, :3].any()
        assert not kept or found[:, 3].tolist() == [0, 1]


def test_a_column_without_values_or_spread_says_nothing_of_those_that_have_some():
    for x in (column(np.nan, np.nan, np.nan), column(7, np.nan, 7), column(*[1.6e18] * 3)):
        fitted = NumericColumn.fit(x, np.array([0, 1, 1]), each(x))
        assert (fitted.floor, fitted.knots, fitted.width) == (None, (), 1)
        assert not fitted.transform(column(7, np.nan, 3, -1e9, 2e18)).any()


@pytest.mark.parametrize("values", [
    [1e-170, 2e-170, -3e-170, 5e-170], [1e-320, 2e-320, 9e-320, 9e-319], [0.1, np.nextafter(0.1, 1), 0.1, 0.1],
    [1.6e18, 1.6e18 + 1024, 1.6e18, 1.6e18 + 4096], [5e-324, 1.0, 2.0, 90.0], [0, 0, 0, 1], [0, 0, 1, 1],
])  # fmt: skip
def test_numbers_at_the_ends_of_what_a_float_holds_stay_finite(values):
    """Also those of a specimen that lies far away: it is no further than twenty spreads."""
    for asked in ([*values, np.nan], [-1e308, -1.0, 0.0, 1e-300, 1e20, 1e308]):
        found = NumericColumn.fit(column(*values), np.array([0, 1, 0, 1]), each(values)).transform(column(*asked))
        assert np.isfinite(found).all() and np.abs(found).max() <= 20


def test_a_number_with_two_values_is_one_feature_however_many_have_which():
    for values in ([0, 0, 0, 1], [0, 0, 1, 1]):
        assert NumericColumn.fit(column(*values), np.array([0, 1, 0, 1]), each(values)).width == 1


def test_a_table_keeps_the_order_of_train_and_is_zero_where_nothing_is():
    table = ClinicalTable.fit(COHORT)
    assert [c.name for c in table.columns] == ["age", "wbc", "sex"]
    rows = COHORT.has("clinical")
    pieces = [c.transform(COHORT.clinical[c.name]) for c in table.columns]
    expected = np.concatenate(pieces, axis=1)
    found = table.transform(COHORT)
    np.testing.assert_allclose(found[rows], expected[rows], rtol=1e-5, atol=1e-6)
    assert not found[~rows].any() and found.dtype == np.float32
    turned = dataclasses.replace(COHORT, clinical=COHORT.clinical[["sex", "wbc", "age"]])
    assert np.array_equal(table.transform(turned), found)
    bare = table.transform(toy_cohort(n=7, clinical=False, images=False))
    assert bare.shape == (7, found.shape[1]) and not bare.any()


def test_a_category_is_one_column_and_a_missing_one_is_none():
    sex = CategoryColumn("sex", ("f", "m", "x"))
    told = pd.Series(pd.Categorical(["m", None, "f"], categories=["f", "m", "x"]))
    assert sex.transform(told).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    with pytest.raises(ValueError, match=r"\['sex'\]: categories are \('m', 'f'\), train had \('f', 'm', 'x'\)"):
        sex.transform(pd.Series(pd.Categorical(["m"], categories=["m", "f"])))


@pytest.mark.parametrize("choice", ["variance", "f-test"])
def test_genes_are_kept_in_the_order_of_their_worth_behind_those_asked_for(choice):
    rows = COHORT.genes[COHORT.has("genes")].astype(float)
    y = COHORT.y[COHORT.has("genes")]
    worth = rows.var(axis=0) if choice == "variance" else f_classif(rows, y)[0]
    for first in (frozenset(), frozenset({"G7", "G2", "elsewhere"})):
        order = sorted(range(12), key=lambda j: (f"G{j}" not in first, -worth[j]))
        for n in (0, 1, 5):
            scaler = GeneScaler.fit(COHORT, GeneSelection(n, first, choice))
            assert scaler.chosen.tolist() == order[: n or 12]
            assert scaler.names == tuple(f"G{j}" for j in order[: n or 12])
            np.testing.assert_allclose(scaler.mean, rows.mean(axis=0)[scaler.chosen], rtol=1e-4, atol=1e-6)
    bare = scaler.transform(toy_cohort(n=7, genes=False, images=False))
    assert bare.shape == (7, 5) and not bare.any() and bare.dtype == np.float32
    renamed = dataclasses.replace(COHORT, gene_names=tuple(f"X{j}" for j in range(12)), gene_sets={})
    with pytest.raises(ValueError, match="genes: toy names other genes than train did"):
        scaler.transform(renamed)


def test_members_of_sets_are_kept_or_without_sets_the_genes_that_tell():
    assert set_members(COHORT) == {"G0", "G1", "G2", "G3", "G4"}
    assert set_selection(COHORT, 3) == (5, frozenset({"G0", "G1", "G2", "G3", "G4"}), "f-test")
    assert set_selection(dataclasses.replace(COHORT, gene_sets={}), 3) == (3, frozenset(), "f-test")
    assert GeneSelection() == (0, frozenset(), "variance")


def test_an_f_statistic_needs_two_classes_and_a_specimen_more():
    x = np.array([[1.0, 1], [2, 1], [4, 1]])
    for y in ([0, 0, 0], [0, 1, 2]):
        assert f_statistic(x, np.array(y)).tolist() == [0, 0]
    np.testing.assert_allclose(f_statistic(x, np.array([0, 0, 1])), [f_classif(x[:, :1], [0, 0, 1])[0][0], 0])
