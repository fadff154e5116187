"""Values that no living person has, and the unit in which they would be possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.read import KNOWN, factor

# Other units in which clinics give a variable of KNOWN.
_ALSO = {
    "age": ("months", "days"), "wbc": ("/uL",), "platelets": ("/uL",), "neutrophils": ("/uL",), "monocytes": ("/uL",),
    "hb": ("g/dL",), "mchc": ("g/dL",), "globulin": ("g/dL",), "fibrinogen": ("mg/dL",), "d_dimer": ("ug/L",),
    "prothrombin_ratio": ("fraction",), "lymphocytes_pct": ("fraction",), "eosinophils_pct": ("fraction",),
    "promyelocytes": ("fraction",),
}  # fmt: skip
# Mass of a substance: recognised, but never converted.
_AS_MASS = {"calcium": {"mg/dL": 0.2495}, "creatinine": {"mg/dL": 88.42}}
_PLACES = {10.0: "10", 0.1: "1/10"}  # a decimal mark that is one place off


def possible(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Return which values a living person can have; of a name that is not in ``KNOWN`` all.

    Args:
        name: Of the variable.
        values: In the unit of ``KNOWN``.
    """
    given = np.asarray(values, dtype=np.float64)
    if name not in KNOWN:
        return np.ones(given.shape, dtype=np.bool_)
    return (KNOWN[name].low <= given) & (given <= KNOWN[name].high)


def units_of(name: str) -> dict[str, float]:
    """Return the units in which a variable of ``KNOWN`` is given, and what each is multiplied by to be in its unit."""
    unit = KNOWN[name].unit
    return {other: factor(other, unit) for other in (unit, *_ALSO.get(name, ()))} | _AS_MASS.get(name, {})


def is_converted(name: str, unit: str) -> bool:
    """Return whether values of a variable may be given in ``unit``, one of ``units_of``."""
    return unit not in _AS_MASS.get(name, {})


def other_units(name: str, value: float, scale: float) -> list[str]:
    """Return the units in which an impossible value would be possible.

    Args:
        name: Of the variable, in ``KNOWN``.
        value: As it stands in the file.
        scale: What it was multiplied by to be in the unit of ``KNOWN``.
    """
    return [u for u, other in units_of(name).items() if other != scale and possible(name, value * other)]


def bounds(name: str, unit: str, scale: float) -> str:
    """Return the range of possible values in ``unit``, such as "2 to 25 g/dL"."""
    return f"{KNOWN[name].low / scale:g} to {KNOWN[name].high / scale:g} {unit}"


def impossible(name: str, value: float, unit: str, scale: float) -> str | None:
    """Return why a value is impossible, with what would explain it, or None when it is possible.

    The sentence does not quote the value: equal slips of several rows are then one problem.

    Args:
        name: Of the variable; one that is not in ``KNOWN`` is never judged.
        value: As it stands in the file.
        unit: That was declared for it.
        scale: What turns it into the unit of ``KNOWN``.
    """
    if possible(name, value * scale):
        return None
    text = f"is impossible, outside {bounds(name, unit, scale)}"
    units = other_units(name, value, scale)
    if units:
        return f"{text}; in {' or '.join(units)} it would not be"
    told = [said for place, said in _PLACES.items() if possible(name, value * scale * place)]
    return f"{text}; times {' or '.join(told)} it would not be" if told else text
