"""One trial: build an entry, fit it on one fold, predict; no knowledge of suites, stores or processes."""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmark.entries import Entry
from benchmark.trials.answers import learned, trace_table
from benchmark.trials.entry_inputs import fresh, seed_globals
from benchmark.trials.plain_report import plain_report
from benchmark.trials.prediction_columns import Columns, columns_of, joined, of_roles, with_modalities
from benchmark.trials.probabilities import as_probabilities
from benchmark.trials.tune import SearchSpace, TuneBudget, tune
from datasets.cohort import Cohort
from datasets.modalities import only, subsets
from datasets.splits import OOD


@dataclass(frozen=True)
class Outcome:
    """What a trial yields.

    Attributes:
        predictions: One row a specimen of valid, test and ood roles, column by column: role, specimen, patient,
            domain, y (-1 of ood), p0..p{K-1}.
        trace: Readable rows of the test roles, if the entry gives them.
        details: Hyper-parameters, seconds (tune, fit, predict), ``n_predicted`` specimens in those of predict, tuning
            summary, whether it was ``refitted`` on train and valid, the entry's own report, ``n_parameters`` (None
            where it counts none), ``modality_holes``.
        modality_predictions: As ``predictions`` of the test roles plus ``modalities`` ("images+genes"), if asked for.
    """

    predictions: Columns
    trace: pd.DataFrame | None = None
    details: dict[str, Any] = field(default_factory=dict)
    modality_predictions: Columns | None = None


def derive_seed(*axes: object) -> int:
    """Return a seed in [0, 2**31) from the named axes, the same on every machine."""
    text = "\x1f".join(str(axis) for axis in axes)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def run_trial(
    build: Callable[..., Entry],
    cohort: Cohort,
    roles: Mapping[str, NDArray[np.int64]],
    *,
    params: Mapping[str, Any],
    seed: int,
    device: str = "cpu",
    space: SearchSpace | None = None,
    budget: TuneBudget | None = None,
    study: Path | None = None,
    tuning_seed: int | None = None,
    modality_grid: bool = False,
) -> Outcome:
    """Fit on train, choose on valid, learn anew from both; predict each test role once, then specimens of no class.

    Valid is predicted before the entry learns from it. An entry without ``refit`` keeps what it learned from train.
    Entries never see the truth, nor the labels of what they predict, nor ids or an order of rows that may tell them.
    Every fit and every prediction gets data of its own and generators seeded alike: what an entry does to its input
    reaches no other fit.

    Args:
        build: The entry's class.
        cohort: All specimens of the task.
        roles: Role -> positions in ``cohort`` for this fold.
        params: Hyper-parameters that differ from the defaults.
        seed: Seed of this trial.
        device: "cpu" or "cuda"; given to entries that take it.
        space: The entry's search space; used when ``budget`` is given.
        budget: Tuning budget, or None for the given hyper-parameters.
        study: Log of the tuning study.
        tuning_seed: Seed of the tuning, by default that of this trial.
        modality_grid: Also predict the test roles with every subset of the modalities. What an entry raises there is
            kept by subset under ``details["modality_holes"]``.

    Raises:
        ValueError: If the entry's probabilities, trace or count of parameters break the contract.
        TypeError: If its report cannot be kept as JSON, or ``fit`` or ``refit`` returns no entry.
    """
    clock = _Clock()
    given = {role: cohort[_shuffled(roles[role], seed)].blinded(labels=True) for role in ("train", "valid")}
    details: dict[str, Any] = {"params": dict(params), "tuned": None if space is None else False, "device": device}
    if budget is not None and space is not None:
        drawn = seed if tuning_seed is None else tuning_seed
        details.update(_tuned(build, space, params, given, budget, drawn, device, study), tuned=True)
    clock.lap("tune")
    seed_globals(seed)
    fixed = {**details["params"], **given_by_harness(build, seed, device)}
    entry = learned(build(**fixed).fit(fresh(given["train"]), fresh(given["valid"])), "fit")
    clock.lap("fit")
    tables = [_predict(entry, cohort[_shuffled(roles["valid"], seed)], "valid")]
    clock.lap("predict")
    entry, details["refitted"] = _refitted(entry, cohort, roles, seed)
    clock.lap("fit")
    views = {r: cohort[_shuffled(roles[r], seed)] for r in _asked(roles)}
    tables += [_predict(entry, view, role) for role, view in views.items()]
    clock.lap("predict")
    predictions = joined(tables)
    report = plain_report(getattr(entry, "report_", {}))
    details.update(seconds=clock.seconds, n_predicted=len(predictions["role"]), report=report)
    details["n_parameters"] = _n_parameters(report)
    tests = {role: view for role, view in views.items() if role.startswith("test")}
    trace, grid = _trace(entry, tests), None
    if modality_grid:
        grid, details["modality_holes"] = _modality_grid(entry, tests, predictions)
    return Outcome(predictions, trace, details, grid)


