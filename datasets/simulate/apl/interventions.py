"""Change one cause and keep every seed: the same cohort with one trait, or the site, set to a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.shared import NUCLEUS_SHAPES, SITES

_NAMED = {"nucleus_shape": NUCLEUS_SHAPES, "site": SITES}
_COUNTS = {"auer": 2, "nucleoli": 4, "bleb": 1}  # the most that is drawn
_RANGES = {
    "granularity": (0.01, 0.99),
    "basophilia": (0.01, 0.99),
    "nc_ratio": (0.05, 0.95),
    "diameter_um": (6.0, 30.0),
}


@dataclass(frozen=True)
class Intervention:
    """Set ``cause`` (a trait or "site") to ``value`` in every leukaemic cell, or at every patient."""

    cause: str
    value: float

    def on_traits(self, traits: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """Return the traits with the cause set; as they are when the cause is the site."""
        changed = dict(traits)
        if self.cause != "site":
            changed[self.cause] = np.full_like(traits[self.cause], self.value)
        return changed

    def on_site(self, site: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where each slide is photographed, (n,)."""
        return np.full_like(site, self.value) if self.cause == "site" else site


def parse_intervention(text: str) -> Intervention | None:
    """Return what "auer=0", "nucleus_shape=round", "granularity=0.2" or "site=B" asks for; None for "".

    Raises:
        ValueError: If the cause or its value is unknown or out of range.
    """
    if not text:
        return None
    cause, _, value = (part.strip() for part in text.partition("="))
    if cause in _NAMED:
        if value not in _NAMED[cause]:
            raise ValueError(f"do={text!r}: {cause} cannot be {value!r}; choose one of {', '.join(_NAMED[cause])}")
        return Intervention(cause, _NAMED[cause].index(value))
    if cause in _COUNTS:
        choices = [str(k) for k in range(_COUNTS[cause] + 1)]
        if value not in choices:
            raise ValueError(f"do={text!r}: {cause} cannot be {value!r}; choose one of {', '.join(choices)}")
        return Intervention(cause, int(value))
    if cause in _RANGES:
        return Intervention(cause, _within(text, cause, value))
    known = ", ".join((*_NAMED, *_COUNTS, *_RANGES))
    raise ValueError(f"do={text!r}: unknown cause {cause!r}; write cause=value with one of {known}")


def _within(text: str, cause: str, value: str) -> float:
    low, high = _RANGES[cause]
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"do={text!r}: {value!r} is not a number; choose {low} to {high}") from None
    if not low <= number <= high:
        raise ValueError(f"do={text!r}: {cause}={number} is out of range; choose {low} to {high}")
    return number
