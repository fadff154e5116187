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
from leaderboard.pictures.learning_curve_plot import best_of_families, learning_curve_plot
from leaderboard.questions.learning_curve import CROSSING_COLUMNS, curves, learning_curve
from leaderboard.records.check import ResultError
from leaderboard.records.results import TaskResult
from leaderboard.scores.score import score
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


def twice(task: TaskResult) -> TaskResult:
    """Return a task whose second training is the first again."""
    tables = [pd.concat([table, table.assign(seed=1)], ignore_index=True) for table in (task.predictions, task.trials)]
    return replace(task, predictions=tables[0], trials=tables[1])


def test_one_training_needs_a_wider_gap_than_two_that_agree():
    once = [point(size, seeds=1) for size in SIZES[:2]]
    widths = []
    for points in (once, [twice(task) for task in once]):
        row = (
            learning_curve(points, resamples=200)[1].set_index(["overtakes", "overtaken"]).loc[("xgboost", "rules-apl")]
        )
        widths.append(row["lead_after_high"] - row["lead_after_low"])
    assert widths[0] > 1.1 * widths[1]


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
    some = facts.assign(**{f"q{k}": np.where(facts.index % 2, np.nan, facts[f"q{k}"]) for k in range(3)})
    table, _ = learning_curve([replace(task, specimens=some) for task in POINTS], resamples=20)
    oracle = table[table["family"] == "oracle"]
    assert oracle["value"].isna().all() and (oracle["note"] == "the posterior of some specimen is not known").all()


def test_what_no_training_but_luck_moves_is_rarely_shown():
    """Entries that are equally good, each training better or worse by luck."""
    rng = np.random.default_rng(0)
    shown = 0
    for board in range(25):
        points = []
        for size in (100, 300):
            parts = []
            for seed in range(2):
                skill = {e: 1.2 + 0.5 * rng.normal() for e in ("xgboost", "fusion-gnn")}
                one = fake_task("apl-sim", n=60, skill=skill, seeds=1, failed=None, seed=board)
                parts.append((one.predictions.assign(seed=seed), one.trials.assign(seed=seed)))
            predictions, trials = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
            points.append(replace(one, predictions=predictions, trials=trials, curve="apl", learned_from=size))
        shown += (learning_curve(points, resamples=100)[1]["shown"] == "yes").sum()
    assert shown <= 2


def test_intervals_are_those_of_the_table_of_scores():
    table, _ = learning_curve(POINTS, resamples=100)
    for task in POINTS:
        scored = score(replace(task, name="apl"), resamples=100)
        wanted = scored[(scored["test_set"] == "in-domain") & (scored["metric"] == "balanced_accuracy")]
        mine = table[table["learned_from"] == task.learned_from]
        columns = ["value", "low", "high"]
        pd.testing.assert_frame_equal(mine.set_index("entry")[columns], wanted.set_index("entry")[columns])


def test_stale_entries_overtake_nobody_and_say_so():
    old = [replace(t, trials=t.trials.assign(stale=t.trials["entry"] == "xgboost")) for t in POINTS]
    table, crossed = learning_curve(old, resamples=20)
    assert table.loc[table["entry"] == "xgboost", "note"].str.startswith("stale").all()
    assert "xgboost" not in crossed[["overtakes", "overtaken"]].to_numpy()


def test_a_tie_between_two_sizes_is_passed_over():
    """Two entries swap their answers from the first size to the last, and agree at the one between."""
    good, bad = (POINTS[0].predictions[POINTS[0].predictions["entry"] == e] for e in ("fusion-gnn", "xgboost"))
    points = []
    for size, (first, second) in zip(SIZES, ((good, bad), (good, good), (bad, good)), strict=True):
        both = pd.concat([first.assign(entry="fusion-gnn"), second.assign(entry="xgboost")], ignore_index=True)
        trials = POINTS[0].trials[POINTS[0].trials["entry"].isin(["fusion-gnn", "xgboost"])]
        points.append(replace(POINTS[0], predictions=both, trials=trials, curve="apl", learned_from=size))
    _, crossed = learning_curve(points, resamples=20)
    assert crossed[["overtakes", "between", "shown"]].to_numpy().tolist() == [["xgboost", "100 and 1,000", "yes"]]
    assert crossed["crossing"].iloc[0] == pytest.approx(np.sqrt(100 * 1000))


