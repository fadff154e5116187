"""Univariate families given class and variant: inverse distribution function and log density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, ndtr, ndtri, xlog1py, xlogy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


class Family(Protocol):
    """A distribution for each (class, variant); parameters are float64 (n_classes, 2)."""

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        """Return the value at probability ``p`` of each patient's distribution, (n,)."""
        ...

    def log_density(self, x: Floats) -> Floats:
        """Return log p(x | class, variant), (n, n_classes, 2)."""
        ...


def normal_log_density(x: Floats, mean: Floats, sd: Floats) -> Floats:
    """Return the Gaussian log density, broadcast over the arguments."""
    return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - _LOG_ROOT_2PI


@dataclass(frozen=True)
class Normal:
    """Gaussian."""

    mean: Floats
    sd: Floats

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        return self.mean[y, variant] + self.sd[y, variant] * ndtri(p)

    def log_density(self, x: Floats) -> Floats:
        return normal_log_density(x[:, None, None], self.mean, self.sd)


@dataclass(frozen=True)
class LogNormal:
    """Log-normal by its median and the standard deviation of the logarithm."""

    median: Floats
    sigma: Floats

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        return self.median[y, variant] * np.exp(self.sigma[y, variant] * ndtri(p))

    def log_density(self, x: Floats) -> Floats:
        log_x = np.log(x)[:, None, None]
        return normal_log_density(log_x, np.log(self.median), self.sigma) - log_x


@dataclass(frozen=True)
class Bernoulli:
    """0 or 1."""

    probability: Floats

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        return (p < self.probability[y, variant]).astype(np.float64)

    def log_density(self, x: Floats) -> Floats:
        event = x[:, None, None]
        return xlogy(event, self.probability) + xlog1py(1 - event, -self.probability)


@dataclass(frozen=True)
class Percentage:
    """100 times a Beta variable with the given mean and concentration."""

    mean: Floats
    concentration: Floats

    @property
    def alpha(self) -> Floats:
        return self.mean * self.concentration

    @property
    def beta(self) -> Floats:
        return (1 - self.mean) * self.concentration

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        fraction = betaincinv(self.alpha[y, variant], self.beta[y, variant], p)
        return 100 * np.clip(fraction, 1e-4, 1 - 1e-4)

    def log_density(self, x: Floats) -> Floats:
        part = x[:, None, None] / 100
        a, b = self.alpha, self.beta
        return xlogy(a - 1, part) + xlog1py(b - 1, -part) - betaln(a, b) - np.log(100)


@dataclass(frozen=True)
class ChildOrAdultAge:
    """Age in years: a log-normal of children mixed with a Gaussian of adults cut at 18 and 95."""

    child: Floats
    child_age: LogNormal
    adult_age: Normal
    low: float = 18.0
    high: float = 95.0

    def _adult_range(self) -> tuple[Floats, Floats]:
        mean, sd = self.adult_age.mean, self.adult_age.sd
        return ndtr((self.low - mean) / sd), ndtr((self.high - mean) / sd)

    def quantile(self, p: Floats, y: Ints, variant: Ints) -> Floats:
        share = self.child[y, variant]
        is_child = p < share
        child = self.child_age.quantile(np.where(is_child, p / share, 0.5), y, variant)
        first, last = (edge[y, variant] for edge in self._adult_range())
        within = np.where(is_child, 0.5, (p - share) / (1 - share))
        return np.where(is_child, child, self.adult_age.quantile(first + within * (last - first), y, variant))

    def log_density(self, x: Floats) -> Floats:
        first, last = self._adult_range()
        adult = self.adult_age.log_density(x) - np.log(last - first) + np.log1p(-self.child)
        in_range = (x >= self.low) & (x <= self.high)
        adult = np.where(in_range[:, None, None], adult, -np.inf)
        return np.logaddexp(adult, self.child_age.log_density(x) + np.log(self.child))
