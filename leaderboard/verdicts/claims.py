"""Claim cards: what published abstracts say, and under which protocol it does and does not hold on a board's cohorts.

A claim is tested on every task and test set that fits it. It holds where the whole 95 % interval lies above the
threshold, fails where the whole interval lies below, and is open in between. A claim that one entry is better than
another is tested by the interval of the pair table, of 99 % where one of the two has one seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from leaderboard.records import Board
from leaderboard.scores import TaskView, views

COLUMNS = ["claim", "task", "generated", "test_set", "entry", "metric", "value", "low", "high", "verdict", "beside"]
_FUSION, _SIMPLE = "fusion", ("rule", "classic")


@dataclass(frozen=True)
class Claim:
    """A published statement and how it is put to the test.

    Attributes:
        name: The words of the claim.
        source: Where it was published.
        trap: Why the words alone say little.
        test: Yields rows of ``COLUMNS`` without the claim's name.
    """

    name: str
    source: str
    trap: str
    test: Callable[[TaskView], Iterator[tuple[object, ...]]]


@lru_cache(maxsize=1)
def claim_table(board: Board) -> pd.DataFrame:
    """Return every claim on every task and test set of a board that fits it, with ``COLUMNS``."""
    rows = [(claim.name, *row) for claim in CLAIMS for view in views(board) for row in claim.test(view)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _threshold(metric: str, at: float, beside: str, few_classes: int, most_classes: int) -> Callable[..., Iterator]:
    def test(view: TaskView) -> Iterator[tuple[object, ...]]:
        if not few_classes <= len(view.task.classes) <= most_classes:
            return
        for test_set in view.test_sets:
            rows = view.at(test_set, metric)
            if rows["value"].notna().any():
                best = rows.sort_values("value", ascending=False, kind="stable").iloc[0]
                verdict = "holds" if best["low"] > at else "fails" if best["high"] < at else "open"
                told = (best["entry"], metric, best["value"], best["low"], best["high"], verdict)
                yield (
                    view.task.name,
                    view.task.generated,
                    test_set,
                    *told,
                    _value(view, test_set, beside, best["entry"]),
                )

    return test


def _value(view: TaskView, test_set: str, metric: str, entry: str) -> str:
    found = view.cells.get((entry, test_set, metric))
    return "" if found is None or np.isnan(found.value) else f"{metric.replace('_', ' ')} {found.value:.3f}"


def _fusion_wins(view: TaskView) -> Iterator[tuple[object, ...]]:
    """Compare the best fusion entry with the best rule or classic entry where pairs are compared, paired."""
    pairs = view.board.pairs[view.board.pairs["task"] == view.task.name]
    if pairs.empty or not view.headline.higher_is_better:
        return
    test_set = str(pairs["test_set"].iloc[0])
    ranked = view.at(test_set, view.headline.name).dropna(subset=["value"]).sort_values("value", ascending=False)
    names = [str(entry) for entry in ranked["entry"]]
    named = _fusions(view, names)
    fusion = next((e for e in names if e in named), None)
    simple = next((e for e in names if view.task.families.get(e) in _SIMPLE), None)
    for sign, (a, b) in ((1, (fusion, simple)), (-1, (simple, fusion))):
        for row in pairs[(pairs["a"] == a) & (pairs["b"] == b)].to_dict("records"):
            gap, low, high = sign * row["difference"], *sorted((sign * row["low"], sign * row["high"]))
            verdict = "holds" if low > 0 else "fails" if high < 0 else "open"
            name = named[str(fusion)]
            beside = f"same as {fusion}" if name != fusion else ""
            told = (name, f"{view.headline.name} above {simple}", gap, low, high, verdict, beside)
            yield (view.task.name, view.task.generated, test_set, *told)


def _fusions(view: TaskView, names: Sequence[str]) -> dict[str, str]:
    """Return row -> the fusion entry of that name, else the first that is the same model as the row."""
    same = {row: entry for entry, row in reversed(view.same.items()) if entry.startswith(_FUSION)}
    return {**same, **{name: name for name in names if name.startswith(_FUSION)}}


CLAIMS = (
    Claim(
        "accuracy of 98.04 % for fusion subtypes of APL",
        "Frontiers in Oncology, doi 10.3389/fonc.2025.1619296",
        "98.04 % is 50 of 51, 100 of 102 or 250 of 255: with 102 images the 95 % interval is .931 to .998, and images "
        "of one patient are not independent; a split that shares patients cannot be excluded.",
        _threshold("accuracy", 0.9804, "balanced_accuracy", 3, 50),
    ),
    Claim(
        "accuracy above 95 % across haematopoietic classes",
        "arXiv 2503.20049",
        "Cells split at random reach it where held-out donors do not: read it beside the split.",
        _threshold("accuracy", 0.95, "balanced_accuracy", 3, 50),
    ),
    Claim(
        "F1 above 0.7 in a two-class call of disease",
        "arXiv 2503.20049",
        "Calling everybody diseased has F1 = 2p / (1 + p): above 0.7 as soon as 54 % are diseased.",
        _threshold("f1", 0.7, "always_positive_f1", 2, 2),
    ),
    Claim(
        "multimodal fusion outperforms rules and conventional machine learning",
        "Frontiers in Oncology, doi 10.3389/fonc.2025.1609851",
        "It needs the same patients, the same split and a paired interval.",
        _fusion_wins,
    ),
)
