"""The slots of each skeleton and the parts that fill them, as registries name them; nothing heavy is imported."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import baselines
import models
from benchmark.entries.source_facts import Setting, class_facts

NONE = "none"
_OF_THE_HARNESS = frozenset({"seed", "device", "name"})
_PACKAGES = {"baselines": baselines, "models": models}


@dataclass(frozen=True)
class Skeleton:
    """What recipes of one package are made of.

    Attributes:
        package: "models" or "baselines".
        classes: The class that puts parts together, first, and other classes whose settings it takes.
        slots: Slot -> part -> "module:Class", in the order in which they are printed.
        reads: Slot -> the modality that it reads.
        within: Slot -> the slot without which it means nothing.
        settings_within: Setting of the skeleton -> the slot without which it means nothing.
        otherwise: Slot -> the slot that takes its place where it is empty.
    """

    package: str
    classes: tuple[str, ...]
    slots: Mapping[str, Mapping[str, str]]
    reads: Mapping[str, str]
    within: Mapping[str, str]
    settings_within: Mapping[str, str]
    otherwise: Mapping[str, str]

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
    told = _PACKAGES[package]
    slots = {slot: _registry(registry) for slot, registry in told.SLOTS.items()}
    classes = tuple(told.SKELETON.values())
    return Skeleton(package, classes, slots, told.READS, told.WITHIN, told.SETTINGS_WITHIN, told.OTHERWISE)


def part_settings(target: str) -> dict[str, Setting]:
    """Return the hyper-parameters of a part."""
    return class_facts(target).settings


def _registry(where: str) -> Mapping[str, str]:
    module, _, name = where.partition(":")
    found: Mapping[str, str] = getattr(importlib.import_module(module), name)
    return found
