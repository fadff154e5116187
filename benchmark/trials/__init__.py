"""Fit and predict once; tune inside the training rows."""

from benchmark.trials.dry_check import dry_checks
from benchmark.trials.entry_facts import chosen_device, family, importable, search_space
from benchmark.trials.trial import Outcome, derive_seed, run_trial, takes_device
from benchmark.trials.tune import TuneBudget

__all__ = [
    "Outcome",
    "TuneBudget",
    "chosen_device",
    "derive_seed",
    "dry_checks",
    "family",
    "importable",
    "run_trial",
    "search_space",
    "takes_device",
]
