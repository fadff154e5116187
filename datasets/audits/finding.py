"""What an audit says, and the rule that says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from datasets.cohort import Cohort
from datasets.splits import SplitPlan


@dataclass(frozen=True)
class Finding:
    """Say what is wrong with a cohort or its split.

    Attributes:
        rule: Name of the rule, kebab-case; ``--allow`` takes it.
        blocks: Whether a run must not go on; otherwise the finding is printed beside its figures.
        where: Column, role, domain or part of the cohort.
        problem: One sentence with the numbers.
        remedy: One sentence.
        specimens: Ids of all specimens affected; empty where the cohort as a whole is.
    """

    rule: str
    blocks: bool
    where: str
    problem: str
    remedy: str
    specimens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Describe a rule.

    Attributes:
        title: What is wrong when the rule has a finding.
        check: Yields the findings for a cohort and its plan, or None where no plan is made yet.
        blocks: Whether a finding of the rule can block a run; milder findings of the same rule do not.
        by_class: Whether the rule compares classes: it is then not shown specimens of none of them.
    """

    title: str
    check: Callable[[Cohort, SplitPlan | None], Iterator[Finding]]
    blocks: bool = False
    by_class: bool = False


def listed(names: Iterable[object], shown: int = 3) -> str:
    """Return the first names and how many more there are, for a sentence."""
    texts = [str(name) for name in names]
    more = f" and {len(texts) - shown} more" if len(texts) > shown else ""
    return ", ".join(texts[:shown]) + more


def counted(n: int, noun: str) -> str:
    """Return "1 group" or "2 groups"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
