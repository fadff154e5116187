"""The plan on disk, beside its records, so that a report needs no data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmark.entries import UsageError
from benchmark.planning.plan import Plan
from benchmark.planning.planned import PlannedTask, PlannedTrial
from benchmark.records import Identity, Store, StoreError
from benchmark.suites import Source
from datasets.sealed import Untrusted, read_document, set_aside, write_document


def plan_path(store: Store, profile: str) -> Path:
    return store.folder / f"plan.{profile}.json"


def save(plan: Plan, store: Store) -> None:
    """Keep the plan beside its records, so that a report needs no data."""
    seen_from_here = replace(plan, source_at_home=plan.source.relative_to(store.folder))
    write_document(plan_path(store, plan.profile), asdict(seen_from_here))


def saved(store: Store, profile: str) -> Plan | None:
    """Return the plan that the last run kept, or None.

    Raises:
        StoreError: If the file cannot be trusted.
    """
    path = plan_path(store, profile)
    try:
        return _read(path, store, profile) if path.exists() else None
    except Untrusted as error:
        raise StoreError(f"{error}; run the suite again: what is computed is kept") from error


def saved_or_set_aside(store: Store, profile: str) -> Plan | None:
    """Return the plan that the last run kept, or None; one that cannot be trusted is set aside, under the run's lock.

    Rows of entries that only the lost plan named come back, without computing, when these are asked for again.
    """
    path = plan_path(store, profile)
    try:
        return _read(path, store, profile) if path.exists() else None
    except Untrusted as error:
        set_aside(path, error.why)
        return None


def check_source(store: Store, source: Source) -> None:
    """Refuse to mix two suites, or two cohorts, that share a name and an output folder.

    Raises:
        UsageError: Naming both.
    """
    for plan in _plans(store):
        moved = plan.source_at_home == source.relative_to(store.folder)
        if plan.source != source and not moved:
            raise UsageError(
                f"{store.folder} holds results of {plan.source.told}, and {source.told} has the same name; rename "
                "one, or choose another --out"
            )


def _plans(store: Store) -> Iterator[Plan]:
    for path in sorted(store.folder.glob("plan.*.json")):
        with suppress(Untrusted):  # named when its profile is run or reported
            yield _read(path, store, path.name.removeprefix("plan.").removesuffix(".json"))


def _read(path: Path, store: Store, profile: str) -> Plan:
    raw = read_document(path)
    try:
        plan = _plan_from(raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Untrusted(path, f"is of another version ({error})") from error
    if (plan.suite, plan.profile) != (store.folder.name, profile):
        raise Untrusted(path, f"is the plan of suite {plan.suite}, profile {plan.profile}")
    return plan


def _plan_from(raw: dict[str, Any]) -> Plan:
    tasks = {name: _task_from(task) for name, task in raw["tasks"].items()}
    trials = tuple(PlannedTrial(**{**t, "identity": Identity(**t["identity"])}) for t in raw["trials"])
    return Plan(
        suite=raw["suite"],
        title=raw["title"],
        profile=raw["profile"],
        source=_source_from(raw["source"]),
        source_at_home=_source_from(raw["source_at_home"]),
        tasks=tasks,
        trials=trials,
        absent=tuple(raw["absent"]),
        broken=tuple(raw["broken"]),
    )


def _source_from(raw: dict[str, Any]) -> Source:
    return Source(raw["kind"], tuple(raw["names"]))


def _task_from(raw: dict[str, Any]) -> PlannedTask:
    fields: dict[str, Any] = {k: _tuples(v) for k, v in raw.items()}
    names = {int(fold): name for fold, name in raw.get("fold_names", {}).items()}
    return PlannedTask(**{**fields, "fold_names": names})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
