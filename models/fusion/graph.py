"""The part ``fusion = "graph"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from models.inputs import Tokens
from models.layers import Votes, mean_token, silent_linear


class PatientGraphNetwork(nn.Module):
    """Pass messages in one graph a patient: parts (cells, gene sets) - modality - every other modality - patient.

    Each kind of edge has a linear map of its own; messages of one kind are averaged. What the nodes then say corrects
    the product of what modalities say alone, and starts at zero.
    """

    def __init__(self, modalities: Sequence[str], dim: int, n_classes: int, *, layers: int, dropout: float) -> None:
        super().__init__()
        names = tuple(modalities)
        self.names = names
        self.layers = layers
        self.parts = nn.ModuleDict({name: nn.Linear(dim, dim) for name in names})
        pairs = [(a, b) for a in names for b in names if a != b]
        self.edges = nn.ModuleDict({f"{a}-{b}": nn.Linear(dim, dim, bias=False) for a, b in pairs})
        self.own = nn.ModuleDict({name: nn.Linear(dim, dim) for name in names})
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: silent_linear(dim, n_classes) for name in names})

    def forward(self, tokens: Mapping[str, Tokens], votes: Votes) -> Tensor:
        """Return logits, float (b, n_classes)."""
        present = {name: tokens[name].mask.any(dim=1)[:, None].to(votes.logits) for name in self.names}
        nodes = {name: self._gathered(name, tokens[name]) * present[name] for name in self.names}
        for _ in range(self.layers):
            nodes = {name: self._passed(name, nodes, present) for name in self.names}
        said = [self.heads[name](self.dropout(nodes[name])) * present[name] for name in self.names]
        return votes.product() + torch.stack(said).sum(dim=0)

    def _gathered(self, name: str, tokens: Tokens) -> Tensor:
        parts = nn.functional.gelu(self.parts[name](tokens.values))
        return mean_token(tokens.values + self.dropout(parts), tokens.mask)

    def _passed(self, name: str, nodes: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        others = [other for other in self.names if other != name]
        sent = [self.edges[f"{other}-{name}"](nodes[other]) * present[other] for other in others]
        count = sum((present[other] for other in others), torch.zeros_like(present[name])).clamp_min(1)
        heard = sum(sent, torch.zeros_like(nodes[name])) / count
        return (nodes[name] + self.dropout(nn.functional.gelu(self.own[name](nodes[name]) + heard))) * present[name]


@dataclass(frozen=True, kw_only=True)
class PatientGraph:
    """Messages between cells, gene sets, modalities and the patient, each kind of edge with weights of its own.

    Reference: M. Schlichtkrull et al., "Modeling Relational Data with Graph Convolutional Networks", 2018,
    https://arxiv.org/abs/1703.06103.
    Differs from the paper in: a graph of fixed form for each patient, residual layers, weights shared by the layers.

    Args:
        layers: Rounds of messages between modalities.
    """

    layers: Annotated[int, "[0, 64]"] = 1

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> PatientGraphNetwork:
        """Return the module (modality -> Tokens, Votes) -> logits (b, n_classes)."""
        return PatientGraphNetwork(modalities, dim, n_classes, layers=self.layers, dropout=dropout)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PatientGraph``."""
    return {"layers": trial.suggest_int("layers", 1, 3)}
