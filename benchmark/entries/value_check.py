"""Whether a value may stand for a hyper-parameter; what may not is refused before any trial, in one sentence."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmark.entries.grammar import Value, printed
from benchmark.entries.source_facts import Setting, setting_of
from benchmark.entries.usage import UsageError

if TYPE_CHECKING:
    from datasets.cohort import Cohort

_KINDS = {"int": (int,), "float": (float,), "bool": (bool,), "str": (str,)}
_WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}


def checked_value(place: str, key: str, setting: Setting, value: Value) -> Value:
    """Return a value in the type that its hyper-parameter takes.

    Args:
        place: Who asks for it.
        key: Name of the hyper-parameter.
        setting: What may stand there.
        value: What does.

    Raises:
        UsageError: Naming place, key and value, and what it must be.
    """
    said = f"{place}: {key} = {printed(value)}: must be"
    if type(value) is int and "int" not in setting.kinds and "float" in setting.kinds:
        value = float(value) if abs(value) < 1e300 else float("inf")
    if "str" in setting.kinds:
        value = printed(value)
    kinds = tuple(kind for name in setting.kinds for kind in _KINDS.get(name, ()))
    if value not in setting.choices and type(value) not in kinds:
        raise UsageError(f"{said} {_wanted(setting)}")
    if isinstance(value, int | float) and setting.interval and (must := setting.interval.misses(value)):
        raise UsageError(f"{said} {must}")
    return value


def class_settings(build: Callable[..., Any]) -> dict[str, Setting]:
    """Return the hyper-parameters of an entry that is no recipe, from the signature of its class."""
    given = {n: p for n, p in inspect.signature(build).parameters.items() if isinstance(p.annotation, str)}
    return {name: setting_of(ast.parse(p.annotation, mode="eval").body, p.default) for name, p in given.items()}


def check_bounds(place: str, known: Mapping[str, Setting], given: Mapping[str, Value], cohort: Cohort) -> None:
    """Raise UsageError where a number is more than the dataset has of what bounds it."""
    sides = () if cohort.images is None else cohort.images.pixels.shape[1:3]
    for key, value in given.items():
        interval = known[key].interval
        if interval is not None and interval.bound == "image side" and sides and float(value) > min(sides):
            must = f"must be at most {min(sides)}, the side of the images of {cohort.name}"
            raise UsageError(f"{place}: {key} = {printed(value)}: {must}")


def _wanted(setting: Setting) -> str:
    numbers = [_WORDS[kind] for kind in setting.kinds if kind in _WORDS]
    range_ = f" {setting.interval.said}" if setting.interval else ""
    words = f"one of {', '.join(setting.choices)}" if len(setting.choices) > 1 else "".join(setting.choices)
    return ", or ".join(filter(None, [f"{' or '.join(numbers)}{range_}", words]))
