"""Audit of numbers that carry the label inside: a digit, a remainder, decimals."""

import numpy as np
import pandas as pd
import pytest

from datasets.audits.digits import inner_partings
from tests.datasets.audits.test_disguise import N, blocking, with_column
from tests.toy import toy_cohort

RNG = np.random.default_rng(0)
Y = np.arange(N) % 2
ANY = RNG.integers(20, 400, N)
INNER = {
    "parity": 2 * ANY + Y,
    "parity with gaps": np.where(np.arange(N) % 9, 2.0 * ANY + Y, np.nan),
    "parity as text": pd.Series([str(v) for v in 2 * ANY + Y]),
    "nullable": pd.Series(2 * ANY + Y, dtype="Int64"),
    "float32": (ANY + Y / 2).astype(np.float32),
    "last digit": 10 * ANY + np.where(Y, 3, 8),
    "last digit of several": 10 * ANY + np.where(Y, RNG.choice([1, 6, 9], N), RNG.choice([0, 2, 7], N)),
    "tens": 100 * ANY + 10 * Y + RNG.integers(0, 10, N),
    "remainder by 3": 3 * ANY + Y,
    "remainder by 7": 7 * ANY + np.where(Y, RNG.choice([0, 3], N), RNG.choice([1, 2], N)),
    "half": ANY + Y / 2,
    "decimals": ANY + np.where(Y, RNG.choice([0.13, 0.77], N), RNG.choice([0.17, 0.73], N)),
    "last decimal": np.round(RNG.normal(100, 9, N), 2) + 0.001 * Y,
    "whole part": 2 * ANY + Y + np.round(RNG.uniform(0, 0.99, N), 2),
    "both signs": (3 * ANY + Y) * RNG.choice([-1, 1], N),
    "below zero": 3 * (ANY - 200) + Y,
}


@pytest.mark.parametrize("column", INNER.values(), ids=INNER)
def test_a_label_inside_a_number_blocks(column):
    (finding,) = blocking(with_column(column))
    assert "'leak'" in finding.where and "without an error" in finding.problem


def test_the_place_of_the_label_is_named():
    (finding,) = blocking(with_column(INNER["parity"]))
    assert "the remainder by" in finding.problem
    assert any("decimals of the number" in p.how for p in told(INNER["decimals"]))


def told(values, n=N):
    return list(inner_partings(pd.Series(values), toy_cohort(n=n, n_classes=2, images=False), np.arange(n)))


def test_thirty_patients_and_no_error_are_needed():
    for n, blocks in ((29, 0), (30, 1)):
        assert len(blocking(with_column(2 * ANY[:n] + np.arange(n) % 2, n=n))) == blocks
    wrong = np.where(np.arange(N) == 4, 1 - Y, Y)
    assert blocking(with_column(2 * ANY + wrong)) == [] and blocking(with_column(ANY + wrong / 2)) == []


def test_true_columns_do_not_block():
    for values in (ANY, RNG.normal(100, 10, N), np.round(RNG.normal(9, 3, N), 1), np.arange(N) // 2, np.full(N, 7.0)):
        assert blocking(with_column(values)) == []
    assert blocking(with_column(np.where(Y, ANY, 10 * (ANY // 10)))) == []  # one class is rounded
    assert told(np.full(N, np.nan)) == told(np.full(N, 1e300)) == told([f"text {i}" for i in range(N)]) == []


def test_one_of_three_classes_is_found():
    y = np.arange(N) % 3
    (finding,) = blocking(with_column(2 * ANY + (y == 1), n_classes=3))
    assert "class-1" in finding.problem
