"""Controls see shortcuts that are planted, and nothing else."""

import dataclasses

import numpy as np
from sklearn.metrics import roc_auc_score
from toy import toy_cohort

from baselines.border_only import BorderOnly
from baselines.missingness_only import MissingnessOnly
from datasets.cohort import Cohort, ImageBags, presence

QUIET = toy_cohort(n=120, n_classes=2, signal=0.0)


def auroc(build, cohort: Cohort) -> float:
    train, test = cohort[np.arange(0, 80)], cohort[np.arange(80, 120)]
    proba = build(n_estimators=100).fit(train, test).predict_proba(test)
    return float(roc_auc_score(test.y, proba[:, 1]))


def framed(cohort: Cohort) -> Cohort:
    pixels = cohort.images.pixels.copy()
    owner = np.repeat(cohort.y, cohort.images.sizes)
    pixels[owner == 1, :2] = 255
    return dataclasses.replace(cohort, images=ImageBags(pixels, cohort.images.starts))


def emptied(cohort: Cohort) -> Cohort:
    table = cohort.clinical.copy()
    table.loc[cohort.y == 1, "age"] = np.nan
    return dataclasses.replace(
        cohort, clinical=table, present=presence(len(cohort), cohort.images, cohort.has("genes"), table)
    )


def test_a_planted_border_is_found_by_its_control_only():
    assert auroc(BorderOnly, framed(QUIET)) > 0.9
    assert auroc(MissingnessOnly, framed(QUIET)) == auroc(MissingnessOnly, QUIET)


def test_planted_missingness_is_found_by_its_control_only():
    assert auroc(MissingnessOnly, emptied(QUIET)) > auroc(MissingnessOnly, QUIET) + 0.2
    assert auroc(BorderOnly, emptied(QUIET)) == auroc(BorderOnly, QUIET)


def test_controls_see_neither_cells_nor_values():
    """With a signal in every cell, gene and value, but none in the frame or in what is missing, nothing changes."""
    loud = toy_cohort(n=120, n_classes=2, signal=3.0)
    pixels = loud.images.pixels.copy()
    pixels[:, 2:-2, 2:-2] = 0
    dark = dataclasses.replace(loud, images=ImageBags(pixels, loud.images.starts), genes=loud.genes * 0)
    assert auroc(BorderOnly, dark) == auroc(BorderOnly, loud)
    assert auroc(MissingnessOnly, dark) == auroc(MissingnessOnly, loud)
