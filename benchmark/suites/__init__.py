"""Read what to run."""

from benchmark.suites.adhoc import parse_options, split_of, suite_of
from benchmark.suites.source import UNKNOWN, Source
from benchmark.suites.suite import (
    Profile,
    Split,
    Suite,
    SuiteError,
    Task,
    load_suite,
    suite_names,
)

__all__ = [
    "UNKNOWN",
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
