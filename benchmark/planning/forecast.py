"""How long the trials that are left will take, as far as trials that were run here tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from benchmark.planning.plan import Plan
from benchmark.planning.planned import PlannedTrial
from benchmark.planning.state import State
from benchmark.records import Identity

_LEFT = ("todo", "stale", "failed")
_FAMILY_SECONDS = {"deep": 30.0, "classic": 5.0, "control": 3.0, "rule": 1.0}
_OWN_SECONDS = 20.0


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
    usual = _usual_seconds(state)
    total, unknown = 0.0, defaultdict[str, int](int)
    left = [t.identity for t in plan.trials if state.status[t.identity] in _LEFT]
    for cell in left:
        seconds = usual(cell)
        if seconds is None:
            unknown[cell.entry] += 1
        else:
            total += seconds
    return Forecast(len(left), total, dict(unknown))


def longest_first(trials: Iterable[PlannedTrial], state: State) -> list[PlannedTrial]:
    """Return trials in the order in which several at once end soonest: no worker then waits for a long one at the end.

    A trial whose entry never ran here is placed by what its family usually takes. Of equal ones the order stays.
    Reference: R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", 1969, https://doi.org/10.1137/0117039.
    """
    usual = _usual_seconds(state)

    def expected(trial: PlannedTrial) -> float:
        seconds = usual(trial.identity)
        return _FAMILY_SECONDS.get(trial.family, _OWN_SECONDS) if seconds is None else seconds

    return sorted(trials, key=expected, reverse=True)


def _usual_seconds(state: State) -> Callable[[Identity], float | None]:
    """Return what tells of a trial the median seconds of its entry on its task, else on any task, else None."""
    timed: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for cell, record in state.records.items():
        if record.status == "done":
            seconds = float(sum(record.details.get("seconds", {}).values()))
            timed[cell.entry, cell.task].append(seconds)
            timed[(cell.entry,)].append(seconds)
    medians = {key: median(seconds) for key, seconds in timed.items()}
    return lambda cell: medians.get((cell.entry, cell.task), medians.get((cell.entry,)))


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
