"""What each picture draws and where, read from the figure before it becomes text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import binomtest

from leaderboard.inference.critical_difference import CriticalDifference
from leaderboard.pictures.picture import COLOURS, INK, MARKERS, short, style, svg
from leaderboard.pictures.reliability_plot import reliability_bins
from leaderboard.records.testsets import Replicate
from tests.leaderboard.written_board import hand_task, hand_view

NAN = float("nan")
ROOM = "leaderboard.pictures."
FOREST, PARETO, BENEFIT = f"{ROOM}forest", f"{ROOM}pareto", f"{ROOM}benefit_plot"
RANKS, RELIABILITY = f"{ROOM}critical_difference_plot", f"{ROOM}reliability_plot"
RISK, WINS = f"{ROOM}risk_coverage", f"{ROOM}win_rate"


def drawn(module: str, call: Callable[[Any], object]) -> tuple[Figure, Axes]:
    """Return the figure that a picture makes, after a look at what all pictures have in common."""
    kept: list[Figure] = []
    part = import_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part, "svg", lambda figure: kept.append(figure) or svg(figure))
        call(part)
    (figure,) = kept
    (axes,) = figure.axes
    house_style(figure, axes)
    return figure, axes


def house_style(figure: Figure, axes: Axes) -> None:
    """Fail where paper shows through, a line is fat, or ink outshines what is told."""
    assert not figure.get_frameon() and not axes.get_frame_on()
    assert figure.get_layout_engine().__class__.__name__ == "ConstrainedLayoutEngine"
    assert max(figure.get_size_inches()) < 9 and figure.get_size_inches()[0] < 5
    assert axes.get_xlabel() and axes.get_xlabel() != axes.get_ylabel()
    assert all(not legend.get_frame_on() and len(legend.get_texts()) for legend in figure.legends)
    for line in axes.lines:
        ink = to_hex(line.get_color()) == INK
        assert line.get_linewidth() <= (1 if ink and line.get_linestyle() != "-" else 2.5)
        assert ink or line.get_marker() in "None" or 4 <= line.get_markersize() <= 6
    for grid in (*axes.xaxis.get_gridlines(), *axes.yaxis.get_gridlines()):
        assert not grid.get_visible() or (grid.get_alpha() <= 0.2 and to_hex(grid.get_color()) == INK)


def has_grid(axes: Axes) -> tuple[bool, bool]:
    """Return whether there are lines up from x and across from y."""
    lines = (axis.get_gridlines() for axis in (axes.xaxis, axes.yaxis))
    x, y = (any(line.get_visible() for line in found) for found in lines)
    return x, y


def points(line: Line2D) -> list[tuple[float, float]]:
    return [tuple(map(float, pair)) for pair in np.column_stack([line.get_xdata(), line.get_ydata()])]  # type: ignore


def forest_of(n_sets: int, entries: str = "abcd", **status: str) -> tuple[Figure, Axes]:
    """Return the forest plot of entries whose scores fall from .9; the name of a trial's status says which lack any."""
    names = [*entries, "prior"]
    task = hand_task("t", names)
    lost = task.trials["entry"].map(lambda entry: status.get(entry, "done"))
    task = replace(task, trials=task.trials.assign(status=lost, error=lost.map({"same-as": "a"}).fillna("")))
    sets = ["in-domain", "_B", *"CDEFGHIJ"][:n_sets]
    scores = {}
    for k, test_set in enumerate(sets):
        for i, entry in enumerate(names):
            value = NAN if entry in status else 0.9 - 0.1 * i - 0.01 * k
            scores[test_set, "balanced_accuracy", entry] = (value, value - 0.2, value + 0.1, 1)
    view = hand_view(task, scores)
    return drawn(FOREST, lambda part: part.forest(view))


