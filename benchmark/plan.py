"""Suite -> trials: load the data, make the splits, say what goes into each key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from baselines import BASELINES
from benchmark.contract import Entry
from benchmark.key import digest
from benchmark.oracle import oracle_notes
from benchmark.registry import EntrySpec, UnknownName, UsageError, entry_class, entry_module, entry_spec, load_dataset
from benchmark.store import Identity, Store
from benchmark.suite import Profile, Split, Suite, Task
from benchmark.trial import takes_device
from benchmark.tune import SearchSpace
from datasets.cohort import Cohort, CohortError
from datasets.roots import DataMissing
from datasets.splits import (
    PLAN_FOLDER,
    SplitError,
    SplitPlan,
    check_patients,
    kfold,
    leave_one_domain_out,
    load_plan,
    official,
    save_plan,
)
from models import MODELS


@dataclass(frozen=True)
class PlannedTask:
    """What the plan and the leaderboard know of a task without its data."""

    name: str
    title: str
    dataset: str
    options: dict[str, Any]
    classes: tuple[str, ...]
    generated: bool
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    fingerprint: str
    split: str
    folds: tuple[int, ...]


@dataclass(frozen=True)
class PlannedTrial:
    """One cell of the plan.

    Attributes:
        identity: Profile, task, entry, seed, fold.
        target: Where the entry's code is.
        parts: What goes into the key besides code.
        family: "control", "rule", "classic" or "deep".
        reason: Why the entry cannot run on the task, "" when it can.
    """

    identity: Identity
    target: str
    parts: dict[str, Any]
    family: str
    reason: str = ""

    def key(self, code: Mapping[str, Any]) -> str:
        return digest({**self.parts, "code": code})


@dataclass(frozen=True)
class Plan:
    """All trials of a suite and profile, with the data they need.

    Attributes:
        absent: One sentence for each task whose data are not on this machine.
        broken: One sentence for each task whose data are here but wrong.
    """

    suite: str
    title: str
    profile: str
    tasks: dict[str, PlannedTask]
    trials: tuple[PlannedTrial, ...]
    absent: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    def merged(self, earlier: Plan | None, suite_tasks: Iterable[str]) -> Plan:
        """Return this plan plus what earlier runs planned on the same data, splits and tasks.

        Trials on other data or another split never join: their figures would not be comparable.
        """
        if earlier is None:
            return self
        tasks = {**{n: t for n, t in earlier.tasks.items() if n in set(suite_tasks)}, **self.tasks}
        mine = {trial.identity for trial in self.trials}
        kept = tuple(t for t in earlier.trials if t.identity not in mine and _fits(t, tasks))
        return replace(self, tasks=tasks, trials=self.trials + kept)


def _fits(trial: PlannedTrial, tasks: Mapping[str, PlannedTask]) -> bool:
    task = tasks.get(trial.identity.task)
    return task is not None and (trial.parts["dataset"], trial.parts["split"]) == (task.fingerprint, task.split)


@dataclass
class DataShelf:
    """Load each dataset once.

    Attributes:
        data_root: First place to look for real files.
    """

    data_root: Path | None = None
    _loaded: dict[str, Cohort] = field(default_factory=dict)

    def cohort(self, dataset: str, options: Mapping[str, Any]) -> Cohort:
        """Return the cohort; raises ``DataMissing`` when its files are not here."""
        name = json.dumps([dataset, options], sort_keys=True)
        if name not in self._loaded:
            self._loaded[name] = load_dataset(dataset, self.data_root, options)
        return self._loaded[name]


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
) -> Plan:
    """Plan every trial that was asked for; datasets that are not on the machine are named, not planned."""
    specs = _unique([entry_spec(name) for name in (entries or profile.entries)])
    seeds = tuple(dict.fromkeys(seeds))
    tasks: dict[str, PlannedTask] = {}
    trials: list[PlannedTrial] = []
    absent: list[str] = []
    broken: list[str] = []
    for task in _chosen_tasks(suite, profile_name, datasets):
        try:
            cohort = shelf.cohort(task.dataset, task.options)
            split = make_split(task.split, cohort)
        except DataMissing as missing:
            absent.append(f"{task.name}: {missing}")
            continue
        except (CohortError, SplitError) as error:
            broken.append(f"{task.name}: {error}")
            continue
        if not split_path(store, split.checksum).exists():
            save_plan(split, split_path(store, split.checksum))
        tasks[task.name] = _planned_task(task, cohort, split)
        for spec in specs:
            trials += _entry_trials(spec, tasks[task.name], cohort, profile_name, profile, seeds, device)
    return Plan(suite.name, suite.title, profile_name, tasks, tuple(trials), tuple(absent), tuple(broken))


def _unique(specs: Sequence[EntrySpec]) -> list[EntrySpec]:
    chosen: dict[str, EntrySpec] = {}
    for spec in specs:
        if chosen.setdefault(spec.name, spec) != spec:
            raise UsageError(
                f"two entries are called {spec.name}: {chosen[spec.name].target} and {spec.target}; rename a class"
            )
    return list(chosen.values())


def split_path(store: Store, checksum: str) -> Path:
    """Return where the plan's table is kept for the workers."""
    return store.folder / "splits" / f"{checksum[:16]}.csv"


