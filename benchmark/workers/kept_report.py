"""Whether a record can hold an entry's report: JSON and UTF-8 have limits that Python's values do not have."""

from __future__ import annotations

from typing import Any

_DIGITS = 4300  # Python writes no longer numbers
_TOO_LONG = 10**_DIGITS


def check_kept(value: Any, place: str = "report_") -> None:
    """Refuse what a record cannot hold, by its place.

    Raises:
        ValueError: If a key is no UTF-8, or a number is too long to be written.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            check_kept(item, _inside(place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            check_kept(item, f"{place}[{number}]")
    elif isinstance(value, int) and abs(value) >= _TOO_LONG:
        raise ValueError(f"{place} is a whole number of more than {_DIGITS} digits; give it as text, or rounded")


def _inside(place: str, key: str) -> str:
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{place} has the key {key!a}, which is not UTF-8; give another") from error
    shown = repr(key if len(key) <= 80 else f"{key[:80]}...")
    return f"{place}[{shown}]"
