"""The worst domain of each entry brings its own patients and limits; seeds are drawn in their order."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pandas as pd

from leaderboard.records.results import TaskResult
from leaderboard.scores.detail_score import detail
from leaderboard.scores.score import score
from tests.leaderboard.held_out_task import rows, task_of

SHARES = ["balanced_accuracy", "accuracy", "macro_f1", "mcc"]
SIZES = {"A": 24, "B": 40, "C": 32}


def domain(entry: str, name: str, wrong: int, seed: int = 0) -> pd.DataFrame:
    """Return patients of three classes, every ``wrong``-th called wrong, some with a second specimen."""
    n = SIZES[name]
    y = np.arange(n) % 3
    called = np.where(np.arange(n) % wrong == 0, (y + 1) % 3, y)
    proba = 0.1 + 0.7 * np.eye(3)[called]
    first = 100 * "ABC".index(name)
    table = rows(entry, f"test:{name}", y, proba, seed=seed, first=first, domain=name)
    again = table.iloc[: 5 + "ABC".index(name)]
    return pd.concat([table, again.assign(specimen=again["specimen"] + "'")], ignore_index=True)


def task(seeds: tuple[int, ...] = (0,)) -> TaskResult:
    worst = {"a": {"A": 2, "B": 20, "C": 12}, "b": {"A": 12, "B": 2, "C": 13}, "c": {"A": 9, "B": 8, "C": 2}}
    parts = [
        domain(e, d, wrong + i, s) for i, s in enumerate(seeds) for e, of in worst.items() for d, wrong in of.items()
    ]
    return task_of(pd.concat(parts, ignore_index=True))


def test_the_row_of_the_worst_domain_is_that_of_the_domain() -> None:
    table = score(task(), resamples=60).set_index(["test_set", "metric", "entry"])
    assert list(table.index.unique("test_set")) == ["A", "B", "C", "all shifted", "worst domain"]
    for metric in table.index.unique("metric"):
        for entry, name in (("a", "A"), ("b", "B"), ("c", "C")):
            found, own = table.loc[("worst domain", metric, entry)], table.loc[(name, metric, entry)]
            assert found["note"] == f"worst is {name}" and found["value"] == own["value"]
            assert (found["n_patients"], found["n_specimens"]) == (SIZES[name], SIZES[name] + 5 + "ABC".index(name))
            if metric in SHARES:
                assert (found["low"], found["high"]) == (own["low"], own["high"])


def test_a_domain_that_cannot_be_evaluated_is_not_the_worst() -> None:
    given = task()
    one_class = given.predictions.assign(y=given.predictions["y"].mask(given.predictions["domain"] == "A", 0))
    table = score(replace(given, predictions=one_class), resamples=20)
    found = table[(table["metric"] == "auroc") & (table["test_set"] == "worst domain")].set_index("entry")
    assert found["note"].tolist() == ["worst is C", "worst is B", "worst is C"] and found["value"].notna().all()
    nowhere = replace(given, predictions=given.predictions.assign(y=0))
    table = score(nowhere, resamples=5)
    assert table.loc[table["metric"] == "auroc", "value"].isna().all()


def test_the_names_of_seeds_change_nothing_but_their_order_may() -> None:
    tables = [score(task(seeds), resamples=30) for seeds in ((0, 1), (1, 8))]
    pd.testing.assert_frame_equal(*tables)
    assert list(tables[0].index) == list(range(len(tables[0])))
    assert (tables[0]["value"] != score(task(), resamples=30)["value"]).any()


def test_nothing_done_counts_nobody() -> None:
    given = task()
    empty = replace(given, predictions=given.predictions.iloc[:0], trials=given.trials.assign(status="missing"))
    table = score(empty, resamples=5)
    assert set(table["n_patients"]) == set(table["n_specimens"]) == {0} and set(table["test_set"]) == {"in-domain"}
    assert len(table) == 3 * table["metric"].nunique() and list(table.index) == list(range(len(table)))


def test_a_thousand_resamples_of_seed_nought_unless_somebody_says_otherwise() -> None:
    for function in (score, detail):
        defaults = inspect.signature(function).parameters
        assert (defaults["resamples"].default, defaults["seed"].default) == (1000, 0)
