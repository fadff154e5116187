"""How scores grow with the patients learned from, and where the order of two entries turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from leaderboard.inference import Floats, interval, reach, tie_reach
from leaderboard.measures import Metric, headline
from leaderboard.questions.oracle_distance import ORACLE, posterior, with_oracle
from leaderboard.records import (
    IN_DOMAIN,
    SHIFTED,
    ResultError,
    TaskResult,
    TestSet,
    hole_notes,
    same_as,
    test_sets,
)
from leaderboard.scores import bounds, facts, resampled, seeds, stale_entries

COLUMNS = [
    "curve", "entry", "family", "test_set", "learned_from", "metric", "value", "low", "high", "n_patients", "note",
]  # fmt: skip
CROSSING_COLUMNS = [
    "curve", "overtakes", "overtaken", "test_set", "metric", "between", "crossing", "lead_before", "lead_before_low",
    "lead_before_high", "lead_after", "lead_after_low", "lead_after_high", "shown", "n_patients",
]  # fmt: skip
NOT_RANKED = ("control", "oracle")
UNKNOWN = "the posterior of some specimen is not known"
STALE = "stale: the code has changed since"


@dataclass(frozen=True)
class _Size:
    """What is known of one point of a curve.

    Attributes:
        n: Patients learned from.
        test_set: Who was tested, None where nothing is done.
        rows: Entry -> score, its interval and what is to be said of it.
        scores: Entry that is complete and not stale -> scores on every resample, (1 + B,).
        seeds: Entry -> number of trainings.
    """

    n: int
    test_set: TestSet | None
    rows: Mapping[str, tuple[float, float, float, str]]
    scores: Mapping[str, Floats]
    seeds: Mapping[str, int]


def curves(tasks: Iterable[TaskResult]) -> dict[str, tuple[TaskResult, ...]]:
    """Return curve -> its tasks, fewest patients to learn from first."""
    named = [task for task in tasks if task.curve]
    names = dict.fromkeys(task.curve for task in named)
    return {n: tuple(sorted((t for t in named if t.curve == n), key=lambda t: t.learned_from)) for n in names}


def learning_curve(
    tasks: Sequence[TaskResult], *, resamples: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every entry of one curve at every size, and find where the order of two entries turns.

    The patients tested on are the same at all sizes, and one draw of them, and of seeds where an entry has several,
    serves all entries and sizes, so every difference is paired. An entry overtakes another between two sizes when its
    score is below at the first and above at the second, and equal at any size between; that is shown when both
    intervals exclude 0 (those of 99 % where one of the two has one seed, as for ties), and else may be chance. The
    crossing is where the difference, taken as a line over the logarithm of the number of patients, is 0. Controls, the
    oracle and stale entries overtake nobody.

    Args:
        tasks: Checked tasks of one curve.
        resamples: B.
        seed: Of the draw.

    Returns:
        Long tables with ``COLUMNS`` (NaN for holes) and ``CROSSING_COLUMNS``, shown crossings first.

    Raises:
        ResultError: If the tasks are not of one curve, two learn from equally many patients, or a specimen has another
            patient or label in another task.
    """
    _check(tasks)
    metric = headline(len(tasks[0].classes))
    sizes = [_size(task, metric, resamples, seed) for task in sorted(tasks, key=lambda task: task.learned_from)]
    families = {entry: family for task in tasks for entry, family in task.families.items()} | {ORACLE: "oracle"}
    tested = next((size.test_set for size in sizes if size.test_set is not None), None)
    name, people = ("", 0) if tested is None else (tested.name, len(tested.patients))
    rows = [
        (tasks[0].curve, entry, families.get(entry, ""), name, size.n, metric.name, *size.rows[entry][:3],
         0 if size.test_set is None else len(size.test_set.patients), size.rows[entry][3])
        for entry in dict.fromkeys(entry for size in sizes for entry in size.rows)
        for size in sizes
        if entry in size.rows
    ]  # fmt: skip
    able = [e for e in dict.fromkeys(e for size in sizes for e in size.scores) if families.get(e) not in NOT_RANKED]
    fixed = {"curve": tasks[0].curve, "test_set": name, "metric": metric.name, "n_patients": people}
    crossed = [{**fixed, **crossing} for one, other in combinations(able, 2) for crossing in _turns(one, other, sizes)]
    return pd.DataFrame(rows, columns=COLUMNS), _in_order(crossed)


def _check(tasks: Sequence[TaskResult]) -> None:
    given = [task.learned_from for task in tasks]
    if (
        len({task.curve for task in tasks}) != 1
        or not tasks[0].curve
        or len(set(given)) != len(given)
        or min(given) < 1
    ):
        raise ResultError(f"a curve needs tasks of one name that learn from different numbers of patients; got {given}")
    told = pd.concat([task.predictions[["specimen", "patient", "y"]] for task in tasks]).drop_duplicates()
    if told["specimen"].duplicated().any():
        raise ResultError(f"curve {tasks[0].curve!r}: a specimen has another patient or label at another size")


