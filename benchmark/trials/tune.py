"""Search an entry's own space for the lowest patient-level valid score, inside one fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.entries import Entry
from benchmark.trials.study import StudyLog
from datasets.cohort import Cohort

if TYPE_CHECKING:
    import optuna

SearchSpace = Callable[["optuna.Trial"], Mapping[str, Any]]
_FLOOR = 1e-15


@dataclass(frozen=True)
class TuneBudget:
    """What every entry of a task gets inside each fold: trials, and seconds whichever ends first."""

    trials: int
    seconds: float


def patient_nll(cohort: Cohort, proba: NDArray[np.float64]) -> float:
    """Return the mean over patients of -log p(own class), probabilities averaged over a patient's specimens.

    Where a patient's specimens differ in class, each (patient, class) pair counts once.
    """
    _, unit, counts = np.unique(
        np.char.add(np.char.add(cohort.patient, "\x1f"), cohort.y.astype(str)), return_inverse=True, return_counts=True
    )
    own = np.bincount(unit, weights=proba[np.arange(len(cohort)), cohort.y]) / counts
    return float(-np.log(np.clip(own, _FLOOR, None)).mean())


def tune(
    build: Callable[..., Entry],
    space: SearchSpace,
    fixed: Mapping[str, Any],
    train: Cohort,
    valid: Cohort,
    *,
    budget: TuneBudget,
    seed: int,
    storage: Path,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the best hyper-parameters on ``valid`` and a summary of the study.

    The study is kept at ``storage``: a run that was stopped goes on where it was, with the suggestions that it would
    have made.

    Args:
        build: Makes an entry from ``fixed`` and a suggestion.
        space: The entry's ``search_space``.
        fixed: Arguments that are not searched, such as seed and device.
        train: What entries learn from.
        valid: What they are compared on; never a test row.
        budget: Trials and seconds in total, earlier parts of a resumed study counted in.
        seed: Seeds the sampler.
        storage: Log of the study.
    """
    log = StudyLog(storage)
    study = _open_study(log)

    def objective(trial: optuna.Trial) -> float:
        chosen = dict(space(trial))
        trial.set_user_attr("params", chosen)
        entry = build(**{**fixed, **chosen}).fit(train, valid)
        return patient_nll(valid, entry.predict_proba(valid.blinded(labels=False)))

    while len(study.trials) < budget.trials and _spent(study) < budget.seconds:
        study.sampler = _sampler(seed, len(study.trials))
        study.optimize(objective, n_trials=1)
        log.keep(study.trials[-1])
    best = study.best_trial
    summary = {"budget": asdict(budget), "trials": len(study.trials), "valid_nll": best.value}
    return dict(best.user_attrs["params"]), summary


def _spent(study: optuna.Study) -> float:
    return sum(t.duration.total_seconds() for t in study.trials if t.duration is not None)


def _open_study(log: StudyLog) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="minimize")
    study.add_trials(log.trials)
    return study


def _sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    """Return a sampler for one trial: a study that was stopped and one that was not draw the same."""
    import optuna

    return optuna.samplers.TPESampler(seed=seed + number)
