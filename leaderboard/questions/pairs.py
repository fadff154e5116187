"""Every pair of entries on a task's headline: paired difference, tests, and how many patients would part them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from leaderboard.inference import (
    Floats,
    bayesian_t,
    delong,
    holm,
    interval,
    nadeau_bengio,
    patients_needed,
    permutation_p,
    reach,
    tie_reach,
)
from leaderboard.measures import Metric, headline
from leaderboard.records import IN_DOMAIN, SHIFTED, Replicate, TaskResult, TestSet, test_sets
from leaderboard.scores import resampled, seeds, stale_entries

Replicates = tuple[Replicate, ...]
COLUMNS = [
    "task", "test_set", "metric", "a", "b", "difference", "low", "high", "p_permutation", "p_holm", "p_delong",
    "p_corrected_t", "chance_a_worse", "chance_same", "chance_a_better", "patients_needed", "n_patients",
]  # fmt: skip


def pairs(task: TaskResult, *, resamples: int = 1000, permutations: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Compare every two complete entries by the headline metric: in-domain, else on all shifted patients together.

    The interval is that of the patient-clustered bootstrap by which entries are tied: the 95 % one, and that of 99 %
    where one of the two has one seed (``tie_reach``). Fold-wise tests (corrected t, Bayesian with a region of practical
    equivalence of one point) are given where folds divide the set, DeLong's where there are two classes, one row a
    patient and one seed; NaN elsewhere. Tests use the seeds that both entries have. Holm corrects the permutation test
    for the number of pairs.

    Returns:
        Long table with ``COLUMNS``; ``difference`` is a minus b, a good sign being an advantage of a.
    """
    sets = test_sets(task)
    if not sets:
        return pd.DataFrame(columns=COLUMNS)
    first, metric = _compared(sets), headline(len(task.classes))
    samples = dict(zip(task.entries, resampled(task, first, (metric,), resamples, seed)[:, 0], strict=True))
    known = [e for e in task.entries if not np.isnan(samples[e][0]) and e not in stale_entries(task)]
    wide = reach(first.strata, patient_mean=metric.patient_mean)
    apart = {entry: tie_reach(wide, planned) for entry, planned in zip(task.entries, seeds(task), strict=True)}
    rows = [
        _pair(first, metric, a, b, samples, max(apart[a], apart[b]), permutations, seed)
        for a, b in combinations(known, 2)
    ]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("task", "p_holm")])
    corrected = holm(table["p_permutation"].to_numpy(dtype=float))
    return table.assign(task=task.name, p_holm=corrected)[COLUMNS]


def _compared(sets: tuple[TestSet, ...]) -> TestSet:
    by_name = {test_set.name: test_set for test_set in sets}
    return next((by_name[name] for name in (IN_DOMAIN, SHIFTED) if name in by_name), sets[0])


def _pair(
    test_set: TestSet,
    metric: Metric,
    a: str,
    b: str,
    samples: dict[str, Floats],
    wide: float,
    permutations: int,
    seed: int,
) -> tuple[object, ...]:
    gaps = samples[a] - samples[b]
    low, high = (float(bound[0]) for bound in interval(gaps[None, 1:], wide))
    n = len(test_set.patients)
    one, two = _of_same_seeds(test_set.replicates[a], test_set.replicates[b])
    tests = _tests(one, two, metric, n, permutations, seed) if one else (np.nan,) * 6
    needed = patients_needed(float(gaps[0]), float(np.nanstd(gaps[1:], ddof=1)), n, wide)
    return (test_set.name, metric.name, a, b, float(gaps[0]), low, high, *tests, needed, n)


def _of_same_seeds(one: Replicates, two: Replicates) -> tuple[Replicates, Replicates]:
    """Return the replicates of the seeds that both have, in the same order."""
    both = {replicate.seed for replicate in one} & {replicate.seed for replicate in two}
    first, second = (tuple(replicate for replicate in side if replicate.seed in both) for side in (one, two))
    return first, second


def _tests(one: Replicates, two: Replicates, metric: Metric, n: int, permutations: int, seed: int) -> tuple[float, ...]:
    """Return p of the permutation, DeLong and corrected t tests, and the three chances of the Bayesian one."""
    p = permutation_p(one, two, metric, n, permutations=permutations, seed=seed)
    folds, count = _fold_differences(one, two, metric), len(np.unique(one[0].fold))
    corrected = nadeau_bengio(folds, count) if count > 1 else None
    rope = bayesian_t(folds, count) if count > 1 else (np.nan,) * 3
    return (p, _delong(one, two, metric), corrected.p if corrected else np.nan, *rope)


def _fold_differences(one: Replicates, two: Replicates, metric: Metric) -> Floats:
    """Return the difference in every fold of every seed that can be evaluated, (J,)."""
    found = []
    for first, second in zip(one, two, strict=True):
        for fold in np.unique(first.fold):
            scores = [_plain(r, r.fold == fold, metric) for r in (first, second)]
            found.append(scores[0] - scores[1])
    values = np.array(found)
    return values[~np.isnan(values)]


def _plain(replicate: Replicate, rows: Floats, metric: Metric) -> float:
    extra = {"fold": replicate.fold[rows]} if metric.within_fold else {}
    score = metric.function(replicate.y[rows], replicate.proba[rows], np.ones((1, int(rows.sum()))), **extra)
    return float(score[0])


def _delong(one: Replicates, two: Replicates, metric: Metric) -> float:
    first, second = one[0], two[0]
    independent = len(np.unique(first.patient)) == len(first.patient)
    if metric.name != "auroc" or first.proba.shape[1] != 2 or len(one) != 1 or not independent:
        return float("nan")
    return delong(first.y, first.proba[:, 1], second.proba[:, 1], first.fold).p
