"""What every fit of an entry starts from: data of its own, and generators seeded alike."""

from __future__ import annotations

import random
import sys
from copy import copy

import numpy as np
import pandas as pd

from datasets.cohort import Cohort
from datasets.image_bags import ImageBags

_CHANGEABLE = (np.ndarray, pd.DataFrame, dict)


def fresh(cohort: Cohort) -> Cohort:
    """Return the same specimens in arrays and tables of their own; pixels are shared and cannot be written to."""
    view = copy(cohort)
    vars(view).update({name: part.copy() for name, part in vars(cohort).items() if isinstance(part, _CHANGEABLE)})
    if cohort.images is not None:
        vars(view).update(images=_read_only_pixels(cohort.images))
    return view


def _read_only_pixels(bags: ImageBags) -> ImageBags:
    pixels = bags.pixels.view()
    pixels.flags.writeable = False
    rows = None if bags.rows is None else bags.rows.copy()
    kinds = None if bags.cell_type is None else bags.cell_type.copy()
    return ImageBags(pixels, bags.starts.copy(), rows, kinds)


def seed_globals(seed: int) -> None:
    """Seed the global generators of random, numpy and, where it is loaded, torch.

    No entry of the tree draws from them; entries from outside the tree may.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  the global generator is what is seeded here
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)