def test_a_forest_has_a_row_for_each_entry_and_test_set() -> None:
    figure, axes = forest_of(2, b="failed", c="not-applicable", d="same-as")
    shown, values = ["a", "prior", "b"], [0.9, 0.5, NAN]
    for k, name in enumerate(("in-domain", "B")):
        line, bars = axes.lines[k], axes.collections[k]
        assert line.get_label() == name and (line.get_color(), line.get_marker()) == (COLOURS[k], MARKERS[k])
        expected = [(value - 0.01 * k, 3.0 * i + k) for i, value in enumerate(values)]
        np.testing.assert_allclose(points(line), expected)
        ends = [[(v - 0.01 * k - 0.2, 3 * i + k), (v - 0.01 * k + 0.1, 3 * i + k)] for i, v in enumerate(values)]
        np.testing.assert_allclose(bars.get_segments()[:2], ends[:2])  # type: ignore[attr-defined]
        assert to_hex(bars.get_edgecolor()[0]) == COLOURS[k] and 1 <= bars.get_linewidth()[0] <= 2
    assert [tick.get_text() for tick in axes.get_yticklabels()] == shown and axes.get_xlabel() == "balanced accuracy"
    assert axes.get_yticks().tolist() == [0.5, 3.5, 6.5] and axes.get_ylim() == (8.0, -1.0)
    prior = axes.lines[2]
    assert list(prior.get_xdata()) == [0.5, 0.5] and prior.get_linestyle() == ":" and prior.get_zorder() < 1
    (hole,) = axes.texts
    assert (hole.get_text(), hole.get_position()) == ("no result", (0.99, 6.5))
    assert (hole.get_ha(), hole.get_va()) == ("right", "center") and hole.get_transform() == axes.get_yaxis_transform()
    assert has_grid(axes) == (True, False) and all(
        tick.tick1line.get_markersize() == 0 for tick in axes.yaxis.majorTicks
    )
    assert len(figure.legends) == 1 and len(axes.lines) == 3


def test_forests_grow_with_their_rows_and_many_sets_wrap() -> None:
    heights = [forest_of(2, "abcd"[:n])[0].get_size_inches()[1] for n in (1, 2, 3)]
    row = (heights[1] - heights[0]) / 3
    assert heights[2] - heights[1] == pytest.approx(3 * row) and 9 / 72 < row < 0.25
    assert forest_of(3, "a")[0].get_size_inches()[1] - heights[0] == pytest.approx(2 * row)  # one more for two entries
    assert 0.5 < heights[0] - 6 * row < 1.5  # the legend and the axis
    assert [forest_of(n, "a")[0].legends[0]._ncols for n in (1, 4, 5)] == [1, 4, 3]
    many = forest_of(10, "a")[1]
    assert [line.get_color() for line in many.lines[8:10]] == list(COLOURS[:2])
    assert [line.get_marker() for line in many.lines[8:10]] == list(MARKERS[:2])


def test_a_forest_of_nobody_is_empty() -> None:
    _, axes = forest_of(1, "a", a="not-applicable", prior="not-applicable")
    assert axes.get_ylim() == (0.0, -1.0) and not axes.texts and len(axes.lines) == 1


def test_pareto_names_the_front_and_joins_it_from_left_to_right() -> None:
    rows = [
        ("slow best", "deep", 1000.0, 0.9, ("fit_seconds",)),
        ("cheap", "control", 0.001, 0.2, ("latency_ms", "fit_seconds")),
        ("close", "rule", 2.0, 0.21, ("fit_seconds",)),
        ("beaten", "deep", 900.0, 0.3, ("latency_ms",)),
        ("unknown", "rule", NAN, 0.95, ()),
        ("no score", "classic", 1.0, NAN, ()),
    ]
    table = pd.DataFrame(rows, columns=["entry", "family", "fit_seconds", "value", "front"])
    figure, axes = drawn(PARETO, lambda part: part.pareto(table, "fit_seconds", "score", "x"))
    marks = {line.get_label(): line for line in axes.lines[:-1]}
    assert {name: points(line) for name, line in marks.items()} == {
        "control": [(0.01, 0.2)], "rule": [(2.0, 0.21)], "deep": [(1000.0, 0.9), (900.0, 0.3)],
    }  # fmt: skip
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["control", "rule", "deep"]
    looks = [(line.get_color(), line.get_marker(), line.get_linestyle()) for line in marks.values()]
    assert looks == [(COLOURS[i], MARKERS[i], "None") for i in (0, 1, 3)]
    front = axes.lines[-1]
    assert points(front) == [(0.01, 0.2), (2.0, 0.21), (1000.0, 0.9)] and front.get_drawstyle() == "steps-post"
    assert (front.get_linestyle(), front.get_color()) == (":", INK)
    assert [(name.get_text(), name.get_ha()) for name in axes.texts] == [
        ("cheap", "left"), ("close", "left"), ("slow best", "right"),
    ]  # fmt: skip
    assert [name.get_position() for name in axes.texts] == [(5, 0), (5, 0), (-5, 0)]
    heights, (low, high) = [float(name.xy[1]) for name in axes.texts], axes.get_ylim()  # type: ignore[attr-defined]
    assert [float(name.xy[0]) for name in axes.texts] == [0.01, 2.0, 1000.0]  # type: ignore[attr-defined]
    gaps = (np.array(heights) - [0.2, 0.21, 0.9]) / (high - low)
    assert gaps[[0, 2]] == pytest.approx([0.02, 0.02]) and heights[1] - heights[0] == pytest.approx(
        0.055 * (high - low)
    )
    assert all(name.get_size() == 8 for name in axes.texts) and figure.legends[0]._ncols == 5
    assert axes.get_xscale() == "log" and axes.get_ylabel() == "score" and "fit once" in axes.get_xlabel()
    assert [axes.xaxis.get_major_formatter()(x, 0) for x in (0.01, 1000.0, 1e6)] == ["0.01", "1,000", "1,000,000"]
    assert axes.margins() == (0.12, 0.12) and has_grid(axes) == (True, True)
    assert 3 <= len(axes.xaxis.get_major_locator().tick_values(1e-3, 1e15)) <= 9
    assert axes.xaxis.get_minor_formatter()(3.0, 0) == ""


