"""What an entry's code contributes to a key: the files of the chosen parts and the recipe's values, nothing else."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.entries import DEFAULT, GIVEN, RECIPE, Resolved, known_recipe, resolve, source_file
from benchmark.records.key import code_parts, label, source_hash

_TRIAL = "benchmark.trials.trial:run_trial"
_RECIPES, _ESTIMATORS = "benchmark.entries.recipe_entry:recipe_class", "benchmark.entries.estimators:entry_of"


def codes(targets: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """Return target -> what its code and the harness contribute to keys; None for code that cannot be read."""
    harness = code_parts(source_file(_TRIAL))
    found: dict[str, dict[str, Any] | None] = {}
    for target in targets:
        try:
            found[target] = {"entry": entry_code(target), "harness": harness}
        except (OSError, SyntaxError, UnicodeDecodeError):
            found[target] = None
    return found


def entry_code(target: str) -> dict[str, Any]:
    """Return what the code of an entry contributes to its key.

    Args:
        target: "recipe:PRINTED FORM", "module:Class", or "path/to/file.py:Thing".

    Raises:
        OSError, SyntaxError, UnicodeDecodeError: If the code is gone or cannot be read.
    """
    code = code_parts(*entry_files(target))
    assembly = {label(file): source_hash(file) for file in _assembly_files(target)}
    code = {**code, "source": {**code["source"], **assembly}}
    if not target.startswith(RECIPE):
        return code
    resolved = known_recipe(target)
    refit = resolved.recipe.refit
    values = {"parts": dict(resolved.parts), "settings": dict(resolved.settings), "refit": refit}
    return {**code, "recipe": values}


def _assembly_files(target: str) -> list[Path]:
    """Return the files that put parts, or a user's estimator, together; what they import does not change predictions.

    What these read of a recipe is in the key as values.
    """
    makers = [_RECIPES] if target.startswith(RECIPE) else [_RECIPES, _ESTIMATORS] if _is_estimator(target) else []
    return [source_file(maker) for maker in makers]


def recipe_files(resolved: Resolved) -> list[Path]:
    """Return the files of the skeleton and of the chosen parts."""
    return [source_file(target) for target in (*resolved.skeleton.classes, *resolved.targets.values())]


def entry_files(target: str) -> list[Path]:
    """Return the files that an entry starts from; what they import is its code too."""
    if target.startswith(RECIPE):
        return recipe_files(known_recipe(target))
    module = target.rpartition(":")[0]
    if not module.endswith(".py"):
        return [source_file(target)]
    file = Path(module)
    return [file, *_estimator_files()] if _is_estimator(target) else [file]


def _is_estimator(target: str) -> bool:
    """Return whether what a user's file names may be run by the classic skeleton, whose code then counts too."""
    module, _, attribute = target.rpartition(":")
    return module.endswith(".py") and not _is_contract(Path(module), attribute, os.stat(module).st_mtime_ns)


def _estimator_files() -> list[Path]:
    """Return the files that run a user's estimator: the tables of ``DEFAULT``, and another learner."""
    tables = resolve(DEFAULT)
    parts = [target for slot, target in tables.targets.items() if slot != "blocks"]
    return [source_file(target) for target in (*tables.skeleton.classes, *parts, GIVEN)]


@cache
def _is_contract(file: Path, attribute: str, _changed: int) -> bool:
    """Return whether a file's class is surely of the contract: ``needs`` is in it or in a base in the same file."""
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
