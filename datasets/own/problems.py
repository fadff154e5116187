"""Everything that is wrong with a user's tables, row by row, before anything is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from datasets.errors import CohortError

_SHOWN = 5
_PLACES = 3


@dataclass(frozen=True)
class Problem:
    """One thing to put right.

    Attributes:
        file: Name of the file.
        row: Line in the file, the header being line 1; number of the row in a Parquet file; 0 where there is no row.
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
    remedy: str

    def __str__(self) -> str:
        return str(Group((self,)))


@dataclass(frozen=True)
class Group:
    """The same thing in one or more places."""

    problems: tuple[Problem, ...]

    @property
    def place(self) -> str:
        """Return the row, or how many rows and the first ones; without rows the columns or files."""
        first = self.problems[0]
        if len(self.problems) == 1:
            return f"row {first.row}" if first.row else ""
        kind = "rows" if first.row else "places" if first.column else "files"
        names = [str(p.row) if p.row else p.column or p.file for p in self.problems[:_PLACES]]
        return f"{len(self.problems)} {kind}, first {', '.join(names)}"

    @property
    def value(self) -> str:
        """Return what stands there; of several different values the first ones."""
        values = list(dict.fromkeys(p.value for p in self.problems))
        return ", ".join(values[:_PLACES]) + (" …" if len(values) > _PLACES else "")

    def __str__(self) -> str:
        first = self.problems[0]
        column = first.column if first.row or len(self.problems) == 1 else ""
        is_of_file = first.row or first.column or len(self.problems) == 1
        head = " ".join(filter(None, [first.file if is_of_file else "", self.place]))
        shown = repr(first.value) if len({p.value for p in self.problems}) == 1 else self.value
        said = f" {shown}" if self.value else ""
        return f"{head}{f', {column}' if column else ''}:{said} {first.problem.strip().rstrip('.')}. {first.remedy}"


def counted(n: int, noun: str) -> str:
    """Return "1 problem" or "2 problems"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _by_row(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems file by file, in the order of the files, what has no row first and the rest by row."""
    files = list(dict.fromkeys(p.file for p in problems if p.row or p.column))
    return sorted(problems, key=lambda p: (files.index(p.file) if p.file in files else len(files), p.row))


def grouped(problems: Iterable[Problem]) -> tuple[Group, ...]:
    """Return problems that are one and the same in several rows as one, in the order of their first rows."""
    found: dict[tuple[object, ...], list[Problem]] = {}
    for p in problems:
        where = (p.file, p.column) if p.row else (p.file, "") if p.column else ("", "")
        found.setdefault((*where, bool(p.row), bool(p.column), p.problem, p.remedy), []).append(p)
    return tuple(Group(tuple(group)) for group in found.values())


class OwnCohortError(CohortError):
    """Report every problem of a user's cohort: ``problems`` has all, the message the first groups of equal ones."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.groups = grouped(_by_row(problems))
        shown = " | ".join(str(group) for group in self.groups[:_SHOWN])
        more = len(self.groups) - _SHOWN
        rest = f" | and {more} more kinds; python -m benchmark data check lists all" if more > 0 else ""
        super().__init__(name, f"{counted(len(self.problems), 'problem')}: {shown}{rest}")


@dataclass
class Problems:
    """Collect what is wrong.

    Attributes:
        toml: Name of the file that describes the cohort, for problems of its keys.
    """

    toml: str = "cohort.toml"
    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, row: int, column: str, value: object, problem: str, remedy: str) -> None:
        """Add a problem of a cell, a column or a file."""
        self.found.append(Problem(file, row, column, str(value), problem, remedy))

    def add_key(self, key: str, value: object, problem: str, remedy: str) -> None:
        """Add a problem of a key of the cohort.toml."""
        self.add(self.toml, 0, key, value, problem, remedy)

    def stop_if_any(self) -> None:
        """Raise ``OwnCohortError`` when there is anything to put right."""
        if self.found:
            raise OwnCohortError(self.toml, self.found)
