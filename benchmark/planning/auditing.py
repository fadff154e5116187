"""What the audits of a cohort mean for a run: what blocks it, what was overridden, what its table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.entries import UnknownName
from datasets.audits import RULES, Finding, audit
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

_HANDLED = ("class-is-order", "patients-unknown")  # entries get shuffled rows and hidden ids; the split's note says so


class AuditBlocks(ValueError):
    """Say which findings block a task, and how to override them on purpose."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        rules = dict.fromkeys(finding.rule for finding in findings)
        told = " ".join(f"[{f.rule}] {f.where}: {f.problem} {f.remedy}" for f in findings)
        allow = " ".join(f"--allow {rule}" for rule in rules)
        super().__init__(f"the audit blocks it. {told} To run it all the same, flagged in every table: {allow}")
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Verdict:
    """What an audit leaves to say.

    Attributes:
        allowed: Rules that would have blocked the task and were overridden.
        notes: One sentence a finding, for the table.
    """

    allowed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def known_rules(names: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that ``--allow`` names.

    Raises:
        UnknownName: If there is no such rule.
    """
    for name in names:
        if name not in RULES:
            raise UnknownName("audit rule", name, RULES)
    return tuple(dict.fromkeys(names))


def judge(cohort: Cohort, split: SplitPlan, allow: Sequence[str]) -> Verdict:
    """Audit a cohort and its split.

    Raises:
        AuditBlocks: If a finding blocks and its rule is not in ``allow``.
    """
    findings = audit(cohort, split)
    blocking = [f for f in findings if f.blocks and f.rule not in allow]
    if blocking:
        raise AuditBlocks(blocking)
    overridden = tuple(dict.fromkeys(f.rule for f in findings if f.blocks))
    told = [f for f in findings if f.rule not in _HANDLED]
    return Verdict(overridden, tuple(f"Audit, {f.rule}: {f.where}: {f.problem}" for f in told))
