"""Eras in the order of time: text that does not sort by time is refused, never sorted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_REMEDY = "write years (2019), months (2019-03) or days (2019-03-28), all alike, or running numbers of equal length"
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_SHOWN = 5


def in_order(eras: Collection[str]) -> list[str]:
    """Return the eras from the earliest to the latest.

    Text is sorted, so it has to be of one form: a year, or a year with whatever becomes smaller after it (month, day,
    hour), or one running number, with the same words around it.

    Raises:
        ValueError: Naming the first eras that are of no such form, and what to write.
    """
    ordered = sorted(eras)
    forms = {tuple(re.split(r"[0-9]+", era)) for era in ordered}
    numbers = [tuple(re.findall(r"[0-9]+", era)) for era in ordered]
    if len({tuple(map(len, parts)) for parts in numbers}) > 1 or len({len(era) for era in ordered}) > 1:
        raise ValueError(f"eras {_first(ordered)} are of unequal length; {_REMEDY}")
    if len(forms) > 1 or not numbers[0]:
        raise ValueError(f"eras {_first(ordered)} are no numbers in one form, so text does not sort them; {_REMEDY}")
    wrong = [era for era, parts in zip(ordered, numbers, strict=True) if not _begins_with_what_is_largest(parts)]
    if wrong or _are_years_of_two_digits(numbers):
        raise ValueError(f"text does not sort the eras {_first(wrong or ordered)} by time; {_REMEDY}")
    return ordered


def _first(eras: Sequence[str]) -> str:
    return ", ".join(map(repr, eras[:_SHOWN]))


def _begins_with_what_is_largest(parts: tuple[str, ...]) -> bool:
    """Return whether the numbers are a year and its parts, or one running number."""
    first, *rest = parts
    if not rest:
        return len(first) < 4 or (len(first) % 2 == 0 and len(first) <= 14 and _is_date(first))
    return len(first) == 4 and _is_year(first) and (_is_year(rest[0]) or _is_month(rest[0]) or _is_next(first, rest))


def _is_date(text: str) -> bool:
    """Return whether digits without marks begin with a year, and go on with a month where they go on."""
    return _is_year(text[:4]) and (len(text) == 4 or _is_month(text[4:6]))


def _is_next(first: str, rest: Sequence[str]) -> bool:
    """Return whether a number after a year is a week, a quarter, a day of the year or the next year, and the last."""
    return len(rest) == 1 and (int(rest[0]) <= 53 or len(rest[0]) == 3 or int(rest[0]) == (int(first) + 1) % 100)


def _is_year(text: str) -> bool:
    return len(text) == 4 and _FIRST_YEAR <= int(text) <= _LAST_YEAR


def _is_month(text: str) -> bool:
    return 1 <= int(text) <= 12


def _are_years_of_two_digits(numbers: Sequence[tuple[str, ...]]) -> bool:
    """Return whether the century turns within running numbers such as 98, 99, 00, 01."""
    firsts = [int(parts[0]) for parts in numbers]
    return len(numbers[0]) == 1 and len(numbers[0][0]) == 2 and min(firsts) < 40 and max(firsts) >= 70
