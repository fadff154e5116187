"""Classes that nobody declared and whose names differ by case, blanks, dashes or Unicode form alone: one, misspelt."""

from __future__ import annotations

import pandas as pd

from datasets.nearest import alike


def nearly_classes(labels: pd.Series) -> list[tuple[str, str, int]]:
    """Return each rarer spelling of a class, its usual spelling, and how many specimens have the rarer one."""
    counts = labels.value_counts()
    found = []
    for group in alike(sorted(set(labels) - {""})):
        usual = max(group, key=lambda name: int(counts[name]))
        found += [(name, usual, int(counts[name])) for name in group if name != usual]
    return found


def nearly_remedy(usual: str, how: str) -> str:
    """Return the question and the two ways out of it."""
    return f"Did you mean {usual!r}? {how}, or name both in classes."