def test_decision_curves_are_of_the_first_set_that_has_some_and_references_are_lines() -> None:
    at = [0.05, 0.1, 0.3]
    named = [f"e{i}" for i in range(8)]
    curves = {name: [0.3 - 0.01 * i, 0.2, -0.05 + 0.01 * i] for i, name in enumerate(named)}
    curves |= {"treat all": [0.3, 0.1, -0.9], "treat none": [0.0, 0.0, 0.0]}
    told = [
        (task, where, kind, entry, pt, value if kind != "absent" else NAN)
        for task, where in (("u", "in-domain"), ("t", "C"), ("t", "B"))
        for kind in ("second", "first", "absent")
        for entry, values in curves.items()
        for pt, value in zip(at, values, strict=True)
    ]
    table = pd.DataFrame(told, columns=["task", "test_set", "class", "entry", "threshold", "value"])
    scores = {
        (where, "balanced_accuracy", name): (0.9 - 0.1 * i, 0, 1, 1)
        for where in ("in-domain", "B", "C")
        for i, name in enumerate(named)
    }
    view = hand_view(hand_task("t", named[::-1]), scores, further={"benefit": table})
    part = import_module(BENEFIT)
    assert [name for name, _ in part.benefit_plots(view)] == ["second, B", "first, B"]
    assert [round(100 * pt) for pt in part.SHOWN] == [5, 10, 20, 30]
    mine = table.query("task == 't' and test_set == 'B' and `class` == 'first'")
    figure, axes = drawn(BENEFIT, lambda part: part._plot(view, "first", mine))
    shown = [*named, "treat all", "treat none"]
    assert [points(line) for line in axes.lines] == [list(zip(at, curves[name], strict=True)) for name in shown]
    assert [line.get_label() for line in axes.lines[:6]] == named[:6]
    assert [line.get_color() for line in axes.lines[:6]] == list(COLOURS[:6])
    assert [line.get_marker() for line in axes.lines[:6]] == list(MARKERS[:6])
    assert [line.get_markevery() for line in axes.lines[:6]] == [(i, 8) for i in range(6)]
    for grey in axes.lines[6:8]:
        assert to_hex(grey.get_color()) == INK and grey.get_alpha() <= 0.3 and grey.get_label().startswith("_")  # type: ignore
        assert grey.get_zorder() < axes.lines[0].get_zorder() and grey.get_linewidth() < 1
    assert {line.get_label(): line.get_linestyle() for line in axes.lines[8:]} == {"treat all": "--", "treat none": ":"}
    assert axes.get_ylim() == pytest.approx((-0.055, 0.34)) and has_grid(axes) == (True, True)
    assert figure.legends[0]._ncols == 2 and "threshold" in axes.get_xlabel() and "benefit" in axes.get_ylabel()
    flat = mine.assign(value=0.0)
    assert drawn(BENEFIT, lambda part: part._plot(view, "x", flat))[1].get_ylim() == pytest.approx((-0.02, 0.01))


