"""Which modalities each specimen has."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.image_bags import ImageBags


def presence(
    n: int,
    images: ImageBags | None = None,
    genes_present: NDArray[np.bool_] | None = None,
    clinical: pd.DataFrame | None = None,
) -> NDArray[np.bool_]:
    """Return which modalities each specimen has, bool (n, 3), columns as ``MODALITIES``."""
    present = np.zeros((n, 3), dtype=bool)
    if images is not None:
        present[:, 0] = images.sizes > 0
    if genes_present is not None:
        present[:, 1] = genes_present
    if clinical is not None:
        present[:, 2] = clinical.notna().any(axis=1).to_numpy()
    return present
