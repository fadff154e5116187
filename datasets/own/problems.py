"""Everything that is wrong with a user's tables, row by row, before anything is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from datasets.errors import CohortError

_SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One thing to put right.

    Attributes:
        file: Name of the file.
        row: Row in the file, the header being row 1; 0 where the problem has no row.
        column: Header, or "".
        value: What stands there.
        problem: What is wrong with it.
        remedy: What to do about it.
    """

    file: str
    row: int
    column: str
    value: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}{f' row {self.row}' if self.row else ''}{f', {self.column}' if self.column else ''}"
        said = f" {self.value!r}" if self.value else ""
        return f"{place}:{said} {self.problem.strip().rstrip('.')}.{f' {self.remedy}' if self.remedy else ''}"


class OwnCohortError(CohortError):
    """Report every problem of a user's cohort; ``problems`` has them all, the message the first ones."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        shown = " | ".join(str(problem) for problem in self.problems[:_SHOWN])
        more = len(self.problems) - _SHOWN
        rest = f" | and {more} more; python -m benchmark data check lists all" if more > 0 else ""
        super().__init__(name, f"{len(self.problems)} problems: {shown}{rest}")


@dataclass
class Problems:
    """Collect what is wrong."""

    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, row: int, column: str, value: object, problem: str, remedy: str = "") -> None:
        self.found.append(Problem(file, row, column, str(value), problem, remedy))

    def stop_if_any(self, name: str) -> None:
        """Raise ``OwnCohortError`` when there is anything to put right."""
        if self.found:
            raise OwnCohortError(name, self.found)
