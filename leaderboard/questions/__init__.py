"""Answer one question of a reader a file."""

from leaderboard.questions.benefit import THRESHOLDS, TREAT_ALL, TREAT_NONE
from leaderboard.questions.compute_cost import COSTS, DRAWN, cells, columns, cost_words, costs, drawn, entry_costs
from leaderboard.questions.confusion import Confusion, confusion
from leaderboard.questions.further import MOST_RESAMPLES, TITLES, further_tables
from leaderboard.questions.ladder import INFLATION, LEAKY, LEAKY_RUNGS, RUNGS
from leaderboard.questions.pairs import pairs
from leaderboard.questions.strata import FEW_PATIENTS, SUPPRESSED

__all__ = [
    "COSTS",
    "DRAWN",
    "FEW_PATIENTS",
    "INFLATION",
    "LEAKY",
    "LEAKY_RUNGS",
    "MOST_RESAMPLES",
    "RUNGS",
    "SUPPRESSED",
    "THRESHOLDS",
    "TITLES",
    "TREAT_ALL",
    "TREAT_NONE",
    "Confusion",
    "cells",
    "columns",
    "confusion",
    "cost_words",
    "costs",
    "drawn",
    "entry_costs",
    "further_tables",
    "pairs",
]
