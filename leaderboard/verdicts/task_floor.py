"""The resolution floor of a task's headline as a sentence."""

from __future__ import annotations

import math

from leaderboard.scores import TaskView
from leaderboard.text import plain


def floor_line(view: TaskView) -> str:
    """Return what is the smallest difference that the first test set can show; "" when unknown."""
    floor = float(view.at(view.test_sets[0], view.headline.name)["floor"].iloc[0])
    if math.isnan(floor):
        return ""
    where = f"{view.headline.label} ({plain(view.test_sets[0])})"
    return f"Resolution floor: a difference in {where} below {floor:.3f} is less than these patients can show."
