"""One entry's results, packed for a board that somebody else keeps, and the judgement of such a package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from leaderboard.exchange import archive
from leaderboard.exchange.compare import only
from leaderboard.records import Board, TaskResult, quarantined, same_as


class NoResults(ValueError):
    """Say that an entry has nothing on a board that could be submitted."""


_CELL = ["fold", "role", "specimen", "patient", "domain", "y"]


def submission(board: Board, entry: str, folder: Path, facts: Mapping[str, Any]) -> None:
    """Pack one entry's results of every task where it has any, for somebody else to verify and take in.

    Raises:
        NoResults: If the entry has none on this board; names the entries that are the same model there.
    """
    tasks = [only(task, entry) for task in board.tasks if entry in task.entries]
    done = [task for task in tasks if len(task.predictions)]
    if not done:
        others = sorted({same_as(task)[entry] for task in tasks if entry in same_as(task)})
        told = f"; it is the same model as {' and '.join(others)} there: submit that" if others else ""
        raise NoResults(f"entry {entry!r} has no results in suite {board.suite!r}{told}")
    archive.write(archive.pack(replace(board, tasks=tuple(done))), folder, {**facts, "entry": entry})


def judge_submission(folder: Path, board: Path) -> list[str]:
    """Return the reasons to refuse a submission to a published board; empty when it can be taken in.

    What the board's entries were tested on is the truth: the same specimens in the same folds and roles, with the same
    patients, domains and labels; of unseen classes, too, where the board has them.

    Raises:
        ArchiveError: If a folder is no archive.
    """
    told = archive.changed_files(folder)
    given, known = archive.read_json(folder / archive.MANIFEST), archive.read_json(board / archive.MANIFEST)
    theirs, ours = ({task.name: task for task in archive.unpack(f)[1]} for f in (folder, board))
    for name, task in theirs.items():
        if name not in ours:
            told.append(f"task {name!r} is not on the board")
            continue
        reasons = [*_other_facts(name, given, known), *_unfit(task, ours[name], given.get("entry"))]
        told += [f"task {name!r}: {reason}" for reason in reasons]
    return told if theirs else [*told, "it holds no task"]


def _other_facts(task: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    wanted = (("data", "dataset"), ("splits", "split"))
    found = [(what, _fact(given, key, task), _fact(known, key, task)) for key, what in wanted]
    return [
        f"made on another {what}: {mine} where the board has {board}" for what, mine, board in found if mine != board
    ]


def _fact(manifest: Mapping[str, Any], key: str, task: str) -> object:
    facts = manifest.get(key)
    return facts.get(task) if isinstance(facts, dict) else None


def _unfit(task: TaskResult, board: TaskResult, entry: object) -> list[str]:
    """Return what makes one task's predictions unfit to stand beside the board's."""
    if (task.classes, task.positive) != (board.classes, board.positive):
        return [f"classes are {task.classes} ({task.positive}), the board has {board.classes} ({board.positive})"]
    if task.entries != (entry,):
        return [f"it holds the entries {list(task.entries)}, its manifest says {entry!r}"]
    try:
        broken = quarantined(task)[1]
    except ValueError as error:
        return [str(error)]
    return list(broken.values()) or [*_other_cells(task, task.predictions, board.predictions), *_other_ood(task, board)]


def _other_ood(task: TaskResult, board: TaskResult) -> list[str]:
    """Return what keeps an entry out of the board's table of unseen classes."""
    given, wanted = _roles(task.ood), _roles(board.ood)
    if given != wanted:
        return [f"it predicts the unseen classes {given}, the board has {wanted}; run the entry on the board's task"]
    return [] if task.ood is None or board.ood is None else _other_cells(task, task.ood, board.ood)


def _roles(ood: pd.DataFrame | None) -> list[str]:
    return [] if ood is None else sorted(ood["role"].unique())


def _other_cells(task: TaskResult, mine: pd.DataFrame, board: pd.DataFrame) -> list[str]:
    wanted = set(board[_CELL].itertuples(index=False, name=None))
    told = []
    for seed in task.predictions["seed"].unique():
        given = set(mine.loc[mine["seed"] == seed, _CELL].itertuples(index=False, name=None))
        for cells, words in ((given - wanted, "says what the board does not"), (wanted - given, "lacks")):
            if cells:
                first = dict(zip(_CELL, min(cells), strict=True))
                told.append(f"another split: seed {seed} {words} of {len(cells)} predictions, first: {first}")
    return told
