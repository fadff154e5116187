"""Each rule of quality is broken by what it names and by nothing near it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from leaderboard.records.results import TaskResult
from leaderboard.verdicts.qc import CONTROLS, failures
from tests.leaderboard.hand_board import hand_task, hand_view, score, with_status

HEAD = "balanced_accuracy"
ENTRIES = [*CONTROLS, "b\x1b", "a"]
SETS = ("in-domain", "B")


def task(**changed: object) -> TaskResult:
    return hand_task(ENTRIES, families={"prior": "control", "site-only": "control", "a": "deep"}, **changed)


def broken(given: TaskResult, told: Mapping = {}) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for failure in failures(hand_view(given, told, SETS)):
        found.setdefault(failure.rule, []).append(failure.text)
    return found


def marked(column: str, value: object, of: Callable[[TaskResult], object]) -> TaskResult:
    given = task()
    trials = given.trials.astype({column: object}) if column in given.trials else given.trials.assign(**{column: None})
    return replace(given, trials=trials.assign(**{column: trials[column].mask(of(given), value)}))


def mine(entry: str) -> Callable[[TaskResult], object]:
    return lambda given: given.trials["entry"] == entry


def test_a_clean_table_breaks_no_rule() -> None:
    fine = {("a", "in-domain", HEAD): score(0.9, vs_prior=1), ("b\x1b", "B", HEAD): score(0.5, vs_prior=0)}
    assert broken(task(), fine) == {}


def test_controls_are_missed_in_their_order_and_one_that_cannot_run_counts() -> None:
    given = with_status(hand_task(["a", "site-only", "prior"]), "site-only", "not-applicable")
    assert broken(given) == {"controls-missing": ["Controls not run: missingness-only, border-only, background-only."]}


def test_what_beats_prior_and_what_is_below_it_on_each_test_set() -> None:
    told = {("site-only", "in-domain", HEAD): score(0.9, vs_prior=1), ("prior", "B", HEAD): score(0.9, vs_prior=1),
            ("b\x1b", "B", HEAD): score(0.1, vs_prior=-1), ("a", "B", HEAD): score(0.1, vs_prior=-1),
            ("a", "B", "nll"): score(0.1, vs_prior=-1), ("site-only", "B", "nll"): score(0.1, vs_prior=1)}  # fmt: skip
    assert broken(task(), told) == {
        "control-above-chance": [
            "Controls that should know nothing beat prior on balanced accuracy (in-domain): site-only. "
            "Part of every other score there may be the same shortcut."
        ],
        "below-prior": ["Below prior beyond noise on balanced accuracy (B): b, a."],
    }


def test_a_hole_is_told_and_what_cannot_run_or_is_another_is_none() -> None:
    given = task()
    for entry, status, error in (
        ("b\x1b", "failed", "e\n"),
        ("site-only", "same-as", "a"),
        ("a", "not-applicable", ""),
    ):
        given = with_status(given, entry, status, error)
    assert broken(given) == {"hole": ["Hole: b, 0 of 4 folds; seed 0 fold 0, 1, seed 1 fold 0, 1 failed: e"]}


def test_seeds_that_are_done_count() -> None:
    one = task(seeds=1)
    assert broken(one) == {"seeds": ["One seed: the spread between trainings is unknown."]}
    fewer = marked("status", "failed", lambda t: (t.trials["entry"] == "a") & (t.trials["seed"] == 1))
    told = "a 1, b 2, background-only 2, border-only 2, missingness-only 2, prior 2, site-only 2"
    assert broken(fewer)["seeds"] == [f"Unequal numbers of seeds: {told}."] and "hole" in broken(fewer)
    assert "seeds" not in broken(replace(task(), trials=task().trials.assign(status="missing")))


def test_entries_that_were_tuned_beside_others() -> None:
    once = marked("tuned", False, lambda t: (t.trials["entry"] == "b\x1b") & (t.trials["seed"] == 1))
    assert broken(once) == {"untuned-beside-tuned": ["Untuned beside tuned entries: b."]}
    assert broken(marked("tuned", None, mine("a"))) == {}  # nothing to tune
    assert broken(replace(task(), trials=task().trials.assign(tuned=False))) == {}
    lost = replace(once, trials=once.trials.assign(status=once.trials["status"].mask(mine("b\x1b")(once), "failed")))
    assert set(broken(lost)) == {"hole"}


def test_entries_that_learned_from_train_alone_beside_others() -> None:
    both = marked("refitted", True, mine("a"))
    assert broken(both) == {}  # of the others it is not known
    trials = both.trials.assign(refitted=both.trials["refitted"].mask(mine("b\x1b")(both), False))
    words = "Learned from train alone, beside entries that learned from train and validation: b."
    assert broken(replace(both, trials=trials)) == {"learned-from": [words]}
    lost = trials.assign(status=trials["status"].mask(trials["entry"] == "b\x1b", "failed"))
    assert set(broken(replace(both, trials=lost))) == {"hole"}


@pytest.mark.parametrize(
    ("given", "rule", "text"),
    [
        (marked("stale", True, lambda t: (t.trials["entry"] == "b\x1b") & (t.trials["fold"] == 1)), "stale",
         "Stale, not ranked: b."),
        (replace(task(), flags=("x", "audit overridden: y\n")), "audit-overridden",
         "The audit overridden: y: the task was run although this rule blocks it."),
    ],
)  # fmt: skip
def test_stale_rows_and_audits_that_were_overridden(given: TaskResult, rule: str, text: str) -> None:
    assert broken(given) == {rule: [text]}
