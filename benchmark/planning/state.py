"""How each trial of a plan stands: compare the plan with the store under today's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmark.planning.plan import Plan
from benchmark.records import Identity, Record, Store, codes, differing, refusal
from datasets.sealed import Untrusted


@dataclass(frozen=True)
class State:
    """How each trial stands: "done", "stale", "failed", "todo", "not-applicable" or "same-as".

    Attributes:
        status: Identity -> state.
        keys: Identity -> key under today's code.
        records: Identity -> the record to show; an outdated one when stale.
        codes: Target -> what its code contributes to keys; None for a file that is no longer there.
        problems: One sentence for each entry whose code cannot be read.
        untrusted: Folders of records that are torn, edited or foreign.
    """

    status: dict[Identity, str]
    keys: dict[Identity, str]
    records: dict[Identity, Record]
    codes: dict[str, dict[str, Any] | None]
    problems: tuple[str, ...] = ()
    untrusted: tuple[Untrusted, ...] = ()

    def counts(self, identities: Iterable[Identity] | None = None) -> Counter[str]:
        chosen = self.status if identities is None else identities
        return Counter(self.status[i] for i in chosen)


def inspect(plan: Plan, store: Store) -> State:
    """Compare a plan with the store under today's code."""
    records, untrusted = store.records()
    by_key = {record.key: record for record in records}
    newest_last = sorted((r for r in records if r.status == "done"), key=lambda r: str(r.details.get("started")))
    latest = {(r.identity, r.details.get("dataset"), r.details.get("split")): r for r in newest_last}
    status: dict[Identity, str] = {}
    keys: dict[Identity, str] = {}
    shown: dict[Identity, Record] = {}
    known = codes(dict.fromkeys(trial.target for trial in plan.trials))
    problems = [f"the code of {target} is gone or cannot be parsed" for target, code in known.items() if code is None]
    for trial in plan.trials:
        cell = trial.identity
        code = known[trial.target]
        keys[cell] = trial.key(code) if code is not None else ""
        record = by_key.get(keys[cell])
        outdated = latest.get((cell, trial.parts["dataset"], trial.parts["split"]))
        if trial.same_as:
            status[cell] = "same-as"
        elif trial.reason:
            status[cell] = "not-applicable"
        elif record is not None:
            has_changed = record.status == "done" and differing(record.details.get("watched", {}))
            status[cell], shown[cell] = "stale" if has_changed else _standing(record), record
        elif outdated is not None:
            status[cell], shown[cell] = "stale", outdated
        else:
            status[cell] = "todo"
    return State(status, keys, shown, known, tuple(problems), tuple(untrusted))


def _standing(record: Record) -> str:
    """Return how a record stands: an entry that said it cannot judge the dataset did not fail."""
    return "not-applicable" if refusal(record.error) else record.status
