"""What is wrong with a file that users write, a sentence a mistake: nothing that only follows from another is told."""

from __future__ import annotations

from collections.abc import Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from datasets.nearest import nearest

_LONGEST = 60  # characters of a value that is shown


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return "key: what is wrong with it" for each mistake; a wrong key is told once, with what may be meant.

    Args:
        error: What pydantic found.
        model: Of the whole file.
    """
    found: list[Any] = error.errors(include_url=False)
    wrong = {problem["loc"]: _known(problem["loc"], model) for problem in found if problem["type"] == "extra_forbidden"}
    meant = {(*loc[:-1], name) for loc, known in wrong.items() for name in nearest(str(loc[-1]), known)}
    return [
        f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {_said(problem, wrong)}"
        for problem in found
        if not (problem["type"] == "missing" and problem["loc"] in meant) and not _follows(problem, found)
    ]


def _follows(problem: Any, found: Sequence[Any]) -> bool:
    """Return whether a whole is wrong because a part of it is."""
    loc = problem["loc"]
    return any(len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in found)


def _said(problem: Any, wrong: dict[tuple[Any, ...], list[str]]) -> str:
    loc, given = problem["loc"], problem.get("input")
    if loc in wrong:
        near = nearest(str(loc[-1]), wrong[loc])
        hint = f"did you mean {' or '.join(near)}?" if near else f"known keys: {', '.join(wrong[loc])}"
        return f"unknown key; {hint}"
    if problem["type"] == "missing":
        return "is missing"
    if problem["type"] == "value_error":
        return str(problem["msg"]).removeprefix("Value error, ")
    shown = f" (got {given!r})" if isinstance(given, str | int | float) and len(repr(given)) <= _LONGEST else ""
    return f"{problem['msg']}{shown}"


def _known(loc: tuple[Any, ...], model: type[BaseModel]) -> list[str]:
    """Return the keys that may stand beside a key."""
    place: Any = model
    for part in loc[:-1]:
        place = place.model_fields[part].annotation if _is_model(place) else _item(place)
        place = next((kind for kind in get_args(place) if _is_model(kind)), place) if _is_choice(place) else place
    return list(place.model_fields) if _is_model(place) else []


def _item(annotation: Any) -> Any:
    """Return what a tuple, list or mapping holds."""
    return [part for part in get_args(annotation) if part is not Ellipsis][-1]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_choice(annotation: Any) -> bool:
    """Return whether an annotation is "this or that", such as a model or None."""
    return get_origin(annotation) in (Union, UnionType)
