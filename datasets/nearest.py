"""The known name that a user may have meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

_SHOWN = 20


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known name that differs in case, blanks or dashes alone, or at most two that are near."""
    folded = {_folded(other): other for other in known}
    if _folded(name) in folded:
        return [folded[_folded(name)]]
    return [folded[f] for f in difflib.get_close_matches(_folded(name), folded, n=2, cutoff=0.6)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the nearest known names, if there is one, and the known names."""
    names = list(known)
    near = nearest(name, names)
    listed = f"Known: {listing(names)}."
    return f"Did you mean {' or '.join(map(repr, near))}? {listed}" if near else listed


def listing(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Return the first names and how many more there are."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def alike(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of different names that differ in case, blanks, dashes or Unicode form alone."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(_folded(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _folded(name: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return "".join(c for c in plain if c != "_" and unicodedata.category(c) != "Pd")
