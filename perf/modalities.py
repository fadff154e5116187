"""Print what entries make of each modality alone, of each pair and of all, on generated cohorts of development.

Run from the repository root: ``python -m perf.modalities fusion-pretrained product-of-experts --seeds 1 2``. Each entry
learns anew from a cohort that has only these modalities, in three folds by patient at sites A and B, refit included, as
in a run. Balanced accuracy and negative log-likelihood of all test patients are printed, as means over cohorts, with
the standard deviation between cohorts. The cohorts are those that entries were developed on, so figures are optimistic:
they say where a gap comes from, not how good an entry is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score, log_loss

from benchmark.entries import entry_class, entry_spec, load_dataset
from benchmark.trials import run_trial
from datasets.cohort import MODALITIES, Cohort
from datasets.modalities import only
from datasets.schemes import kfold, with_train_patients

_ROLES = ("train", "valid", "test")
_DEVELOPMENT = range(1, 9)
_FOLDS = 3


def main() -> None:
    """Print one row an entry and set of modalities."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], choices=_DEVELOPMENT)
    parser.add_argument("--patients", type=int, default=240, help="of the cohort, all sites")
    parser.add_argument("--learn-from", type=int, default=None, help="patients of train and valid; all without it")
    parser.add_argument("--all-only", action="store_true", help="leave out single modalities and pairs")
    parser.add_argument("--csv", type=Path, default=None, help="write the means to this file too")
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        whole = load_dataset("apl-sim", None, {"patients": asked.patients, "seed": seed})
        for kept in subsets(MODALITIES, whole_only=asked.all_only):
            cohort = only(whole, kept)
            for name in asked.entries:
                row = {"entry": name, "modalities": " + ".join(kept)} | measured(name, cohort, seed, asked.learn_from)
                rows.append(row)
                print(*row.values(), flush=True)
    table = summary(pd.DataFrame(rows))
    print(table.to_string(float_format="{:.3f}".format))
    if asked.csv is not None:
        table.to_csv(asked.csv, float_format="%.3f")


def subsets(names: tuple[str, ...], *, whole_only: bool) -> Iterator[tuple[str, ...]]:
    """Yield sets of modalities, smaller ones first."""
    for size in range(len(names) if whole_only else 1, len(names) + 1):
        yield from combinations(names, size)


def measured(name: str, cohort: Cohort, seed: int, learn_from: int | None) -> dict[str, float]:
    """Return the scores of an entry over the test patients of all folds."""
    plan = kfold(cohort, folds=_FOLDS, train_domains=["A", "B"], seed=seed)
    plan = plan if learn_from is None else with_train_patients(plan, cohort, learn_from, seed)
    entry, tested = entry_class(entry_spec(name)), []
    for fold in range(_FOLDS):
        roles = {role: rows for role, rows in plan.roles(cohort, fold).items() if role in _ROLES}
        told = pd.DataFrame(run_trial(entry, cohort, roles, params={}, seed=fold + 10 * seed).predictions)
        tested.append(told[told["role"] == "test"])
    table = pd.concat(tested)
    proba = table[[f"p{k}" for k in range(cohort.n_classes)]].to_numpy()
    return {
        "balanced accuracy": float(balanced_accuracy_score(table["y"], proba.argmax(axis=1))),
        "NLL": float(log_loss(table["y"], proba, labels=np.arange(cohort.n_classes))),
    }


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation (``... sd``) over cohorts, one row a set of modalities and entry."""
    table = rows.groupby(["modalities", "entry"], sort=False).agg(["mean", "std"])
    table.columns = [name if what == "mean" else f"{name} sd" for name, what in table.columns]
    return table


if __name__ == "__main__":
    main()
