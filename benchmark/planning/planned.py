"""What a plan knows of one task and of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmark.records import Identity, digest


@dataclass(frozen=True)
class PlannedTask:
    """What the plan and the leaderboard know of a task without its data.

    Attributes:
        options: ``Task.settings``.
        level: Whose label is predicted.
        published: Fields of each ``datasets.card.Reference`` of the dataset.
        allowed: Audit rules that would have blocked the task and were overridden.
        fold_names: Fold -> the domain it learns from, where that is one.
        ladder, rung, curve, learned_from, costs, abstain_cost: As in ``Task``.
    """

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
    allowed: tuple[str, ...] = ()
    level: Literal["patient", "specimen"] = "patient"
    published: tuple[dict[str, str], ...] = ()
    fold_names: Mapping[int, str] = field(default_factory=dict)
    ladder: str = ""
    rung: str = ""
    curve: str = ""
    learned_from: int = 0
    costs: tuple[tuple[float, ...], ...] | None = None
    abstain_cost: float | None = None


@dataclass(frozen=True)
class PlannedTrial:
    """One cell of the plan.

    Attributes:
        identity: Profile, task, entry, seed, fold.
        target: Where the entry's code is.
        parts: What goes into the key besides code.
        family: "control", "rule", "classic" or "deep".
        reason: Why the entry cannot run on the task, "" when it can.
        model: What the task leaves of the entry's recipe, "" of an entry that is none or has nothing left.
        lacking: How many slots of the recipe read what the task does not have.
        same_as: Entry of the same model, which runs in the place of this one, "" where this one runs.
    """

    identity: Identity
    target: str
    parts: dict[str, Any]
    family: str
    reason: str = ""
    model: str = ""
    lacking: int = 0
    same_as: str = ""

    def key(self, code: Mapping[str, Any]) -> str:
        return digest({**self.parts, "code": code})

    def study(self, code: Mapping[str, Any]) -> str:
        """Return the key of the tuning study: hyper-parameters are chosen once a fold, whatever the run's seed."""
        return digest({**self.parts, "seed": None, "code": code})
