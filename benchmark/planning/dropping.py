"""Leave entries out of the plan that is kept; nothing of what they computed is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.entries import UnknownName, UsageError
from benchmark.planning.plan import Plan
from benchmark.planning.plan_file import save, saved
from benchmark.records import Store


def drop(store: Store, profile: str, entries: Sequence[str]) -> Plan | None:
    """Take entries out of the kept plan and return what is left, or None where no plan is kept.

    The caller holds the lock of a run.

    Args:
        store: Records of the suite.
        profile: Whose plan.
        entries: Names as they stand on the board, or as ``--entry`` took them: ``path/to/file.py:Thing``.

    Raises:
        UsageError: If the board has no such entry, or nothing would be left of it.
    """
    plan = saved(store, profile)
    if plan is None:
        return None
    known = {trial.identity.entry for trial in plan.trials}
    names = {_on_the_board(entry, known, f"{plan.suite}, profile {profile}") for entry in entries}
    if names == known:
        raise UsageError(
            f"--drop {', '.join(sorted(names))}: no other entry is on the board of {plan.suite}, profile {profile}; "
            "run another one first"
        )
    left = plan.without(names)
    save(left, store)
    return left


def _on_the_board(entry: str, known: set[str], board: str) -> str:
    file, _, thing = entry.rpartition(":")
    name = thing if file.endswith(".py") else entry
    if name not in known:
        raise UnknownName(f"entry on the board of {board}:", name, known)
    return name
