"""Search an entry's own space for the lowest patient-level valid score, inside one fold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.entries import Entry
from benchmark.trials.answers import learned
from benchmark.trials.entry_inputs import fresh, seed_globals
from benchmark.trials.failure_text import failure_line, failure_text
from benchmark.trials.probabilities import as_probabilities
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
    """Return the best hyper-parameters on ``valid``, {} where the given ones are, and a summary of the study.

    The first of the budget's trials is what was given, so that tuning never ends below it on ``valid``.

    The study is kept at ``storage``: a run that was stopped goes on where it was, with the suggestions that it would
    have made. A suggestion for which the entry raises, or predicts what are no probabilities, counts as one of the
    trials; the summary names it. Where none ended well, the study begins anew.

    Args:
        build: Makes an entry from ``fixed`` and a suggestion.
        space: The entry's ``search_space``.
        fixed: Arguments that are not searched, such as seed and device.
        train: What entries learn from; each gets a copy of its own.
        valid: What they are compared on; never a test row.
        budget: Trials and seconds in total, earlier parts of a resumed study counted in.
        seed: Seeds the sampler, and the global generators anew for each suggestion.
        storage: Log of the study.

    Raises:
        ValueError: If no suggestion ended well; the message says why the last one did not.
    """
    from filelock import FileLock  # here: it hooks every fork and every file opened by a process that has it

    storage.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(storage.with_suffix(".lock")):  # the trials of other seeds of this fold share the study
        return _searched(build, space, fixed, train, valid, budget=budget, seed=seed, log=StudyLog(storage))


def _searched(
    build: Callable[..., Entry],
    space: SearchSpace,
    fixed: Mapping[str, Any],
    train: Cohort,
    valid: Cohort,
    *,
    budget: TuneBudget,
    seed: int,
    log: StudyLog,
) -> tuple[dict[str, Any], dict[str, Any]]:
    if all(t.value is None for t in log.trials):
        log.begin_anew()  # what kept every suggestion from ending well may be gone: memory, a missing library
    study = _open_study(log)

    def objective(trial: optuna.Trial) -> float:
        seed_globals(seed)
        try:
            suggested = dict(space(trial)) if trial.number else {}  # the published defaults are tried first
            chosen = json.loads(json.dumps(suggested, allow_nan=False))  # as it is kept and fitted in the end
            trial.set_user_attr("params", chosen)
            return _valid_score(build, {**fixed, **chosen}, train, valid)
        except Exception as error:
            trial.set_user_attr("error", failure_line(failure_text(error)))
            raise

    while len(study.trials) < budget.trials and _spent(study) < budget.seconds:
        study.sampler = _sampler(seed, len(study.trials))
        study.optimize(objective, n_trials=1, catch=(Exception,))
        log.keep(study.trials[-1])
    return _chosen(study, budget)


def _valid_score(build: Callable[..., Entry], arguments: Mapping[str, Any], train: Cohort, valid: Cohort) -> float:
    entry = learned(build(**arguments).fit(fresh(train), fresh(valid)), "fit")
    predicted = entry.predict_proba(fresh(valid.blinded(labels=False)))
    return patient_nll(valid, as_probabilities(predicted, valid, "valid"))


def _chosen(study: optuna.Study, budget: TuneBudget) -> tuple[dict[str, Any], dict[str, Any]]:
    failures = [t for t in study.trials if t.value is None]
    told = [
        {"params": t.user_attrs.get("params", t.params), "error": t.user_attrs.get("error", "no score")}
        for t in failures
    ]
    if len(failures) == len(study.trials):
        why = told[-1]["error"] if told else "the budget ended before the first one did"
        raise ValueError(f"none of {len(study.trials)} suggestions of the tuning ended well; the last: {why}")
    best = study.best_trial
    summary = {"budget": asdict(budget), "trials": len(study.trials), "valid_nll": best.value, "failed": told}
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

    return optuna.samplers.TPESampler(seed=int(np.random.SeedSequence([seed, number]).generate_state(1)[0]))
