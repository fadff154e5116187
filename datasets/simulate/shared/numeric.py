"""Numbers that a user asks for, checked: whole ones whole, all of them in range, each value written one way."""

from __future__ import annotations

from numbers import Integral, Real


def whole(where: str, name: str, value: object, low: int, high: int) -> int:
    """Return ``value`` as int.

    Raises:
        ValueError: If it is not a whole number, or not from ``low`` to ``high``.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(
            f"{where}: {name}={value!r} is not a whole number; choose {low} to {high}, without a point or quotes"
        )
    if not low <= float(value) <= high:
        raise ValueError(f"{where}: {name}={value} is out of range; choose {low} to {high}")
    return int(value)


def real(where: str, name: str, value: object, low: float, high: float) -> float:
    """Return ``value`` as float, so that 0 and 0.0 are the same setting.

    Raises:
        ValueError: If it is not a number, or not from ``low`` to ``high``.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{where}: {name}={value!r} is not a number; choose {low} to {high}, without quotes")
    if not low <= float(value) <= high:
        raise ValueError(f"{where}: {name}={value} is out of range; choose {low} to {high}")
    return float(value)
