"""Net benefit and expected cost against loops over patients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn.metrics import confusion_matrix

from leaderboard.questions.benefit import TREAT_ALL, TREAT_NONE, benefit, net_benefit
from leaderboard.questions.cost import ALWAYS_ABSTAIN, CONSTANT, cost, decide
from tests.leaderboard.held_out_task import drawn, honest, rows, task_of
from tests.leaderboard.metric_cases import cases

EXACT = {"rtol": 0, "atol": 1e-12, "equal_nan": True}
COSTS = ((0.0, 10.0, 2.0), (0.5, 0.0, 3.0), (1.0, 4.0, 0.0))


@settings(max_examples=25)
@given(cases())
def test_net_benefit_of_each_resample(case):
    for k in range(case.proba.shape[1]):
        found = net_benefit(case.y == k, case.proba[:, k], case.weights)
        for b, weight in enumerate(case.weights):
            for t, pt in list(enumerate(np.linspace(0.01, 0.30, 30)))[::7]:
                if weight.sum() == 0:
                    assert np.isnan(found[b, t])
                    continue
                table = confusion_matrix(
                    case.y == k, case.proba[:, k] >= pt, sample_weight=weight, labels=[False, True]
                )
                expected = (table[1, 1] - table[0, 1] * pt / (1 - pt)) / weight.sum()
                assert found[b, t] == pytest.approx(expected, abs=1e-12)


def test_net_benefit_at_a_tie_treats():
    assert net_benefit(np.array([True]), np.array([0.1]), np.ones((1, 1)), np.array([0.1])) == 1


def made(n_classes: int = 3, n: int = 300, **changed: object):
    rng = np.random.default_rng(0)
    truth = honest(rng, n, n_classes)
    y = drawn(rng, truth)
    parts = [rows("good", "test", y, truth), rows("prior", "test", y, np.tile(truth.mean(axis=0), (n, 1)))]
    return task_of(pd.concat(parts, ignore_index=True), **changed)


def test_the_benefit_table():
    task = made(2)
    table = benefit(task, resamples=50).set_index(["entry", "threshold"])
    assert set(table["class"]) == {"B"} and len(table) == 4 * 30
    share = (task.predictions["y"] == 1).mean()
    for pt in (0.05, 0.2):
        everyone = share - (1 - share) * pt / (1 - pt)
        assert table.loc[(TREAT_ALL, pt), "value"] == pytest.approx(everyone)
        assert table.loc[(TREAT_NONE, pt), "value"] == 0
        row = table.loc[("good", pt)]
        assert row["gain"] == pytest.approx(row["value"] - max(everyone, 0))
        assert row["gain_low"] <= row["gain"] <= row["gain_high"] and row["low"] <= row["value"] <= row["high"]
        assert table.loc[("prior", pt), "value"] == pytest.approx(everyone)
    assert table.loc[("good", 0.3), "gain_low"] > 0


def test_each_of_many_classes_against_the_rest_and_an_absent_one():
    task = made(3)
    assert set(benefit(task, resamples=5)["class"]) == {"A", "B", "C"}
    without = replace(task, predictions=task.predictions[task.predictions["y"] != 2])
    table = benefit(without, resamples=5)
    assert table.loc[table["class"] == "C", ["value", "gain"]].isna().all().all()
    assert table.loc[table["class"] != "C", "value"].notna().all()
    assert benefit(replace(task, predictions=task.predictions.iloc[:0]), resamples=5).empty


def flipped(task):
    table = task.predictions.assign(y=1 - task.predictions["y"], p0=task.predictions["p1"], p1=task.predictions["p0"])
    costs = None if task.costs is None else tuple(row[::-1] for row in task.costs[::-1])
    return replace(task, predictions=table, positive=0, classes=task.classes[::-1], costs=costs)


def test_which_index_the_positive_class_has_does_not_matter():
    task = made(2, costs=((0.0, 1.0), (10.0, 0.0)), abstain_cost=0.7)
    for function in (benefit, cost):
        pd.testing.assert_frame_equal(function(task, resamples=5), function(flipped(task), resamples=5))


@given(cases(min_classes=3, max_classes=3))
def test_the_cheapest_call_by_a_loop(case):
    call, expected = decide(case.proba, np.array(COSTS))
    for row, chosen, price in zip(case.proba, call, expected, strict=True):
        prices = [sum(row[i] * COSTS[i][j] for i in range(3)) for j in range(3)]
        assert price == pytest.approx(min(prices)) and prices[chosen] == pytest.approx(min(prices))


@pytest.mark.parametrize("abstain", [None, 0.0, 0.7, 100.0])
def test_the_cost_table(abstain):
    task = made(costs=COSTS, abstain_cost=abstain)
    table = cost(task, resamples=30).set_index(["entry", "metric"])
    good = task.predictions[task.predictions["entry"] == "good"]
    y, proba = good["y"].to_numpy(), good[["p0", "p1", "p2"]].to_numpy()
    paid, withheld = [], []
    for i, p in zip(y, proba, strict=True):
        prices = p @ np.array(COSTS)
        paid.append(COSTS[i][prices.argmin()])
        withheld.append(abstain is not None and prices.min() > abstain)
    assert table.loc[("good", "cost"), "value"] == pytest.approx(np.mean(paid))
    constant = [np.mean([COSTS[i][j] for i in y]) for j in range(3)]
    assert table.loc[(CONSTANT, "cost"), "value"] == pytest.approx(min(constant))
    assert table.loc[(CONSTANT, "cost"), "note"] == f"everybody is called {'ABC'[int(np.argmin(constant))]}"
    if abstain is None:
        assert set(table.index.get_level_values("metric")) == {"cost"}
        return
    expected = np.mean(np.where(withheld, abstain, paid))
    assert table.loc[("good", "cost with abstention"), "value"] == pytest.approx(expected)
    assert table.loc[("good", "share abstained"), "value"] == pytest.approx(np.mean(withheld))
    assert table.loc[(ALWAYS_ABSTAIN, "cost with abstention"), "value"] == abstain
    assert (table["low"] <= table["value"] + 1e-12).all() and (table["value"] <= table["high"] + 1e-12).all()


def test_a_call_is_made_where_it_costs_as_much_as_none_and_the_first_of_equal_ones_is_taken():
    proba = np.array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]])
    task = task_of(rows("e", "test", np.array([1, 0, 0]), proba), costs=((0.0, 1.0), (1.0, 0.0)), abstain_cost=0.5)
    table = cost(task, resamples=3).set_index(["entry", "metric"])
    assert decide(proba, np.array([[0.0, 1.0], [1.0, 0.0]]))[0].tolist() == [0, 0, 0]
    assert (
        table.loc[("e", "cost"), "value"] == table.loc[("e", "cost with abstention"), "value"] == pytest.approx(1 / 3)
    )
    assert table.loc[("e", "share abstained"), "value"] == 0
    assert table.loc[(ALWAYS_ABSTAIN, "share abstained"), ["value", "low", "high"]].tolist() == [1, 1, 1]
    assert table.loc[(ALWAYS_ABSTAIN, "cost with abstention"), ["value", "low", "high"]].tolist() == [0.5, 0.5, 0.5]
    assert (table["n_patients"] == 3).all() and (table["test_set"] == "in-domain").all()


def test_plain_costs_are_the_error_rate_and_honest_probabilities_beat_the_prior():
    plain = tuple(tuple(float(i != j) for j in range(3)) for i in range(3))
    table = cost(made(costs=plain), resamples=5).set_index("entry")["value"]
    good = made().predictions[lambda t: t["entry"] == "good"]
    assert table["good"] == pytest.approx((good[["p0", "p1", "p2"]].to_numpy().argmax(axis=1) != good["y"]).mean())
    assert table["good"] < table["prior"] == table[CONSTANT]


def test_a_task_without_costs_or_results_has_no_rows():
    assert cost(made(), resamples=5).empty
    assert cost(replace(made(costs=COSTS), predictions=made().predictions.iloc[:0]), resamples=5).empty


@pytest.mark.parametrize(
    "changed",
    [{"costs": COSTS[:2]}, {"costs": ((np.nan,) * 3,) * 3}, {"costs": COSTS, "abstain_cost": np.nan}],
)
def test_costs_that_are_no_matrix_are_refused(changed):
    with pytest.raises(ValueError, match=r"made-up.*finite"):
        cost(made(**changed), resamples=5)
