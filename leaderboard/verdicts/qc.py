"""What makes a table unfit to be published without saying so: named rules, each a sentence when it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from leaderboard.scores import CONTROL, TaskView, stale_entries
from leaderboard.text import plain

CONTROLS = (CONTROL, "missingness-only", "border-only", "background-only", "site-only")
"""What a table must hold, so that a reader sees what a shortcut would be worth; one that cannot run counts."""


@dataclass(frozen=True)
class Failure:
    """One broken rule."""

    rule: str
    text: str


def failures(view: TaskView) -> list[Failure]:
    """Return every broken rule of a task's table, in the order of ``RULES``."""
    return [Failure(rule, text) for rule, check in RULES.items() for text in check(view)]


def _controls_missing(view: TaskView) -> Iterator[str]:
    missing = [name for name in CONTROLS if name not in view.task.entries]
    if missing:
        yield f"Controls not run: {', '.join(missing)}."


def _control_above_chance(view: TaskView) -> Iterator[str]:
    controls = [e for e, family in view.task.families.items() if family == "control" and e != CONTROL]
    for test_set in view.test_sets:
        rows = view.at(test_set, view.headline.name)
        above = rows.loc[rows["vs_prior"].eq(1).fillna(False), "entry"]
        told = [plain(entry) for entry in above if entry in controls]
        if told:
            yield (
                f"Controls that should know nothing beat {CONTROL} on {view.headline.label} ({plain(test_set)}): "
                f"{', '.join(told)}. Part of every other score there may be the same shortcut."
            )


def _below_control(view: TaskView) -> Iterator[str]:
    for test_set in view.test_sets:
        rows = view.at(test_set, view.headline.name)
        below = [plain(entry) for entry in rows.loc[rows["vs_prior"].eq(-1).fillna(False), "entry"]]
        if below:
            yield f"Below {CONTROL} beyond noise on {view.headline.label} ({plain(test_set)}): {', '.join(below)}."


def _holes(view: TaskView) -> Iterator[str]:
    for entry, note in view.holes.items():
        if entry not in view.unfit and entry not in view.same:
            yield f"Hole: {plain(entry)}, {plain(note)}"


def _one_seed(view: TaskView) -> Iterator[str]:
    done = view.task.trials[view.task.trials["status"] == "done"]
    seeds = done.groupby("entry")["seed"].nunique()
    if len(seeds) and seeds.max() == 1:
        yield "One seed: the spread between trainings is unknown."
    elif seeds.nunique() > 1:
        yield f"Unequal numbers of seeds: {', '.join(f'{plain(str(e))} {n}' for e, n in seeds.items())}."


def _untuned_beside_tuned(view: TaskView) -> Iterator[str]:
    done = view.task.trials[view.task.trials["status"] == "done"]
    tuned = done.dropna(subset=["tuned"]).groupby("entry")["tuned"].agg(lambda given: all(given))
    if tuned.nunique() > 1:
        yield f"Untuned beside tuned entries: {', '.join(plain(e) for e in tuned.index[~tuned])}."


def _learned_from(view: TaskView) -> Iterator[str]:
    done = view.task.trials[view.task.trials["status"] == "done"]
    if "refitted" not in done:
        return
    refitted = done.dropna(subset=["refitted"]).groupby("entry")["refitted"].agg(lambda given: all(given))
    if refitted.nunique() > 1:
        alone = ", ".join(plain(e) for e in refitted.index[~refitted])
        yield f"Learned from train alone, beside entries that learned from train and validation: {alone}."


def _stale(view: TaskView) -> Iterator[str]:
    stale = stale_entries(view.task)
    if stale:
        yield f"Stale, not ranked: {', '.join(plain(entry) for entry in stale)}."


def _audit_overridden(view: TaskView) -> Iterator[str]:
    for flag in view.task.flags:
        if flag.startswith("audit overridden"):
            yield f"The {plain(flag)}: the task was run although this rule blocks it."


RULES: dict[str, Callable[[TaskView], Iterator[str]]] = {
    "controls-missing": _controls_missing,
    "control-above-chance": _control_above_chance,
    "below-prior": _below_control,
    "hole": _holes,
    "untuned-beside-tuned": _untuned_beside_tuned,
    "learned-from": _learned_from,
    "seeds": _one_seed,
    "stale": _stale,
    "audit-overridden": _audit_overridden,
}
