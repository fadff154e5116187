"""Every further table of a board by name: recalibration, sets, utility, distance to the oracle, domains, unseen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from leaderboard.questions import cross_domain
from leaderboard.questions.benefit import benefit
from leaderboard.questions.conformal import conformal
from leaderboard.questions.cost import cost
from leaderboard.questions.ood import ood
from leaderboard.questions.ood_calls import ood_calls
from leaderboard.questions.oracle_distance import oracle_distance
from leaderboard.questions.recalibrate import recalibration
from leaderboard.questions.selection import selection
from leaderboard.questions.variance import variance
from leaderboard.records import TaskResult

MOST_RESAMPLES = 200  # these tables hold thousands of intervals that nobody ranks by
TITLES = {
    "recalibration": "Calibration before and after scaling on validation patients",
    "conformal": "Conformal sets at 90 %: coverage and size",
    "benefit": "Net benefit by threshold, beside treating all and none",
    "cost": "Expected cost of decisions, with and without abstaining",
    "oracle": "Distance to the generator's Bayes posterior",
    "variance": "Spread between seeds, folds and patients",
    "selection": "What each selection rule would have reported",
    "transfer": "Train domain by test domain",
    "transfer-summary": "In-domain, shifted and worst domain of entries that learned from one domain",
    "ladder": "Leak ladder: random image, slide, patient, site",
    "learning-curve": "Learning curve: scores by patients learned from",
    "crossings": "Where one entry overtakes another with more patients to learn from",
    "modality-grid": "Scores with modalities taken away at prediction",
    "strata": "Scores by age band, sex and domain",
    "strata-gaps": "Largest gap between strata",
    "ood": "Confidence on patients of unseen classes",
    "ood-calls": "What patients of unseen classes are called",
}
_OF_TASK: dict[str, Callable[..., pd.DataFrame]] = {
    "recalibration": recalibration,
    "conformal": conformal,
    "benefit": benefit,
    "cost": cost,
    "oracle": oracle_distance,
    "variance": variance,
    "selection": selection,
    "ood": ood,
    "ood-calls": ood_calls,
}


def further_tables(tasks: Sequence[TaskResult], *, resamples: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Return name -> long table, in the order of ``TITLES``, without those that no task calls for.

    Args:
        tasks: Checked tasks of one board.
        resamples: B of the board; at most ``MOST_RESAMPLES`` are used here.
        seed: Of the resamples.
    """
    few = min(resamples, MOST_RESAMPLES)
    found = dict(cross_domain.tables(tasks, resamples=few, seed=seed))
    for name, make in _OF_TASK.items():
        parts = [made for task in tasks if len(made := make(task, resamples=few, seed=seed))]
        if parts:
            found[name] = pd.concat(parts, ignore_index=True)
    return {name: found[name] for name in TITLES if name in found}
