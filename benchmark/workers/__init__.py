"""Run trials in processes."""

from benchmark.workers.executors import run_local
from benchmark.workers.worker import Job

__all__ = [
    "Job",
    "run_local",
]
