"""What is left of a recipe on a dataset that lacks some of what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmark.entries.grammar import Value
from benchmark.entries.parts import NONE
from benchmark.entries.recipe_entry import loaded
from benchmark.entries.resolve import Resolved

if TYPE_CHECKING:
    from datasets.cohort import Cohort


@dataclass(frozen=True)
class Effective:
    """A recipe as far as a dataset can fill it.

    Attributes:
        told: Its one form: entries with the same are one model on the dataset.
        lacking: How many slots read what the dataset does not have.
        params: What the recipe sets for the sake of a slot that is empty here, as it is without that slot.
    """

    told: str
    lacking: int
    params: Mapping[str, Value] = field(default_factory=dict)


def effective(resolved: Resolved, params: Mapping[str, Value], cohort: Cohort) -> Effective | None:
    """Return what is left of a recipe on a dataset; None where that is nothing, or not enough.

    Slots that read what the dataset lacks are emptied, with the slots and settings that mean nothing without them.

    Args:
        resolved: The recipe.
        params: Hyper-parameters that are given beside it, in the types of their defaults.
        cohort: The dataset.
    """
    lacking = {slot for slot in resolved.skeleton.reads if _is_lacking(resolved, slot, cohort)}
    if any(getattr(loaded(resolved.targets[slot]), "required", False) for slot in lacking):
        return None
    outer = resolved.skeleton.within
    parts = {s: p for s, p in resolved.parts.items() if p != NONE and not {s, outer.get(s)} & lacking}
    if not set(parts) & set(resolved.skeleton.reads):
        return None
    put_back = {k: v for k, v in _without(resolved, lacking).items() if k not in params}
    settings = {**resolved.settings, **put_back, **params}
    told = _told(resolved, parts, {k: v for k, v in settings.items() if v != resolved.known()[k].default})
    return Effective(told, len(lacking), put_back)


def _is_lacking(resolved: Resolved, slot: str, cohort: Cohort) -> bool:
    """Return whether a part reads what the dataset does not have, by the same test as its skeleton."""
    if resolved.parts[slot] == NONE:
        return False
    part = loaded(resolved.targets[slot])()
    has_modality = resolved.skeleton.reads[slot] in cohort.modalities
    return not has_modality or bool(hasattr(part, "lacking") and part.lacking(cohort))


def _without(resolved: Resolved, lacking: set[str]) -> dict[str, Value]:
    """Return what the recipe sets for the sake of lacking slots, and nobody changed, as it is without them."""
    recipe, known = resolved.recipe, resolved.known()
    more = {k: v for slot in sorted(lacking) for k, v in recipe.settings_with.get(slot, {}).items()}
    kept = {k for k, v in more.items() if resolved.settings.get(k) == v}
    return {k: recipe.settings.get(k, known[k].default) for k in sorted(kept)}


def _told(resolved: Resolved, parts: Mapping[str, str], settings: Mapping[str, Value]) -> str:
    frame = resolved.skeleton
    parts, settings = dict(parts), dict(settings)
    for slot, instead in frame.otherwise.items():
        if frame.within[slot] in parts and slot not in parts:
            parts[slot] = parts[instead]
            own = {k.partition(".")[2]: v for k, v in settings.items() if k.startswith(f"{instead}.")}
            settings |= {f"{slot}.{name}": value for name, value in own.items()}
    for instead in set(frame.otherwise.values()):
        del parts[instead]
    kept = {k: v for k, v in settings.items() if ("." not in k or k.partition(".")[0] in parts)}
    kept = {k: v for k, v in kept.items() if frame.settings_within.get(k, "") in ("", *parts)}
    told = {"skeleton": frame.package, "parts": parts, "settings": kept, "refit": resolved.recipe.refit}
    return json.dumps(told, sort_keys=True)
