"""A suite made on the spot, for datasets that are named without one."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchmark.entries import UsageError, dataset_module, is_own
from benchmark.suites.suite import FOLDER, Scalar, Split, Suite, Task, check_is_new
from datasets.toml_file import read_toml
from datasets.wrong_keys import mistakes

_LONGEST = 80
_PROFILES = Path(__file__).parent / "profiles" / "datasets.toml"


def suite_of(datasets: Sequence[str], options: Mapping[str, Scalar]) -> Suite:
    """Return a suite with one task a dataset: the dataset's own split, and the entries that fit any data.

    Args:
        datasets: Registered names, or paths of users' cohort.toml files.
        options: Given to every dataset's loader.

    Raises:
        UsageError: If nothing is named, two cohorts have one name, or a split is wrong.
    """
    if not datasets:
        raise UsageError("name a suite (--suite apl) or a dataset (--dataset golub, --dataset my/cohort.toml)")
    tasks = list({task.dataset: task for task in (_task(name, options) for name in datasets)}.values())
    _check_names(tasks)
    suite = Suite(
        name=_joined([task.name for task in tasks]),
        title="; ".join(task.title for task in tasks),
        tasks=tuple(tasks),
        profiles=_profiles(),
    )
    return suite.from_source("datasets", [task.dataset for task in tasks])


def _joined(names: Sequence[str]) -> str:
    """Return one name for a folder of many; one that is too long ends in its hash."""
    name = "_".join(names)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def split_of(dataset: str) -> Split:
    """Return the split that a dataset, or a user's cohort.toml, asks for.

    Raises:
        UsageError: Naming the key and what may stand there; also if the cohort has the name of a suite of the tree.
    """
    try:
        module = dataset_module(dataset)
        if is_own(dataset):
            check_is_new(module.NAME, dataset)
        context = {FOLDER: Path(dataset).resolve().parent} if is_own(dataset) else None
        return Split.model_validate(module.SPLIT, context=context)
    except ValidationError as error:
        said = "; ".join(f"split.{told}" for told in mistakes(error, Split))
        raise UsageError(f"{dataset}: {said}") from error


def parse_options(words: Sequence[str]) -> dict[str, Scalar]:
    """Return the options of ``KEY=VALUE`` words; a value is read as TOML, else as text.

    Raises:
        UsageError: If a word has no "=".
    """
    options: dict[str, Scalar] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
            raise UsageError(f"--option {word}: write KEY=VALUE, as in --option seed=3")
        options[key] = _value(text)
    return options


def _value(text: str) -> Scalar:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # no TOML, or a number of too many digits
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _task(name: str, options: Mapping[str, Scalar]) -> Task:
    module = dataset_module(name)
    source = str(Path(name).resolve()) if is_own(name) else name
    called = module.NAME if is_own(name) else name
    return Task(name=called, title=module.CARD.title, dataset=source, split=split_of(name), options=dict(options))


def _check_names(tasks: Sequence[Task]) -> None:
    files: dict[str, str] = {}
    for task in tasks:
        other = files.setdefault(task.name, task.dataset)
        if other != task.dataset:
            raise UsageError(f"{other} and {task.dataset} both have name = {task.name!r}; rename one")


@cache
def _profiles() -> dict[str, Any]:
    return read_toml(_PROFILES)
