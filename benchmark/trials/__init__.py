"""Fit and predict once; tune inside the training rows."""

from benchmark.trials.answers import learned, trace_table
from benchmark.trials.entry_facts import EntryFacts, chosen_device, entry_facts, search_space
from benchmark.trials.entry_inputs import seed_globals
from benchmark.trials.failure_text import failure_line, failure_text
from benchmark.trials.probabilities import as_probabilities
from benchmark.trials.trial import Outcome, derive_seed, given_by_harness, run_trial
from benchmark.trials.tune import TuneBudget

__all__ = [
    "EntryFacts",
    "Outcome",
    "TuneBudget",
    "as_probabilities",
    "chosen_device",
    "derive_seed",
    "entry_facts",
    "failure_line",
    "failure_text",
    "given_by_harness",
    "learned",
    "run_trial",
    "search_space",
    "seed_globals",
    "trace_table",
]
