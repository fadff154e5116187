"""Recompute a published board from its predictions and name every number that differs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from leaderboard.boards import build, texts
from leaderboard.exchange import archive
from leaderboard.exchange.publish import FILES
from leaderboard.records import quarantined

_TOLERANCE = 1e-9
_ROW = {
    "leaderboard.csv": ["task", "entry", "test_set", "metric"],
    "details.csv": ["task", "entry", "test_set", "level", "metric", "class"],
    "pairs.csv": ["task", "test_set", "metric", "a", "b"],
    "claims.csv": ["claim", "task", "test_set", "entry", "metric"],
}


def verify(folder: Path) -> list[str]:
    """Recompute every number of a published board from its predictions.

    Returns:
        One sentence for each file or number that differs; empty when all hold.

    Raises:
        ArchiveError: If the folder is no archive of a board.
    """
    told = archive.changed_files(folder)
    facts, tasks = archive.unpack(folder)
    try:
        broken = {task.name: quarantined(task)[1] for task in tasks}
        made = texts(build(tasks, **facts))
    except ValueError as error:
        return [*told, f"the predictions cannot be scored: {error}"]
    told += [f"task {task!r}, {entry}: {why}" for task, reasons in broken.items() for entry, why in reasons.items()]
    told += [sentence for name in FILES for sentence in _of_file(folder / name, made[name])]
    return list(dict.fromkeys(told))


def _of_file(path: Path, text: str) -> list[str]:
    """Return what differs in one file from the text that the predictions give."""
    if not path.is_file():
        return [f"{path.name} is missing"]
    given = path.read_bytes()
    if given == text.encode():
        return []
    if path.name in _ROW:  # another processor or number of threads may change the last digits
        return _differences(path.name, given.decode(errors="replace"), text)
    return [f"{path.name} is not what the predictions give"]


def _differences(name: str, given: str, made: str) -> list[str]:
    """Return one sentence for each row, column or number of a table that differs beyond rounding."""
    keys = _ROW[name]
    try:
        was = pd.read_csv(StringIO(given), keep_default_na=False, dtype=str).set_index(keys)
    except (KeyError, ValueError) as error:
        return [f"{name} cannot be read as a table: {error}"]
    now = pd.read_csv(StringIO(made), keep_default_na=False, dtype=str).set_index(keys)
    told = [f"{name}: column {column} differs" for column in was.columns.symmetric_difference(now.columns)]
    told += [f"{name}: {_row(key)} is there twice" for key in was.index[was.index.duplicated()].unique()]
    told += [f"{name}: {_row(key)} is not in the predictions" for key in was.index.difference(now.index)]
    told += [f"{name}: {_row(key)} is missing" for key in now.index.difference(was.index)]
    return told + _cells(name, was[~was.index.duplicated()], now)


def _cells(name: str, was: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    rows = now.index.intersection(was.index).tolist()
    told = []
    for column in now.columns.intersection(was.columns):
        old, new = was.loc[rows, column].to_numpy(), now.loc[rows, column].to_numpy()
        told += [
            f"{name}: {_row(rows[int(i)])}: {column} is {old[i]!r}, the predictions give {new[i]!r}"
            for i in np.flatnonzero(old != new)
            if not _equal(old[i], new[i])
        ]
    return told


def _row(key: tuple[object, ...]) -> str:
    return " / ".join(map(str, key))


def _equal(was: str, now: str) -> bool:
    try:
        return bool(np.isclose(float(was), float(now), rtol=0, atol=_TOLERANCE))
    except ValueError:
        return False
