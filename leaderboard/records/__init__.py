"""Say what goes into a board, and whether it is sound."""

from leaderboard.records.check import MODEL, OOD, TOLERANCE, ResultError, check, proba_columns
from leaderboard.records.held_out import NOBODY_KEPT, averaged, by_patient, check_valid, lacking_classes, models
from leaderboard.records.holes import hole_notes, is_applicable, same_as
from leaderboard.records.pooled import FEW_OF_STRATUM, pooled
from leaderboard.records.quarantine import quarantined
from leaderboard.records.results import Board, Published, TaskResult
from leaderboard.records.scored_unit import NO_IDS, counted_unit, scored_line, scored_unit, sizes_in_words
from leaderboard.records.testsets import (
    DIGITS,
    FEW,
    IN_DOMAIN,
    SHIFTED,
    WORST,
    ClassSizes,
    Level,
    Replicate,
    TestSet,
    class_sizes,
    one_answer,
    patients_of,
    test_sets,
)
from leaderboard.records.whole_file import replace_bytes, set_aside

__all__ = [
    "DIGITS",
    "FEW",
    "FEW_OF_STRATUM",
    "IN_DOMAIN",
    "MODEL",
    "NOBODY_KEPT",
    "NO_IDS",
    "OOD",
    "SHIFTED",
    "TOLERANCE",
    "WORST",
    "Board",
    "ClassSizes",
    "Level",
    "Published",
    "Replicate",
    "ResultError",
    "TaskResult",
    "TestSet",
    "averaged",
    "by_patient",
    "check",
    "check_valid",
    "class_sizes",
    "counted_unit",
    "hole_notes",
    "is_applicable",
    "lacking_classes",
    "models",
    "one_answer",
    "patients_of",
    "pooled",
    "proba_columns",
    "quarantined",
    "replace_bytes",
    "same_as",
    "scored_line",
    "scored_unit",
    "set_aside",
    "sizes_in_words",
    "test_sets",
]
