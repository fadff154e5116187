"""Scored tables on disk under the hash of all that determines them: what has not changed is not scored again."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import platform
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_object_dtype

from leaderboard.boards import parts
from leaderboard.boards.parts import Make, Tables, Tasks
from leaderboard.records import TaskResult, replace_bytes, set_aside

_RECORD = "scored.json"
_SHORT = 32
_LIBRARIES = ("numpy", "pandas", "scipy")
_PACKAGE = __name__.partition(".")[0]
_HOME = Path(str(sys.modules[_PACKAGE].__file__)).parent


class ScoreCache:
    """Keep the parts of a board, a folder each: its tables as Parquet and, written last, a record with their SHA-256.

    A part that was made by other code is made anew; one that is torn, edited or foreign is set aside and named first.
    Numbers are those of a part made now: a table
    that Parquet would change is refused when it is written, and nothing is kept once the source of the scores is no
    longer what this process imported.

    Args:
        folder: For the parts of one board, and nothing else; made when it is needed. One process at a time may use
            it: the caller holds a lock.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def tables(self, make: Make, tasks: Tasks, resamples: int, seed: int) -> Tables:
        """Return ``make(tasks, resamples, seed)``, from disk where it is there.

        Raises:
            TypeError: If a table would not be read as it was made.
        """
        key = part_key(make, tasks, resamples, seed)
        folder = self._folder / key[:_SHORT]
        self._used.add(folder.name)
        if (folder / _RECORD).exists():
            try:
                return _read(folder, key)
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                set_aside(folder, f"is torn, edited or foreign ({error})")
        made = make(tasks, resamples, seed)
        if _is_unchanged():
            _write(folder, key, made)
        return made

    def drop_unused(self) -> None:
        """Remove the parts that nobody asked this object for."""
        for folder in self._folder.glob("*"):
            if re.fullmatch(rf"[0-9a-f]{{{_SHORT}}}", folder.name) and folder.name not in self._used:
                shutil.rmtree(folder)


def part_key(make: Make, tasks: Tasks, resamples: int, seed: int) -> str:
    """Return the SHA-256 of a part: every table and fact of its tasks, the draw, the code that scores, libraries."""
    told = hashlib.sha256()
    for text in (make.__module__, make.__qualname__, str(resamples), str(seed), _code(), *_environment()):
        _tell(told, text.encode())
    for task in tasks:
        for field in fields(TaskResult):
            _tell(told, _bytes(getattr(task, field.name)))
    return told.hexdigest()


def _tell(told: hashlib._Hash, content: bytes) -> None:
    told.update(len(content).to_bytes(8, "little"))  # so that neighbours cannot run into each other
    told.update(content)


def _bytes(value: object) -> bytes:
    if not isinstance(value, pd.DataFrame):
        return json.dumps(value, default=asdict, sort_keys=True).encode()
    table = pa.Table.from_pandas(value, preserve_index=False).combine_chunks()
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue()


def _environment() -> list[str]:
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return [platform.python_version(), platform.machine(), *libraries]


def _code() -> str:
    """Return the SHA-256 of the modules of this package that ``parts`` imports, near or far, and of ``parts``."""
    told = hashlib.sha256()
    for name, source in sorted(_SOURCES.items()):
        _tell(told, name.encode())
        _tell(told, source)
    return told.hexdigest()


def _is_unchanged() -> bool:
    """Return whether the source on disk is still that of the code that runs here."""
    return all(_path(name).is_file() and _path(name).read_bytes() == source for name, source in _SOURCES.items())


def _sources(module: str) -> dict[str, bytes]:
    """Return module -> source of a module and all that it imports from this package."""
    found: dict[str, bytes] = {}
    left = [module]
    while left:
        name = left.pop()
        if name not in found:
            found[name] = _path(name).read_bytes()
            left += _imported(found[name])
    return found


def _path(module: str) -> Path:
    """Return the file of a module of this package; of a room that of its door."""
    place = _HOME.joinpath(*module.split(".")[1:])
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _imported(source: bytes) -> Iterable[str]:
    """Yield the modules of this package that a source imports names or modules from."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == _PACKAGE:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in [node.module, *named] if name != _PACKAGE and _path(name).is_file())


# Read at import, when ``parts`` was: what a later edit makes of the files is not the code that runs here.
_SOURCES = _sources(parts.__name__)


def _write(folder: Path, key: str, tables: Tables) -> None:
    contents = {name: _parquet(name, table) for name, table in tables.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        replace_bytes(_file(folder, name), content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    replace_bytes(folder / _RECORD, json.dumps({"key": key, "tables": digests}).encode())


def _parquet(name: str, table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out, index=False)
    content = out.getvalue()
    kept = pd.read_parquet(io.BytesIO(content))
    try:
        pd.testing.assert_frame_equal(table, kept, check_exact=True)
    except AssertionError as error:
        raise TypeError(f"table {name!r} is not kept as it was made; give its columns one type each: {error}") from None
    for column in table:  # what was just compared takes NaN and None for the same
        if is_object_dtype(table[column]) and list(map(type, table[column])) != list(map(type, kept[column])):
            raise TypeError(f"table {name!r} is not kept as it was made; give column {column!r} one type, NaN included")
    return content


def _read(folder: Path, key: str) -> Tables:
    """Return the tables of a part by name.

    Raises:
        ValueError: If it is not the part that the key names, or does not match its checksums.
    """
    record = json.loads((folder / _RECORD).read_bytes())
    contents = {name: _file(folder, name).read_bytes() for name in record["tables"]}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    if record != {"key": key, "tables": digests}:
        raise ValueError("another part, or a checksum differs")
    return {name: pd.read_parquet(io.BytesIO(content)) for name, content in contents.items()}


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
