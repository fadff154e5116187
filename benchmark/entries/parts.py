"""The slots of each skeleton and the parts that fill them, as registries name them; nothing heavy is imported."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from baselines import READS as BASELINES_READS
from baselines import SKELETON as BASELINES_SKELETON
from baselines import SLOTS as BASELINES_SLOTS
from baselines import WITHIN as BASELINES_WITHIN
from benchmark.entries.source_facts import Setting, class_facts
from models import READS as MODELS_READS
from models import SKELETON as MODELS_SKELETON
from models import SLOTS as MODELS_SLOTS
from models import WITHIN as MODELS_WITHIN

NONE = "none"
_OF_THE_HARNESS = frozenset({"seed", "device", "name"})
_PACKAGES = {
    "baselines": (BASELINES_SKELETON, BASELINES_SLOTS, BASELINES_READS, BASELINES_WITHIN),
    "models": (MODELS_SKELETON, MODELS_SLOTS, MODELS_READS, MODELS_WITHIN),
}


@dataclass(frozen=True)
class Skeleton:
    """What recipes of one package are made of.

    Attributes:
        package: "models" or "baselines".
        classes: The class that puts parts together, first, and other classes whose settings it takes.
        slots: Slot -> part -> "module:Class", in the order in which they are printed.
        reads: Slot -> the modality that it reads.
        within: Slot -> the slot without which it means nothing.
    """

    package: str
    classes: tuple[str, ...]
    slots: Mapping[str, Mapping[str, str]]
    reads: Mapping[str, str]
    within: Mapping[str, str]

    @property
    def settings(self) -> dict[str, Setting]:
        """Return the hyper-parameters of the skeleton itself."""
        found = {name: setting for target in self.classes for name, setting in class_facts(target).settings.items()}
        return {name: setting for name, setting in found.items() if name not in _OF_THE_HARNESS}

    def may_be_empty(self, slot: str) -> bool:
        """Return whether "none" may stand in a slot."""
        return slot in self.reads or slot in self.within

    def choices(self, slot: str) -> list[str]:
        """Return what may stand in a slot."""
        return [*self.slots[slot], *([NONE] if self.may_be_empty(slot) else [])]


@cache
def skeleton(package: str) -> Skeleton:
    """Return the skeleton of "models" or of "baselines"."""
    classes, where, reads, within = _PACKAGES[package]
    slots = {slot: _registry(registry) for slot, registry in where.items()}
    return Skeleton(package, tuple(classes.values()), slots, reads, within)


def part_settings(target: str) -> dict[str, Setting]:
    """Return the hyper-parameters of a part."""
    return class_facts(target).settings


def _registry(where: str) -> Mapping[str, str]:
    module, _, name = where.partition(":")
    found: Mapping[str, str] = getattr(importlib.import_module(module), name)
    return found
