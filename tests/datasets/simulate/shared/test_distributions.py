"""Families of clinical values against scipy's distributions, class by class and variant by variant."""

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.shared.distributions import (
    Bernoulli,
    ChildOrAdultAge,
    LogNormal,
    Normal,
    Percentage,
    normal_log_density,
)

Y, VARIANT = np.repeat([0, 1, 2], 8), np.tile([0, 0, 0, 0, 1, 1, 1, 1], 3)
P = np.tile([0.03, 0.3, 0.62, 0.97], 6)
MIDDLE = np.array([[3.0, 4.0], [5.0, 7.0], [2.0, 9.0]])
SPREAD = np.array([[0.5, 0.7], [1.0, 0.3], [0.9, 1.5]])
SHARE = np.array([[0.1, 0.4], [0.5, 0.7], [0.8, 0.35]])


def _check(family, frozen, x):
    """Compare with the frozen scipy distribution of each class and variant."""
    got = family.quantile(P, Y, VARIANT)
    wanted = [frozen(c, v).ppf(p) for p, c, v in zip(P, Y, VARIANT, strict=True)]
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    density = family.log_density(x)
    assert density.shape == (len(x), 3, 2)
    for i, c, v in np.ndindex(density.shape):
        assert density[i, c, v] == pytest.approx(frozen(c, v).logpdf(x[i]), rel=1e-9, abs=1e-12)


def test_normal_values():
    _check(Normal(MIDDLE, SPREAD), lambda c, v: stats.norm(MIDDLE[c, v], SPREAD[c, v]), np.array([-1.0, 4, 8]))
    got = normal_log_density(np.array([1.0, 2]), np.array([0.0, 3]), np.array([2.0, 0.5]))
    np.testing.assert_allclose(got, [stats.norm(0, 2).logpdf(1), stats.norm(3, 0.5).logpdf(2)])


def test_log_normal_values():
    family = LogNormal(MIDDLE, SPREAD)
    _check(family, lambda c, v: stats.lognorm(SPREAD[c, v], scale=MIDDLE[c, v]), np.array([0.3, 4, 30]))


def test_percentages_are_of_a_beta_variable_and_never_quite_0_or_100():
    family = Percentage(SHARE, 6 + MIDDLE)

    def frozen(c, v):
        a, k = SHARE[c, v], 6 + MIDDLE[c, v]
        return stats.beta(a * k, (1 - a) * k, scale=100)

    _check(family, frozen, np.array([1.0, 40, 99]))
    ends = Percentage(np.array([[0.01, 0.99]]), np.ones((1, 2)))
    got = ends.quantile(np.array([1e-9, 1 - 1e-9]), np.zeros(2, np.int64), np.array([0, 1]))
    np.testing.assert_allclose(got, [0.01, 99.99])


def test_events_happen_to_the_share_below():
    family = Bernoulli(SHARE)
    got = family.quantile(P, Y, VARIANT)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, [p < SHARE[c, v] for p, c, v in zip(P, Y, VARIANT, strict=True)])
    assert family.quantile(np.array([0.5]), np.array([1]), np.array([0])).tolist() == [0]
    density = family.log_density(np.array([1.0, 0.0]))
    np.testing.assert_allclose(density, [np.log(SHARE), np.log1p(-SHARE)])
    sure = Bernoulli(np.array([[0.0, 1.0]]))
    np.testing.assert_array_equal(sure.log_density(np.array([0.0]))[0], [[0, -np.inf]])


def test_ages_are_those_of_children_and_of_grown_ups_cut_at_18_and_95():
    child, adult = LogNormal(2 * MIDDLE, SPREAD / 4), Normal(10 * MIDDLE, 10 * SPREAD)
    family = ChildOrAdultAge(SHARE, child, adult)

    def cdf(x, c, v):
        small = stats.lognorm(SPREAD[c, v] / 4, scale=2 * MIDDLE[c, v]).cdf(x)
        mean, sd = 10 * MIDDLE[c, v], 10 * SPREAD[c, v]
        large = stats.truncnorm((18 - mean) / sd, (95 - mean) / sd, mean, sd).cdf(x)
        return SHARE[c, v] * small, (1 - SHARE[c, v]) * large

    drawn = family.quantile(P, Y, VARIANT)
    for x, p, c, v in zip(drawn, P, Y, VARIANT, strict=True):
        young, old = cdf(x, c, v)
        if p < SHARE[c, v]:
            assert young == pytest.approx(p)
        else:
            assert SHARE[c, v] + old == pytest.approx(p) and 18 <= x <= 95
    eldest = family.quantile(np.array([0.5]), np.array([1]), np.array([0]))  # all below are children
    assert eldest.tolist() == pytest.approx([18])
    x, step = np.array([5.0, 17.9, 18.5, 60, 94.5, 97]), 1e-4
    density = np.exp(family.log_density(x))
    for i, c, v in np.ndindex(len(x), 3, 2):
        above, below = (sum(cdf(x[i] + s, c, v)) for s in (step, -step))
        assert density[i, c, v] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-7)
    at_the_ends = family.log_density(np.array([18.0, 95.0]))
    inside = family.log_density(np.array([18 + 1e-9, 95 - 1e-9]))
    np.testing.assert_allclose(at_the_ends, inside, rtol=1e-6)
