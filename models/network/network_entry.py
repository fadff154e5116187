"""What all torch entries share: from cohorts to a trained network to probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import nn

from datasets.cohort import Cohort
from models.fusion.attention_fusion import AttentionFusion
from models.inputs import Inputs, Resident
from models.network.fusion_network import FusionNetwork
from models.training import ClassPrior, TrainingSettings, patients_in_classes, predict, reproducible, train_network


@dataclass(kw_only=True, eq=False)
class NetworkEntry(TrainingSettings):
    """Build, train and read one FusionNetwork; an entry gives ``encoders`` and perhaps ``fusion``.

    Args:
        device: "cpu" or "cuda".
        dim: Size of tokens.
        dropout: Dropout rate of cell tokens and of clinical features.

    Attributes:
        inputs_: What was learned from train about the inputs.
        network_: The trained FusionNetwork.
        report_: Epochs, number of parameters (trained and frozen) and learning curves.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    modalities: ClassVar[tuple[str, ...]]

    device: str = "cpu"
    dim: int = 64
    dropout: float = 0.3

    def encoders(self, inputs: Inputs, train: Resident, cohort: Cohort) -> dict[str, nn.Module]:
        """Return modality -> module Batch -> Tokens, for the modalities that ``inputs`` uses."""
        raise NotImplementedError

    def fusion(self) -> nn.Module:
        """Return the module Tokens -> (b, dim)."""
        return AttentionFusion(self.dim)

    def kept_genes(self) -> int:
        """Return how many genes the entry reads, 0 for all."""
        return 0

    def first_genes(self, train: Cohort) -> frozenset[str]:
        """Return genes to keep before those that vary most."""
        return frozenset()

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` chooses the epoch.

        Raises:
            ValueError: If ``train`` lacks a modality that the entry needs, or has none that it can use.
            FloatingPointError: If training diverges.
        """
        lacking = self.needs - set(train.modalities)
        if lacking:
            raise ValueError(f"{type(self).__name__}: {train.name} has no {sorted(lacking)}. Choose another entry.")
        self.inputs_ = Inputs.fit(train, self.modalities, self.kept_genes(), self.first_genes(train))
        resident = Resident.load(train, self.inputs_, self.device)
        with reproducible(self.seed, self.device):
            self.network_ = self.build_network(resident, train)
            held_out = Resident.load(valid, self.inputs_, self.device)
            report = train_network(self.network_, resident, held_out, self, type(self).__name__)
        counted = sum(p.numel() for p in self.network_.parameters())  # frozen ones too
        self.report_: dict[str, Any] = {**report.as_dict(), "n_parameters": counted}
        return self

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1.

        Raises:
            ValueError: If images, genes or clinical columns differ in shape or name from train.
        """
        resident = Resident.load(cohort, self.inputs_, self.device)
        with reproducible(self.seed, self.device):
            return predict(self.network_, resident, self.max_eval_cells).cpu().numpy()

    def build_network(self, resident: Resident, train: Cohort) -> FusionNetwork:
        """Return the untrained network for train, given twice."""
        head = nn.Linear(self.dim, train.n_classes)
        prior = ClassPrior(patients_in_classes(resident, train.n_classes))
        network = FusionNetwork(self.encoders(self.inputs_, resident, train), self.fusion(), head, prior)
        return network.to(self.device)
