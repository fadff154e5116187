"""Find leaks and shortcuts in a cohort and its split."""

from datasets.audits.finding import Finding
from datasets.audits.rules import RULES, audit

__all__ = [
    "RULES",
    "Finding",
    "audit",
]
