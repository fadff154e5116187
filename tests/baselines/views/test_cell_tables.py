"""Tables of cells against numpy, one specimen at a time."""

import numpy as np
import pytest

from baselines.views.cell_tables import cell_table, specimen_table
from datasets.cohort import ImageBags

SIZES = [3, 0, 1, 4]
BAGS = ImageBags(np.zeros((8, 2, 2, 3), np.uint8), np.array([0, 3, 3, 4, 8]))
FEATURES = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
NAMES = ("area", "hue")


@pytest.mark.parametrize(
    ("statistics", "words"),
    [("mean", ["mean"]), ("mean-sd", ["mean", "sd"]), ("quantiles", ["mean", "sd", "p10", "p50", "p90"])],
)
def test_statistics_are_numpys(statistics, words):
    table = specimen_table(BAGS, FEATURES, NAMES, statistics)
    assert list(table.columns) == [f"cells:{name}:{word}" for word in words for name in NAMES]
    says = {"mean": np.mean, "sd": np.std} | {
        f"p{q}": lambda x, q=q: np.percentile(x, q) for q in (10, 50, 90)
    }  # fmt: skip
    for i, (start, size) in enumerate(zip([0, 3, 3, 4], SIZES, strict=True)):
        cells = FEATURES[start : start + size].astype(float)
        expected = [says[word](cells[:, j]) if size else np.nan for word in words for j in range(2)]
        np.testing.assert_allclose(table.iloc[i], expected)
    none = specimen_table(BAGS[np.array([], dtype=int)], FEATURES[:0], NAMES, statistics)
    assert none.shape == (0, 2 * len(words))


def test_a_row_a_cell_names_its_bag():
    table = cell_table(BAGS, FEATURES, NAMES)
    assert table.index.tolist() == [0, 0, 0, 2, 3, 3, 3, 3] and list(table.columns) == ["cells:area", "cells:hue"]
    assert np.array_equal(table, FEATURES.astype(float)) and (table.dtypes == np.float64).all()
