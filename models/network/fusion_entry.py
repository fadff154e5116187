"""What the fusion entries share: which encoders are built, and vectors by a small MLP."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from datasets.cohort import MODALITIES, Cohort
from models.inputs import Inputs, Resident
from models.layers import VectorEncoder, mlp
from models.network.network_entry import NetworkEntry


@dataclass(kw_only=True, eq=False)
class FusionEntry(NetworkEntry):
    """Encode every modality that train has; a variant replaces one encoder or the fusion.

    Args:
        n_genes: Genes kept, by train variance (entries that read given pathways: members first); 0 keeps all.
        gene_dropout: Dropout rate of gene values. It is high because genes outnumber patients: without it a
            network learns train by heart from genes and stops before it has read the other modalities.
    """

    modalities: ClassVar[tuple[str, ...]] = MODALITIES

    n_genes: int = 256
    gene_dropout: float = 0.8

    def kept_genes(self) -> int:
        return self.n_genes

    def encoders(self, inputs: Inputs, train: Resident, cohort: Cohort) -> dict[str, nn.Module]:
        built: dict[str, nn.Module] = {}
        if inputs.images is not None:
            built["images"] = self.image_encoder(inputs.images.shape)
        if inputs.genes is not None:
            built["genes"] = self.gene_encoder(train, inputs, cohort)
        if inputs.clinical is not None:
            built["clinical"] = self.clinical_encoder(train.clinical.shape[1])
        return built

    @abstractmethod
    def image_encoder(self, shape: tuple[int, int]) -> nn.Module:
        """Return the encoder of bags of cells of ``shape`` (H, W)."""

    def gene_encoder(self, train: Resident, inputs: Inputs, cohort: Cohort) -> nn.Module:
        """Return the encoder of genes; the arguments are train's."""
        return VectorEncoder("genes", mlp(train.genes.shape[1], self.dim, self.gene_dropout))

    def clinical_encoder(self, n_features: int) -> nn.Module:
        """Return the encoder of clinical features."""
        return VectorEncoder("clinical", mlp(n_features, self.dim, self.dropout))
