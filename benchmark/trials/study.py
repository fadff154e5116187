"""A tuning study on disk: one sealed line a finished trial, so that a stopped run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.sealed import sealed, set_aside, unsealed, write_atomic

if TYPE_CHECKING:
    import optuna

_END = b"\n"


class StudyLog:
    """Keep the finished trials of a study; every line carries its own seal and that of the line before.

    A last line that is torn is dropped. A file that is wrong in any other way is set aside, and the study begins anew.

    Args:
        path: The log; its name is that of the study.

    Attributes:
        trials: What had ended when the log was opened, in that order.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = [sealed({"study": path.name})]
        self.trials: list[optuna.trial.FrozenTrial] = []
        if path.exists():
            try:
                lines = list(_sound(path.read_bytes(), path.name))
                self._lines, self.trials = lines, [_frozen(line) for line in lines[1:]]
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
                set_aside(path, f"is torn, edited or foreign ({error})")

    def begin_anew(self) -> None:
        """Forget what was read; the file follows when the next trial is kept."""
        self._lines, self.trials = self._lines[:1], []

    def keep(self, trial: optuna.trial.FrozenTrial) -> None:
        """Add a finished trial; it is on disk when this returns."""
        self._lines.append(sealed({**_told(trial), "before": self._lines[-1]["sha256"]}))
        write_atomic(self._path, b"".join(json.dumps(line, ensure_ascii=False).encode() + _END for line in self._lines))


def _sound(body: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log, a torn last one left out.

    Raises:
        ValueError: If any other line is wrong, or none is right.
    """
    *whole, rest = body.split(_END)
    before = None
    for number, line in enumerate([*whole, rest] if rest else whole):
        try:
            told = sealed(unsealed(line))
        except (ValueError, RecursionError):
            if line is rest and number:
                return
            raise
        if before is None and told.get("study") != name:
            raise ValueError(f"it is the log of {told.get('study')}")
        if before is not None and told.get("before") != before:
            raise ValueError(f"line {number + 1} does not follow line {number}")
        before = told["sha256"]
        yield told
    if before is None:
        raise ValueError("it is empty")


def _told(trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    from optuna.distributions import distribution_to_json

    if trial.datetime_start is None or trial.datetime_complete is None:
        raise ValueError(f"trial {trial.number} has not ended")
    return {
        "state": trial.state.name,
        "value": trial.value,
        "suggested": trial.params,
        "distributions": {name: distribution_to_json(d) for name, d in trial.distributions.items()},
        "attributes": trial.user_attrs,
        "started": trial.datetime_start.isoformat(),
        "ended": trial.datetime_complete.isoformat(),
    }


def _frozen(line: dict[str, Any]) -> optuna.trial.FrozenTrial:
    from optuna.distributions import json_to_distribution
    from optuna.trial import FrozenTrial, TrialState

    return FrozenTrial(
        number=-1,  # given when it is added to a study
        trial_id=-1,
        state=TrialState[line["state"]],
        value=line["value"],
        datetime_start=datetime.fromisoformat(line["started"]),
        datetime_complete=datetime.fromisoformat(line["ended"]),
        params=line["suggested"],
        distributions={name: json_to_distribution(text) for name, text in line["distributions"].items()},
        user_attrs=line["attributes"],
        system_attrs={},
        intermediate_values={},
    )
