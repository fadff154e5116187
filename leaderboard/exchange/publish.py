"""Write a board for others: tables, predictions and a manifest, unless quality control says no."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leaderboard.boards import texts
from leaderboard.exchange import archive
from leaderboard.records import Board
from leaderboard.scores import views
from leaderboard.verdicts import Failure, failures

FILES = ("leaderboard.csv", "details.csv", "pairs.csv", "claims.csv", "leaderboard.md")  # the rest: report makes it


class QualityError(ValueError):
    """Refuse to publish a board that breaks rules of quality."""

    def __init__(self, broken: list[Failure]) -> None:
        self.failures = tuple(broken)
        told = " ".join(f"[{failure.rule}] {failure.text}" for failure in broken)
        super().__init__(f"the board fails quality control: {told} To publish it with these flags on top: --with-flags")


def publish(board: Board, folder: Path, facts: Mapping[str, Any], *, with_flags: bool = False) -> None:
    """Write tables, predictions and a manifest.

    Args:
        board: What is published.
        folder: Where; files of the same names are replaced, each whole.
        facts: Said in the manifest: hashes of data, splits and code, the environment.
        with_flags: Publish although rules are broken; the tables say which.

    Raises:
        QualityError: If a rule is broken and ``with_flags`` is not given.
    """
    broken = [failure for view in views(board) for failure in failures(view)]
    if broken and not with_flags:
        raise QualityError(broken)
    flags = [{"rule": failure.rule, "text": failure.text} for failure in broken]
    made = texts(board)
    files = {name: made[name].encode() for name in FILES}
    archive.write({**files, **archive.pack(board)}, folder, {**facts, "flags": flags})
