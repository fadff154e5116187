"""Fit and predict once; tune inside the training rows."""

from benchmark.trials.entry_facts import chosen_device, family, importable, search_space
from benchmark.trials.entry_inputs import seed_globals
from benchmark.trials.failure_text import failure_text
from benchmark.trials.probabilities import as_probabilities
from benchmark.trials.trial import Outcome, derive_seed, given_by_harness, run_trial, takes_device
from benchmark.trials.tune import TuneBudget

__all__ = [
    "Outcome",
    "TuneBudget",
    "as_probabilities",
    "chosen_device",
    "derive_seed",
    "failure_text",
    "family",
    "given_by_harness",
    "importable",
    "run_trial",
    "search_space",
    "seed_globals",
    "takes_device",
]
