"""What a plan asks of an entry; of one from outside the tree in a process of its own, which its file may spoil."""

from __future__ import annotations

from typing import Any

from benchmark.entries import EntrySpec, UsageError
from benchmark.trials import EntryFacts, entry_facts
from benchmark.workers.apart import NoAnswer, ask

_SECONDS = 60.0


def facts_apart(spec: EntrySpec) -> EntryFacts:
    """Return the facts of an entry; a file from outside the tree is not imported into this process.

    Raises:
        UsageError: If the entry breaks the contract, or its file ends or holds up the process that imports it.
    """
    if spec.path is None:
        return entry_facts(spec)
    try:
        told = ask(_told, [spec.name, spec.target], _SECONDS)
    except NoAnswer as end:
        raise UsageError(f"entry {spec.name}: import of {spec.path}: {end}") from None
    if "usage" in told:
        raise UsageError(told["usage"])
    return EntryFacts(**{**told, "needs": frozenset(told["needs"])})


def _told(question: list[str]) -> dict[str, Any]:
    spec = EntrySpec(*question)
    try:
        facts = entry_facts(spec)
    except UsageError as error:
        return {"usage": str(error)}
    except (SystemExit, KeyboardInterrupt) as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return {"usage": f"entry {spec.name}: {spec.path} ends the process that imports it ({line})"}
    return {**vars(facts), "needs": sorted(facts.needs)}
