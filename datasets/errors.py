"""The one error of an invalid cohort."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 5


class CohortError(ValueError):
    """Report an invalid cohort: where, which specimens, and what to do about it."""

    def __init__(self, column: str, problem: str, ids: Iterable[object] = (), remedy: str = "") -> None:
        ids = list(ids)
        shown = ", ".join(str(i) for i in ids[:_SHOWN])
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        where = f" (first: {shown}{more})" if ids else ""
        super().__init__(f"{column}: {problem}{where}." + (f" {remedy}" if remedy else ""))
        self.column, self.ids, self.remedy = column, tuple(ids), remedy
