"""What an entry's methods may answer: fit and refit an entry, trace a table of specimens that it was shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmark.entries import Entry
from datasets.cohort import Cohort


def learned(answer: Any, method: str) -> Entry:
    """Return what ``fit`` or ``refit`` returned.

    Raises:
        TypeError: If it cannot predict, as None cannot.
    """
    if not hasattr(answer, "predict_proba"):
        raise TypeError(f"{method} returned {type(answer).__name__}; return self")
    entry: Entry = answer
    return entry


def trace_table(answer: Any, shown: Cohort) -> pd.DataFrame:
    """Return what ``trace`` returned for a view, after checking that its rows can be named.

    Raises:
        TypeError: If it is no table.
        ValueError: If its column "specimen" is missing, there twice, or holds what is no id of the view.
    """
    if not isinstance(answer, pd.DataFrame):
        raise TypeError(f"trace returned {type(answer).__name__}; return a DataFrame with a column 'specimen'")
    columns = list(answer.columns)
    if columns.count("specimen") != 1:
        has = ", ".join(map(repr, columns[:5])) or "none"
        raise ValueError(
            f"trace returned {columns.count('specimen')} columns 'specimen' (columns: {has}); "
            "return one, filled from cohort.specimen"
        )
    unknown = answer["specimen"][~answer["specimen"].isin(shown.specimen.tolist())].tolist()
    if len(unknown):
        raise ValueError(
            f"trace returned {len(unknown)} rows of specimens that it was not shown, the first {unknown[0]!r}; "
            "fill the column 'specimen' from cohort.specimen"
        )
    return answer
