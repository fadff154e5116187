"""Say in words what the tables mean."""

from leaderboard.verdicts.claims import CLAIMS, claim_table
from leaderboard.verdicts.leaky import LEGEND, MEANING, is_leaky, mark, marked, marked_table
from leaderboard.verdicts.model_card import model_card
from leaderboard.verdicts.qc import Failure, failures
from leaderboard.verdicts.statements import READING, findings, interval_definition, notes, warnings
from leaderboard.verdicts.task_floor import floor_line
from leaderboard.verdicts.tested import Tested, tested
from leaderboard.verdicts.tripod import tripod

__all__ = [
    "CLAIMS",
    "LEGEND",
    "MEANING",
    "READING",
    "Failure",
    "Tested",
    "claim_table",
    "failures",
    "findings",
    "floor_line",
    "interval_definition",
    "is_leaky",
    "mark",
    "marked",
    "marked_table",
    "model_card",
    "notes",
    "tested",
    "tripod",
    "warnings",
]
