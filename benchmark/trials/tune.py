"""Search an entry's own space for the lowest patient-level valid score, inside one fold."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.entries import Entry
from benchmark.trials.probabilities import as_probabilities
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

    The study is a journal at ``storage``: a run that was stopped goes on where it was.

    Args:
        build: Makes an entry from ``fixed`` and a suggestion.
        space: The entry's ``search_space``.
        fixed: Arguments that are not searched, such as seed and device.
        train: What entries learn from.
        valid: What they are compared on; never a test row.
        budget: Trials and seconds in total, earlier parts of a resumed study counted in.
        seed: Seeds the sampler.
        storage: Journal file.
    """
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = _open_study(storage, seed)

    def objective(trial: optuna.Trial) -> float:
        chosen = dict(space(trial))
        trial.set_user_attr("params", chosen)
        entry = build(**{**fixed, **chosen}).fit(train, valid)
        return patient_nll(valid, as_probabilities(entry.predict_proba(valid.blinded(labels=False)), valid, "valid"))

    done = _finished(study)
    spent = sum((t.duration.total_seconds() for t in done if t.duration is not None), 0.0)
    if len(done) < budget.trials and spent < budget.seconds:
        study.optimize(objective, n_trials=budget.trials - len(done), timeout=budget.seconds - spent)
    best = study.best_trial
    summary = {"budget": asdict(budget), "trials": len(_finished(study)), "valid_nll": best.value}
    return dict(best.user_attrs["params"]), summary


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    import optuna

    return study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))


def _open_study(storage: Path, seed: int) -> optuna.Study:
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        journal = optuna.storages.JournalStorage(JournalFileBackend(str(storage)))
    study = optuna.create_study(study_name="tune", storage=journal, direction="minimize", load_if_exists=True)
    # A sampler seeded alike after a resume would suggest the first points again.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study
