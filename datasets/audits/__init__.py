"""Find leaks and shortcuts in a cohort and its split."""

from datasets.audits.rules import RULES, Finding, audit

__all__ = [
    "RULES",
    "Finding",
    "audit",
]
