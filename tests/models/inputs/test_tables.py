"""Genes and clinical columns as numbers: which are taken in the logarithm, kept, filled, flagged and refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew
from sklearn.feature_selection import f_classif

from models.inputs.clinical_table import CategoryColumn, ClinicalTable, NumericColumn
from models.inputs.gene_scaler import GeneScaler, GeneSelection, f_statistic, set_members, set_selection
from tests.toy import toy_cohort

COHORT = toy_cohort(n=40, missing=0.3, images=False)


def column(*values):
    return pd.Series(values, name="x", dtype=float)


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
    fitted = NumericColumn.fit(x, y)
    seen = np.log1p(x) if log else x
    assert (fitted.log, fitted.name, fitted.flags_missing) == (log, "x", bool(x.isna().any()))
    assert fitted.median == pytest.approx(seen.median())
    filled = seen.fillna(seen.median())
    assert fitted.mean == pytest.approx(filled.mean())
    groups = seen.dropna().groupby(y[seen.notna()])
    squares = sum(((g - g.mean()) ** 2).sum() for _, g in groups)
    free = seen.notna().sum() - groups.ngroups
    scale = np.sqrt(squares / free) if free > 0 else seen.dropna().std(ddof=0)
    assert fitted.scale == pytest.approx(scale)
    asked = column(4.0, np.nan, -3.0)
    raw = np.log1p([4.0, np.nan, 0.0]) if log else asked.to_numpy()
    expected = (np.where(np.isnan(raw), seen.median(), raw) - filled.mean()) / scale
    found = fitted.transform(asked)
    np.testing.assert_allclose(found[:, 0], expected)
    assert found.shape == (3, 2 if fitted.flags_missing else 1)
    assert not fitted.flags_missing or found[:, 1].tolist() == [0, 1, 0]


def test_a_column_without_values_or_spread_is_left_as_it_is():
    nobody = NumericColumn.fit(column(np.nan, np.nan), np.array([0, 1]))
    assert (nobody.median, nobody.mean, nobody.scale, nobody.log, nobody.flags_missing) == (0, 0, 1, False, True)
    same = NumericColumn.fit(column(7, np.nan, 7), np.array([0, 1, 1]))
    assert (same.median, same.mean, same.scale, same.flags_missing) == (7, 7, 1, True)


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
