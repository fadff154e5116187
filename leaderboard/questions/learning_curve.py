"""How scores grow with the patients learned from, and where the order of two entries turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leaderboard.inference import Floats, SharedDraw, shared_draw, summary, tie_reach
from leaderboard.measures import Metric, headline
from leaderboard.questions.oracle_distance import ORACLE, with_oracle
from leaderboard.records import IN_DOMAIN, SHIFTED, ResultError, TaskResult, TestSet, hole_notes, test_sets
from leaderboard.scores import seeds

COLUMNS = [
    "curve", "entry", "family", "test_set", "learned_from", "metric", "value", "low", "high", "n_patients", "note",
]  # fmt: skip
CROSSING_COLUMNS = [
    "curve", "overtakes", "overtaken", "test_set", "metric", "between", "crossing", "lead_before", "lead_before_low",
    "lead_before_high", "lead_after", "lead_after_low", "lead_after_high", "shown", "n_patients",
]  # fmt: skip
_NOBODY: NDArray[np.str_] = np.array([], dtype=str)
NOT_RANKED = ("control", "oracle")


@dataclass(frozen=True)
class _Size:
    """One task of a curve: who was tested, and with how many seeds each entry was planned."""

    task: TaskResult
    test_set: TestSet | None
    seeds: Mapping[str, int]

    @classmethod
    def of(cls, task: TaskResult) -> _Size:
        whole = with_oracle(task) or task
        sets = {s.name: s for s in test_sets(whole)}
        chosen = sets.get(IN_DOMAIN) or sets.get(SHIFTED) or next(iter(sets.values()), None)
        return cls(whole, chosen, dict(zip(whole.entries, seeds(whole), strict=True)))


Scores = dict[int, Floats]  # patients learned from -> scores on every resample, (1 + B,)


def curves(tasks: Iterable[TaskResult]) -> dict[str, tuple[TaskResult, ...]]:
    """Return curve -> its tasks, fewest patients to learn from first."""
    named = [task for task in tasks if task.curve]
    names = dict.fromkeys(task.curve for task in named)
    return {n: tuple(sorted((t for t in named if t.curve == n), key=lambda t: t.learned_from)) for n in names}


def learning_curve(
    tasks: Sequence[TaskResult], *, resamples: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every entry of one curve at every size, and find where the order of two entries turns.

    The patients tested on are the same at all sizes, and one draw of them serves all entries and sizes, so every
    difference is paired. An entry overtakes another between two neighbouring sizes when its score is below at the first
    and above at the second; that is shown when both intervals exclude 0 (those of 99 % where one of the two has one
    seed, as for ties), and else may be chance. The crossing is where
    the difference, taken as a line over the logarithm of the number of patients, is 0. Controls overtake nobody.

    Args:
        tasks: Checked tasks of one curve.
        resamples: B.
        seed: Of the draw.

    Returns:
        Long tables with ``COLUMNS`` (NaN for holes) and ``CROSSING_COLUMNS``, shown crossings first.

    Raises:
        ResultError: If the tasks are not of one curve, or two learn from equally many patients.
    """
    given = [task.learned_from for task in tasks]
    if len({task.curve for task in tasks}) != 1 or not tasks[0].curve or len(set(given)) != len(given):
        raise ResultError(f"a curve needs tasks of one name that learn from different numbers of patients; got {given}")
    metric = headline(len(tasks[0].classes))
    drawn = shared_draw([task.predictions for task in tasks], ["y", "domain", "role"], resamples, seed)
    sizes = {task.learned_from: _Size.of(task) for task in tasks}
    entries = dict.fromkeys(entry for size in sizes.values() for entry in size.task.entries)
    families = {**tasks[0].families, ORACLE: "oracle"}
    rows: list[tuple[object, ...]] = []
    able: dict[str, Scores] = {}
    for entry in entries:
        scores = {n: _scores(size, entry, drawn, metric) for n, size in sizes.items()}
        head = (tasks[0].curve, entry, families.get(entry, ""))
        rows += [(*head, *_cells(n, sizes[n], entry, samples, drawn, metric)) for n, samples in scores.items()]
        if families.get(entry) not in NOT_RANKED:
            able[entry] = {n: samples for n, samples in scores.items() if not np.isnan(samples[0])}
    crossed = [
        {"curve": tasks[0].curve, "metric": metric.name, **crossing} for crossing in _crossings(able, sizes, drawn)
    ]
    return pd.DataFrame(rows, columns=COLUMNS), _in_order(crossed)


def _scores(size: _Size, entry: str, drawn: SharedDraw, metric: Metric) -> Floats:
    """Return the scores of an entry, (1 + B,); NaN where it was not tested."""
    given = () if size.test_set is None else size.test_set.replicates.get(entry, ())
    if size.test_set is None or not given or entry in hole_notes(size.task):
        return np.full(drawn.weights.shape[1], np.nan)
    return drawn.scores(size.test_set, given, metric)


def _cells(n: int, size: _Size, entry: str, samples: Floats, drawn: SharedDraw, metric: Metric) -> tuple[object, ...]:
    name, people = ("", _NOBODY) if size.test_set is None else (size.test_set.name, size.test_set.patients)
    shown = summary(samples, drawn.reach(people), metric.bounds)
    note = hole_notes(size.task).get(entry, "hole: not planned here") if np.isnan(samples[0]) else ""
    return (name, n, metric.name, *shown, len(people), note)


def _crossings(
    scores: Mapping[str, Scores], sizes: Mapping[int, _Size], drawn: SharedDraw
) -> Iterator[dict[str, object]]:
    for one, other in combinations(scores, 2):
        for few, many in pairwise(sorted(scores[one].keys() & scores[other].keys())):
            before, after = (scores[one][n] - scores[other][n] for n in (few, many))
            if before[0] * after[0] < 0:
                sign = np.sign(after[0])
                names = (one, other) if sign > 0 else (other, one)
                yield _crossing(names, {few: sign * before, many: sign * after}, sizes, drawn)


def _crossing(
    names: tuple[str, str], leads: Scores, sizes: Mapping[int, _Size], drawn: SharedDraw
) -> dict[str, object]:
    """Return one row about the first name's leads over the second, which turn from below 0 to above."""
    (few, before), (many, after) = leads.items()
    sets = [size.test_set for size in (sizes[few], sizes[many]) if size.test_set is not None]
    trainings = min(sizes[n].seeds[name] for n in leads for name in names)
    wide = tie_reach(drawn.reach(*(test_set.patients for test_set in sets)), trainings)
    first, last = summary(before, wide), summary(after, wide)
    part = before[0] / (before[0] - after[0])
    return {
        "overtakes": names[0],
        "overtaken": names[1],
        "test_set": sets[0].name,
        "between": f"{few:,} and {many:,}",
        "crossing": float(few * (many / few) ** part),
        **dict(zip(("lead_before", "lead_before_low", "lead_before_high"), first, strict=True)),
        **dict(zip(("lead_after", "lead_after_low", "lead_after_high"), last, strict=True)),
        "shown": "yes" if first[2] < 0 < last[1] else "no",
        "n_patients": len(sets[0].patients),
    }


def _in_order(crossed: list[dict[str, object]]) -> pd.DataFrame:
    """Return shown crossings first, then by where they are."""
    keys = ["shown", "crossing", "overtakes", "overtaken"]
    table = pd.DataFrame(crossed, columns=CROSSING_COLUMNS)
    return table.sort_values(keys, ascending=[False, True, True, True], ignore_index=True)
