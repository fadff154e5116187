"""Missingness that depends on how ill a patient is, as an option beside missingness by site."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from datasets.simulate.shared.draws import Stream, patient_uniforms

COAGULATION = ("fibrinogen", "d_dimer", "pt")
LOW_WBC = 1.5
_LOW_WBC_FACTOR = 2.5
_LOST_AFTER_DEATH = 0.5


def coagulation_factor(complete: pd.DataFrame) -> NDArray[np.float64]:
    """Return by how much each value's missing rate is multiplied, float64 (n, columns): coagulation at WBC < 1.5."""
    factor = np.ones(complete.shape)
    low = (complete["wbc"] < LOW_WBC).to_numpy()
    factor[np.ix_(low, complete.columns.isin(COAGULATION))] = _LOW_WBC_FACTOR
    return factor


def early_death(complete: pd.DataFrame, seed: int) -> NDArray[np.bool_]:
    """Return who dies before treatment works, bool (n,): likelier with WBC > 10, platelets < 40, age > 60.

    It depends only on values that are always measured where genes can be: posteriors that use the clinical values
    stay exact, and so does that of images alone. Those of "genes" and "images+genes" take no
    notice that lost expression hints at an early death, and so at the class. An outcome: never an input.
    """
    risk = -2.6 + 1.1 * (complete["wbc"] > 10) + 0.7 * (complete["platelets"] < 40) + 0.9 * (complete["age"] > 60)
    return patient_uniforms(seed, Stream.EARLY_DEATH, len(complete), (2,))[:, 0] < expit(risk.to_numpy())


def genes_lost(complete: pd.DataFrame, seed: int) -> NDArray[np.bool_]:
    """Return whose expression was never measured because they died early, bool (n,): half of those."""
    chance = patient_uniforms(seed, Stream.EARLY_DEATH, len(complete), (2,))[:, 1]
    return early_death(complete, seed) & (chance < _LOST_AFTER_DEATH)
