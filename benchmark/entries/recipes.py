"""The recipe files: entries named by their parts."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmark.entries.grammar import Value
from benchmark.entries.parts import skeleton
from benchmark.entries.source_facts import ROOT
from benchmark.entries.usage import UsageError
from datasets.wrong_keys import mistakes

PACKAGES = ("baselines", "models")


class RecipeError(UsageError):
    """Say which recipe file is wrong, and where."""


class Recipe(BaseModel):
    """One entry of a recipe file.

    Attributes:
        package: Whose skeleton it is.
        name: What the leaderboard calls it.
        family: Kind of entry.
        about: One sentence.
        reference: Where the idea was published.
        parts: Slot -> part.
        settings: Hyper-parameters that differ from the defaults: "slot.name" of a part, "name" of the skeleton.
        settings_with: Slot -> more of them, which hold only while a part is in that slot.
        refit: Whether it learns anew from train and valid after valid has chosen.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: Literal["baselines", "models"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    family: Literal["rule", "classic", "deep"]
    about: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    parts: dict[str, str]
    settings: dict[str, Value] = Field(default_factory=dict)
    settings_with: dict[str, dict[str, Value]] = Field(default_factory=dict)
    refit: bool = True


@cache
def recipes() -> dict[str, Recipe]:
    """Return every recipe of the tree, by name.

    Raises:
        RecipeError: Naming the file and the key.
    """
    found: dict[str, Recipe] = {}
    for package in PACKAGES:
        more = read_recipes(ROOT / package / "recipes.toml", package)
        if clash := sorted(set(found) & set(more)):
            raise RecipeError(f"{package}/recipes.toml: {', '.join(clash)} is a recipe of another file too")
        found |= more
    return found


def read_recipes(path: Path, package: str) -> dict[str, Recipe]:
    """Return the recipes of one file.

    Raises:
        RecipeError: Naming the file and the key.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: {error}") from error
    return {name: _recipe(path, package, name, table) for name, table in tables.items()}


def _recipe(path: Path, package: str, name: str, table: object) -> Recipe:
    if not isinstance(table, dict):
        raise RecipeError(f"{path}: {name}: write a table, [{name}]")
    try:
        recipe = Recipe.model_validate({**table, "package": package, "name": name})
    except ValidationError as error:
        said = "; ".join(f"{name}.{told}" for told in mistakes(error, Recipe))
        raise RecipeError(f"{path}: {said}") from error
    slots = skeleton(package).slots
    for slot, part in recipe.parts.items():
        if slot not in slots:
            raise RecipeError(f"{path}: {name}.parts.{slot}: no such slot; choose from {', '.join(slots)}")
        if part not in skeleton(package).choices(slot):
            raise RecipeError(f"{path}: {name}.parts.{slot}: {part!r}; choose from {', '.join(slots[slot])}")
    if strangers := sorted(set(recipe.settings_with) - set(recipe.parts)):
        raise RecipeError(f"{path}: {name}.settings_with.{strangers[0]}: no part of the recipe is in that slot")
    empty = [s for s in slots if s not in recipe.parts and not skeleton(package).may_be_empty(s)]
    if empty:
        raise RecipeError(f"{path}: {name}.parts.{empty[0]}: missing; choose from {', '.join(slots[empty[0]])}")
    return recipe
