"""Each scaler has the best penalised likelihood that a search without gradients finds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit, softmax

from leaderboard.measures.scaling import inverse_temperature, logits, platt, slope, temperature, vector

Floats = NDArray[np.float64]
SEARCH = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}


def drawn(n: int, n_classes: int, power: float = 1.0) -> tuple[NDArray[np.int64], Floats]:
    rng = np.random.default_rng(n)
    proba = rng.dirichlet(np.ones(n_classes), n)
    truth = proba**power / (proba**power).sum(axis=1, keepdims=True)
    return (truth.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=n_classes - 1), proba


def test_a_probability_of_nothing_counts_as_one_in_a_million() -> None:
    np.testing.assert_allclose(logits(np.array([[0.0, 1e-6, 1e-3, 1.0]])), [[*[-6 * np.log(10)] * 2, np.log(1e-3), 0]])


@pytest.mark.parametrize("power", [0.3, 1.0, 2.5])
def test_temperature_and_slope_solve_the_equation_of_the_likelihood(power: float) -> None:
    """At the best sharpness b the mean log-probability that softmax(b z) expects is that of the true classes."""
    y, proba = drawn(300, 3, power)
    z = np.log(proba)
    b = inverse_temperature(y, proba)
    assert (softmax(b * z, axis=1) * z).sum() == pytest.approx(z[np.arange(300), y].sum(), abs=1e-4)
    np.testing.assert_allclose(temperature(y, proba)(proba), softmax(b * z, axis=1), rtol=1e-9)
    weights = np.stack([np.ones(300), np.arange(300) % 3, np.zeros(300)]).astype(float)
    found = slope(y, proba, weights)
    repeated = np.repeat(np.arange(300), np.arange(300) % 3)
    wanted = [b, inverse_temperature(y[repeated], proba[repeated]), np.nan]
    assert found == pytest.approx(wanted, rel=1e-3, nan_ok=True)


@pytest.mark.parametrize(("y", "wanted"), [([0, 1], 20.0), ([1, 0], 1 / 20)])
def test_calls_that_are_all_right_or_all_wrong_have_a_temperature_at_the_bound(y: list[int], wanted: float) -> None:
    proba = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert inverse_temperature(np.array(y), proba) == pytest.approx(wanted)
    assert np.isnan(slope(np.array(y), proba, np.ones((1, 2)))).all()


@pytest.mark.parametrize("sharp", [0.055, 18.0])
def test_a_slope_near_the_bounds_is_still_read(sharp: float) -> None:
    odds = logit(0.75) / sharp  # three of four are right
    proba = np.repeat([[expit(odds), expit(-odds)]], 4, axis=0)
    proba = np.clip(proba, 1e-6, 1 - 1e-6)
    y = np.array([0, 0, 0, 1])
    wanted = logit(0.75) / logit(proba[0, 0])
    assert inverse_temperature(y, proba) == pytest.approx(wanted, rel=1e-6)
    assert slope(y, proba, np.ones((1, 4)))[0] == pytest.approx(wanted, rel=5e-3)


def test_vector_scaling_has_the_best_penalised_likelihood() -> None:
    y, proba = drawn(40, 2, 0.5)

    def loss(given: Floats) -> float:
        told = log_softmax((1 + given[:2]) * np.log(proba) + given[2:], axis=1)
        return float(-told[np.arange(40), y].sum() + (given**2).sum() / 2)

    best = minimize(loss, np.zeros(4), method="Nelder-Mead", options=SEARCH).x
    wanted = softmax((1 + best[:2]) * np.log(proba) + best[2:], axis=1)
    np.testing.assert_allclose(vector(y, proba)(proba), wanted, atol=1e-5)


@pytest.mark.parametrize("every", [1, 0])
def test_platt_scaling_has_the_best_likelihood_of_smoothed_targets(every: int) -> None:
    y, proba = drawn(30, 2, 0.5)
    y = y if every else np.ones(30, dtype=np.int64)
    positive = (y == 1).sum()
    target = np.where(y == 1, (positive + 1) / (positive + 2), 1 / (30 - positive + 2))
    odds = logit(proba[:, 1])

    def loss(given: Floats) -> float:
        p = np.clip(expit(given[0] * odds + given[1]), 1e-15, 1 - 1e-15)
        return float(-(target * np.log(p) + (1 - target) * np.log1p(-p)).sum())

    a, b = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options=SEARCH).x
    found = platt(y, proba)(proba)
    np.testing.assert_allclose(found[:, 1], expit(a * odds + b), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1)
