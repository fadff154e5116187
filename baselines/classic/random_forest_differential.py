"""Random forest on the technician's differential."""

from __future__ import annotations

from typing import Any, Self

from baselines.classic.random_forest import RandomForestEntry
from baselines.classic.random_forest import search_space as inherited_space
from baselines.features import available_groups
from datasets.cohort import Cohort


class RandomForestDifferential(RandomForestEntry):
    """Grow a random forest on the shares of cell types and the clinical values.

    It reads the cell types that a technician (or an analyser that a technician corrected) gave to the images: human
    work that the other entries do not see. A row of this entry says what the differential alone is worth.

    Hyper-parameters are those of ``RandomForestEntry``.

    Raises:
        ValueError: At ``fit``, if the images have no cell types.

    Reference: Breiman, "Random forests", Machine Learning 2001, https://doi.org/10.1023/A:1010933404324
    """

    needs: frozenset[str] = frozenset({"images"})
    groups = ("clinical", "differential")

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` is not read."""
        if "differential" not in available_groups(train):
            raise ValueError(f"dataset {train.name!r} has no images.cell_type, and this entry reads the differential")
        return super().fit(train, valid)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``RandomForestDifferential``."""
    return inherited_space(trial)
