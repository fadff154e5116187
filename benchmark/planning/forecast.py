"""How long the trials that are left will take, as far as trials that were run here tell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from benchmark.planning.plan import Plan
from benchmark.planning.state import State

_LEFT = ("todo", "stale", "failed")


@dataclass(frozen=True)
class Forecast:
    """What is left of a plan.

    Attributes:
        trials: Number of trials to run.
        seconds: Expected seconds on the clock of those whose entry ran here before, one after the other.
        unknown: Entry -> trials of it that are left, for entries that never ran here.
    """

    trials: int
    seconds: float
    unknown: dict[str, int]

    def sentence(self, jobs: int, limit: float) -> str:
        """Say it in one line.

        Args:
            jobs: Trials that run at once.
            limit: Seconds of processor time that one trial may take.
        """
        if not self.trials:
            return "Nothing is left to run."
        known = self.trials - sum(self.unknown.values())
        parts = [f"{self.trials} trials are left"]
        if known:
            parts.append(f"{known} should take about {_clock(self.seconds / jobs)}, as earlier trials here did")
        if self.unknown:
            names = ", ".join(f"{entry} ({count})" for entry, count in sorted(self.unknown.items()))
            parts.append(f"never timed here: {names}, at most {_clock(limit)} each and thread")
        return "; ".join(parts) + f". {jobs} at once."


def forecast(plan: Plan, state: State) -> Forecast:
    """Return how long a plan's remaining trials take: the median of the entry on the same task, else on any task."""
    timed: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for cell, record in state.records.items():
        if record.status == "done":
            seconds = float(sum(record.details.get("seconds", {}).values()))
            timed[cell.entry, cell.task].append(seconds)
            timed[(cell.entry,)].append(seconds)
    total, unknown = 0.0, defaultdict[str, int](int)
    left = [t.identity for t in plan.trials if state.status[t.identity] in _LEFT]
    for cell in left:
        seen = timed.get((cell.entry, cell.task)) or timed.get((cell.entry,))
        if seen:
            total += median(seen)
        else:
            unknown[cell.entry] += 1
    return Forecast(len(left), total, dict(unknown))


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
