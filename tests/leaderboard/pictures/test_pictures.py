"""What the pictures of the site show, against closed forms, scikit-learn and brute force."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from leaderboard.boards.board import build
from leaderboard.inference.critical_difference import critical_difference
from leaderboard.measures.exact_interval import clopper_pearson
from leaderboard.pictures.critical_difference_plot import critical_difference_plot
from leaderboard.pictures.pareto import pareto
from leaderboard.pictures.reliability_plot import reliability, reliability_bins
from leaderboard.pictures.risk_coverage import COVERAGE, risk_coverage, risk_coverage_plot
from leaderboard.pictures.win_rate import win_rate_plot, win_rates
from leaderboard.questions.compute_cost import costs
from leaderboard.questions.confusion import confusion
from leaderboard.records.testsets import Replicate
from leaderboard.scores.tables import TaskView, views
from tests.leaderboard.fake_board import fake_task
from tests.leaderboard.hostile_board import HOSTILE
from tests.leaderboard.shared_board import FACTS


def replicate(rng: np.random.Generator, n: int = 80, k: int = 3) -> Replicate:
    y = rng.integers(0, k, n)
    proba = rng.dirichlet(np.ones(k), n) * 0.6 + 0.4 * np.eye(k)[y]
    return Replicate(y, proba, np.arange(n), np.zeros(n, dtype=np.int64))


@pytest.fixture(scope="module")
def view() -> TaskView:
    return views(build([fake_task()], **FACTS, resamples=20))[0]


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_interval_is_scipys(case: tuple[int, int]) -> None:
    hits, n = case
    expected = binomtest(hits, n).proportion_ci(0.95, "exact")
    np.testing.assert_allclose(clopper_pearson(np.array(hits), np.array(n)), expected, atol=1e-12)


def test_exact_interval_of_nothing_is_unknown() -> None:
    assert np.isnan(clopper_pearson(np.zeros(1), np.zeros(1))).all()


def test_confusion_is_scikit_learns_and_averages_seeds() -> None:
    told = [replicate(np.random.default_rng(seed)) for seed in (0, 1)]
    told[1] = told[1].__class__(told[0].y, told[1].proba, told[0].patient, told[0].fold)
    found = confusion(told)
    expected = [confusion_matrix(r.y, r.proba.argmax(axis=1), normalize="true") for r in told]
    np.testing.assert_allclose(found.share, np.mean(expected, axis=0))
    assert list(found.n_patients) == list(np.bincount(told[0].y))
    assert (found.low <= found.share).all() and (found.share <= found.high).all()


def test_the_interval_of_a_cell_is_exact_for_the_patients_of_its_row() -> None:
    y = np.repeat([0, 1, 2], [3, 10, 30])
    called = np.where(np.arange(43) % 3 == 0, 0, y)
    found = confusion([Replicate(y, np.eye(3)[called], np.arange(43), np.zeros(43, np.int64))])
    for true, name in np.ndindex(3, 3):
        hits, n = int(((y == true) & (called == name)).sum()), int((y == true).sum())
        expected = binomtest(hits, n).proportion_ci(0.95, "exact")
        assert (found.low[true, name], found.high[true, name]) == pytest.approx(tuple(expected))


def test_a_class_without_patients_has_no_share() -> None:
    one = replicate(np.random.default_rng(0))
    one.y[one.y == 2] = 0
    found = confusion([one])
    assert np.isnan(found.share[2]).all() and np.isnan(found.low[2]).all() and found.n_patients[2] == 0


def test_reliability_bins_hold_all_patients_evenly() -> None:
    told = [replicate(np.random.default_rng(seed)) for seed in range(2)]
    table = reliability_bins(told)
    assert len(table) == 8 and table["n"].sum() == pytest.approx(80) and table["n"].min() > 8
    right = np.mean([r.proba.argmax(axis=1) == r.y for r in told])
    assert (table["true"] * table["n"]).sum() / 80 == pytest.approx(right)
    assert ((table["low"] <= table["true"]) & (table["true"] <= table["high"])).all()


def test_constant_probabilities_make_one_bin() -> None:
    one = replicate(np.random.default_rng(0))
    same = Replicate(one.y, np.full((80, 3), 1 / 3), one.patient, one.fold)
    assert len(reliability_bins([same])) == 1
    assert ElementTree.fromstring(reliability([same], "x")).tag.endswith("svg")


def test_risk_at_full_coverage_is_the_error() -> None:
    one = replicate(np.random.default_rng(3))
    risk = risk_coverage([one])
    assert risk.shape == COVERAGE.shape
    assert risk[-1] == pytest.approx((one.proba.argmax(axis=1) != one.y).mean())
    order = np.argsort(-one.proba.max(axis=1))
    half = order[: int(np.ceil(COVERAGE[18] * 80))]
    assert risk[18] == pytest.approx((one.proba.argmax(axis=1) != one.y)[half].mean())


def test_win_rates_by_hand() -> None:
    pairs = pd.DataFrame(
        {"task": ["t", "u", "t"], "a": ["x", "x", "x"], "b": ["y", "y", "z"], "difference": [1, 0, -1]}
    )
    table = win_rates(pairs)
    assert list(table.index) == ["z", "x", "y"]
    assert table.loc["x", "y"] == 0.75 and table.loc["y", "x"] == 0.25 and table.loc["z", "x"] == 1
    assert np.isnan(table.loc["x", "x"]) and np.isnan(table.loc["y", "z"])


def test_pictures_are_valid_take_the_pages_ink_and_repeat(view: TaskView) -> None:
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(rng.normal(size=(8, 4)) + np.arange(4), columns=HOSTILE)
    told = {name: (replicate(rng),) for name in [*HOSTILE, *"abcdef"]}
    draw = {
        "reliability": lambda: reliability(told["a"], HOSTILE[0]),
        "risk": lambda: risk_coverage_plot(told, "x"),
        "ranks": lambda: critical_difference_plot(critical_difference(scores, higher_is_better=True)),
        "wins": lambda: win_rate_plot(view.board.pairs),
        "pareto": lambda: pareto(costs(view), "seconds", HOSTILE[0], HOSTILE[1]),
    }
    for name, make in draw.items():
        svg = make()
        assert svg == make(), name
        assert ElementTree.fromstring(svg).tag.endswith("svg"), name
        assert "currentColor" in svg and "var(--c0" in svg and "mathdefault" not in svg, name
        assert "<style" not in svg and "#ffffff" not in svg and "#000000" not in svg, name
