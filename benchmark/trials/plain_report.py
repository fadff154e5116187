"""An entry's own report as JSON can hold it, or a sentence that names what JSON cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain_report(report: object) -> dict[str, Any]:
    """Return ``report_`` with numpy scalars and arrays as plain numbers and lists, NaN and infinity as text.

    Raises:
        TypeError: Naming the place of what JSON cannot hold.
    """
    if not isinstance(report, Mapping):
        raise TypeError(f"report_ is {_a(report)}, needs a dict")
    plain: dict[str, Any] = _plain(report, "report_")
    return plain


def _plain(value: object, place: str) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_key(key, place): _plain(item, f"{place}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{i}]") for i, item in enumerate(value)]
    raise TypeError(f"{place} is {_a(value)}, which JSON cannot hold; give a number, text, list or dict")


def _key(key: object, place: str) -> str:
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, str | int | float | bool):
        return str(key)
    raise TypeError(f"{place} has the key {key!r}, {_a(key)}, which JSON cannot hold; give text")


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