def test_an_entry_that_is_the_same_as_another_has_its_scores():
    first = POINTS[0].trials.copy()
    twin = first[first["entry"] == "xgboost"].assign(entry="twin", status="same-as", error="xgboost")
    task = replace(POINTS[0], trials=pd.concat([first, twin], ignore_index=True))
    table, crossed = learning_curve([task, POINTS[1]], resamples=20)
    rows = table[table["learned_from"] == 100].set_index("entry")
    assert rows.loc["twin", "value"] == rows.loc["xgboost", "value"] and rows.loc["twin", "note"] == "same as xgboost"
    assert "twin" not in crossed[["overtakes", "overtaken"]].to_numpy()


def test_an_entry_of_a_later_size_alone_and_a_users_own_are_drawn():
    mine = replace(POINTS[2], families={**POINTS[2].families, "xgboost": "own"})
    first = POINTS[0]
    kept = first.predictions["entry"] != "prior"
    without = replace(
        first,
        predictions=first.predictions[kept].reset_index(drop=True),
        trials=first.trials[first.trials["entry"] != "prior"].reset_index(drop=True),
        families={k: v for k, v in first.families.items() if k != "prior"},
    )
    table, crossed = learning_curve([without, POINTS[1], mine], resamples=20)
    assert table.loc[table["entry"] == "prior", "family"].eq("control").all()
    assert "prior" not in crossed[["overtakes", "overtaken"]].to_numpy()
    assert "xgboost" in best_of_families(table)
    assert "prior" in learning_curve_plot(table, "balanced accuracy", "prior", "x")


def test_nothing_done_yet_is_a_table_of_holes():
    empty = replace(
        POINTS[1], predictions=POINTS[1].predictions.iloc[:0], trials=POINTS[1].trials.assign(status="missing")
    )
    table, crossed = learning_curve([POINTS[0], empty], resamples=20)
    assert table.loc[table["learned_from"] == 300, "value"].isna().all() and crossed.empty
    assert set(table["test_set"]) == {"in-domain"}


def test_tasks_are_sorted_into_curves_and_odd_ones_refused():
    other = replace(POINTS[0], curve="", learned_from=0)
    assert {name: [t.learned_from for t in found] for name, found in curves([POINTS[2], other, POINTS[0]]).items()} == {
        "apl": [100, 1000]
    }
    zero = replace(POINTS[0], learned_from=0)
    for wrong in ([POINTS[0], POINTS[0]], [POINTS[0], replace(POINTS[1], curve="mito")], [other], [zero, POINTS[1]]):
        with pytest.raises(ResultError, match="a curve needs tasks of one name"):
            learning_curve(wrong, resamples=5)
    moved = replace(POINTS[1], predictions=POINTS[1].predictions.assign(y=0))
    with pytest.raises(ResultError, match="another patient or label"):
        learning_curve([POINTS[0], moved], resamples=5)


def test_named_curves_are_the_best_of_each_family_at_some_size():
    rows = [("a", "deep", 1, 0.5), ("b", "deep", 1, 0.6), ("a", "deep", 2, 0.8), ("b", "deep", 2, 0.7),
            ("c", "classic", 1, 0.9), ("d", "classic", 1, 0.2), ("c", "classic", 2, 0.75), ("d", "classic", 2, 0.1),
            ("p", "control", 1, 0.99), ("p", "control", 2, 0.99)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["entry", "family", "learned_from", "value"])
    assert best_of_families(table) == ["a", "c", "b"]


def test_sentences_name_shown_crossings_only():
    table = pd.DataFrame([dict.fromkeys(CROSSING_COLUMNS, "")] * 2)
    table["overtakes"], table["overtaken"], table["between"] = ["a", "c"], ["b", "d"], "1 and 2"
    curve = pd.DataFrame({"learned_from": [1, 2], "value": [0.5, 0.6]})
    assert crossing_lines(curve, table.assign(shown=["yes", "no"])) == ["a overtakes b between 1 and 2 patients."]
    assert "No entry is shown to overtake" in crossing_lines(curve, table.assign(shown="no"))[0]
    assert crossing_lines(curve, None) == crossing_lines(curve, table.assign(shown="no"))
    assert "no order can turn yet" in crossing_lines(curve.iloc[:1], None)[0]
    many = pd.concat([table.assign(shown="yes")] * 4, ignore_index=True)
    assert len(crossing_lines(curve, many)) == 7 and crossing_lines(curve, many)[-1].endswith("task pages: 2.")


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