def make_split(spec: Split, cohort: Cohort) -> SplitPlan:
    """Make or load the split plan of a task and check that no patient crosses roles."""
    if spec.scheme == "plan":
        path = Path(spec.plan) if spec.plan.endswith(".csv") else PLAN_FOLDER / f"{spec.plan}.csv"
        plan = load_plan(path).fitted_to(cohort)
    elif spec.scheme == "kfold":
        plan = kfold(cohort, folds=spec.folds, seed=spec.seed, train_domains=spec.train_domains or None)
    elif spec.scheme == "official":
        plan = official(cohort, train_domains=spec.train_domains, repeats=spec.folds, seed=spec.seed)
    else:
        plan = leave_one_domain_out(cohort, seed=spec.seed)
    check_patients(cohort, plan)
    return plan


def _chosen_tasks(suite: Suite, profile: str, datasets: Sequence[str]) -> list[Task]:
    tasks = suite.tasks_of(profile)
    known = {task.dataset for task in tasks}
    for name in datasets:
        if name not in known:
            raise UnknownName(f"dataset of suite {suite.name}, profile {profile}:", name, known)
    return [task for task in tasks if not datasets or task.dataset in datasets]


def _planned_task(task: Task, cohort: Cohort, split: SplitPlan) -> PlannedTask:
    source = cohort.provenance
    flags = (("generated",) if source.generated else ()) + (("modified copy",) if source.modified else ())
    unreadable = (f"{len(source.skipped)} unreadable files left out: {', '.join(source.skipped)}",)
    notes = (
        *task.notes,
        *oracle_notes(cohort, split),
        *source.absent,
        *(unreadable if source.skipped else ()),
        *split.notes,
    )
    return PlannedTask(
        name=task.name,
        title=task.title,
        dataset=task.dataset,
        options=dict(task.options),
        classes=cohort.classes,
        generated=source.generated,
        flags=flags,
        notes=notes,
        fingerprint=cohort.fingerprint,
        split=split.checksum,
        folds=split.folds,
    )


def search_space(spec: EntrySpec) -> SearchSpace | None:
    """Return the ``search_space`` beside an entry's class, or None when there is nothing to tune."""
    return getattr(entry_module(spec), "search_space", None)


def _entry_trials(
    spec: EntrySpec,
    task: PlannedTask,
    cohort: Cohort,
    profile_name: str,
    profile: Profile,
    seeds: Sequence[int],
    device: str,
) -> list[PlannedTrial]:
    build = _importable(spec)
    lacking = sorted(getattr(build, "needs", frozenset()) - set(cohort.modalities))
    reason = f"needs {', '.join(lacking)}, which {task.dataset} does not have" if lacking else ""
    tunes = profile.tune is not None and build is not None and search_space(spec) is not None
    common = {
        "dataset": task.fingerprint,
        "split": task.split,
        "entry": spec.target.rpartition(":")[2],
        "params": profile.params.get(spec.name, {}),
        "tune": profile.tune.model_dump() if tunes and profile.tune else None,
        "device": _device(device) if build is not None and takes_device(build) else "cpu",
    }
    return [
        PlannedTrial(
            Identity(profile_name, task.name, spec.name, seed, fold),
            spec.target,
            {**common, "seed": seed, "fold": fold},
            _family(spec, build),
            reason,
        )
        for seed in (seeds or profile.seeds)
        for fold in task.folds
    ]


def _importable(spec: EntrySpec) -> Callable[..., Entry] | None:
    """Return the entry's class, or None when its import raises: the trial meets the error again and records it."""
    try:
        return entry_class(spec)
    except UsageError:
        raise
    except SyntaxError as error:
        raise UsageError(f"entry {spec.name}: {error}") from error
    except Exception:  # noqa: BLE001  whatever a module raises at import is recorded by its trials, with the traceback
        return None


def _family(spec: EntrySpec, build: Any) -> str:
    usual = "deep" if spec.name in MODELS else "classic" if spec.name in BASELINES else "own"
    return str(getattr(build, "family", usual))


def _device(asked: str) -> str:
    """Return "cpu" or "cuda"; torch is asked only for entries that compute with it."""
    import torch

    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise UsageError("--device cuda: torch sees no CUDA device here; use --device cpu, or see doctor")
    return asked if asked != "auto" else ("cuda" if there else "cpu")