def test_ranks_are_dots_and_bars_beside_them_join_groups() -> None:
    ranks = pd.Series({"a": 1.0, "b": 2.0, "c": 3.5, "d": 5.0})
    found = CriticalDifference(ranks, pd.DataFrame(), (("a", "b", "c"), ("c", "d")), 7)
    figure, axes = drawn(RANKS, lambda part: part.critical_difference_plot(found))
    dots, *bars = axes.lines
    assert points(dots) == [(1.0, 0.0), (2.0, 1.0), (3.5, 2.0), (5.0, 3.0)] and dots.get_linestyle() == "None"
    assert (dots.get_color(), dots.get_marker()) == (COLOURS[0], "o")
    assert [list(bar.get_ydata()) for bar in bars] == [[-0.3, 2.3], [1.7, 3.3]]
    x = [sorted(set(bar.get_xdata())) for bar in bars]  # type: ignore[arg-type]
    assert all(len(at) == 1 for at in x)
    assert np.subtract([x[0][0], x[1][0]], 5) == pytest.approx([0.32, 0.48])  # two and three steps of 4 % of the span
    assert all(to_hex(bar.get_color()) == INK and bar.get_linewidth() == 2.5 for bar in bars)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list("abcd") and axes.get_ylim() == (3.5, -0.5)
    assert axes.get_yticks().tolist() == [0, 1, 2, 3]
    assert "7 tasks" in axes.get_xlabel() and has_grid(axes) == (True, False)
    assert all(tick.tick1line.get_markersize() == 0 for tick in axes.yaxis.majorTicks)
    alike = CriticalDifference(pd.Series({"a": 1.5, "b": 1.5}), pd.DataFrame(), (("a", "b"),), 7)
    small, close = drawn(RANKS, lambda part: part.critical_difference_plot(alike))
    assert close.lines[1].get_xdata()[0] == pytest.approx(1.58)  # type: ignore[index]
    row = (figure.get_size_inches()[1] - small.get_size_inches()[1]) / 2
    assert 9 / 72 < row < 0.3 and 0.4 < small.get_size_inches()[1] - 2 * row < 1


def answers(n: int, k: int, seed: int = 0) -> Replicate:
    rng = np.random.default_rng(seed)
    return Replicate(rng.integers(0, k, n), rng.dirichlet(np.ones(k), n), np.arange(n), np.zeros(n, np.int64))


@pytest.mark.parametrize("k", [2, 3])
def test_reliability_is_drawn_from_its_bins(k: int) -> None:
    told = [answers(40, k)]
    _, axes = drawn(RELIABILITY, lambda part: part.reliability(told, "x"))
    diagonal, line = axes.lines
    table = reliability_bins(told)
    assert points(diagonal) == [(0, 0), (1, 1)] and diagonal.get_linestyle() == ":"
    assert points(line) == list(zip(table["said"], table["true"], strict=True))
    assert (line.get_color(), line.get_marker(), line.get_linestyle()) == (COLOURS[0], "o", "-")
    assert line.get_linewidth() < 1 and 3 < line.get_markersize() < 5
    (bars,) = axes.collections
    ends = [[(x, low), (x, high)] for x, low, high in zip(table["said"], table["low"], table["high"], strict=True)]
    np.testing.assert_allclose(bars.get_segments(), ends)  # type: ignore[attr-defined]
    assert to_hex(bars.get_edgecolor()[0]) == COLOURS[0] and 1 <= bars.get_linewidth()[0] <= 2
    assert axes.get_xlim() == axes.get_ylim() == (-0.03, 1.03) and axes.get_aspect() == 1
    for ticks, labels in ((axes.get_xticks(), axes.get_xticklabels()), (axes.get_yticks(), axes.get_yticklabels())):
        assert [(float(at), label.get_text()) for at, label in zip(ticks, labels, strict=True)] == [
            (0, "0"), (0.5, ".5"), (1, "1"),
        ]  # fmt: skip
    names = ("probability of positive", "share positive") if k == 2 else ("confidence", "share right")
    assert (axes.get_xlabel(), axes.get_ylabel()) == names and has_grid(axes) == (True, True)


@pytest.mark.parametrize(("n", "k", "n_bins"), [(5, 3, 1), (19, 3, 1), (20, 3, 2), (99, 2, 9), (300, 2, 10)])
def test_bins_are_cut_by_a_loop_over_quantiles(n: int, k: int, n_bins: int) -> None:
    told = [answers(n, k, seed) for seed in (1, 2)]
    table = reliability_bins(told)
    assert len(table) == n_bins
    said = np.concatenate([r.proba[:, 1] if k == 2 else r.proba.max(axis=1) for r in told])
    true = np.concatenate([r.y == 1 if k == 2 else r.proba.argmax(axis=1) == r.y for r in told])
    edges = [np.quantile(said, i / n_bins) for i in range(1, n_bins)]
    bins = np.array([sum(x >= edge for edge in edges) for x in said])
    for i, row in enumerate(table.itertuples()):
        mine = bins == i
        assert (row.said, row.true, row.n) == pytest.approx((said[mine].mean(), true[mine].mean(), mine.sum() / 2))
        if row.n == int(row.n) and (row.true * row.n) == int(row.true * row.n):
            bounds = binomtest(int(row.true * row.n), int(row.n)).proportion_ci(0.95, "exact")
            assert (row.low, row.high) == pytest.approx((bounds.low, bounds.high))


