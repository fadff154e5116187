"""What a class says of itself in its source, read without an import: listing parts must not load torch."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.entries.interval import Interval

ROOT = Path(__file__).resolve().parents[2]
"""Where the packages of the project lie."""


@dataclass(frozen=True)
class Setting:
    """A hyper-parameter.

    Attributes:
        default: Its value when nothing is said.
        kinds: Of "int", "float", "bool" and "str" those that it may be.
        choices: Words that it may be.
        interval: Range of a number, None where the source gives none.
    """

    default: Any
    kinds: tuple[str, ...]
    choices: tuple[str, ...] = ()
    interval: Interval | None = None


@dataclass(frozen=True)
class ClassFacts:
    """What the source of a class says.

    Attributes:
        sentence: First paragraph of its docstring.
        settings: Annotated fields with a literal default, in their order.
        constants: Other names of the class body with a literal value, such as ``family`` or ``reads``.
    """

    sentence: str
    settings: dict[str, Setting] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)


def source_file(target: str) -> Path:
    """Return the file of a "module:attribute" of the tree."""
    return ROOT.joinpath(*target.partition(":")[0].split(".")).with_suffix(".py")


@cache
def class_facts(target: str) -> ClassFacts:
    """Return the facts of the class "module:Class" of the tree."""
    name = target.partition(":")[2]
    tree = ast.parse(source_file(target).read_bytes())
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    settings: dict[str, Setting] = {}
    constants: dict[str, Any] = {}
    for node in found.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            kind = ast.unparse(node.annotation)
            if kind.startswith(("ClassVar", "frozenset")):
                constants[node.target.id] = _literal(node.value)
            elif isinstance(node.value, ast.Constant):
                settings[node.target.id] = setting_of(node.annotation, node.value.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = _literal(node.value)
    sentence = " ".join((ast.get_docstring(found) or "").split("\n\n")[0].split())
    return ClassFacts(sentence, settings, constants)


def setting_of(annotation: ast.expr, default: Any) -> Setting:
    """Return the hyper-parameter of an annotation such as ``Annotated[float | Literal["chosen"], "(0, inf)"]``."""
    interval = None
    if _is_of(annotation, "Annotated"):
        annotation, range_ = annotation.slice.elts  # type: ignore[attr-defined]
        interval = Interval.read(ast.literal_eval(range_))
    choices: tuple[str, ...] = ()
    kinds = []
    for part in _parts(annotation):
        if _is_of(part, "Literal"):
            values = ast.literal_eval(part.slice)  # type: ignore[attr-defined]
            choices += values if isinstance(values, tuple) else (values,)
        else:
            kinds.append(ast.unparse(part))
    return Setting(default, tuple(kinds), choices, interval)


def _is_of(annotation: ast.expr, name: str) -> bool:
    return isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == name


def _parts(annotation: ast.expr) -> list[ast.expr]:
    """Return the parts of a union."""
    if isinstance(annotation, ast.BinOp):
        return [*_parts(annotation.left), *_parts(annotation.right)]
    return [annotation]


def literal_arguments(target: str) -> dict[str, Any]:
    """Return the keywords with a literal value of the call that gives "module:NAME" of the tree its value."""
    name = target.partition(":")[2]
    body = ast.parse(source_file(target).read_bytes()).body
    calls = (
        node.value
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and any(isinstance(place, ast.Name) and place.id == name for place in node.targets)
    )
    return {
        word.arg: word.value.value
        for call in calls
        for word in call.keywords
        if word.arg is not None and isinstance(word.value, ast.Constant)
    }


def _literal(value: ast.expr | None) -> Any:
    """Return a literal, or the names in a ``frozenset``; None for what only runs."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "frozenset":
        return frozenset(ast.literal_eval(value.args[0])) if value.args else frozenset()
    try:
        return ast.literal_eval(value) if value is not None else None
    except ValueError:
        return None
