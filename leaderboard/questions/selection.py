"""What each named rule for choosing among entries, or settings of one, would have reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.inference import interval, reach, tie_reach
from leaderboard.measures import Metric, headline
from leaderboard.questions.selection_rules import CELL, ORACLE, RULES, Choice
from leaderboard.records import IN_DOMAIN, SHIFTED, TaskResult, by_patient, hole_notes, test_sets
from leaderboard.scores import resampled, seeds

COLUMNS = [
    "task", "rule", "test_set", "metric", "value", "low", "high", "seen", "behind_best", "behind_low", "behind_high",
    "chosen", "n_patients", "note",
]  # fmt: skip


def selection(
    task: TaskResult, entries: Sequence[str] | None = None, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Let each rule choose an entry and score what it chose on the test patients by the headline metric.

    "best on validation" takes, for each fold and seed, the entry best on the fold's own validation patients.
    "leave-one-domain-out validation" takes, for each shifted domain and seed, the entry best on average over the other
    shifted domains, so no label of the domain is seen. The oracle takes the entry best on each set of test patients: a
    score nobody could have reported honestly. Reference: I. Gulrajani and D. Lopez-Paz, In search of lost domain
    generalization, 2021.

    Args:
        task: Predictions; ``valid`` for the first rule.
        entries: Among which to choose; by default all complete ones that are no controls.
        resamples: B.
        seed: Of the resamples.

    Returns:
        Long table with ``COLUMNS``: ``seen`` is the mean score that the choice was made by, ``behind_best`` the paired
        loss to the oracle's choice with the interval by which entries are tied (``tie_reach``), ``chosen`` which entry
        in how many models. NaN and a note where none is chosen.
    """
    task = by_patient(task)
    metric = headline(len(task.classes))
    candidates = list(entries) if entries is not None else _candidates(task)
    unknown = sorted(set(candidates) - set(task.entries))
    if unknown:
        raise ValueError(f"task {task.name!r} has no entries {unknown}; choices: {list(task.entries)}")
    given = task.predictions[task.predictions["entry"].isin(candidates)]
    mine = given.sort_values(["entry", *CELL], kind="stable", ignore_index=True)
    choices = {name: rule(task, mine, metric) for name, rule in RULES.items()}
    return _reported(task, mine, metric, choices, resamples, seed)


def _candidates(task: TaskResult) -> list[str]:
    holes = hole_notes(task)
    return [e for e in task.entries if e not in holes and task.families.get(e) != "control"]


def _reported(
    task: TaskResult, mine: pd.DataFrame, metric: Metric, choices: dict[str, Choice], resamples: int, seed: int
) -> pd.DataFrame:
    """Score each rule as an entry of its own, made of the rows that it took."""
    made = _as_entries(task, mine, choices)
    planned = dict(zip(made.entries, seeds(made), strict=True))
    rows = []
    for test_set in test_sets(made):
        wide = reach(test_set.strata, patient_mean=metric.patient_mean)
        samples = dict(zip(made.entries, resampled(made, test_set, (metric,), resamples, seed)[:, 0], strict=True))
        for rule, choice in choices.items():
            key, n = (task.name, rule, test_set.name, metric.name), len(test_set.patients)
            if rule not in test_set.replicates:
                rows.append((*key, *[np.nan] * 7, "", n, choice.note or "no choice for these patients"))
                continue
            both = np.stack([samples[rule], samples[ORACLE] - samples[rule]])
            limits = np.array([wide, tie_reach(wide, min(planned[rule], planned[ORACLE]))])
            (value, behind), (low, high) = both[:, 0], interval(both[:, 1:], limits)
            seen, chosen = _told(choice, test_set.name)
            rows.append((*key, value, low[0], high[0], seen, behind, low[1], high[1], chosen, n, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def _as_entries(task: TaskResult, mine: pd.DataFrame, choices: dict[str, Choice]) -> TaskResult:
    frames, trials = [mine.iloc[:0]], [task.trials.iloc[:0]]
    for rule, choice in choices.items():
        names = [choice.taken.get(cell, ("", 0.0))[0] for cell in mine[CELL].itertuples(index=False, name=None)]
        frames.append(mine[mine["entry"].to_numpy() == np.array(names, dtype=object)].assign(entry=rule))
        done = frames[-1][["entry", "seed", "fold"]].drop_duplicates()
        trials.append(done.assign(status="done", stale=False, tuned=None, seconds=0.0, error=""))
    predictions, planned = (pd.concat(parts, ignore_index=True) for parts in (frames, trials))
    return replace(task, predictions=predictions, trials=planned, families={})


def _told(choice: Choice, test_set: str) -> tuple[float, str]:
    """Return the mean score that the choices of a test set were made by, and which entries they were, with counts."""
    wanted = {IN_DOMAIN: lambda role: role == "test", SHIFTED: lambda role: role != "test"}
    belongs = wanted.get(test_set, lambda role: role == f"test:{test_set}")
    taken = [pick for cell, pick in choice.taken.items() if belongs(cell[2])]
    counts = Counter(entry for entry, _ in taken).most_common()
    names = ", ".join(f"{entry} ({count} of {len(taken)})" if len(counts) > 1 else entry for entry, count in counts)
    return float(np.mean([score for _, score in taken])), names