def _tuned(
    build: Callable[..., Entry],
    space: SearchSpace,
    params: Mapping[str, Any],
    given: Mapping[str, Cohort],
    budget: TuneBudget,
    seed: int,
    device: str,
    study: Path | None,
) -> dict[str, Any]:
    """Return the chosen hyper-parameters and the summary of the tuning."""
    if study is None:
        raise ValueError("tuning needs a file for its study")
    fixed = {**params, **given_by_harness(build, seed, device)}
    train, valid = given["train"], given["valid"]
    best, summary = tune(build, space, fixed, train, valid, budget=budget, seed=seed, storage=study)
    return {"params": {**params, **best}, "tuning": summary}


class _Clock:
    """Seconds on the clock, by what they went to."""

    def __init__(self) -> None:
        self.seconds = {"tune": 0.0, "fit": 0.0, "predict": 0.0}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add what has passed since the last lap to ``name``."""
        now = time.perf_counter()
        self.seconds[name] += now - self._last
        self._last = now


def _refitted(entry: Entry, cohort: Cohort, roles: Mapping[str, NDArray[np.int64]], seed: int) -> tuple[Entry, bool]:
    """Return the entry after it learned from train and valid together, and whether it could."""
    refit = getattr(entry, "refit", None)
    if refit is None:
        return entry, False
    both = cohort[_shuffled(np.concatenate([roles["train"], roles["valid"]]), seed)].blinded(labels=True)
    seed_globals(seed)
    return learned(refit(fresh(both)), "refit"), True


def _asked(roles: Mapping[str, NDArray[np.int64]]) -> list[str]:
    """Return the roles that are predicted after valid: tests, then specimens of none of the classes."""
    ordered = sorted(roles)
    return [r for r in ordered if r.startswith("test")] + [r for r in ordered if r.startswith(OOD)]


def _n_parameters(report: object) -> int | None:
    """Return how many parameters a fitted entry says it has; None where it says nothing."""
    told = report.get("n_parameters") if isinstance(report, Mapping) else None
    if told is not None and (isinstance(told, bool) or not isinstance(told, int) or told < 0):
        raise ValueError(f"report_['n_parameters'] is {told!r}; give a whole number, or leave it out")
    return told


def _modality_grid(entry: Entry, tests: Mapping[str, Cohort], full: Columns) -> tuple[Columns, dict[str, str]]:
    """Return predictions by subset of modalities, all of them being what was predicted already, and the holes."""
    *lesser, every = subsets(next(iter(tests.values())))
    tables = [with_modalities(of_roles(full, tests), "+".join(every))]
    holes: dict[str, str] = {}
    for subset in lesser:
        name = "+".join(subset)
        try:
            parts = [_predict(entry, only(view, subset), role) for role, view in tests.items()]
        except Exception as error:  # noqa: BLE001  whatever an entry raises without a modality is a hole of that subset
            holes[name] = f"{type(error).__name__}: {error}"
        else:
            tables += [with_modalities(part, name) for part in parts]
    return joined(tables), holes


def _shuffled(positions: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, len(positions)]).permutation(positions)


def given_by_harness(build: Callable[..., Entry], seed: int, device: str) -> dict[str, Any]:
    """Return the arguments that come from the run, not from the suite."""
    return {"seed": seed, **({"device": device} if takes_device(build) else {})}


def takes_device(build: Callable[..., Entry]) -> bool:
    """Return whether an entry computes on the run's device."""
    return "device" in inspect.signature(build).parameters


def _predict(entry: Entry, view: Cohort, role: str) -> Columns:
    proba = as_probabilities(entry.predict_proba(fresh(view.blinded(labels=False))), view, role)
    return columns_of(proba, view, role)


def _trace(entry: Entry, tests: Mapping[str, Cohort]) -> pd.DataFrame | None:
    tracer = getattr(entry, "trace", None)
    if tracer is None or not tests:
        return None
    return pd.concat([_named(tracer, view).assign(role=role) for role, view in tests.items()], ignore_index=True)


def _named(tracer: Callable[[Cohort], pd.DataFrame], view: Cohort) -> pd.DataFrame:
    """Return an entry's trace under the real specimen ids."""
    shown = view.blinded(labels=False)
    table = trace_table(tracer(fresh(shown)), shown)
    real = dict(zip(shown.specimen.tolist(), view.specimen.tolist(), strict=True))
    return table.assign(specimen=table["specimen"].map(real)).sort_values("specimen", ignore_index=True)
