"""The range of a number, written as mathematics does: "[1, 100]", "(0, 1]", "[0, inf)"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"-?[0-9.e+-]+|inf"
_WRITTEN = re.compile(
    rf"(?P<open>[\[(])\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER}|[a-z][a-z ]*)\s*(?P<close>[\])])"
)


@dataclass(frozen=True)
class Interval:
    """A range of numbers.

    Attributes:
        low, high: Its ends; infinite where it has none.
        has_low, has_high: Whether the ends belong to it.
        bound: What of a dataset is the upper end, "" where that is ``high``.
    """

    low: float
    high: float
    has_low: bool
    has_high: bool
    bound: str = ""

    @classmethod
    def read(cls, text: str) -> Interval:
        """Return what a text writes.

        Raises:
            ValueError: If it is no interval, or an empty one.
        """
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError(f"{text!r} is no interval; write '[0, 1)', '(0, inf)' or '[1, image side]'")
        bound = "" if re.fullmatch(_NUMBER, written["high"]) else written["high"]
        low, high = float(written["low"]), float("inf" if bound else written["high"])
        if low >= high:
            raise ValueError(f"{text!r} is an empty interval")
        return cls(low, high, written["open"] == "[", written["close"] == "]", bound)

    def misses(self, value: float) -> str:
        """Return what a number that is outside must be, "" of one that is inside; NaN is outside."""
        if not (value >= self.low if self.has_low else value > self.low):
            return self._low
        if not (value <= self.high if self.has_high else value < self.high):
            return self._high
        return ""

    @property
    def said(self) -> str:
        """Return the range in words, such as "from 1 to 100" or "above 0 and at most 1"."""
        if self.has_low and self.has_high and self.high < float("inf"):
            return f"from {self.low:.15g} to {self.high:.15g}"
        return self._low + (f" and {self._high}" if self.high < float("inf") else "")

    @property
    def _low(self) -> str:
        return f"{'at least' if self.has_low else 'above'} {self.low:.15g}"

    @property
    def _high(self) -> str:
        if self.high == float("inf"):
            return "finite"
        return f"{'at most' if self.has_high else 'below'} {self.high:.15g}"
