"""Print how much of the true traits of cells a linear reading of image features explains, on a generated cohort.

Run from the repository root: ``python -m perf.traits``. A ridge regression reads each trait of the leukaemic cells from
hand-crafted features, from ImageNet features averaged over whole pictures, and from those averaged over nucleus and
cytoplasm apart; it is cross-validated by patient, and R2 is printed. What a reading cannot explain, no head on these
features can use.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmark.entries import load_dataset
from datasets.cohort import Cohort
from datasets.features import Source, pretrained_means, region_features
from datasets.morphology import cached_cell_features

_PENALTIES = np.logspace(0, 4, 5)


def features(cohort: Cohort) -> dict[str, NDArray[np.floating]]:
    """Return name -> features of every image, (m, f)."""
    assert cohort.images is not None
    source = Source("tf_efficientnet_lite0", "", "")
    return {
        "hand-crafted": cached_cell_features(cohort.images.pixels),
        "whole picture": pretrained_means(cohort.images, "b3", 128, source),
        "regions, block 1": region_features(cohort.images, 1, 128, source),
        "regions, block 3": region_features(cohort.images, 3, 128, source),
    }


def traits(cohort: Cohort) -> pd.DataFrame:
    """Return the true traits as numbers, one row an image."""
    assert cohort.truth is not None and cohort.truth.traits is not None
    told = cohort.truth.traits
    shapes = pd.get_dummies(told["nucleus_shape"], prefix="shape")
    chosen = ["granularity", "basophilia", "nc_ratio", "diameter_um", "auer", "nucleoli", "bleb"]
    return pd.concat([told[chosen], shapes.loc[:, shapes[told["leukaemic"]].any()]], axis=1).astype(np.float64)


def explained(x: NDArray[np.floating], y: NDArray[np.float64], patient: NDArray[np.int64]) -> float:
    """Return R2 of a ridge regression on patients that it has not seen."""
    model = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    said = cross_val_predict(model, x, y, groups=patient, cv=GroupKFold(3))
    return 1 - float(np.mean((y - said) ** 2) / np.var(y))


def main() -> None:
    """Print one row a trait."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path, default=None, help="write the table to this file too")
    asked = parser.parse_args()
    cohort = load_dataset("apl-sim", None, {"patients": asked.patients, "seed": asked.seed})
    assert cohort.images is not None and cohort.truth is not None and cohort.truth.traits is not None
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    rows = np.flatnonzero(cohort.truth.traits["leukaemic"].to_numpy() & np.isin(cohort.domain[owner], ["A", "B"]))
    told, read = traits(cohort).iloc[rows], features(cohort)
    scores = {
        name: {trait: explained(x[rows], told[trait].to_numpy(), owner[rows]) for trait in told}
        for name, x in read.items()
    }
    table = pd.DataFrame(scores).rename_axis("trait")
    print(table.to_string(float_format="{:.2f}".format))
    if asked.csv is not None:
        table.to_csv(asked.csv, float_format="%.2f")


if __name__ == "__main__":
    main()
