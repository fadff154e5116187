"""Suite -> trials: load the data, make the splits, say what goes into each key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.entries import DataShelf, EntrySpec, UnknownName, UsageError, dataset_module, entry_spec, is_own
from benchmark.planning.auditing import AuditBlocks, Verdict, judge
from benchmark.planning.entry_trials import entry_trials
from benchmark.planning.one_model import one_row_a_model, ran
from benchmark.planning.oracle import oracle_notes
from benchmark.planning.planned import PlannedTask, PlannedTrial
from benchmark.planning.splitting import LEAKY, LEAKY_FLAG, LEAKY_RULES, fold_names, make_split
from benchmark.records import Store, keep_facts, keep_split
from benchmark.suites import UNKNOWN, Profile, Source, Suite, SuiteError, Task, split_of
from benchmark.trials import EntryFacts, entry_facts
from datasets.cohort import Cohort, CohortError
from datasets.roots import DataMissing
from datasets.splits import SplitError, SplitPlan


@dataclass(frozen=True)
class Plan:
    """All trials of a suite and profile, with the data they need.

    Attributes:
        absent: One sentence for each task whose data are not on this machine, and for each rung of a leak ladder whose
            split this cohort does not allow, for example because it names no slides.
        broken: One sentence for each task whose data are here but wrong, or whose audit blocks it.
        source: Where the suite came from; its name alone says nothing.
        source_at_home: The same seen from the folder of the runs, once the plan was kept.
    """

    suite: str
    title: str
    profile: str
    tasks: dict[str, PlannedTask]
    trials: tuple[PlannedTrial, ...]
    absent: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    source: Source = UNKNOWN
    source_at_home: Source = UNKNOWN

    def merged(self, earlier: Plan | None, suite_tasks: Iterable[str]) -> Plan:
        """Return this plan plus what earlier runs planned on the same data, splits and tasks.

        Trials on other data or another split never join: their figures would not be comparable.
        """
        if earlier is None:
            return self
        known = ran(earlier.trials)
        tasks = {**{n: t for n, t in earlier.tasks.items() if n in set(suite_tasks)}, **self.tasks}
        mine = {trial.identity for trial in self.trials}
        kept = tuple(t for t in earlier.trials if t.identity not in mine and _fits(t, tasks))
        return replace(self, tasks=tasks, trials=one_row_a_model(self.trials + kept, known))

    def answering(self, asked: Plan) -> Plan:
        """Return the trials of this plan that answer what was asked for: where an entry is the same, also the other."""
        wanted = {trial.identity for trial in asked.trials}
        alike = {replace(t.identity, entry=t.same_as) for t in self.trials if t.same_as and t.identity in wanted}
        return replace(asked, trials=tuple(t for t in self.trials if t.identity in wanted | alike))

    def without(self, entries: Collection[str]) -> Plan:
        """Return this plan without some entries, and without tasks that nothing else runs on.

        Where one of them ran for others of the same model, another of these runs.
        """
        left = tuple(t for t in self.trials if t.identity.entry not in entries)
        needed = {t.identity.task for t in left}
        tasks = {name: task for name, task in self.tasks.items() if name in needed}
        return replace(self, tasks=tasks, trials=one_row_a_model(left, ran(left)))


def _fits(trial: PlannedTrial, tasks: Mapping[str, PlannedTask]) -> bool:
    task = tasks.get(trial.identity.task)
    return task is not None and (trial.parts["dataset"], trial.parts["split"]) == (task.fingerprint, task.split)


def make_plan(
    suite: Suite,
    profile_name: str,
    profile: Profile,
    shelf: DataShelf,
    store: Store,
    *,
    device: str,
    entries: Sequence[str] = (),
    datasets: Sequence[str] = (),
    seeds: Sequence[int] = (),
    allow: Sequence[str] = (),
    keep: bool = True,
    facts: Callable[[EntrySpec], EntryFacts] = entry_facts,
) -> Plan:
    """Plan every trial that was asked for; datasets that are not on the machine are named, not planned.

    A task whose audit finds what blocks a run is not planned either, unless ``allow`` names the rule. With ``keep``
    what workers and reports need of a task is written beside the records. ``facts`` tells of an entry, once of each.
    """
    facts = cache(facts)
    specs = _unique([entry_spec(name) for name in (entries or profile.entries)])
    seeds = tuple(dict.fromkeys(seeds))
    tasks: dict[str, PlannedTask] = {}
    trials: list[PlannedTrial] = []
    absent: list[str] = []
    broken: list[str] = []
    for task in _chosen_tasks(suite, profile_name, datasets):
        try:
            cohort, split, verdict = _prepared(suite, task, shelf, allow)
        except DataMissing as missing:
            absent.append(f"{task.name}: {missing}")
            continue
        except (CohortError, SplitError, AuditBlocks) as error:
            is_left_out = bool(task.ladder) and isinstance(error, SplitError)
            (absent if is_left_out else broken).append(f"{task.name}: {error}")
            continue
        if keep:
            keep_split(split, store)
            keep_facts(cohort, store)
        tasks[task.name] = _planned_task(task, cohort, split, verdict)
        for spec in specs:
            trials += entry_trials(spec, facts(spec), tasks[task.name], cohort, profile_name, profile, seeds, device)
    told = one_row_a_model(trials)
    return Plan(suite.name, suite.title, profile_name, tasks, told, tuple(absent), tuple(broken), suite.source)


def _prepared(suite: Suite, task: Task, shelf: DataShelf, allow: Sequence[str]) -> tuple[Cohort, SplitPlan, Verdict]:
    """Return a task's cohort, split and verdict; a leak that is the split's point does not block."""
    cohort = shelf.cohort(task.dataset, task.settings)
    _check_costs(suite, task, cohort)
    split = make_split(task.split, cohort)
    leaky = LEAKY_RULES if task.split.scheme in LEAKY else ()
    return cohort, split, judge(cohort, split, (*allow, *leaky))


def _unique(specs: Sequence[EntrySpec]) -> list[EntrySpec]:
    chosen: dict[str, EntrySpec] = {}
    for spec in specs:
        if chosen.setdefault(spec.name, spec) != spec:
            raise UsageError(
                f"two entries are called {spec.name}: {chosen[spec.name].target} and {spec.target}; rename a class"
            )
    return list(chosen.values())


def _check_costs(suite: Suite, task: Task, cohort: Cohort) -> None:
    """Refuse costs that do not have one row and one column a class.

    Raises:
        SuiteError: Naming the task, the shape and the classes.
    """
    n, rows = cohort.n_classes, task.costs
    if rows is not None and (len(rows) != n or any(len(row) != n for row in rows)):
        shape = [len(row) for row in rows]
        raise SuiteError(
            f"suite {suite.name}: task {task.name}: costs has {len(rows)} rows of {shape} numbers; it needs {n} rows "
            f"of {n}, in the order of the classes {', '.join(cohort.classes)}"
        )


def _chosen_tasks(suite: Suite, profile: str, datasets: Sequence[str]) -> list[Task]:
    tasks = suite.tasks_of(profile)
    known = {task.dataset for task in tasks}
    datasets = [str(Path(name).resolve()) if is_own(name) else name for name in datasets]
    for name in datasets:
        if name not in known:
            raise UnknownName(f"dataset of suite {suite.name}, profile {profile}:", name, known)
    return [task for task in tasks if not datasets or task.dataset in datasets]


def _planned_task(task: Task, cohort: Cohort, split: SplitPlan, verdict: Verdict) -> PlannedTask:
    source = cohort.provenance
    flags = (("generated",) if source.generated else ()) + (("modified copy",) if source.modified else ())
    flags += () if cohort.patients_known else ("no patient ids",)
    flags += (LEAKY_FLAG,) if task.split.scheme in LEAKY else ()
    flags += tuple(f"audit overridden: {rule}" for rule in verdict.allowed)
    unreadable = (f"{len(source.skipped)} unreadable files left out: {', '.join(source.skipped)}",)
    notes = (
        *task.notes,
        *oracle_notes(cohort, split),
        *_unseen_notes(cohort),
        *_unlearned_notes(cohort, split),
        *source.absent,
        *source.notes,
        *(unreadable if source.skipped else ()),
        *split.notes,
        *verdict.notes,
    )
    return PlannedTask(
        name=task.name,
        title=task.title,
        dataset=task.dataset,
        options=dict(task.settings),
        classes=cohort.classes,
        generated=source.generated,
        flags=flags,
        notes=notes,
        fingerprint=cohort.fingerprint,
        split=split.checksum,
        folds=split.folds,
        allowed=verdict.allowed,
        level=cohort.target_level if cohort.patients_known else "specimen",
        published=_published(task, cohort),
        fold_names=fold_names(task.split, cohort, split),
        ladder=task.ladder,
        rung=task.rung,
        curve=task.curve,
        learned_from=task.learned_from,
        costs=task.costs,
        abstain_cost=task.abstain_cost,
    )


def _published(task: Task, cohort: Cohort) -> tuple[dict[str, str], ...]:
    whole, usual = not cohort.provenance.absent, task.split == split_of(task.dataset) and not task.settings
    references = dataset_module(task.dataset).CARD.references
    return tuple(reference.beside(whole=whole, usual=usual) for reference in references)


def _unlearned_notes(cohort: Cohort, split: SplitPlan) -> tuple[str, ...]:
    """Return one sentence for each class of which some fold has no training patient."""
    train = split.table[split.table["role"] == "train"]
    known = pd.Series(cohort.y, index=cohort.specimen).loc[train["specimen"]].to_numpy()
    there = set(zip(train["fold"], known, strict=True))
    found = {name: [f for f in split.folds if (f, k) not in there] for k, name in enumerate(cohort.classes)}
    return tuple(
        f"Class {name} has no training patient in fold {', '.join(map(str, folds))}: nothing learns it there"
        for name, folds in found.items()
        if folds
    )


def _unseen_notes(cohort: Cohort) -> tuple[str, ...]:
    names, counts = np.unique(cohort.label[~cohort.known], return_counts=True)
    told = ", ".join(f"{name} {n}" for name, n in zip(names.tolist(), counts.tolist(), strict=True))
    return (f"Unseen, never learned from, predicted by every model: specimens of {told}",) if told else ()
