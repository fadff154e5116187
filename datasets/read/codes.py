"""Labels and categorical codes as they stand in text files: 0, 0.0, " 0" and 0,0 are one code, and so are F and f."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import CohortError

YES_NO: Mapping[str, int] = {"0": 0, "1": 1, "false": 0, "true": 1}  # a column of 0 and 1, also after a program read it
_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:[.,](?!000$)0*)?")  # 1.000 may be a thousand


def text(column: pd.Series) -> pd.Series:
    """Return stripped text, "" where the value is missing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()


def code(value: object) -> str:
    """Return the one spelling of a code: whole numbers without point, comma and zeros, blanks of any kind as one.

    Words keep their letters: "012.0", "12," and " 12" are "12"; "12.5" and "A 1" stay as they are.
    """
    shown = " ".join(unicodedata.normalize("NFKC", str(value)).split())
    found = _WHOLE.fullmatch(shown)
    if not found:
        return shown
    return found[2] if found[1] != "-" or found[2] == "0" else f"-{found[2]}"


def codes(column: pd.Series) -> pd.Series:
    """Return the ``code`` of each value, "" where it is missing."""
    return text(column).map(code)


def spelled(column: pd.Series, known: Iterable[str], *, capitals: bool = True) -> pd.Series:
    """Return each value as ``known`` spells it; a value that none of them means stays stripped text.

    A value means the known word that it equals; else the only one with the same ``code``; else, where ``capitals`` do
    not count, the only one that differs by them alone.
    """
    words = list(dict.fromkeys(known))
    keys: list[Callable[[str], str]] = [str, code, lambda word: code(word).casefold()]
    readings = [(key, _only(words, key)) for key in (keys if capitals else keys[:-1])]
    shown = text(column)

    def meant(value: str) -> str:
        return next((told[key(value)] for key, told in readings if key(value) in told), value)

    return shown.map({value: meant(value) for value in shown.unique()})


def _only(words: Sequence[str], key: Callable[[str], str]) -> dict[str, str]:
    """Return key -> word for the keys that only one word has."""
    keys = [key(word) for word in words]
    return {k: word for k, word in zip(keys, words, strict=True) if keys.count(k) == 1}


def known_codes(column: pd.Series, known: Iterable[str], place: str, rows: ArrayLike | None = None) -> pd.Series:
    """Return each value as ``known`` spells it (see ``spelled``).

    Args:
        column: Text or numbers.
        known: The codes that may stand there; "" among them allows a blank.
        place: File and column, for the message.
        rows: What to call the rows; default: line numbers of a file with one header line.

    Raises:
        CohortError: If a value is none of them.
    """
    words = list(known)
    found = spelled(column, words)
    bad = ~found.isin(words)
    if bad.any():
        shown = ", ".join(word or "(blank)" for word in words)
        raise CohortError(place, f"unknown {sorted(set(found[bad]))}", named_rows(bad, rows), f"Known: {shown}.")
    return found


def labels(
    column: pd.Series, classes: Mapping[str, int], place: str, rows: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Return class positions, int64 (n,); ``classes`` maps their codes to them.

    Raises:
        CohortError: If a value is none of ``classes``.
    """
    found = known_codes(column, classes, place, rows)
    return np.array([classes[word] for word in found], dtype=np.int64)


def named_rows(mask: pd.Series, names: ArrayLike | None = None) -> list[str]:
    """Return what to call the rows where ``mask`` holds: ``names``, or lines of a file with one header line."""
    if names is None:
        return [f"line {i + 2}" for i in np.flatnonzero(mask.to_numpy())]
    return [str(name) for name in np.asarray(names, dtype=object)[mask.to_numpy()]]
