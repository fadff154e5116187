"""A board on disk: predictions, trials and facts, from which everybody can compute the same numbers again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_integer_dtype, is_numeric_dtype, is_string_dtype
from pydantic import ValidationError

from leaderboard.exchange.archive_facts import BoardFacts, Manifest, first_mistake
from leaderboard.records import Board, Published, TaskResult, replace_bytes

SCHEMA = 1
BOARD, MANIFEST = "board.json", "manifest.json"
TABLES = {
    "predictions": "predictions.parquet",
    "trials": "trials.parquet",
    "valid": "valid.parquet",
    "specimens": "specimens.parquet",
    "modality_predictions": "modality_predictions.parquet",
    "ood": "ood.parquet",
}
_FACTS = ("suite", "title", "profile", "commit", "date", "command", "resamples")
_TASK_FACTS = ("name", "title", "dataset", "positive", "generated", "level", "abstain_cost", "ladder", "rung",
               "curve", "learned_from")  # fmt: skip
_TASK_TUPLES = ("classes", "flags", "notes")
_ORDER = ("task", "entry", "modalities", "seed", "fold", "role", "specimen")
_WHOLE = ("seed", "fold", "y")
_TEXTS = ("task", "entry", "modalities", "role", "specimen", "patient", "domain", "status", "error")


class ArchiveError(ValueError):
    """Report a folder that is no archive of a board, or one of another version."""


def pack(board: Board) -> dict[str, bytes]:
    """Return file name -> content; the same board gives the same bytes with the same version of pyarrow."""
    facts = {name: getattr(board, name) for name in _FACTS}
    told = {"schema": SCHEMA, **facts, "tasks": [_told(task) for task in board.tasks]}
    files = {BOARD: f"{json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)}\n".encode()}
    for part, name in TABLES.items():
        tables = [_table(task, part).assign(task=task.name) for task in board.tasks if getattr(task, part) is not None]
        if tables:
            files[name] = _parquet(pd.concat(tables, ignore_index=True), sort=part != "trials")
    return files


def _told(task: TaskResult) -> dict[str, Any]:
    """Return what is said of a task; ``columns`` names the tables it has, and their columns."""
    columns = {p: list(map(str, _table(task, p))) for p in TABLES if getattr(task, p) is not None}
    return {
        **{name: getattr(task, name) for name in _TASK_FACTS},
        **{name: list(getattr(task, name)) for name in _TASK_TUPLES},
        "families": dict(task.families),
        "fold_names": {str(fold): name for fold, name in task.fold_names.items()},
        "costs": None if task.costs is None else [list(row) for row in task.costs],
        "published": [asdict(figure) for figure in task.published],
        "columns": columns,
    }


def _table(task: TaskResult, part: str) -> pd.DataFrame:
    table: pd.DataFrame = getattr(task, part)
    return table


def _parquet(table: pd.DataFrame, *, sort: bool) -> bytes:
    """Return a table's bytes, whatever the order of its rows was; trials keep theirs, which is that of the plan."""
    first = [name for name in _ORDER if name in table]
    ordered = table[[*first, *sorted(set(map(str, table)) - set(first))]]
    if sort:
        ordered = ordered.sort_values(first, ignore_index=True)
    out = io.BytesIO()
    texts = {name: "str" for name in _TEXTS if name in table}
    ordered.astype(texts).to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def write(files: Mapping[str, bytes], folder: Path, facts: Mapping[str, Any]) -> None:
    """Write files and, last, a manifest with their SHA-256 and ``facts``."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(target, content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    told = json.dumps({**facts, "files": digests}, indent=1, ensure_ascii=False, sort_keys=True)
    replace_bytes(folder / MANIFEST, f"{told}\n".encode())


def changed_files(folder: Path) -> list[str]:
    """Return one sentence for each file that is missing or differs from the manifest.

    Raises:
        ArchiveError: If there is no readable manifest, or it lists a file outside the folder.
    """
    told = []
    for name, digest in read_manifest(folder).files.items():
        path = folder / _inside(name)
        if not os.path.isfile(path):
            told.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            told.append(f"{name} differs from the manifest")
    return told


def read_manifest(folder: Path) -> Manifest:
    """Return what the manifest of a folder says.

    Raises:
        ArchiveError: If there is none, it lists no files, or its suite is no name.
    """
    told = read_json(folder / MANIFEST)
    try:
        return Manifest.model_validate(told)
    except ValidationError as error:
        said = first_mistake(error)
        raise ArchiveError(f"{MANIFEST} lists no files, or misnames them or its suite: {said}") from error


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if "\0" in name or "\\" in name or len(name) > 255:
        raise ArchiveError(f"{MANIFEST} lists {name[:80]!r}, which is no file name")
    if path.is_absolute() or ".." in path.parts:
        raise ArchiveError(f"{MANIFEST} lists {name!r}, which is outside the folder")
    return path


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ArchiveError: If the file is missing or torn.
    """
    try:
        read = json.loads(_content(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ArchiveError(f"{path.name} cannot be read in {path.parent}: {error}") from error
    if not isinstance(read, dict):
        raise ArchiveError(f"{path.name} holds no object")
    return read


def _content(path: Path) -> bytes:
    """Return the bytes of a file; a pipe or a device in its place is never waited for."""
    if not os.path.isfile(path):
        raise OSError("there is no such file")
    return path.read_bytes()


def unpack(folder: Path) -> tuple[dict[str, Any], tuple[TaskResult, ...]]:
    """Return the board's facts and its tasks, unchecked.

    Raises:
        ArchiveError: If a file is missing, torn or of another version.
    """
    told = read_json(folder / BOARD)
    if told.get("schema") != SCHEMA:
        raise ArchiveError(f"{BOARD} has schema {told.get('schema')!r}; this version reads {SCHEMA}")
    try:
        facts = BoardFacts.model_validate(told).model_dump()
    except ValidationError as error:
        raise ArchiveError(f"{BOARD} lacks or misnames {first_mistake(error)}") from error
    parts = {part for task in facts["tasks"] for part in task["columns"]} | {"predictions", "trials"}
    tables = {part: _read_parquet(folder / TABLES[part]) for part in sorted(parts)}
    return {name: facts[name] for name in _FACTS}, tuple(_task(task, tables) for task in facts["tasks"])


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(io.BytesIO(_content(path)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, pa.ArrowException) as error:
        raise ArchiveError(f"{path.name} cannot be read as Parquet: {' '.join(str(error).split())}") from error
    if "task" not in table:
        raise ArchiveError(f"{path.name} lacks the columns ['task']")
    if not table.columns.is_unique:
        raise ArchiveError(f"{path.name} has two columns of one name")
    _check_kinds(path.name, table)
    return table


def _check_kinds(name: str, table: pd.DataFrame) -> None:
    """Refuse columns that hold something else than what is computed with them."""
    for column, values in table.items():
        kind = _kind(str(column))
        if kind and not kind[1](values.dtype):
            raise ArchiveError(f"{name}: column {column} holds {values.dtype}, not {kind[0]}")
        if column in _TEXTS and values.isna().any():
            raise ArchiveError(f"{name}: column {column} has empty cells")


def _kind(column: str) -> tuple[str, Callable[[Any], bool]] | None:
    """Return what a column holds, and the test of its dtype."""
    if column in _TEXTS:
        return "text", is_string_dtype
    if column in _WHOLE:
        return "whole numbers", is_integer_dtype
    return ("numbers", is_numeric_dtype) if re.fullmatch(r"[pq][0-9]+|seconds", column) else None


def _task(told: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> TaskResult:
    costs = told["costs"]
    facts: dict[str, Any] = {name: told[name] for name in _TASK_FACTS}
    facts |= {name: tuple(told[name]) for name in _TASK_TUPLES}
    facts |= {part: _of_task(told, part, tables[part]) for part in told["columns"]}
    return TaskResult(
        **facts,
        families=dict(told["families"]),
        fold_names={int(fold): name for fold, name in told["fold_names"].items()},
        costs=None if costs is None else tuple(tuple(row) for row in costs),
        published=tuple(Published(**figure) for figure in told["published"]),
    )


def _of_task(told: Mapping[str, Any], part: str, table: pd.DataFrame) -> pd.DataFrame:
    columns = told["columns"][part]
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise ArchiveError(f"{TABLES[part]} lacks the columns {lacking} of task {told['name']!r}")
    return table.loc[table["task"] == told["name"], columns].reset_index(drop=True)
