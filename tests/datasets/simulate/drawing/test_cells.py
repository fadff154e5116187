"""Which cells a bag holds and how each looks, from the numbers drawn for it and the looks that the design gives."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from datasets.simulate.drawing.cells import Cells, leukaemic_cells, sample_cells
from tests.datasets.simulate.drawing import bags

N, CELLS, SEED = 4, 60, 9
NORMAL = {  # share, diameter and spread, N:C, outline, nucleus, cytoplasm, granules, eccentricity, Golgi zone
    "myelocyte": (0.20, 14.5, 1.4, 0.46, 5, (0.64, 0.12, 0.22), (0.09, 0, 0.05, 0.05, 0), (0.16, 0.40), 0.85, 0),
    "neutrophil": (0.25, 13.0, 0.9, 0.34, 6, (0.80, 0.18, 0.26), (0.02, 0.02, 0.055, 0.02, 0), (0.22, 0.13), 0.2, 0),
    "erythroblast": (0.30, 10.0, 1.4, 0.42, 0, (0.84, 0.26, 0.34), (0.14, 0.03, 0.03, 0, 0.10), (0, 0), 0.3, 0),
    "lymphocyte": (0.15, 9.4, 1.0, 0.80, 0, (0.74, 0.20, 0.24), (0.24, 0.02, 0, 0, 0), (0, 0), 0.4, 0),
    "monocyte": (0.05, 16.5, 1.5, 0.50, 3, (0.58, 0.12, 0.20), (0.16, 0.07, 0, 0.02, 0), (0.03, 0.20), 0.4, 0),
    "plasma cell": (0.03, 14.5, 1.4, 0.33, 0, (0.76, 0.20, 0.36), (0.52, 0.06, 0, 0, 0), (0, 0), 1.0, 0.7),
    "promyelocyte": (0.02, 17.0, 1.6, 0.56, 5, (0.56, 0.11, 0.14), (0.24, 0, 0, 0.06, 0), (0.22, 0.48), 0.7, 0.7),
}


def _traits():
    rng = np.random.default_rng(0)
    shape = (N, CELLS)
    return {
        "granularity": rng.random(shape), "basophilia": rng.random(shape), "nc_ratio": rng.random(shape),
        "diameter_um": rng.uniform(10, 20, shape), "nucleus_shape": rng.integers(0, 5, shape),
        "auer": rng.integers(0, 3, shape), "nucleoli": rng.integers(0, 4, shape), "bleb": rng.random(shape) < 0.3,
    }  # fmt: skip


def _sick(t):
    """Return how a leukaemic promyelocyte looks whose granularity, basophilia and other traits are these."""
    g, b = t["granularity"], t["basophilia"]
    return {
        "cell_type": "promyelocyte", "shape": t["nucleus_shape"], "granularity": g, "basophilia": b,
        **{name: t[name] for name in ("auer", "nucleoli", "bleb", "diameter_um", "nc_ratio")},
        "nucleus": (0.55, 0.10, 0.13), "cytoplasm": (0.05 + 0.37 * b, 0.02, 0, 0.02 + 0.07 * g, 0),
        "granules": (0.01 + 0.42 * g**1.5, 0.42, 0.45 * g**2), "eccentricity": 0.55, "hof": 0,
    }  # fmt: skip


def _normal(u):
    """Return a normal cell from three numbers: its kind, its size, its nucleus."""
    kind, edge = "", 0.0
    for name, look in NORMAL.items():
        edge += look[0]
        if not kind and u[0] <= edge + 1e-12:
            kind = name
    _, mean, sd, ratio, shape, nucleus, cytoplasm, granules, eccentricity, hof = NORMAL[kind]
    z = stats.norm.ppf(u[1:])
    odds = ratio / (1 - ratio) * np.exp(0.18 * z[1])
    return {
        "cell_type": kind, "shape": shape, "granularity": np.nan, "basophilia": np.nan, "auer": 0,
        "nucleoli": int(kind == "promyelocyte"), "bleb": False, "diameter_um": mean + sd * min(max(z[0], -2.5), 2.5),
        "nc_ratio": odds / (1 + odds), "nucleus": nucleus, "cytoplasm": cytoplasm, "granules": (*granules, 0.3),
        "eccentricity": eccentricity, "hof": hof,
    }  # fmt: skip


def test_a_bag_mixes_leukaemic_cells_with_normal_ones_of_each_kind():
    traits, marrow = _traits(), np.array([0.0, 0.3, 0.7, 1.0])
    got = sample_cells(leukaemic_cells(traits), marrow, SEED)
    seen = set()
    for i in range(N):
        drawn = np.random.default_rng([SEED, 10, i]).random((CELLS, 4))
        for j, u in enumerate(drawn):
            sick = u[0] < marrow[i]
            wanted = _sick({name: values[i, j] for name, values in traits.items()}) if sick else _normal(u[1:])
            assert got.leukaemic[i, j] == sick
            for name, value in wanted.items():
                mine = getattr(got, name)[i, j]
                if name == "cell_type":
                    assert mine == value
                else:
                    np.testing.assert_allclose(mine, value, rtol=1e-9, err_msg=f"{wanted['cell_type']} {name}")
            seen.add((bool(sick), wanted["cell_type"]))
    assert len(seen) >= 7


def test_sizes_of_normal_cells_end_at_two_and_a_half_deviations(monkeypatch):
    extreme = np.tile([0.9, 0.99, 1e-9, 0.5], (1, 2, 1))
    extreme[0, 1, 2] = 1 - 1e-9
    monkeypatch.setattr("datasets.simulate.drawing.cells.patient_uniforms", lambda *_: extreme)
    sick = {name: values[:1, :2] for name, values in leukaemic_cells(_traits()).items()}
    got = sample_cells(sick, np.zeros(1), 0)
    assert got.diameter_um[0].tolist() == pytest.approx([17.0 - 2.5 * 1.6, 17.0 + 2.5 * 1.6])


def test_the_table_of_traits_has_a_row_a_cell_bag_after_bag():
    cells = bags.one_of_each()
    two = Cells(**{name: np.stack([values, values[::-1]]) for name, values in vars(cells).items()})
    table = two.frame()
    assert list(table.columns) == [
        "leukaemic", "nucleus_shape", "diameter_um", "nc_ratio",
        "granularity", "basophilia", "auer", "nucleoli", "bleb",
    ]  # fmt: skip
    for name in table.columns.drop("nucleus_shape"):
        np.testing.assert_array_equal(table[name], np.concatenate([getattr(cells, name), getattr(cells, name)[::-1]]))
    names = [bags.SHAPES[k] for k in (*cells.shape, *cells.shape[::-1])]
    assert table["nucleus_shape"].tolist() == names and isinstance(table["nucleus_shape"].dtype, pd.CategoricalDtype)
    assert tuple(table["nucleus_shape"].cat.categories) == bags.SHAPES
    for name, values in vars(two.bag(1)).items():
        np.testing.assert_array_equal(values, getattr(cells, name)[::-1])
