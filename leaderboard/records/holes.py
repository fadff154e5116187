"""What was planned and has no result; a hole is shown, never averaged away."""

from __future__ import annotations

import pandas as pd

from leaderboard.records.results import TaskResult

SHOWN = 3


def hole_notes(task: TaskResult) -> dict[str, str]:
    """Return entry -> what is missing, for every entry of which a planned trial is not done."""
    lost = set(task.trials.loc[task.trials["status"] != "done", "entry"])
    trials = task.trials[task.trials["entry"].isin(list(lost))]
    return {str(entry): _note(planned) for entry, planned in trials.groupby("entry", sort=False)}


def is_applicable(task: TaskResult, entry: str) -> bool:
    """Return False when the entry cannot run on this task at all."""
    return bool((task.trials.loc[task.trials["entry"] == entry, "status"] != "not-applicable").any())


def same_as(task: TaskResult) -> dict[str, str]:
    """Return entry -> the entry that is the same model on this task, whose row holds the scores of both."""
    alike = task.trials[task.trials["status"] == "same-as"].drop_duplicates("entry")
    return dict(zip(alike["entry"].astype(str), alike["error"].astype(str), strict=True))


def _note(trials: pd.DataFrame) -> str:
    if (trials["status"] == "same-as").all():
        return f"same as {trials['error'].iloc[0]}"
    if (trials["status"] == "not-applicable").all():
        return ": ".join(filter(None, ["not applicable", trials["error"].iloc[0]]))
    lost = trials[trials["status"] != "done"]
    several = trials["seed"].nunique() > 1
    told = [_lost(part, several) for _, part in lost.groupby(["status", "error"], sort=False)]
    rest = [f"and {len(told) - SHOWN} other reasons"] if len(told) > SHOWN else []
    return "; ".join([f"{len(trials) - len(lost)} of {len(trials)} folds", *told[:SHOWN], *rest])


def _lost(trials: pd.DataFrame, several_seeds: bool) -> str:
    """Return which trials were lost for one reason, and the reason."""
    folds = trials.groupby("seed")["fold"].agg(lambda fold: ", ".join(str(f) for f in sorted(fold)))
    words = [f"seed {seed} fold {fold}" if several_seeds else f"fold {fold}" for seed, fold in folds.items()]
    status, error = trials["status"].iloc[0], trials["error"].iloc[0]
    return f"{', '.join(words)} {status}" + (f": {error}" if error else "")
