"""The plan on disk, beside its records, so that a report needs no data."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmark.planning.plan import Plan, PlannedTask, PlannedTrial
from benchmark.records import Identity, Store, StoreError, write_atomic


def plan_path(store: Store, profile: str) -> Path:
    return store.folder / f"plan.{profile}.json"


def save(plan: Plan, store: Store) -> None:
    """Keep the plan beside its records, so that a report needs no data."""
    raw = {**asdict(plan), "trials": [asdict(t) for t in plan.trials]}
    write_atomic(plan_path(store, plan.profile), json.dumps(raw, indent=1, ensure_ascii=False).encode())


def saved(store: Store, profile: str) -> Plan | None:
    """Return the plan that the last run kept, or None.

    Raises:
        StoreError: If the file cannot be read as a plan.
    """
    path = plan_path(store, profile)
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        tasks = {name: _task_from(task) for name, task in raw["tasks"].items()}
        trials = tuple(PlannedTrial(**{**t, "identity": Identity(**t["identity"])}) for t in raw["trials"])
        return Plan(
            raw["suite"], raw["title"], raw["profile"], tasks, trials, tuple(raw["absent"]), tuple(raw["broken"])
        )
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{path} is torn or of another version ({error}); delete it and run the suite again"
        ) from error


def _task_from(raw: dict[str, Any]) -> PlannedTask:
    fields: dict[str, Any] = {k: _tuples(v) for k, v in raw.items()}
    names = {int(fold): name for fold, name in raw.get("fold_names", {}).items()}
    return PlannedTask(**{**fields, "fold_names": names})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
