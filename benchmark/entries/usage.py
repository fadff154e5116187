"""Errors that the user can put right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 20  # names, where none is near
_LEAST = 0.6  # of a name that is near: the share of characters that two names have in common
_APART = 0.2  # from the nearest, beyond which a name is not offered beside it
_BEGINNING = 3  # characters


class UsageError(ValueError):
    """Report something that the user can put right; shown without a traceback."""


class UnknownName(UsageError):
    """Answer an unknown name with the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}; {hint(name, known)}")


def hint(name: str, known: Iterable[str]) -> str:
    """Return "did you mean ..." with the nearest known names, or what is known where none is near."""
    known = sorted(known)
    near = _near(name, known)
    if near:
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"known: {', '.join(known[:_SHOWN]) or 'none'}{more}"


def _near(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three names that are near, and about as near as the nearest."""
    alike = {other: _alike(name, other) for other in known}
    least = max(_LEAST, max(alike.values(), default=0.0) - _APART)
    return sorted((other for other in alike if alike[other] >= least), key=lambda o: (alike[o], o), reverse=True)[:3]


def _alike(name: str, other: str) -> float:
    """Return how alike two names are, 0 to 1; one that begins as the other does is near."""
    share = difflib.SequenceMatcher(None, other, name).ratio()
    begins = min(len(name), len(other)) >= _BEGINNING and (name.startswith(other) or other.startswith(name))
    return max(share, _LEAST) if begins else share
