"""The control that sees the edge of the images, where no cell is."""

from __future__ import annotations

import pandas as pd

from baselines.controls.forest_control import ForestControl
from baselines.controls.shortcut_features import border_table
from datasets.cohort import Cohort


class BorderOnly(ForestControl):
    """Random forest on the colour of a 2-pixel frame around each image, averaged over the bag.

    Above chance, the class shows in stain, scanner or crop: other entries that see images may read that too.
    """

    needs = frozenset({"images"})
    reads = frozenset({"images"})
    family = "control"

    def table(self, cohort: Cohort) -> pd.DataFrame:
        """Return colours of the frame."""
        return border_table(cohort)
