"""Run trials in processes."""

from benchmark.workers.dry_check import dry_checks
from benchmark.workers.executors import run_local
from benchmark.workers.planned_facts import facts_apart
from benchmark.workers.worker import Job

__all__ = [
    "Job",
    "dry_checks",
    "facts_apart",
    "run_local",
]
