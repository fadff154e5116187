"""Rows that occur under two patients, by hand and by closed forms of chance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.audits.finding import Finding
from datasets.audits.rows import _equal_rows, _log_chance, _tables, duplicate_rows
from datasets.splits import SplitPlan
from tests.toy import toy_cohort

REMEDY = "Give one person one patient id, or correct the merge that copied a row."


def copied(n=40):
    """Return genes of which 3, 5 and 9 are one row, 20 and 30 another, 11 and 12 a third of one patient."""
    toy = toy_cohort(n=n, images=False, clinical=False, missing=0)
    genes, patient = toy.genes.copy(), toy.patient.copy()
    for of, to in ((3, 5), (3, 9), (20, 30), (11, 12)):
        genes[to] = genes[of]
    patient[12] = patient[11]
    return replace(toy, genes=genes, patient=patient, target_level="specimen")


def test_groups_that_cross_roles_are_told_first_and_apart():
    cohort = copied()
    alone = Finding(
        "duplicate-rows", False, "genes",
        "2 groups of patients with the same value in every column: S003, S005, S009.", REMEDY,
        ("S003", "S005", "S009", "S020", "S030"),
    )  # fmt: skip
    assert list(duplicate_rows(cohort, None)) == [alone]
    roles = np.where(np.isin(np.arange(40), [12, 30]), "test", "train")
    plan = SplitPlan(pd.DataFrame({"specimen": cohort.specimen, "fold": 0, "role": roles}))
    where = "1 group of patients with the same value in every column"
    assert list(duplicate_rows(cohort, plan)) == [
        replace(alone, blocks=True, problem=f"{where}, in two roles of one fold: S020, S030.",
                specimens=("S020", "S030")),
        replace(alone, problem=f"{where}: S003, S005, S009.", specimens=("S003", "S005", "S009")),
    ]  # fmt: skip


@pytest.mark.parametrize(("n", "told"), [(20, False), (30, True)])  # expected pairs: 4 / (n (n - 1) / 2 + 1)
def test_rows_of_few_columns_count_where_one_in_a_hundred_cohorts_has_such_a_pair(n, told):
    toy = toy_cohort(n=n, images=False, genes=False, missing=0)
    values = np.where(np.arange(n) == 7, 2.0, np.arange(n))
    table = pd.DataFrame({"a": values, "b": values**2})
    cohort = replace(toy, clinical=table, units={"a": "", "b": ""})
    assert [f.specimens for f in duplicate_rows(cohort, None)] == ([("S002", "S007")] if told else [])


def test_the_chance_of_a_pair_is_the_product_over_the_columns_that_a_row_has():
    table = np.array([[1, 2, np.nan], [1, 2, 5], [3, np.nan, 5], [1, 4, 6], [2, 2, 5.0]])
    pairs = 5 * 4 / 2
    share = [(3 + 1) / (10 + 1), (3 + 1) / (6 + 1), (3 + 1) / (6 + 1)]  # pairs that are equal, of those that are known
    expected = [
        np.log((pairs + 1) * np.prod([s for s, value in zip(share, row, strict=True) if np.isfinite(value)]))
        for row in table
    ]
    np.testing.assert_allclose(_log_chance(table, np.array([False, True, False, False, False])), expected)


def test_tables_are_read_where_they_are_there_and_gaps_are_gaps():
    toy = toy_cohort(n=30, images=False, missing=0.3)
    (name, rows, table), (other, there, genes) = _tables(toy)
    assert (name, other) == ("clinical", "genes")
    np.testing.assert_array_equal(rows, np.flatnonzero(toy.clinical.notna().any(axis=1)))
    np.testing.assert_array_equal(np.isnan(table), toy.clinical.isna())
    for k, column in enumerate(toy.clinical):
        seen = toy.clinical[column].dropna()
        same = np.equal.outer(table[seen.index, k], table[seen.index, k])
        np.testing.assert_array_equal(same, [[a == b for b in seen] for a in seen])
    np.testing.assert_array_equal(there, np.flatnonzero(toy.has("genes")))
    assert genes is toy.genes
    none = {"clinical": toy.clinical[[]], "units": {}, "genes": None, "gene_names": (), "gene_sets": {}}
    assert list(_tables(replace(toy, **none, present=np.zeros((30, 3), bool)))) == []


def test_rows_are_equal_where_all_columns_are():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(12, 3000))
    table[[4, 8]] = table[1]
    table[7] = table[2]
    table[9, ::2999], table[10] = table[3, ::2999], table[3]
    table[10, 1501] += 1  # between the columns that are compared first
    owner = np.array([*"abcdefghijkl"])
    owner[7] = owner[2]
    rows = np.array([11, 8, 7, 4, 3, 2, 1, 10, 9])
    found = _equal_rows(rows, table, owner[rows])
    assert len(set(found[[1, 3, 6]].tolist())) == 1 and found[1] >= 0
    assert found[[0, 2, 4, 5, 7, 8]].tolist() == [-1] * 6
