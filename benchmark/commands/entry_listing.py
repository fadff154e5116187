"""What the list command shows of entries and their parts; nothing heavy is imported."""

from __future__ import annotations

from typing import Any

from benchmark.entries import PACKAGES, class_facts, entries, part_settings, printed, recipes, resolve, skeleton
from datasets.modality_names import MODALITIES


def entry_rows() -> list[dict[str, Any]]:
    """Return name, family, modalities, parts and one sentence of each entry; no parts where it is no recipe."""
    return [_recipe(name) if name in recipes() else _class(name, target) for name, target in entries().items()]


def part_rows() -> list[dict[str, Any]]:
    """Return slot, part, one sentence, hyper-parameters with their defaults, and the entries that use each part."""
    used = {name: (recipe.package, resolve(name).parts) for name, recipe in recipes().items()}
    return [
        {
            "kind": "network" if package == "models" else "classic",
            "slot": slot,
            "part": part,
            "about": class_facts(target).sentence,
            "hyper-parameters": {f"{slot}.{k}": printed(s.default) for k, s in part_settings(target).items()},
            "entries": [name for name, (home, parts) in used.items() if home == package and parts[slot] == part],
        }
        for package in PACKAGES
        for slot, choices in skeleton(package).slots.items()
        for part, target in choices.items()
    ]


def _recipe(name: str) -> dict[str, Any]:
    resolved = resolve(name)
    parts = {slot: part for slot, part in resolved.parts.items() if part != "none"}
    return _row(name, resolved.recipe.family, resolved.modalities, parts, resolved.recipe.about)


def _class(name: str, target: str) -> dict[str, Any]:
    facts = class_facts(target)
    family = str(facts.constants.get("family", "own"))
    return _row(name, family, facts.constants.get("reads", frozenset(MODALITIES)), {}, facts.sentence)


def _row(name: str, family: str, reads: frozenset[str], parts: dict[str, str], about: str) -> dict[str, Any]:
    modalities = [m for m in MODALITIES if m in reads]
    return {"entry": name, "family": family, "modalities": modalities, "parts": parts, "about": about}


def shown(value: Any) -> str:
    """Return a cell of the table: lists and mappings as words."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={inner}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
