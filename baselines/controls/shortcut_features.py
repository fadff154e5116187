"""What a control reads: how much was measured, and the edge of the field where no cell is."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import MODALITIES, Cohort

_FRAME = 2
_CHANNELS = ("red", "green", "blue")


def missingness_table(cohort: Cohort) -> pd.DataFrame:
    """Return 0/1 for each modality and clinical column, and the number of images; float64 (n, 4 + columns)."""
    columns = {f"missingness:{m}": cohort.has(m).astype(np.float64) for m in MODALITIES}
    sizes = np.zeros(len(cohort)) if cohort.images is None else cohort.images.sizes.astype(np.float64)
    columns["missingness:n_images"] = sizes
    if cohort.clinical is not None:
        there = cohort.clinical.notna().astype(np.float64)
        columns |= {f"missingness:clinical:{name}": there[name].to_numpy() for name in there.columns}
    return pd.DataFrame(columns)


def border_table(cohort: Cohort) -> pd.DataFrame:
    """Return mean and sd over the bag of the mean colour of a 2-pixel frame, float64 (n, 6); NaN for empty bags."""
    if cohort.images is None:
        raise ValueError(f"cohort {cohort.name!r} has no images")
    colours = _frame_colours(cohort.images.pixels, cohort.images.all_rows())
    starts = cohort.images.starts
    rows = [_mean_sd(colours[a:b]) for a, b in itertools.pairwise(starts)]
    names = [f"border:{channel}:{what}" for what in ("mean", "sd") for channel in _CHANNELS]
    return pd.DataFrame(np.reshape(rows, (len(cohort), len(names))), columns=names)


def _frame_colours(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    frame = np.ones(pixels.shape[1:3], dtype=bool)
    frame[_FRAME:-_FRAME, _FRAME:-_FRAME] = False
    colours = [pixels[row][frame].mean(axis=0, dtype=np.float64) for row in rows]
    return np.reshape(colours, (len(rows), 3))


def _mean_sd(bag: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([bag.mean(axis=0), bag.std(axis=0)]) if len(bag) else np.full(6, np.nan)
