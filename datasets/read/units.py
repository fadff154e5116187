"""Units of clinical values: declared ones are converted to those that entries expect."""

from __future__ import annotations

import re
from functools import cache
from tokenize import TokenError
from typing import Any, NamedTuple

from datasets.nearest import nearest


class Known(NamedTuple):
    """The unit that entries expect of a variable, and which values a living person can have."""

    unit: str
    low: float
    high: float


KNOWN = {
    "age": Known("years", 0, 120),
    "wbc": Known("10^9/L", 0.05, 1000),
    "hb": Known("g/L", 20, 250),
    "platelets": Known("10^9/L", 1, 3000),
    "fibrinogen": Known("g/L", 0.1, 15),
    "d_dimer": Known("mg/L", 0.01, 500),
    "pt": Known("s", 5, 150),
    "prothrombin_ratio": Known("%", 5, 150),
    "ldh": Known("U/L", 20, 20000),
    "mcv": Known("fL", 50, 150),
    "mchc": Known("g/L", 200, 450),
    "neutrophils": Known("10^9/L", 0, 500),
    "monocytes": Known("10^9/L", 0, 500),
    "lymphocytes_pct": Known("%", 0, 100),
    "eosinophils_pct": Known("%", 0, 100),
    "promyelocytes": Known("%", 0, 100),
    "calcium": Known("mmol/L", 0.5, 6),
    "creatinine": Known("umol/L", 5, 3000),
    "globulin": Known("g/L", 5, 150),
}


class UnitError(ValueError):
    """Say that a unit is unknown, or that one cannot be turned into another."""


def factor(unit: str, target: str) -> float:
    """Return what a value in ``unit`` is multiplied by to be in ``target``.

    Raises:
        UnitError: If a unit is unknown, or they measure different things (mass and amount of substance, say).
    """
    if unit == target:
        return 1.0
    scale = _scale(unit, target)
    if isinstance(scale, float):
        return scale
    near = nearest(unit, [form for form in _WRITTEN if isinstance(_scale(form, target), float)])
    question = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
    some = ", ".join([form for form in _WRITTEN if isinstance(_scale(form, target), float)][:_SHOWN])
    raise UnitError(f"{unit!r} cannot be turned into {target!r}, {scale}{question} forms that are read: {some}")


def _scale(unit: str, target: str) -> float | str:
    """Return the factor, or why there is none."""
    import pint

    if not _FORM.fullmatch(unit):
        return "it is no unit"
    registry = _registry()
    try:
        scale = registry.Quantity(1.0, registry.parse_units(_spelled(unit))).to(_spelled(target)).magnitude
    except pint.DimensionalityError:
        return "which measures something else"
    except (pint.PintError, *_PARSERS):
        return "it is no known unit"
    return float(f"{scale:.12g}")  # 1e3 of 1e-3 is 1, not 1.0000000000000002


def known_unit(name: str, unit: str) -> str:
    """Return the unit that entries expect of a variable, or ``unit`` where none is agreed."""
    return KNOWN[name].unit if name in KNOWN else unit


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry()
    for line in (
        "ten12 = 1e12 * count",
        "ten9 = 1e9 * count",
        "ten6 = 1e6 * count",
        "ten3 = 1e3 * count",
        "cells = count",
        "activity = [enzyme_activity]",
        "kiloactivity = 1e3 * activity",
    ):
        registry.define(line)
    return registry


_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹µμ", "0123456789uu")
_CLINIC = (  # how clinics write a unit -> words that pint reads; the first that fits is taken
    (r"[x×]?(?:10(?:\^|\*\*?|[eE])|1[eE])(12|9|6|3)/", r"ten\1/"),
    (r"(?:G|Gpt)/", "ten9/"), (r"(?:T|Tpt)/", "ten12/"), (r"[Kk]/", "ten3/"), (r"1?/", "count/"),
    (r"kI?U/", "kiloactivity/"), (r"I?U/", "activity/"), (r"(m?g)m?%$", r"\1/dL"), (r"gm/", "g/"),
)  # fmt: skip
_SHOWN = 5  # forms that are listed; the manual has the rest


_WRITTEN = (
    "g/L", "g/dL", "mg/dL", "mg/L", "ug/L", "ug/mL", "ng/mL", "g%", "10^9/L", "G/L", "Gpt/L", "10^3/uL", "K/uL", "/nL",
    "/uL", "10^3/mm3", "mmol/L", "umol/L", "U/L", "IU/L", "kU/L", "%", "fraction", "s", "fL", "years", "months", "days",
)  # fmt: skip
# Words, small numbers, and powers of one or two digits, one after another: pint computes what it reads, 9**9**9 too.
_FORM = re.compile(
    r"\s*(?:(?:[x×]\s*)?[0-9]{1,4}(?:(?:\^|\*\*?|[eE])[0-9]{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)?\s*"
    r"(?:[A-Za-zµμ%]+(?:\^?-?[0-9]|\*\*-?[0-9]|[²³])?)?(?:\s*[/*·.]?\s*(?:[A-Za-zµμ%]+|1)(?:\^?-?[0-9]|\*\*-?[0-9]|[²³])?)*\s*"
)
_PARSERS = (
    AttributeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    SyntaxError,
    AssertionError,
    ArithmeticError,
    RecursionError,
    TokenError,
)  # fmt: skip  what pint lets through of its parser


def _spelled(unit: str) -> str:
    text = re.sub(r"(?<=10)(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])", "^", "".join(unit.split())).translate(_POWERS)
    text = text if text != "fraction" else ""
    for clinic, plain in _CLINIC:
        text, found = re.subn(f"^{clinic}", plain, text)
        if found:
            break
    return re.sub(r"(?<=mm)\^?3", "**3", text).replace("%", "percent")
