"""Learning curves: scores of each size, where one entry overtakes another, and what of it is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from leaderboard.boards.board import build, texts
from leaderboard.exchange.archive import pack, unpack, write
from leaderboard.pages.curves import crossing_lines
from leaderboard.pages.site import write_site
from leaderboard.pictures.learning_curve_plot import best_of_families
from leaderboard.questions.learning_curve import CROSSING_COLUMNS, curves, learning_curve
from leaderboard.records.check import ResultError
from leaderboard.records.results import TaskResult
from tests.leaderboard.fake_board import fake_task

SIZES = (100, 300, 1000)
SKILLS = {  # by size: xgboost rises past the others, the gene graph falls back, rules stay
    100: {"prior": 0.0, "rules-apl": 2.0, "xgboost": 0.2, "fusion-gnn": 3.0},
    300: {"prior": 0.0, "rules-apl": 2.0, "xgboost": 3.5, "fusion-gnn": 2.9},
    1000: {"prior": 0.0, "rules-apl": 2.0, "xgboost": 4.5, "fusion-gnn": 0.4},
}


def point(size: int, *, n: int = 120, seeds: int = 2, failed: str | None = None) -> TaskResult:
    task = fake_task("apl-sim", n=n, skill=SKILLS[size], seeds=seeds, failed=failed)
    return replace(task, name=f"apl-sim-{size}", curve="apl", learned_from=size)


POINTS = [point(size) for size in SIZES]


def by_hand(task: TaskResult, entry: str) -> float:
    """Return the mean over seeds of the balanced accuracy of patients, probabilities averaged over specimens."""
    told = task.predictions[(task.predictions["entry"] == entry) & (task.predictions["role"] == "test")]
    columns = [f"p{k}" for k in range(3)]
    scores = []
    for _, rows in told.groupby("seed"):
        people = rows.groupby("patient").agg({"y": "first", **dict.fromkeys(columns, "mean")})
        scores.append(balanced_accuracy_score(people["y"], people[columns].to_numpy().argmax(axis=1)))
    return float(np.mean(scores))


def test_scores_of_every_size_are_those_of_scikit_learn():
    table, _ = learning_curve(POINTS, resamples=50)
    values = table.set_index(["entry", "learned_from"])
    for task in POINTS:
        for entry in task.entries:
            row = values.loc[(entry, task.learned_from)]
            assert row["value"] == pytest.approx(by_hand(task, entry))
            assert row["low"] <= row["value"] <= row["high"]
            assert row["family"] == task.families[entry] and row["test_set"] == "in-domain"


def test_a_planted_crossing_is_found_with_its_leads_and_its_place():
    _, crossed = learning_curve(POINTS, resamples=200)
    rows = crossed.set_index(["overtakes", "overtaken"])
    late = rows.loc[("xgboost", "rules-apl")]
    assert late["between"] == "100 and 300" and late["shown"] == "yes"
    before, after = (by_hand(POINTS[i], "xgboost") - by_hand(POINTS[i], "rules-apl") for i in (0, 1))
    assert late["lead_before"] == pytest.approx(before) and late["lead_after"] == pytest.approx(after)
    assert late["lead_before_high"] < 0 < late["lead_after_low"]
    line = np.polyfit(np.log([100, 300]), [before, after], 1)
    assert late["crossing"] == pytest.approx(np.exp(-line[1] / line[0]))
    assert rows.loc[("rules-apl", "fusion-gnn"), "between"] == "300 and 1,000"
    assert "prior" not in crossed[["overtakes", "overtaken"]].to_numpy()
    assert crossed["shown"].tolist() == sorted(crossed["shown"], reverse=True)


def test_every_change_of_order_is_a_row_and_nothing_else():
    table, crossed = learning_curve(POINTS, resamples=20)
    values = table.pivot_table(index="entry", columns="learned_from", values="value").drop(index="prior")
    wanted = {
        (a, b, f"{few:,} and {many:,}")
        for a in values.index
        for b in values.index
        for few, many in ((100, 300), (300, 1000))
        if values.loc[a, few] < values.loc[b, few] and values.loc[a, many] > values.loc[b, many]
    }
    assert set(zip(crossed["overtakes"], crossed["overtaken"], crossed["between"], strict=True)) == wanted


def test_one_training_needs_a_wider_gap_than_two():
    widths = {}
    for seeds in (1, 2):
        _, crossed = learning_curve([point(size, seeds=seeds) for size in SIZES[:2]], resamples=200)
        row = crossed.set_index(["overtakes", "overtaken"]).loc[("xgboost", "rules-apl")]
        widths[seeds] = row["lead_after_high"] - row["lead_after_low"]
    assert widths[1] > widths[2]


def test_a_hole_has_no_score_and_crosses_nothing():
    table, crossed = learning_curve([*POINTS[:1], point(300, failed="xgboost")], resamples=20)
    hole = table[(table["entry"] == "xgboost") & (table["learned_from"] == 300)].iloc[0]
    assert np.isnan(hole["value"]) and "failed" in hole["note"]
    assert "xgboost" not in crossed[["overtakes", "overtaken"]].to_numpy()


def test_the_oracle_is_a_line_of_its_own_and_overtakes_nobody():
    told = POINTS[0].predictions.drop_duplicates("specimen")
    sure = np.eye(3)[told["y"].to_numpy()]
    facts = told[["specimen"]].assign(**{f"q{k}": sure[:, k] for k in range(3)}).reset_index(drop=True)
    table, crossed = learning_curve([replace(task, specimens=facts) for task in POINTS], resamples=20)
    oracle = table[table["family"] == "oracle"]
    assert oracle["learned_from"].tolist() == list(SIZES) and (oracle["value"] == 1).all()
    assert "Bayes oracle" not in crossed[["overtakes", "overtaken"]].to_numpy()


def test_tasks_are_sorted_into_curves_and_odd_ones_refused():
    other = replace(POINTS[0], curve="", learned_from=0)
    assert {name: [t.learned_from for t in found] for name, found in curves([POINTS[2], other, POINTS[0]]).items()} == {
        "apl": [100, 1000]
    }
    for wrong in ([POINTS[0], POINTS[0]], [POINTS[0], replace(POINTS[1], curve="mito")], [other]):
        with pytest.raises(ResultError, match="a curve needs tasks of one name"):
            learning_curve(wrong, resamples=5)


def test_named_curves_are_the_best_of_each_family_at_some_size():
    rows = [("a", "deep", 1, 0.5), ("b", "deep", 1, 0.6), ("a", "deep", 2, 0.8), ("b", "deep", 2, 0.7),
            ("c", "classic", 1, 0.9), ("d", "classic", 1, 0.2), ("c", "classic", 2, 0.75), ("d", "classic", 2, 0.1),
            ("p", "control", 1, 0.99), ("p", "control", 2, 0.99)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["entry", "family", "learned_from", "value"])
    assert best_of_families(table) == ["a", "c", "b"]


def test_sentences_name_shown_crossings_only():
    table = pd.DataFrame([dict.fromkeys(CROSSING_COLUMNS, "")] * 2)
    table["overtakes"], table["overtaken"], table["between"] = ["a", "c"], ["b", "d"], "1 and 2"
    assert crossing_lines(table.assign(shown=["yes", "no"])) == ["a overtakes b between 1 and 2 patients."]
    assert "No entry is shown to overtake" in crossing_lines(table.assign(shown="no"))[0]
    assert crossing_lines(None) == crossing_lines(table.assign(shown="no"))


def test_a_board_of_a_curve_shows_it_and_comes_back_from_an_archive(tmp_path):
    points = [point(size, n=45, seeds=1) for size in SIZES]
    board = build(points, suite="s", title="t", profile="quick", commit="c", date="d", command="run", resamples=20)
    assert {"learning-curve.csv", "crossings.csv"} <= set(texts(board))
    files = write_site(board, tmp_path / "site")
    first = files["index.html"].read_text()
    assert "Learning curve apl" in first and "overtake" in first and first.count("patients learned from") == 1
    page = next(path for name, path in files.items() if "learning" in name).read_text()
    assert "between" in page and "100 and 300" in page
    write(pack(board), tmp_path / "archive", {})
    _, tasks = unpack(tmp_path / "archive")
    assert [(task.curve, task.learned_from) for task in tasks] == [("apl", size) for size in SIZES]