def _size(task: TaskResult, metric: Metric, resamples: int, seed: int) -> _Size:
    """Return the scores of a task; its name is that of the curve, so that all sizes have one draw."""
    whole = replace(with_oracle(task) or task, name=task.curve)
    same, stale, notes = same_as(whole), stale_entries(whole), _notes(task, whole)
    sets = {s.name: s for s in test_sets(whole)}
    chosen = sets.get(IN_DOMAIN) or sets.get(SHIFTED) or next(iter(sets.values()), None)
    trained = dict(zip(whole.entries, seeds(whole), strict=True))
    if chosen is None:
        nothing = {entry: (np.nan, np.nan, np.nan, notes.get(entry, "")) for entry in whole.entries}
        return _Size(task.learned_from, None, nothing, {}, trained)
    scores = resampled(whole, chosen, (metric,), resamples, seed)[:, 0]
    told = facts(whole, chosen, (metric,))
    low, high = bounds(
        metric, scores[:, 0], scores[:, 1:], replace(told, **{k: v[:, 0] for k, v in vars(told).items()})
    )
    at = {entry: i for i, entry in enumerate(whole.entries)}
    rows: dict[str, tuple[float, float, float, str]] = {}
    able: dict[str, Floats] = {}
    for entry in whole.entries:
        i, known = at[same.get(entry, entry)], not notes.get(entry, "") or entry in same
        value, lower, upper = map(float, (scores[i, 0], low[i], high[i]) if known else (np.nan, np.nan, np.nan))
        rows[entry] = (value, lower, upper, notes.get(entry, STALE if entry in stale else ""))
        if known and entry not in stale and not np.isnan(scores[i, 0]):
            able[entry] = scores[i]
    return _Size(task.learned_from, chosen, rows, able, trained)


def _notes(task: TaskResult, whole: TaskResult) -> dict[str, str]:
    """Return entry -> why it has no score; the oracle has none where it does not know all that were tested."""
    notes = hole_notes(whole)
    truth = posterior(task)
    if truth is not None:
        known = truth.dropna().index
        notes |= {} if task.predictions["specimen"].isin(known).all() else {ORACLE: UNKNOWN}
    return notes


def _turns(one: str, other: str, sizes: Sequence[_Size]) -> Iterator[dict[str, object]]:
    """Yield a row for each turn of the order of two entries; sizes at which they are equal are passed over."""
    both = [size for size in sizes if one in size.scores and other in size.scores]
    leads = [(size, size.scores[one] - size.scores[other]) for size in both]
    apart = [(size, lead) for size, lead in leads if abs(lead[0]) > 1e-12]
    for (few, before), (many, after) in pairwise(apart):
        if before[0] * after[0] < 0 and _same_patients(few.test_set, many.test_set):
            sign = np.sign(after[0])
            names = (one, other) if sign > 0 else (other, one)
            yield _turn(names, (few, sign * before), (many, sign * after))


def _same_patients(one: TestSet | None, other: TestSet | None) -> bool:
    """Return whether two sizes were tested on the same patients; while a run goes on they may not be."""
    return one is not None and other is not None and bool(np.array_equal(one.patients, other.patients))


def _turn(names: tuple[str, str], first: tuple[_Size, Floats], last: tuple[_Size, Floats]) -> dict[str, object]:
    """Return one row about the first name's leads over the second, which turn from below 0 to above."""
    (few, before), (many, after) = first, last
    trainings = min(size.seeds[name] for size in (few, many) for name in names)
    lead_before, lead_after = (_lead(size, lead, trainings) for size, lead in (first, last))
    part = before[0] / (before[0] - after[0])
    return {
        "overtakes": names[0],
        "overtaken": names[1],
        "between": f"{few.n:,} and {many.n:,}",
        "crossing": float(few.n * (many.n / few.n) ** part),
        **dict(zip(("lead_before", "lead_before_low", "lead_before_high"), lead_before, strict=True)),
        **dict(zip(("lead_after", "lead_after_low", "lead_after_high"), lead_after, strict=True)),
        "shown": "yes" if lead_before[2] < 0 < lead_after[1] else "no",
    }


def _lead(size: _Size, lead: Floats, trainings: int) -> tuple[float, float, float]:
    """Return a lead (1 + B,) and its interval."""
    wide = np.inf if size.test_set is None else reach(size.test_set.strata)
    low, high = interval(lead[None, 1:], tie_reach(wide, trainings))
    return float(lead[0]), float(low[0]), float(high[0])


def _in_order(crossed: list[dict[str, object]]) -> pd.DataFrame:
    """Return shown crossings first, then by where they are."""
    keys = ["shown", "crossing", "overtakes", "overtaken"]
    table = pd.DataFrame(crossed, columns=CROSSING_COLUMNS)
    return table.sort_values(keys, ascending=[False, True, True, True], ignore_index=True)
