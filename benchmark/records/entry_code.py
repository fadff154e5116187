"""What an entry's code contributes to a key: the files of the chosen parts and the recipe's values, nothing else."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.entries import DEFAULT, GIVEN, RECIPE, Resolved, known_recipe, resolve, source_file
from benchmark.records.key import code_parts


def entry_code(target: str) -> dict[str, Any]:
    """Return what the code of an entry contributes to its key.

    Args:
        target: "recipe:PRINTED FORM", "module:Class", or "path/to/file.py:Thing".

    Raises:
        OSError, SyntaxError, UnicodeDecodeError: If the code is gone or cannot be read.
    """
    if target.startswith(RECIPE):
        resolved = known_recipe(target)
        values = {"parts": dict(resolved.parts), "settings": dict(resolved.settings)}
        return {**code_parts(*entry_files(target)), "recipe": values}
    return code_parts(*entry_files(target))


def recipe_files(resolved: Resolved) -> list[Path]:
    """Return the files of the skeleton and of the chosen parts."""
    return [source_file(target) for target in (*resolved.skeleton.classes, *resolved.targets.values())]


def entry_files(target: str) -> list[Path]:
    """Return the files that an entry starts from; what they import is its code too."""
    if target.startswith(RECIPE):
        return recipe_files(known_recipe(target))
    module, _, attribute = target.rpartition(":")
    if not module.endswith(".py"):
        return [source_file(target)]
    file = Path(module)
    is_contract = _is_contract(file, attribute, file.stat().st_mtime_ns)
    return [file] if is_contract else [file, *_estimator_files()]


def _estimator_files() -> list[Path]:
    """Return the files that run a user's estimator: the tables of ``DEFAULT``, and another learner."""
    tables = resolve(DEFAULT)
    parts = [target for slot, target in tables.targets.items() if slot != "blocks"]
    return [source_file(target) for target in (*tables.skeleton.classes, *parts, GIVEN)]


@cache
def _is_contract(file: Path, attribute: str, _changed: int) -> bool:
    """Return whether a file's class is surely of the contract: ``needs`` is in it or in a base in the same file.

    Anything else may be run by the classic skeleton, whose code then counts too.
    """
    classes = {n.name: n for n in ast.parse(file.read_bytes()).body if isinstance(n, ast.ClassDef)}
    todo = [attribute]
    while todo:
        found = classes.pop(todo.pop(), None)
        if found is None:
            continue
        if any(isinstance(n, ast.Name) and n.id == "needs" for n in ast.walk(found)):
            return True
        todo += [base.id for base in found.bases if isinstance(base, ast.Name)]
    return False
