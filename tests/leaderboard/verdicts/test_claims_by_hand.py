"""Claims on boards written by hand: the limit itself, the classes that fit, and which two entries are compared."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from leaderboard.verdicts.claims import CLAIMS, claim_table
from tests.leaderboard.hand_board import hand_task, hand_view, score, with_status

APL, CELLS, F1, FUSION = CLAIMS
FAMILIES = {"fusion-a": "deep", "fusion-b": "deep", "xgboost": "classic", "rules": "rule", "cnn": "deep"}


def found(view, claim) -> list[dict]:
    table = claim_table(view.board)
    return table[table["claim"] == claim.name].to_dict("records")


@pytest.mark.parametrize(
    ("claim", "limit", "metric", "n_classes"),
    [(APL, 0.9804, "accuracy", 3), (CELLS, 0.95, "accuracy", 4), (F1, 0.7, "f1", 2)],
)
@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(1e-9, 0.01, "holds"), (0, 0.01, "open"), (-0.2, 0, "open"), (-0.2, -1e-9, "fails")]
)
def test_an_interval_that_touches_the_limit_leaves_it_open(claim, limit, metric, n_classes, low, high, verdict) -> None:
    told = {("a", "in-domain", metric): {"value": limit, "low": limit + low, "high": limit + high},
            ("b", "in-domain", metric): {"value": limit - 0.3, "low": 0.0, "high": 0.1}}  # fmt: skip
    view = hand_view(hand_task(["b", "a"], n_classes=n_classes), told, ("B", "in-domain"))
    (row,) = found(view, claim)  # nothing is known of the other test set
    assert (row["entry"], row["test_set"], row["metric"], row["verdict"]) == ("a", "in-domain", metric, verdict)
    assert (row["value"], row["low"], row["high"]) == (limit, limit + low, limit + high)
    assert (row["task"], row["generated"], row["beside"]) == ("t", False, "")


def test_claims_fit_tasks_of_so_many_classes() -> None:
    many = hand_task(["a"], n_classes=2)
    for n, fits in ((2, {F1}), (3, {APL, CELLS}), (50, {APL, CELLS}), (51, set())):
        task = replace(many, classes=tuple(map(str, range(n))), positive=1 if n == 2 else None)
        told = {("a", "in-domain", m): score(0.5) for m in ("accuracy", "f1", "balanced_accuracy")}
        if n == 2:
            told["a", "in-domain", "always_positive_f1"] = score(0.625)
        table = claim_table(hand_view(task, told).board)
        assert set(table["claim"]) == {claim.name for claim in fits}
        words = "always positive f1 0.625" if n == 2 else "balanced accuracy 0.500"
        assert set(table["beside"]) == ({words} if fits else set())


def compared(values: dict[str, float], pair: tuple[str, str], low: float, high: float, **changed: object) -> list[dict]:
    task = hand_task(list(values), families=FAMILIES, **changed)
    told = {(entry, "in-domain", "balanced_accuracy"): score(value) for entry, value in values.items()}
    row = {"task": "t", "test_set": "in-domain", "a": pair[0], "b": pair[1]}
    pairs = [{**row, "difference": (low + high) / 2, "low": low, "high": high}, {**row, "task": "u", "low": 9.0}]
    return found(hand_view(task, told, pairs=pd.DataFrame(pairs)), FUSION)


VALUES = {"rules": 0.4, "fusion-b": 0.5, "xgboost": 0.6, "fusion-a": 0.7, "cnn": 0.9}


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.1, 0.3, "holds"), (0.0, 0.3, "open"), (-0.3, 0.0, "open"), (-0.3, -0.1, "fails")]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_the_best_fusion_entry_meets_the_best_simple_one_either_way_round(low, high, verdict, is_first) -> None:
    pair, given = (("fusion-a", "xgboost"), (low, high)) if is_first else (("xgboost", "fusion-a"), (-high, -low))
    (row,) = compared(VALUES, pair, *given)
    assert (row["entry"], row["metric"], row["verdict"]) == ("fusion-a", "balanced_accuracy above xgboost", verdict)
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert row["value"] == pytest.approx((low + high) / 2) and row["beside"] == ""


def test_other_pairs_tell_nothing_of_it() -> None:
    assert compared(VALUES, ("fusion-b", "xgboost"), 0.1, 0.2) == []
    assert compared(VALUES, ("cnn", "xgboost"), 0.1, 0.2) == []
    assert compared({"fusion-a": 0.5, "cnn": 0.4}, ("fusion-a", "cnn"), 0.1, 0.2) == []
    view = hand_view(hand_task(["fusion-a", "rules"], families=FAMILIES), {}, pairs=pd.DataFrame({"task": ["u"]}))
    assert found(view, FUSION) == []


def test_a_row_that_is_the_same_model_as_a_fusion_entry_stands_for_it() -> None:
    task = hand_task(["mlp", "xgboost", "fusion-y", "fusion-x", "other"], families={"xgboost": "classic"})
    for twin in ("fusion-y", "fusion-x", "other"):
        task = with_status(task, twin, "same-as", "mlp")
    told = {(entry, "in-domain", "balanced_accuracy"): score(v) for entry, v in (("mlp", 0.8), ("xgboost", 0.5))}
    pairs = pd.DataFrame([{"task": "t", "test_set": "in-domain", "a": "mlp", "b": "xgboost", "difference": 0.3,
                           "low": 0.1, "high": 0.5}])  # fmt: skip
    (row,) = found(hand_view(task, told, pairs=pairs), FUSION)
    assert (row["entry"], row["beside"], row["verdict"]) == ("fusion-y", "same as mlp", "holds")
