"""Columns of learners that need complete numbers, by hand; and libraries that are asked to be quiet."""

import numpy as np
import pandas as pd
import pytest

from baselines.classic import Table
from baselines.learners.boosted_trees import BoostedTrees
from baselines.learners.light_gbm import LightGbm
from baselines.learners.tables import scaled_columns


def drawn():
    """Return two groups of columns with gaps, one of them empty, and one value far away in new specimens."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 5)) * [1, 5, 2, 1, 3] + 7
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:, 3] = np.nan
    train = pd.DataFrame(X, columns=["genes:a", "clinical:a", "genes:b", "genes:c", "clinical:b"])
    new = train.iloc[:4].copy()
    new.iloc[0, 0], new.iloc[1, 1] = 1e3, -1e3
    return train, new


@pytest.mark.parametrize("block_scaling", [False, True])
def test_columns_are_filled_marked_scaled_and_cut_at_four(block_scaling):
    train, new = drawn()
    expected = []
    for group in ("genes", "clinical"):
        own = train.loc[:, train.columns.str.startswith(group)]
        asked, medians = new[own.columns], own.median().fillna(0)
        gaps = [c for c in own if own[c].isna().any() and not own[c].isna().all()]
        tables = [pd.concat([t.fillna(medians), t[gaps].isna().astype(float)], axis=1).to_numpy() for t in (own, asked)]
        sd = tables[0].std(axis=0)
        z = (tables[1] - tables[0].mean(axis=0)) / np.where(sd > 0, sd, 1)
        expected.append(z.clip(-4, 4) / (np.sqrt(z.shape[1]) if block_scaling else 1))
    columns = scaled_columns(train, block_scaling).fit(train)
    np.testing.assert_allclose(columns.transform(new), np.hstack(expected), atol=1e-9)
    assert np.abs(np.hstack(expected)).max() == pytest.approx(4 / np.sqrt(4) if block_scaling else 4)


@pytest.mark.parametrize("learner", [LightGbm(n_estimators=9, patience=2), BoostedTrees(n_estimators=9, patience=2)])
def test_libraries_are_quiet(learner, capfd):
    train, _ = drawn()
    table = Table(train, np.arange(30) % 2, np.arange(30).astype(str), 2)
    learner.fit(table, table, 0).predict_proba(train)
    assert capfd.readouterr() == ("", "")
