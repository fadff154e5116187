"""Read what to run."""

from benchmark.suites.adhoc import parse_options, split_of, suite_of
from benchmark.suites.source import UNKNOWN, Source
from benchmark.suites.suite import (
    GRID,
    PER_PATIENT,
    UNSEEN,
    Profile,
    Split,
    Suite,
    SuiteError,
    Task,
    load_suite,
    suite_names,
)

__all__ = [
    "GRID",
    "PER_PATIENT",
    "UNKNOWN",
    "UNSEEN",
    "Profile",
    "Source",
    "Split",
    "Suite",
    "SuiteError",
    "Task",
    "load_suite",
    "parse_options",
    "split_of",
    "suite_names",
    "suite_of",
]
