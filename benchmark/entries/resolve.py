"""From an entry as it is written to the recipe that it means, under its one printed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.entries.grammar import Value, Written, parse
from benchmark.entries.parts import NONE, Skeleton, part_settings, skeleton
from benchmark.entries.recipes import Recipe, recipes
from benchmark.entries.source_facts import Setting, class_facts
from benchmark.entries.usage import UnknownName, UsageError, hint
from benchmark.entries.value_check import checked_value

RECIPE = "recipe:"


@dataclass(frozen=True)
class Resolved:
    """A recipe with what was overridden.

    Attributes:
        name: The printed form, its identity.
        recipe: The line of the recipe file.
        parts: Slot -> part, every slot, "none" where it is empty.
        settings: Hyper-parameters that differ from the defaults.
    """

    name: str
    recipe: Recipe
    parts: Mapping[str, str]
    settings: Mapping[str, Value]

    @property
    def skeleton(self) -> Skeleton:
        """Return the skeleton that the parts fill."""
        return skeleton(self.recipe.package)

    @property
    def targets(self) -> dict[str, str]:
        """Return slot -> "module:Class" of each part that is there."""
        slots = self.skeleton.slots
        return {slot: slots[slot][part] for slot, part in self.parts.items() if part != NONE}

    @property
    def modalities(self) -> frozenset[str]:
        """Return the modalities that are read."""
        return frozenset(m for slot, m in self.skeleton.reads.items() if self.parts[slot] != NONE)

    def known(self) -> dict[str, Setting]:
        """Return every hyper-parameter that there is: "slot.name" of the chosen parts, "name" of the skeleton."""
        found = {f"{s}.{k}": v for s, target in self.targets.items() for k, v in part_settings(target).items()}
        return {**found, **self.skeleton.settings}


def resolve(text: str) -> Resolved:
    """Return the recipe that an entry means.

    Raises:
        UsageError: Naming the place, the value and the choices.
    """
    written = parse(text)
    refuse_schemes(text, written.schemes)
    if written.name not in recipes():
        raise UnknownName("recipe", written.name, recipes())
    recipe = recipes()[written.name]
    given = dict(written.overrides)
    parts = _parts(text, recipe, given)
    bare = Resolved("", recipe, parts, {})
    own = _own(recipe, parts)
    for key, value in own.items():
        checked(f"{recipe.package}/recipes.toml: {recipe.name}.settings", bare, key, value)
    changed = {k: checked(f"entry {text!r}", bare, k, v) for k, v in given.items() if k not in bare.skeleton.slots}
    settings = {k: v for k, v in {**own, **changed}.items() if k in own or v != bare.known()[k].default}
    checked_together(f"entry {text!r}", bare, settings)
    return Resolved(_printed(recipe, bare, own, settings), recipe, parts, settings)


def known_recipe(target: str) -> Resolved:
    """Return the recipe of a target, "recipe:PRINTED FORM"; one that is no longer there is code that is gone."""
    try:
        return resolve(target.removeprefix(RECIPE))
    except UsageError as error:
        raise FileNotFoundError(str(error)) from error


def refuse_schemes(text: str, schemes: tuple[str, ...]) -> None:
    """Raise UsageError for the first scheme: none is known yet."""
    if schemes:
        raise UsageError(f"--entry {text!r}: unknown scheme {schemes[0]!r}; {hint(schemes[0], ())}")


def checked(place: str, resolved: Resolved, key: str, value: Value) -> Value:
    """Return the value of a hyper-parameter in the type of its default; ``place`` says who asks for it.

    Raises:
        UsageError: If there is no such hyper-parameter, or the value does not fit it.
    """
    known = resolved.known()
    slot = key.partition(".")[0]
    if "." in key and slot in resolved.parts and resolved.parts[slot] == NONE:
        raise UsageError(f"{place}: {key}: there is no part in {slot} here")
    if key not in known:
        raise UsageError(f"{place}: unknown {key!r}; {hint(key, [*resolved.skeleton.slots, *known])}")
    return checked_value(place, key, known[key], value)


def checked_together(place: str, resolved: Resolved, given: Mapping[str, Value]) -> None:
    """Refuse hyper-parameters that fit alone, but not each other: a number of heads that does not divide a width.

    Args:
        place: Who asks for them.
        resolved: Whose they are.
        given: Those that differ from the defaults.

    Raises:
        UsageError: Naming both.
    """
    values = {**{key: setting.default for key, setting in resolved.known().items()}, **given}
    for slot, target in resolved.targets.items():
        for name, whole in (class_facts(target).constants.get("divides") or {}).items():
            key, of = f"{slot}.{name}", f"{slot}.{whole}" if whole in part_settings(target) else whole
            if values[of] % values[key]:
                raise UsageError(f"{place}: {key} = {values[key]}: must divide {of} = {values[of]}")


def _parts(text: str, recipe: Recipe, given: Mapping[str, Any]) -> dict[str, str]:
    frame = skeleton(recipe.package)
    for slot, part in given.items():
        if slot in frame.slots and part not in frame.choices(slot):
            raise UsageError(f"--entry {text!r}: unknown part {slot}={part}; {_choice(slot, str(part), frame)}")
    parts = {slot: str(given.get(slot, recipe.parts.get(slot, NONE))) for slot in frame.slots}
    for slot, outer in frame.within.items():
        if parts[outer] == NONE and given.get(slot, NONE) != NONE:
            raise UsageError(f"--entry {text!r}: {slot}={given[slot]} needs a part in {outer}")
        parts[slot] = NONE if parts[outer] == NONE else parts[slot]
    if all(parts[slot] == NONE for slot in frame.reads):
        raise UsageError(f"--entry {text!r}: reads nothing; leave a part in {', '.join(frame.reads)}")
    return parts


def _choice(slot: str, part: str, frame: Skeleton) -> str:
    """Return the nearest part of a slot and all that may stand there."""
    choices, near = frame.choices(slot), hint(part, frame.choices(slot))
    listed = f"choose from {', '.join(choices)}"
    return f"{near} {listed.capitalize()}" if near.endswith("?") else listed


def _own(recipe: Recipe, parts: Mapping[str, str]) -> dict[str, Value]:
    """Return the recipe's own settings that hold for these parts."""
    own = {k: v for k, v in recipe.settings.items() if "." not in k or _same_part(k, recipe, parts)}
    more = (settings for slot, settings in recipe.settings_with.items() if parts[slot] != NONE)
    return {**own, **{k: v for settings in more for k, v in settings.items()}}


def _same_part(key: str, recipe: Recipe, parts: Mapping[str, str]) -> bool:
    slot = key.partition(".")[0]
    return parts.get(slot, NONE) == recipe.parts.get(slot, NONE)


def _printed(recipe: Recipe, bare: Resolved, own: Mapping[str, Value], settings: Mapping[str, Value]) -> str:
    """Return the one printed form: what differs from the recipe, slot by slot, then settings by name."""
    changed = {k: v for k, v in settings.items() if k not in own or own[k] != v}
    shown: list[tuple[str, Value]] = []
    for slot, part in bare.parts.items():
        outer = bare.skeleton.within.get(slot)
        implied = outer is not None and bare.parts[outer] == NONE
        if part != recipe.parts.get(slot, NONE) and not implied:
            shown.append((slot, part))
        shown += sorted((k, v) for k, v in changed.items() if k.startswith(f"{slot}."))
    shown += sorted((k, v) for k, v in changed.items() if "." not in k)
    return str(Written(recipe.name, tuple(shown)))
