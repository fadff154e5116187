"""What entries cost: counts against brute force, means by hand, unknown is never zero, the front by definition."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from baselines.classic.parameter_count import counted
from benchmark.commands.report import _costs
from benchmark.entries.registry import entry_class, entry_spec
from leaderboard.boards.board import build
from leaderboard.exchange.archive import pack
from leaderboard.pages.task_page import cost_table
from leaderboard.questions.compute_cost import COSTS, DRAWN, cost_words, costs, drawn, entry_costs, spent
from leaderboard.records.results import TaskResult
from leaderboard.scores.tables import TaskView, views
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.shared_board import FACTS
from tests.leaderboard.written_board import check_table, hand_task, hand_view, texts
from tests.toy import toy_cohort

COHORT = toy_cohort(n=60, n_classes=3, side=16)


def entry(name: str, **settings: Any) -> Any:
    return entry_class(entry_spec(name))(**settings)


def priced(**columns: Any) -> TaskResult:
    """Return a task with trials that tell more costs; a value may depend on the entry."""
    task = fake_task(n=60, failed=None)
    told = {name: task.trials["entry"].map(value) for name, value in columns.items()}
    return replace(task, trials=task.trials.assign(**told))


def view_of(task: TaskResult) -> TaskView:
    return views(build([task], **FACTS, resamples=5))[0]


def test_a_forest_counts_its_nodes_and_trees_of_xgboost_too() -> None:
    forest = entry("random-forest", **{"blocks.n_estimators": 7}).fit(COHORT, COHORT)
    children = [int((tree.tree_.children_left >= 0).sum()) for tree in forest.fitted_.fitted.estimator.estimators_]
    assert forest.report_["n_parameters"] == sum(2 * inner + 1 for inner in children)
    trees = entry("xgboost", **{"blocks.n_estimators": 6}).fit(COHORT, COHORT)
    booster = trees.fitted_.fitted.predict.__self__.get_booster()
    table = booster[: trees.report_["rounds"]].trees_to_dataframe()
    assert trees.report_["n_parameters"] == len(table)


def test_a_linear_model_counts_coefficients_and_what_has_none_counts_nothing() -> None:
    X, y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert counted(linear) == {"n_parameters": 3 * 4 + 3}
    assert counted(SVC(kernel="rbf").fit(X, y)) == {}


def test_a_network_counts_what_its_state_holds() -> None:
    network = entry("cnn-spatial-attention", max_epochs=1, batch_size=8, cells_per_bag=2, dim=16).fit(COHORT, COHORT)
    learned = {name for name, _ in network.network_.named_parameters()}
    state = network.network_.state_dict()
    assert network.report_["n_parameters"] == sum(torch.numel(state[name]) for name in learned) > 0


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, [np.nan, np.nan, np.nan]),
        ({"seconds": {"tune": 9.0, "fit": 2.0, "predict": 0.5}}, [2.0, np.nan, np.nan]),
        (
            {"seconds": {"tune": 9.0, "fit": 2.0, "predict": 0.5}, "n_predicted": 100, "n_parameters": 7},
            [2.0, 5.0, 7.0],
        ),
        (
            {
                "seconds": {"tune": 9.0, "fit": 2.0, "predict": 0.5},
                "n_predicted": 100,
                "n_parameters": 7,
                "report": {"kept_features": True},
            },
            [np.nan, np.nan, 7.0],
        ),
        (
            {"seconds": {"tune": 9.0, "fit": 2.0, "predict": 0.5}, "report": {"kept_features": False}},
            [2.0, np.nan, np.nan],
        ),
        ({"seconds": {"tune": 0, "fit": 2.0, "predict": 0.5}, "n_predicted": 0, "n_parameters": 0}, [2, np.nan, 0]),
    ],
)
def test_a_record_that_does_not_tell_is_unknown(details: dict[str, Any], expected: list[float]) -> None:
    found = _costs(details)
    np.testing.assert_array_equal([found[name] for name in ("fit_seconds", "latency_ms", "n_parameters")], expected)


def test_means_are_of_done_trials_and_one_unknown_makes_the_mean_unknown() -> None:
    task = priced(fit_seconds={"prior": 1.0, "xgboost": 4.0}, n_parameters={"xgboost": 5.0})
    trials = task.trials.copy()
    mine = trials.index[trials["entry"] == "xgboost"]
    trials.loc[mine[0], ["fit_seconds", "n_parameters"]] = [16.0, np.nan]
    trials.loc[trials.index[trials["entry"] == "prior"][0], ["status", "fit_seconds"]] = ["failed", 99.0]
    found = spent(replace(task, trials=trials))
    assert found.loc["xgboost", "fit_seconds"] == pytest.approx((16 + 4 * (len(mine) - 1)) / len(mine))
    assert found.loc["prior", "fit_seconds"] == 1.0 and found["n_parameters"].isna().all()


def test_no_entry_of_a_front_is_beaten_and_every_other_is() -> None:
    rng = np.random.default_rng(1)
    entries = fake_task(n=60).entries
    prices = {name: dict(zip(entries, rng.uniform(1, 9, len(entries)), strict=True)) for name in DRAWN}
    del prices["n_parameters"]["prior"]
    table = costs(view_of(priced(**prices)))
    for name in DRAWN:
        known = table[table[name].notna()]
        for one in known.to_dict("records"):
            others = known[known["entry"] != one["entry"]]
            beaten = ((others["value"] >= one["value"]) & (others[name] <= one[name])).any()
            assert (name in one["front"]) == (not beaten)
    assert "n_parameters" not in table.set_index("entry").loc["prior", "front"]


@pytest.mark.parametrize(
    ("prices", "values", "front"),
    [
        ({"a": 1.0, "b": 1.0}, {"a": 0.4, "b": 0.5}, {"b"}),
        ({"a": 1.0, "b": 2.0}, {"a": 0.5, "b": 0.5}, {"a"}),
        ({"a": 2.0, "b": 1.0, "c": 3.0}, {"a": 0.5, "b": 0.4, "c": 0.6}, {"a", "b", "c"}),
        ({"a": 0.001, "b": 0.009}, {"a": 0.4, "b": 0.5}, {"b"}),  # both below what is told apart
        ({"a": np.nan, "b": 2.0}, {"a": 0.9, "b": 0.5}, {"b"}),
        ({"a": 1.0, "b": 2.0}, {"a": np.nan, "b": 0.5}, {"b"}),
    ],
)
def test_the_front_where_costs_or_scores_are_equal_or_unknown(prices, values, front):
    task = hand_task("t", list(prices))
    task = replace(task, trials=task.trials.assign(fit_seconds=task.trials["entry"].map(prices)))
    scores = {("A", "balanced_accuracy", entry): (value, value, value, 1) for entry, value in values.items()}
    scores |= {("B", "balanced_accuracy", entry): (1 - value, 0, 1, 1) for entry, value in values.items()}
    table = costs(hand_view(task, scores))
    assert {row["entry"] for _, row in table.iterrows() if "fit_seconds" in row["front"]} == front
    assert table["entry"].tolist() == sorted(
        (e for e in values if values[e] == values[e]), key=lambda e: (-values[e], e)
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"fit_seconds": 0.01, "n_parameters": 1234.4, "latency_ms": 0.0009},
            "0.01 fit seconds, 1,234 parameters, <0.001 ms a specimen",
        ),
        ({"fit_seconds": 0.0099, "n_parameters": np.nan, "latency_ms": 2.0}, "<0.01 fit seconds, 2.000 ms a specimen"),
        ({"fit_seconds": np.nan, "n_parameters": np.nan, "latency_ms": np.nan}, ""),
    ],
)
def test_costs_in_words(row, said):
    assert cost_words(pd.Series(row)) == said


def test_costs_of_an_entry_have_a_row_for_each_task_that_knows_it():
    def priced_at(*rows):
        return pd.DataFrame(rows, columns=["entry", "seconds", *DRAWN, "front"])

    tables = {
        "t\n": priced_at(("a", 1.5, np.nan, 7.0, np.nan, ("seconds", "n_parameters")), ("b", 9.0, 9.0, 9.0, 9.0, ())),
        "u": priced_at(("b", 9.0, 9.0, 9.0, 9.0, ())),
        "v": priced_at(("a", 0.001, np.nan, np.nan, np.nan, ())),
    }
    table = entry_costs("a", tables, {"t\n": "leaky", "u": "", "v": ""})
    check_table(table)
    assert table.title == "Costs of a"
    assert [column.header for column in table.columns] == ["task", "seconds a trial", "parameters", "unbeaten on"]
    assert texts(table) == [["t", "1.50", "7", "seconds a trial, parameters"], ["v", "<0.01", "not counted", "–"]]
    assert [row[0].interval for row in table.rows] == ["leaky", ""] and table.rows[1][1].order == 0.001


def test_tables_say_what_is_not_known() -> None:
    view = view_of(priced(fit_seconds=dict.fromkeys(fake_task().entries, 0.001), n_parameters={"fusion-gnn": 12345.0}))
    table = cost_table(view, costs(view))
    assert all(row[2].order == pytest.approx(float(row[2].text), abs=5.1e-4) for row in table.rows)
    assert [c.header for c in table.columns][3:6] == ["seconds a trial", "fit seconds", "parameters"]
    told = {row[0].text: {c.header: cell for c, cell in zip(table.columns, row, strict=True)} for row in table.rows}
    assert told["fusion-gnn"]["parameters"].text == "12,345" and told["fusion-gnn"]["fit seconds"].text == "<0.01"
    assert told["prior"]["parameters"].text == "not counted" and told["prior"]["parameters"].order is None
    mine = entry_costs("prior", {"t": costs(view)}, {"t": ""})
    assert [c.header for c in mine.columns] == ["task", "seconds a trial", "fit seconds", "unbeaten on"]


def test_a_board_of_old_trials_has_seconds_alone_and_new_columns_are_archived() -> None:
    old = view_of(fake_task(n=60, failed=None))
    assert drawn(costs(old)) == ("seconds",) and [c.header for c in cost_table(old, costs(old)).columns][3:] == [
        "seconds a trial",
        "unbeaten on",
    ]
    new = priced(latency_ms={"prior": 1.5})
    kept = pd.read_parquet(io.BytesIO(pack(build([new], **FACTS, resamples=5))["trials.parquet"]))
    pd.testing.assert_series_equal(kept["latency_ms"], new.trials["latency_ms"])
    assert set(COSTS) >= {"seconds", *DRAWN}
