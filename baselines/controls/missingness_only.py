"""The control that sees what was measured, but no value."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from baselines.controls.forest_control import ForestControl
from baselines.controls.shortcut_features import missingness_table
from datasets.cohort import Cohort


class MissingnessOnly(ForestControl):
    """Random forest on which values, modalities and how many images each specimen has.

    Above chance, the class shows in how the data were collected: other entries may read that too.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    reads: ClassVar[frozenset[str]] = frozenset()
    family = "control"

    def table(self, cohort: Cohort) -> pd.DataFrame:
        """Return what is there."""
        return missingness_table(cohort)
