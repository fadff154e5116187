"""Raters, years, scale bars and wrong labels, patient by patient from the numbers drawn for each."""

import numpy as np
import pytest

from datasets.simulate.apl.eras import sampled_era
from datasets.simulate.apl.label_noise import noisy_labels
from datasets.simulate.apl.raters import rated
from datasets.simulate.apl.shortcut import scale_bars

SEED, N = 5, 300
Y = np.arange(-1, N - 1) % 6 - 1
CONFUSED = {
    "promyelocyte": ("myelocyte", "monocyte", "plasma cell"),
    "myelocyte": ("promyelocyte", "neutrophil", "monocyte"),
    "neutrophil": ("myelocyte",),
    "erythroblast": ("lymphocyte", "plasma cell"),
    "lymphocyte": ("erythroblast", "plasma cell"),
    "monocyte": ("promyelocyte", "myelocyte"),
    "plasma cell": ("erythroblast", "promyelocyte"),
    "blast": ("promyelocyte", "monocyte", "lymphocyte"),
}


def test_each_rater_slips_where_their_number_is_low_and_soft_labels_are_shares():
    kinds = np.array(list(CONFUSED))[np.arange(40 * 20).reshape(40, 20) % 8]
    table = rated(kinds, SEED)
    assert list(table.columns) == [*(f"rater_{k}" for k in (1, 2, 3)), *(f"soft_{kind}" for kind in CONFUSED)]
    slips = set()
    for i, j in np.ndindex(kinds.shape):
        u, row = np.random.default_rng([SEED, 41, i]).random((20, 3, 2))[j], table.iloc[20 * i + j]
        said = []
        for k in range(3):
            others = CONFUSED[kinds[i, j]]
            said.append(others[int(u[k, 1] * len(others))] if u[k, 0] < 0.066 else kinds[i, j])
            slips.add((kinds[i, j], said[-1]))
        assert [row["rater_1"], row["rater_2"], row["rater_3"]] == said
        for kind in CONFUSED:
            assert row[f"soft_{kind}"] == pytest.approx(said.count(kind) / 3)
    assert len(slips) == 8 + sum(map(len, CONFUSED.values()))


def test_a_year_is_drawn_by_how_fast_a_class_grows():
    got, years = sampled_era(Y, SEED), range(2016, 2024)
    growth = {0: 0.0, 1: 0.45, 2: 0.15, 3: 0.15, 4: 0.20, -1: 0.0}
    for i, c in enumerate(Y.tolist()):
        u, total = np.random.default_rng([SEED, 43, i]).random(), sum(np.exp(growth[c] * k) for k in range(8))
        below = np.cumsum([np.exp(growth[c] * k) / total for k in range(8)])
        assert got[i] == str(years[int(np.searchsorted(below, u))])
    assert set(got) == set(map(str, years))


@pytest.mark.parametrize("correlation", [0.0, 0.4, 1.0])
def test_a_bar_is_shown_where_the_number_is_below_its_chance(correlation):
    drawn = np.array([np.random.default_rng([SEED, 44, i]).random() for i in range(N)])
    chance = np.where(Y == 0, 0.5 + correlation / 2, 0.5 - correlation / 2) if correlation else np.zeros(N)
    got = scale_bars(Y, correlation, SEED)
    assert got.dtype == bool
    np.testing.assert_array_equal(got, drawn < chance)


@pytest.mark.parametrize("amount", [1.0, 5.0])
def test_a_label_is_wrong_where_its_numbers_are_low(amount):
    got = noisy_labels(Y, amount, SEED)
    for i, c in enumerate(Y.tolist()):
        u = np.random.default_rng([SEED, 40, i]).random(3)
        wanted = c
        if c >= 0 and u[0] < 0.02 * amount:
            wanted = (c + 1 + int(4 * u[1])) % 5
        if c in (1, 2, 3) and u[2] < 0.06 * amount:
            wanted = 0
        assert got[i] == wanted
    assert (got[Y < 0] == -1).all() and (got != Y).sum() > 3
