"""Ladders of a few made-up patients: what each row says, and what it is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from leaderboard.inference.shared_draw import shared_draw, summary
from leaderboard.questions.ladder import ladder, ladders
from leaderboard.records.results import TaskResult
from tests.leaderboard.held_out_task import rows, task_of

COLUMNS = ["p0", "p1", "p2"]
LEAKY = "leaky, for demonstration"


def rung(name: str, right: dict[str, float], roles: tuple[str, ...] = ("test",), n: int = 36) -> TaskResult:
    """Return a rung of n patients with two specimens each; an entry is right about a share of them."""
    y = np.arange(2 * n) // 2 % 3
    parts = []
    for entry, share in right.items():
        called = np.where(np.arange(2 * n) % 10 < 10 * share, y, (y + 1) % 3)
        table = rows(entry, "test", y, np.eye(3)[called] * 0.7 + 0.1)
        patient = [f"P{i // 2:02d}" for i in range(2 * n)]
        table = table.assign(patient=patient, role=[roles[i // 2 % len(roles)] for i in range(2 * n)])
        parts.append(table.assign(domain=[role[5:] or "A" for role in table["role"]]))
    return task_of(pd.concat(parts, ignore_index=True), name=name, ladder="cells", rung=name)


@pytest.fixture(scope="module")
def rungs() -> list[TaskResult]:
    site = rung("site", {"e": 0.5}, ("test:B", "test:C"))
    honest = rung("patient", {"late": 0.5, "e": 0.4, "lost": 0.4}, n=30)
    leaky = rung("random image", {"e": 0.9, "lost": 0.9})
    failed = leaky.trials["entry"] == "lost"
    return [site, honest, replace(leaky, trials=leaky.trials.assign(
        status=np.where(failed, "failed", "done"), error=np.where(failed, "it broke", "")))]  # fmt: skip


def test_a_ladder_may_have_all_four_rungs() -> None:
    names = ("random image", "slide", "patient", "site")
    table = ladder([rung(name, {"e": 0.5}) for name in names], resamples=5)
    assert set(names) <= set(table["rung"]) and table["value"].notna().all()


def test_rungs_are_put_in_order_ladder_by_ladder() -> None:
    one = rung("x", {"e": 1.0})
    steps = ("b", "site"), ("a", "patient"), ("", ""), ("b", "random image"), ("a", "slide"), ("b", "patient")
    tasks = [replace(one, ladder=name, rung=step) for name, step in steps]
    told = {name: [task.rung for task in found] for name, found in ladders(tasks).items()}
    assert told == {"b": ["random image", "patient", "site"], "a": ["slide", "patient"]} and list(told) == ["b", "a"]


def test_every_row_says_what_it_is_of(rungs: list[TaskResult]) -> None:
    table = ladder(rungs, resamples=9)
    assert (table["ladder"] == "cells").all() and (table["metric"] == "balanced_accuracy").all()
    assert list(dict.fromkeys(table["entry"])) == ["e", "late", "lost"]
    assert list(dict.fromkeys(table["level"])) == ["image", "patient"]
    first = table[table["level"] == "image"].set_index(["entry", "rung"])
    facts = first[["n_patients", "n_specimens", "flags", "note"]].apply(tuple, axis=1)
    absent = (0, 0, LEAKY, "left out: the board has no such task")
    assert facts["e"].to_dict() == {
        "random image": (36, 72, LEAKY, ""), "slide": absent, "patient": (30, 60, "", ""), "site": (36, 72, "", ""),
        "inflation": (36, 0, LEAKY, "random image minus patient, same draw"),
    }  # fmt: skip
    unplanned = (0, 0, "", "hole: not planned here")
    assert facts["late"].to_dict() == {
        "random image": (0, 0, LEAKY, "hole: not planned here"), "slide": absent, "patient": (30, 60, "", ""),
        "site": unplanned,
    }  # fmt: skip
    assert facts["lost", "random image"] == (0, 0, LEAKY, "0 of 1 folds; fold 0 failed: it broke")
    assert facts["lost", "patient"] == (30, 60, "", "") and ("lost", "inflation") not in facts
    known = first["value"].notna()
    assert [*known["e"], *known["late"], *known["lost"]] == [
        True, False, True, True, True, False, False, True, False, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("level", ["image", "patient"])
def test_one_draw_of_patients_serves_all_rungs(rungs: list[TaskResult], level: str) -> None:
    table = ladder(rungs, resamples=9, seed=5).query("entry == 'e' and level == @level").set_index("rung")
    drawn = shared_draw([task.predictions for task in rungs], ["y", "domain", "role"], 9, 5)
    samples, reaches = {}, {}
    for task in rungs:
        mine = task.predictions.query("entry == 'e'")
        if level == "patient":
            mine = mine.groupby(["patient", "y"])[COLUMNS].mean().round(12).reset_index()
        weights = drawn.weights[np.searchsorted(drawn.patients, mine["patient"].to_numpy(dtype=str))]
        called = mine[COLUMNS].to_numpy().argmax(axis=1)
        scores = [balanced_accuracy_score(mine["y"], called, sample_weight=w) for w in weights.T]
        samples[task.rung], reaches[task.rung] = np.array(scores), drawn.reach(mine["patient"].unique().astype(str))
        expected = summary(samples[task.rung], reaches[task.rung], (0, 1))
        assert table.loc[task.rung, ["value", "low", "high"]].tolist() == pytest.approx(list(expected))
    assert reaches["patient"] > reaches["random image"]
    expected = summary(samples["random image"] - samples["patient"], reaches["patient"])
    assert table.loc["inflation", ["value", "low", "high"]].tolist() == pytest.approx(list(expected))


def test_a_rung_in_domain_is_scored_there_and_a_single_shift_where_it_is() -> None:
    both = rung("site", {"e": 0.5}, ("test", "test:B", "test:C"))
    alone = rung("site", {"e": 0.5}, ("test:B",))
    for task, n in ((both, 12), (alone, 36)):
        assert ladder([task], resamples=2).query("rung == 'site'")["n_patients"].tolist() == [n, n]
    nothing = replace(alone, predictions=alone.predictions.iloc[:0])
    told = ladder([nothing], resamples=2).query("rung == 'site'")
    assert set(told["note"]) == {"hole: not planned here"} and told["value"].isna().all()


@pytest.mark.parametrize(
    "changed",
    [
        [{"ladder": ""}],
        [{"rung": "other"}],
        [{}, {"rung": "site", "ladder": "b"}],
        [{}, {}],
        [{}, {"rung": "other"}],
    ],
)
def test_what_is_no_ladder_is_refused(changed: list[dict[str, str]]) -> None:
    one = rung("patient", {"e": 0.5})
    assert len(ladder([one], resamples=2)) == 8
    with pytest.raises(ValueError, match="a ladder needs tasks of one name with different rungs"):
        ladder([replace(one, **change) for change in changed], resamples=2)
    moved = one.predictions.assign(patient="P" + one.predictions["patient"])
    with pytest.raises(ValueError, match="a specimen has another patient or label in another rung"):
        ladder([one, replace(one, rung="site", predictions=moved)], resamples=2)
