"""Pairs, the resolution floor and quality rules against direct computation and planted flaws."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from statistics import stdev

import numpy as np
import pandas as pd
import pytest

from baselines import BASELINES
from benchmark.entries.registry import entry_class, entry_spec
from benchmark.trials.entry_facts import family
from leaderboard.inference.bootstrap import interval, reach
from leaderboard.inference.resolution import resolution_floor
from leaderboard.inference.ties import tie_reach
from leaderboard.measures.metrics import METRICS
from leaderboard.questions.pairs import pairs
from leaderboard.records import testsets
from leaderboard.records.results import Board
from leaderboard.scores.score import resampled, score
from leaderboard.scores.tables import TaskView
from leaderboard.verdicts.qc import CONTROLS, RULES, failures
from tests.leaderboard.fake_board import fake_task, with_controls

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "d", "command": "x"}


@pytest.fixture(scope="module")
def binary():
    return fake_task("apl-jhu", classes=("AML", "APL"), domains=("D", "V"), failed=None, seeds=1, n=60)


@pytest.fixture(scope="module")
def compared(binary):
    return pairs(binary, resamples=200, permutations=200).set_index(["a", "b"])


def test_each_pair_is_there_once_and_agrees_with_the_scores(binary, compared):
    scores = score(binary, resamples=200)
    first = scores[(scores["test_set"] == "in-domain") & (scores["metric"] == "auroc")].set_index("entry")["value"]
    assert len(compared) == 10
    for (a, b), row in compared.iterrows():
        assert row["difference"] == pytest.approx(first[a] - first[b])
        assert row["low"] <= row["difference"] <= row["high"]
        assert row[["chance_a_worse", "chance_same", "chance_a_better"]].sum() == pytest.approx(1)
        assert row["p_holm"] >= row["p_permutation"]


def test_a_clear_difference_is_found_by_every_test(compared):
    row = compared.loc[("prior", "xgboost")]
    assert max(row["p_permutation"], row["p_delong"], row["p_corrected_t"]) < 0.05
    assert row["chance_a_worse"] > 0.9
    assert row["patients_needed"] < row["n_patients"]


def without(task, entry, seed):
    """Return a task in which an entry lacks a seed."""
    left = (
        t[(t["entry"] != entry) | (t["seed"] != seed)].reset_index(drop=True) for t in (task.predictions, task.trials)
    )
    return replace(task, **dict(zip(("predictions", "trials"), left, strict=True)))


@pytest.mark.parametrize("single", ["rules-apl", "xgboost"])
def test_a_pair_of_which_one_has_one_seed_has_the_wider_interval(single):
    task = fake_task("apl-jhu", classes=("AML", "APL"), domains=("D", "V"), failed=None, seeds=2, n=40)
    task = without(task, single, 1)
    first, metric = testsets.test_sets(task)[0], (METRICS["auroc"],)
    samples = dict(zip(task.entries, resampled(task, first, metric, 30, 0)[:, 0], strict=True))
    table = pairs(task, resamples=30, permutations=5).set_index(["a", "b"])
    wide = reach(first.strata, patient_mean=METRICS["auroc"].patient_mean)
    for pair, seeds in ((("rules-apl", "xgboost"), 1), (("prior", "fusion-gnn"), 2)):
        gaps = samples[pair[0]] - samples[pair[1]]
        low, high = interval(gaps[None, 1:], tie_reach(wide, seeds))
        assert table.loc[pair, ["low", "high"]].tolist() == pytest.approx([low[0], high[0]])


def test_tests_of_entries_with_unequal_seeds_use_those_that_both_have():
    task = fake_task("apl-jhu", classes=("AML", "APL"), domains=("D", "V"), failed=None, seeds=2, n=40)
    few = without(task, "xgboost", 1)
    alone = few
    for entry in set(task.entries) - {"xgboost"}:
        alone = without(alone, entry, 1)
    found, expected = (
        pairs(t, resamples=20, permutations=100).set_index(["a", "b"]).loc[("rules-apl", "xgboost")]
        for t in (few, alone)
    )
    for name in ("p_permutation", "p_corrected_t", "chance_same"):
        assert found[name] == expected[name]
    nothing = without(without(task, "xgboost", 1), "rules-apl", 0)
    row = pairs(nothing, resamples=20, permutations=100).set_index(["a", "b"]).loc[("rules-apl", "xgboost")]
    assert np.isnan(row["p_permutation"]) and not np.isnan(row["difference"])


def test_the_floor_of_a_table_is_that_of_its_entries_without_controls(binary):
    scores = score(binary, resamples=200)
    chosen = scores[(scores["test_set"] == "in-domain") & (scores["metric"] == "auroc")]
    first = testsets.test_sets(binary)[0]
    samples = resampled(binary, first, (METRICS["auroc"],), 200, 0)[:, 0, 1:]
    real = [i for i, entry in enumerate(binary.entries) if entry != "prior"]
    assert chosen["floor"].nunique() == 1
    assert chosen["floor"].iloc[0] == pytest.approx(resolution_floor(samples[real], tie_reach(reach(first.strata), 1)))


def test_the_patients_that_a_pair_needs_by_hand(binary):
    first = testsets.test_sets(binary)[0]
    samples = dict(zip(binary.entries, resampled(binary, first, (METRICS["auroc"],), 3, 0)[:, 0], strict=True))
    table = pairs(binary, resamples=3, permutations=2).set_index(["a", "b"])
    apart = table[table["difference"] != 0]["patients_needed"]
    assert len(apart) > 5
    for (a, b), needed in apart.items():
        gap = samples[a] - samples[b]
        half = tie_reach(reach(first.strata), 1) * stdev(gap[1:].tolist())
        assert needed == ceil(len(first.patients) * (half / gap[0]) ** 2)


def view_of(task) -> TaskView:
    """Return the view of a board that has its scores only, which is all that the rules of quality read."""
    nothing = pd.DataFrame()
    return TaskView(Board(**FACTS, tasks=(task,), scores=score(task, resamples=200), details=nothing, pairs=nothing,
                          further={}), task)  # fmt: skip


def broken(task, *, controls: bool = True) -> set[str]:
    """Return the broken rules of a table; with ``controls`` those that made-up results lack are not applicable."""
    return {failure.rule for failure in failures(view_of(with_controls(task) if controls else task))}


def test_a_good_table_breaks_no_rule():
    task = fake_task(failed=None)
    assert broken(replace(task, trials=task.trials.assign(tuned=True))) == set()


def test_each_planted_flaw_breaks_its_rule():
    task = fake_task(failed=None)
    tuned = task.trials.assign(tuned=True)
    assert broken(replace(task, trials=tuned, families={**task.families, "xgboost": "control"})) == {
        "control-above-chance"
    }
    assert "untuned-beside-tuned" in broken(task)
    assert broken(replace(fake_task(), trials=fake_task().trials.assign(tuned=True))) == {"hole"}
    one = task.predictions["seed"] == 0
    single = replace(task, predictions=task.predictions[one], trials=tuned[tuned["seed"] == 0])
    assert broken(single) == {"seeds"}
    stale = tuned.assign(stale=tuned["entry"] == "rules-apl")
    assert broken(replace(task, trials=stale)) == {"stale"}
    assert broken(replace(task, trials=tuned, flags=("audit overridden: class-is-domain",))) == {"audit-overridden"}


@pytest.mark.parametrize(
    ("is_tuned", "said"),
    [
        (lambda t: t["entry"] != "xgboost", ["Untuned beside tuned entries: xgboost."]),
        (lambda t: (t["entry"] != "xgboost") | (t["fold"] != 2), ["Untuned beside tuned entries: xgboost."]),
        (lambda t: t["entry"] == "xgboost", ["Untuned beside tuned entries: fusion-gnn, prior, rules-apl."]),
        (lambda t: t["fold"] < 9, []),
        (lambda t: t["fold"] > 9, []),
        (lambda t: t["tuned"].astype(object).mask(t["entry"] == "prior", None).mask(t["entry"] != "prior", True), []),
    ],
)
def test_one_untuned_trial_makes_an_entry_untuned_beside_others(is_tuned, said):
    task = fake_task(failed=None, n=20, skill={"prior": 0, "rules-apl": 1, "xgboost": 2, "fusion-gnn": 2})
    changed = replace(task, trials=task.trials.assign(tuned=is_tuned(task.trials)))
    assert list(RULES["untuned-beside-tuned"](TaskView(None, changed))) == said


def test_entries_that_learned_from_less_are_named():
    task = fake_task(failed=None)
    text = "Learned from train alone, beside entries that learned from train and validation: xgboost."
    entries = task.trials["entry"]
    for refitted, said in ((entries != "xgboost", [text]), (entries.notna(), []), (entries == "", [])):
        changed = replace(task, trials=task.trials.assign(refitted=refitted))
        assert list(RULES["learned-from"](TaskView(None, changed))) == said
    assert list(RULES["learned-from"](TaskView(None, task))) == []


def test_a_table_without_its_controls_says_so_first():
    task = fake_task(failed=None)
    tuned = replace(task, trials=task.trials.assign(tuned=True))
    assert broken(tuned, controls=False) == {"controls-missing"}
    first = failures(view_of(tuned))[0]
    assert first.text == "Controls not run: missingness-only, border-only, background-only, site-only."


def test_the_controls_that_a_table_needs_are_those_of_the_tree():
    families = {name: family(entry_spec(name), entry_class(entry_spec(name))) for name in BASELINES}
    assert set(CONTROLS) == {name for name, kind in families.items() if kind == "control"}


def test_an_entry_below_prior_breaks_its_rule():
    task = fake_task(failed=None)
    columns = ["p0", "p1", "p2"]
    mine = task.predictions["entry"] == "xgboost"
    table = task.predictions.copy()
    table.loc[mine, columns] = (1 - table.loc[mine, columns]) / 2
    assert "below-prior" in broken(replace(task, predictions=table, trials=task.trials.assign(tuned=True)))


def test_no_pairs_without_results():
    task = fake_task(failed=None)
    empty = replace(task, predictions=task.predictions.iloc[:0], trials=task.trials.assign(status="missing"))
    assert pairs(empty).empty
    assert isinstance(pairs(empty), pd.DataFrame)
    assert np.isnan(score(empty, resamples=2)["floor"]).all()