def test_the_first_six_curves_of_risk_are_named_and_the_others_grey() -> None:
    told = {f"e{i}": (answers(30, 3, i), answers(30, 3, 10 + i)) for i in range(8)}
    figure, axes = drawn(RISK, lambda part: part.risk_coverage_plot(told, "x"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [f"e{i}" for i in range(6)]
    for i, (line, replicates) in enumerate(zip(axes.lines, told.values(), strict=True)):
        at, risk = np.array(points(line)).T
        np.testing.assert_allclose(at, np.arange(2, 41) / 40)
        assert risk[-1] == pytest.approx(np.mean([(r.proba.argmax(axis=1) != r.y).mean() for r in replicates]))
        is_named = i < 6
        assert to_hex(line.get_color()) == (COLOURS[i] if is_named else INK)
        assert line.get_marker() == (MARKERS[i] if is_named else "None")
        assert is_named or (line.get_alpha() <= 0.3 and line.get_linewidth() < 1)  # type: ignore[operator]
        assert line.get_markevery() == ((4 + i, 10) if is_named else None)
    assert axes.lines[7].get_zorder() < axes.lines[0].get_zorder() and 1 < axes.lines[0].get_linewidth() < 2
    assert axes.get_xlim() == (0, 1) and axes.get_ylim()[0] == 0 and has_grid(axes) == (True, True)
    assert "coverage" in axes.get_xlabel() and "error" in axes.get_ylabel() and figure.legends[0]._ncols == 2


def test_win_rates_stand_in_their_cells() -> None:
    rows = [("t", "a", "b", 1), ("u", "a", "b", 1), ("v", "b", "a", 1), ("t", "a", "c", 1), ("u", "b", "c", 1)]
    pairs = pd.DataFrame(rows, columns=["task", "a", "b", "difference"])
    figure, axes = drawn(WINS, lambda part: part.win_rate_plot(pairs))
    told = {tuple(float(x) for x in text.get_position()): text.get_text() for text in axes.texts}
    shown = {(1.5, 0.5): "67%", (2.5, 0.5): "100%", (0.5, 1.5): "33%", (2.5, 1.5): "100%", (0.5, 2.5): "0%"}
    assert told == {**shown, (1.5, 2.5): "0%"}
    assert all(to_hex(text.get_color()) == INK and text.get_size() == 7 for text in axes.texts)
    for ticks, labels in ((axes.get_xticks(), axes.get_xticklabels()), (axes.get_yticks(), axes.get_yticklabels())):
        assert ticks.tolist() == [0.5, 1.5, 2.5] and [label.get_text() for label in labels] == ["a", "b", "c"]
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {90.0}
    assert {label.get_rotation() for label in axes.get_yticklabels()} == {0.0}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("scores below", "scores above") and axes.get_aspect() == 1
    (mesh,) = axes.collections
    assert mesh.get_clim() == (0, 1)
    washes = mesh.get_cmap()([0.0, 1.0])
    assert [to_hex(colour) for colour in washes] == [COLOURS[0]] * 2 and washes[:, 3].tolist() == [0.0, 0.5]
    side, height = figure.get_size_inches()
    larger = drawn(WINS, lambda part: part.win_rate_plot(pd.concat([pairs, pairs.replace({"b": {"b": "d"}})])))[0]
    assert side == height and 0.3 < larger.get_size_inches()[0] - side < 0.5 and 1.5 < side - 3 * 0.36 < 2.5
    assert all(tick.tick1line.get_markersize() == 0 for tick in axes.xaxis.majorTicks)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("x" * 24, "x" * 24), ("x" * 25, "x" * 23 + "…"), ("__y", "y"), ("_", "_"), ("", "_"), ("a\x1b", "a")],
)
def test_long_names_are_cut(name: str, shown: str) -> None:
    assert short(name) == shown


def test_a_picture_takes_size_ink_and_colours_from_its_page() -> None:
    with style("one"):
        figure = Figure(figsize=(2, 1))
        axes = figure.subplots()
        axes.plot([0, 1], color=COLOURS[1], label="a $x$", marker="o")
        axes.legend()
        text = svg(figure)
    assert text.startswith("<svg") and text.endswith("</svg>") and "<style" not in text and "<?xml" not in text
    head = text[: text.index(">")]
    assert 'aria-hidden="true" focusable="false"' in head and 'pt"' not in head and 'viewBox="0 0 144 72"' in head
    assert f"var(--c1, {COLOURS[1]})" in text and "currentColor" in text and INK not in text
    assert "a $x$" in text and "<metadata>" not in text and "<dc:date>" not in text
    assert not any(word in text for word in ("font-family", "sans-serif", "font: ", 'id="text_1"', 'id="figure_1"'))
    assert "font-size: 9px" in text
