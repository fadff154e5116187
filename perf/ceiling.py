"""Print what so few patients allow on apl-sim: a shrinkage LDA that is told the truth, against the Bayes posterior.

Run from the repository root: ``python -m perf.ceiling``. The LDA reads the true traits, averaged over the leukaemic
cells, means of the signal gene modules and the clinical values, and is cross-validated at sites A and B; no pixel is
drawn. Also printed: the difference in balanced accuracy that the cohort shows at 80 % power between this LDA and one on
traits alone, and in how many patients one is right and the other wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold

from datasets.simulate.apl import World, sample_world
from datasets.simulate.shared import credit, tables

Floats = NDArray[np.float64]
_SKEWED = ("wbc", "platelets", "fibrinogen", "d_dimer", "ldh")
_POWER_80 = 1.96 + 0.84
_FOLDS = 3


def main() -> None:
    """Print one row for each number of patients, means over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=[240, 670, 1000, 2240])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--more-c", type=int, default=240)
    parser.add_argument("--csv", type=Path, default=None, help="write the table to this file too")
    options = parser.parse_args()
    rows = []
    for patients in options.patients:
        found = [measured(patients, options.more_c, seed) for seed in options.seeds]
        rows.append({"patients": patients} | pd.DataFrame(found).mean().to_dict())
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.3f}".format))
    if options.csv is not None:
        table.to_csv(options.csv, index=False, float_format="%.3f")


def measured(patients: int, more_c: int, seed: int) -> dict[str, float]:
    """Return balanced accuracies of the LDA and of Bayes, and what the cohort resolves."""
    world = sample_world(1.0, patients, 24, 0.3, seed, more_c=more_c)
    y, domain = world.patients.y, world.patients.domain
    inside = np.isin(domain, ["A", "B"])
    parts = traits(world), genes(world), labs(world)
    called, at_c = predicted(np.hstack(parts), y, inside, domain == "C")
    from_traits, alone = predicted(parts[0], y, inside, domain == "C-images")
    bayes = credit(world.posterior["all"], tables.PRIOR, y)
    differ = (called == y[inside]).astype(float) - (from_traits == y[inside])
    here, far = domain == "C", domain == "C-images"
    return {
        "learnt from": float(inside.sum() * (_FOLDS - 1) / _FOLDS),
        "A, B: LDA": balanced(y[inside], called == y[inside]),
        "A, B: Bayes": balanced(y[inside], bayes[inside]),
        "C: LDA": balanced(y[here], at_c[here] == y[here]),
        "C: Bayes": balanced(y[here], bayes[here]),
        "C-images: LDA": balanced(y[far], alone[far] == y[far]),
        "C-images: Bayes": balanced(y[far], bayes[far]),
        "resolves": _POWER_80 * standard_error(y[inside], differ),
        "disagree": float(np.abs(differ).mean()),
    }


def traits(world: World) -> Floats:
    """Return means of the true traits over each patient's leukaemic cells, and the share of these, (n, 13)."""
    cells = world.cells
    weight = cells.leukaemic / np.maximum(cells.leukaemic.sum(axis=1, keepdims=True), 1)
    shown = [logit(cells.granularity), logit(cells.basophilia), logit(cells.nc_ratio), np.log(cells.diameter_um)]
    shown += [cells.auer == 1, cells.auer == 2, cells.nucleoli, cells.bleb, *(cells.shape == k for k in range(4))]
    means = [(np.nan_to_num(values) * weight).sum(axis=1) for values in shown]
    return np.stack([*means, cells.leukaemic.mean(axis=1)], axis=1)


def genes(world: World) -> Floats:
    """Return means of the signal modules, NaN where not measured, (n, modules)."""
    ends = np.cumsum([len(members) for members, _ in tables.GENE_MODULES.values()])
    means = [part.mean(axis=1) for part in np.split(world.signal, ends[:-1], axis=1)]
    return np.where(world.genes_measured[:, None], np.stack(means, axis=1), np.nan)


def labs(world: World) -> Floats:
    """Return clinical values, skewed ones as logarithms, NaN where not measured."""
    return world.observed.assign(**{name: np.log(world.observed[name]) for name in _SKEWED}).to_numpy(np.float64)


def predicted(
    x: Floats, y: NDArray[np.int64], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return classes called: inside (k,), cross-validated; outside (n,), else -1, by the model of the last fold."""
    rows = np.flatnonzero(inside)
    called, far = np.empty(len(rows), np.int64), np.empty(0, np.int64)
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(rows, y[rows]):
        learned = x[rows[train]]
        table = np.nan_to_num((x - np.nanmean(learned, axis=0)) / (np.nanstd(learned, axis=0) + 1e-9))
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=np.full(5, 0.2))
        model.fit(table[rows[train]], y[rows[train]])
        called[test], far = model.predict(table[rows[test]]), model.predict(table[outside])
    return called, _spread(far, outside)


def _spread(called: NDArray[np.int64], where: NDArray[np.bool_]) -> NDArray[np.int64]:
    result = np.full(len(where), -1, np.int64)
    result[where] = called
    return result


def balanced(y: NDArray[np.int64], right: NDArray) -> float:
    """Return the mean over classes of the share that is right."""
    return float(np.mean([right[y == c].mean() for c in np.unique(y)]))


def standard_error(y: NDArray[np.int64], difference: Floats) -> float:
    """Return that of a paired difference in balanced accuracy."""
    classes = np.unique(y)
    variance = [difference[y == c].var(ddof=1) / (y == c).sum() for c in classes]
    return float(np.sqrt(np.sum(variance)) / len(classes))


if __name__ == "__main__":
    main()
