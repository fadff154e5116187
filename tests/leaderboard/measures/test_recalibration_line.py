"""Calibration lines: what makes a best line is true of each, and where none is best there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from leaderboard.measures.recalibration_line import _logistic, intercept, slope

Floats = NDArray[np.float64]


def offset(x: Floats, true: Floats, w: Floats, b: float) -> float:
    """Return the a for which expit(a + b x) has the right mean."""
    return float(brentq(lambda a: w @ (expit(a + b * x) - true), -500, 500, xtol=1e-13))


def is_parted(x: Floats, true: Floats, w: Floats) -> bool:
    one, rest = x[(true > 0) & (w > 0)], x[(true == 0) & (w > 0)]
    return not len(one) or not len(rest) or one.min() >= rest.max() or rest.min() >= one.max()


@given(st.integers(0, 10**6), st.sampled_from([8, 25, 200]), st.sampled_from([0.2, 0.6, 1.0]))
def test_the_line_balances_rows_and_log_odds(seed: int, n: int, drawn: float) -> None:
    """With 200 rows of which few are drawn, those that are drawn are not the first of a class."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-4, 5, n) / 2
    true = (rng.random(n) < expit(rng.normal() + rng.normal() * x)).astype(float)
    proba = np.stack([expit(-x), expit(x)], axis=1)
    weights = rng.integers(1, 3, (6, n)) * (rng.random((6, n)) < drawn).astype(float)
    slopes, shifts = slope(true.astype(np.int64), proba, weights), intercept(true.astype(np.int64), proba, weights)
    assert slopes[:, 0] == pytest.approx(slopes[:, 1], abs=1e-6, nan_ok=True)  # two classes have one line
    for b, w in enumerate(weights):
        mixed = 0 < w @ true < w.sum()
        assert shifts[b, 1] == pytest.approx(offset(x, true, w, 1.0) if mixed else np.nan, abs=1e-8, nan_ok=True)
        assert shifts[b, 0] == pytest.approx(-shifts[b, 1], abs=1e-8, nan_ok=True)
        assert np.isnan(slopes[b, 1]) == is_parted(x, true, w)
        if not np.isnan(slopes[b, 1]):
            a = offset(x, true, w, slopes[b, 1])
            assert w @ ((expit(a + slopes[b, 1] * x) - true) * x) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("at", [0, 70, 129])
@pytest.mark.parametrize("kind", [0, 1])
def test_one_drawn_row_among_many_decides_whether_a_class_is_parted(at: int, kind: int) -> None:
    x = np.r_[np.linspace(-3, -1, 130), np.linspace(1, 3, 130)]
    true = np.repeat([0, 1], 130)
    if kind:
        x, true = -x, 1 - true
    weights = np.zeros((2, 260))
    weights[:, [at, 130 + at]] = 1
    mixed = true.copy()
    mixed[[at, 130 + at]] = true[[at, 130 + at]][::-1]  # still parted, the other way round
    proba = np.stack([expit(-x), expit(x)], axis=1)
    assert np.isnan(slope(true, proba, weights)).all() and np.isnan(slope(mixed, proba, weights)).all()
    weights[1, [5, 6, 250]] = 1
    true[[5, 250]] = 1 - true[[5, 250]]
    found = slope(true, proba, weights)
    assert np.isnan(found[0]).all() and not np.isnan(found[1]).any()


@pytest.mark.parametrize(("wanted", "is_shown"), [(-49.5, True), (49.5, True), (50.5, False), (-50.5, False)])
def test_a_slope_of_fifty_is_the_steepest_that_is_shown(wanted: float, is_shown: bool) -> None:
    at = logit(0.75) / wanted
    x, true = np.repeat([at, -at], 4), np.array([1, 1, 1, 0, 0, 0, 0, 1])
    found = slope(true, np.stack([expit(-x), expit(x)], axis=1), np.ones((1, 8)))
    assert found[0] == pytest.approx([wanted] * 2 if is_shown else [np.nan] * 2, rel=1e-6, nan_ok=True)


def test_a_certain_probability_counts_as_one_in_a_million_of_doubt() -> None:
    y, weights = np.array([0, 0, 1, 1, 1, 0]), np.ones((1, 6))
    chance = np.array([0.0, 0.2, 1.0, 0.7, 0.0, 1.0])
    clipped = np.clip(chance, 1e-6, 1 - 1e-6)
    for function in (slope, intercept):
        ours, wanted = (function(y, np.stack([1 - p, p], axis=1), weights) for p in (chance, clipped))
        np.testing.assert_allclose(ours, wanted, rtol=1e-9)
    x = logit(clipped)
    assert intercept(y, np.stack([1 - chance, chance], axis=1), weights)[0, 1] == pytest.approx(
        offset(x, y.astype(float), weights[0], 1.0), abs=1e-6
    )


@pytest.mark.filterwarnings("error")
def test_the_logistic_function_is_made_in_place_and_never_overflows() -> None:
    line = np.array([-800.0, -2.0, 0.0, 2.0, 800.0])
    wanted = expit(line)
    found = _logistic(line)
    assert found is line
    np.testing.assert_allclose(found, wanted, atol=1e-15)
