"""Tell an entry that cannot judge a dataset from one that failed."""

from __future__ import annotations

from datasets.cohort import NotApplicable


def refusal(error: str) -> str:
    """Return why an entry is not applicable, "" where the traceback of its trial tells of anything else."""
    raised, _, why = error.strip().rpartition("\n")[2].partition(": ")
    return why if raised == f"{NotApplicable.__module__}.{NotApplicable.__qualname__}" else ""
