"""The errors of a cohort: invalid data, data that an entry cannot judge, or packages that are not installed."""

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
        said = f"{column}: {problem.strip().rstrip('.')}{where}"
        super().__init__(said + ("" if said.endswith("?") else ".") + (f" {remedy}" if remedy else ""))
        self.column, self.ids, self.remedy = column, tuple(ids), remedy


class NotApplicable(ValueError):
    """Say that an entry cannot judge a dataset at all: its row is shown as not applicable, not as a failure."""


class MissingExtra(ImportError):
    """Say which optional packages a dataset needs, and the command that installs them."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs packages of the extra {extra!r}: pip install -e '.[{extra}]' in the checkout")
