"""The likelihood of a row of clinical values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from datasets.simulate.shared.distributions import Family, Floats


def clinical_log_likelihood(model: Mapping[str, Family], observed: pd.DataFrame, n_classes: int) -> Floats:
    """Return log p(values of the model's columns | class, variant or age group), (n, n_classes, 2).

    NaN adds nothing: what is missing says nothing of the class.
    """
    total = np.zeros((len(observed), n_classes, 2))
    for column, family in model.items():
        values = observed[column].to_numpy(dtype=np.float64)
        seen = ~np.isnan(values)
        total[seen] += family.log_density(values[seen])
    return total
