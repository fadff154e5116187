"""The one skeleton of torch entries: from cohorts to a trained network to probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from datasets.cohort import MODALITIES, Cohort
from models.inputs import GeneSelection, Inputs, Resident, TrainGenes
from models.layers import Anew, BagEncoder, CellTokens
from models.network.fold_tokens import fold_tokens
from models.network.fusion_network import FusionNetwork
from models.network.parts import NetworkParts
from models.training import (
    ClassPrior,
    TrainingSettings,
    evaluation_batches,
    patients_in_classes,
    predict,
    reproducible,
    specimen_weights,
    train_again,
    train_network,
)


@dataclass(kw_only=True, eq=False)
class NetworkEntry(TrainingSettings):
    """Build, train and read one FusionNetwork made of the parts of a recipe.

    Args:
        name: What messages call the entry.
        parts: Slot -> part, see ``models.network.parts``; a slot that is not there is empty.
        device: "cpu" or "cuda".
        dim: Size of tokens.
        dropout: Dropout rate of cell tokens, of clinical features and in the fusion.
        head_start: Whether the head of each modality starts from a shrunk linear discriminant, except that of images
            under an encoder that is not pretrained.

    Attributes:
        inputs_: What was learned from train about the inputs.
        network_: The trained FusionNetwork.
        starts_: Modality -> the share and the shrinkage of the discriminant that its head started with.
        report_: Epochs, number of parameters (trained and frozen) and learning curves.
    """

    needs: ClassVar[frozenset[str]] = frozenset()

    name: str = "network"
    parts: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    dim: Annotated[int, "[2, 4096]"] = 192
    dropout: Annotated[float, "[0, 1)"] = 0.3
    head_start: bool = True

    def __post_init__(self) -> None:
        self.chosen = NetworkParts(**self.parts)
        if self.cell_loss and (self.chosen.cells is None or self.chosen.pooling is not None):
            raise ValueError(f"{self.name}: cell_loss={self.cell_loss} needs a part in cells and pooling=none.")

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` chooses the number of steps.

        Raises:
            ValueError: If ``train`` lacks a modality that the entry needs, or has none that it can use.
            FloatingPointError: If training diverges.
        """
        lacking = self.needs - set(train.modalities)
        if lacking:
            raise ValueError(f"{self.name}: {train.name} has no {sorted(lacking)}. Choose another entry.")
        resident = self._prepared(train)
        with reproducible(self.seed, self.device):
            self.network_ = self.build_network(resident, train)
            held_out = Resident.load(valid, self.inputs_, self.device)
            report = train_network(self.network_, resident, held_out, self, self.name)
        counted = sum(p.numel() for p in self.network_.parameters())  # frozen ones too
        self.report_: dict[str, Any] = {
            **report.as_dict(),
            "n_parameters": counted,
            "kept_features": self._frozen,
            **self._begun(),
        }
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Learn anew, from new weights, on ``cohort`` for as many steps as ``fit`` chose.

        Raises:
            FloatingPointError: If training diverges.
        """
        resident = self._prepared(cohort)
        with reproducible(self.seed, self.device):
            self.network_ = self.build_network(resident, cohort)
            losses = train_again(self.network_, resident, self.report_["steps"], self, self.name)
        self.report_.update(refit_loss=losses, **self._begun())
        return self

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1.

        Raises:
            ValueError: If images, genes or clinical columns differ in shape or name from train.
        """
        resident = Resident.load(cohort, self.inputs_, self.device)
        with reproducible(self.seed, self.device):
            return predict(self.network_, resident, self.max_eval_cells).cpu().numpy()

    def fit_inputs(self, train: Cohort, modalities: tuple[str, ...]) -> Inputs:
        """Learn from train how these of its modalities become tensors."""
        genes = GeneSelection() if self.chosen.genes is None else self.chosen.genes.selection(train)
        read = getattr(self.chosen.cells, "features", None)
        return Inputs.fit(train, modalities, genes, read, self._unscaled)

    def build_network(self, resident: Resident, train: Cohort) -> FusionNetwork:
        """Return the network for train, given twice, as it is before the first step."""
        patients = patients_in_classes(resident, train.n_classes)
        prior = ClassPrior(patients)
        encoders = self.encoders(self.inputs_, resident, train)
        fusion = self.chosen.fusion.layer(tuple(encoders), self.dim, train.n_classes, self.dropout)
        bias = torch.zeros_like(prior.log_prior) if self.class_weight == "balanced" else prior.log_prior
        network = FusionNetwork(encoders, fusion, self.dim, prior, bias).to(self.device)
        weight = specimen_weights(resident, self.class_weight)
        batches = list(evaluation_batches(resident, self.max_eval_cells))
        informed = self._informed(encoders)
        anew = {name: self._made_anew(name, train) for name in informed if name != "images" or not self._unscaled}
        self.starts_ = network.start(batches, resident, weight, informed, anew)
        return network

    def _prepared(self, train: Cohort) -> Resident:
        self.inputs_ = self.fit_inputs(train, self.chosen.modalities)
        return Resident.load(train, self.inputs_, self.device)

    def _begun(self) -> dict[str, dict[str, float]]:
        return {
            "shares": {name: start.share for name, start in self.starts_.items()},
            "shrinkage": {name: start.shrinkage for name, start in self.starts_.items()},
        }

    def _informed(self, modalities: Iterable[str]) -> set[str]:
        """Return the modalities whose heads start from a discriminant: an image encoder from scratch knows nothing."""
        return {name for name in modalities if self.head_start and (name != "images" or self._frozen)}

    def _made_anew(self, modality: str, train: Cohort) -> Anew:
        return partial(fold_tokens, modality, self.fit_inputs, self.encoders, self.seed, self.max_eval_cells, train)

    @property
    def _unscaled(self) -> bool:
        return getattr(self.chosen.cells, "unscaled", False)

    @property
    def _frozen(self) -> bool:
        return hasattr(self.chosen.cells, "features")

    def encoders(self, inputs: Inputs, resident: Resident, train: Cohort) -> dict[str, nn.Module]:
        """Return modality -> module Batch -> Tokens, for the modalities of train that ``inputs`` uses."""
        built: dict[str, nn.Module] = {}
        parts = self.chosen
        if parts.cells is not None and inputs.images is not None:
            built["images"] = self._bags(inputs.images.shape)
        if parts.genes is not None and inputs.genes is not None:
            there = resident.present[:, MODALITIES.index("genes")]
            genes = TrainGenes(inputs.genes.names, resident.genes[there], train.gene_sets, resident.y[there])
            built["genes"] = parts.genes.encoder(genes, self.dim)
        if parts.clinical is not None and inputs.clinical is not None:
            built["clinical"] = parts.clinical.encoder(inputs.clinical.groups, self.dim, self.dropout)
        return built

    def _bags(self, shape: tuple[int, ...]) -> nn.Module:
        assert self.chosen.cells is not None
        encoder = self.chosen.cells.encoder(shape)
        cells = CellTokens(encoder, encoder.dim, self.dim, self.dropout)
        return cells if self.chosen.pooling is None else BagEncoder(cells, self.chosen.pooling.layer(self.dim))


def search_space(trial: Any, modalities: frozenset[str]) -> dict[str, Any]:
    """Suggest settings of training for an entry that reads ``modalities``."""
    chosen = {
        "learning_rate": trial.suggest_float("learning_rate", 2e-4, 5e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
    if len(modalities) > 1:
        chosen["modality_dropout"] = trial.suggest_float("modality_dropout", 0.0, 0.5)
    if modalities == {"images"}:
        chosen["cells_per_bag"] = trial.suggest_categorical("cells_per_bag", [4, 8, 12])
    return chosen
