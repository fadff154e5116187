"""Which page of a site is about what, and which cells of a table link there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from leaderboard.layout import Links, anchors
from leaderboard.scores import TaskView
from leaderboard.text import file_name, plain


@dataclass(frozen=True)
class Pages:
    """The pages of a site."""

    views: tuple[TaskView, ...]

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Every entry of the board, in the order of the plan."""
        return tuple(dict.fromkeys(entry for view in self.views for entry in view.task.entries))

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Every dataset of the board, in the order of the tasks."""
        return tuple(dict.fromkeys(view.task.dataset for view in self.views))

    @cached_property
    def links(self) -> Links:
        """Where the names in tables lead."""
        entries = _all("entry", self.entries)
        tasks, datasets = _all("task", [view.task.name for view in self.views]), _all("dataset", self.datasets)
        return {
            "entry": entries,
            "a": entries,
            "b": entries,
            "task": tasks,
            "dataset": datasets,
            "claim": anchors(),
        }

    def scores(self, view: TaskView) -> list[tuple[str, str]]:
        """Return file and name of the page of detailed scores of each test set that has some."""
        mine = view.board.details[view.board.details["task"] == view.task.name]
        known = set(mine["test_set"])
        return [(file_name("scores", view.task.name, name), name) for name in view.test_sets if name in known]


def _all(kind: str, names: Iterable[str]) -> dict[str, str]:
    return {plain(name): file_name(kind, name) for name in names}
