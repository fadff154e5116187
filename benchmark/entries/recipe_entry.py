"""From a recipe to a class of the contract and its search space."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from benchmark.entries.contract import Entry
from benchmark.entries.grammar import Value
from benchmark.entries.resolve import Resolved, checked, checked_together


def recipe_class(resolved: Resolved) -> Callable[..., Entry]:
    """Return a class whose instances are the recipe's entry.

    It takes ``seed``, ``device`` if its skeleton does, and any hyper-parameter of the recipe by its name: a part's as
    ``**{"cells.width": 8}``, the skeleton's as ``max_epochs=2``.
    """
    frame: type = loaded(resolved.skeleton.classes[0])
    parts = {slot: loaded(target) for slot, target in resolved.targets.items()}
    needed = {m for s, m in resolved.skeleton.reads.items() if getattr(parts.get(s), "required", False)}
    alone = resolved.modalities if len(resolved.modalities) == 1 else frozenset()
    parameters = [p for p in inspect.signature(frame).parameters.values() if p.name in ("seed", "device")]
    more = inspect.Parameter("settings", inspect.Parameter.VAR_KEYWORD)

    def __init__(self: Any, **given: Any) -> None:
        harness = {p.name: given.pop(p.name) for p in parameters if p.name in given}
        place = f"entry {resolved.name!r}"
        chosen = {**resolved.settings, **{k: checked(place, resolved, k, v) for k, v in given.items()}}
        checked_together(place, resolved, chosen)
        built = built_parts(resolved, chosen)
        own = {k: v for k, v in chosen.items() if "." not in k}
        frame.__init__(self, name=resolved.name, parts=built, **own, **harness)  # type: ignore[misc]

    body = {
        "__init__": __init__,
        "__signature__": inspect.Signature([*parameters, more]),
        "needs": frozenset(needed) | alone,
        "family": resolved.recipe.family,
        **({} if resolved.recipe.refit else {"refit": None}),
    }
    return type(frame.__name__, (frame,), body)


def built_parts(resolved: Resolved, settings: Mapping[str, Value] | None = None) -> dict[str, Any]:
    """Return slot -> part with the recipe's hyper-parameters, or with others."""
    chosen = resolved.settings if settings is None else settings
    return {slot: loaded(target)(**_of(chosen, f"{slot}.")) for slot, target in resolved.targets.items()}


def recipe_space(resolved: Resolved) -> Callable[[Any], dict[str, Any]]:
    """Return the union of the spaces of the parts, under "slot.name", and of the skeleton."""

    def space(trial: Any) -> dict[str, Any]:
        chosen: dict[str, Any] = {}
        for slot, target in resolved.targets.items():
            suggested = _space_beside(target)(_Prefixed(trial, f"{slot}."))
            chosen |= {f"{slot}.{name}": value for name, value in suggested.items()}
        frame = _module(resolved.skeleton.classes[0])
        if hasattr(frame, "search_space"):
            chosen |= frame.search_space(trial, resolved.modalities)
        return chosen

    return space


class _Prefixed:
    """An Optuna trial that puts the slot before every name."""

    def __init__(self, trial: Any, prefix: str) -> None:
        self.trial, self.prefix = trial, prefix

    def suggest_float(self, name: str, *args: Any, **more: Any) -> float:
        return float(self.trial.suggest_float(self.prefix + name, *args, **more))

    def suggest_int(self, name: str, *args: Any, **more: Any) -> int:
        return int(self.trial.suggest_int(self.prefix + name, *args, **more))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        return self.trial.suggest_categorical(self.prefix + name, choices)


def _of(settings: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    return {name.removeprefix(prefix): value for name, value in settings.items() if name.startswith(prefix)}


def _module(target: str) -> Any:
    return importlib.import_module(target.partition(":")[0])


def loaded(target: str) -> Any:
    """Import the thing that "module:attribute" names."""
    return getattr(_module(target), target.partition(":")[2])


def _space_beside(target: str) -> Callable[[Any], dict[str, Any]]:
    space: Callable[[Any], dict[str, Any]] = _module(target).search_space
    return space
