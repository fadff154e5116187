"""What the skeleton asks of its parts; structural, no part inherits from it.

A part is a frozen dataclass whose fields are its hyper-parameters, with one method that builds a module, and
``search_space(trial)`` beside it. Modules are made in the order of the slots, so a seed gives the same weights.

A number says beside its type in which interval it lies, ``Annotated[int, "[1, 100]"]``; what is outside is refused when
a run is planned. The upper end "image side" is that of the dataset's images. ``divides = {"heads": "width"}`` asks that
one hyper-parameter divides another, of the part or of the skeleton.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import nn

from datasets.cohort import Cohort
from models.inputs import GeneSelection, TrainGenes


class CellPart(Protocol):
    """Slot ``cells``: encode one image.

    A part whose encoder is frozen has a method ``features(images: ImageBags) -> (m, ...)`` too; its ``encoder`` then
    reads these, and is made for their ``shape``: (f,), or (channels, h, w) of a map. Features are standardised on
    train, unless the part has an attribute ``unscaled`` that is true.
    """

    def encoder(self, shape: Any) -> Any:
        """Return a module float (m, 3, H, W) -> (m, dim) that has the attribute ``dim``, for ``shape`` (H, W)."""
        ...


class PoolingPart(Protocol):
    """Slot ``pooling``: from the cells of a bag to one vector."""

    def layer(self, dim: int) -> nn.Module:
        """Return a module Tokens (b, k, dim) -> (b, dim); zero for an empty bag."""
        ...


class GenePart(Protocol):
    """Slot ``genes``: encode a gene vector."""

    def selection(self, train: Cohort) -> GeneSelection:
        """Return which genes the network reads."""
        ...

    def encoder(self, genes: TrainGenes, dim: int) -> nn.Module:
        """Return a module Batch -> Tokens (b, t, dim)."""
        ...


class ClinicalPart(Protocol):
    """Slot ``clinical``: encode a clinical row."""

    def encoder(self, columns: list[list[int]], dim: int, dropout: float) -> nn.Module:
        """Return a module Batch -> Tokens (b, t, dim), for the positions of the features of each column."""
        ...


class FusionPart(Protocol):
    """Slot ``fusion``: from the tokens of all modalities, and what each says alone, to logits."""

    def layer(self, modalities: Sequence[str], dim: int, n_classes: int, dropout: float) -> nn.Module:
        """Return a module (modality -> Tokens (b, t, dim), Votes) -> logits (b, n_classes)."""
        ...


@dataclass(frozen=True, kw_only=True)
class NetworkParts:
    """Hold the part of each slot; None where a modality is not read or cells are not pooled."""

    fusion: FusionPart
    cells: CellPart | None = None
    pooling: PoolingPart | None = None
    genes: GenePart | None = None
    clinical: ClinicalPart | None = None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that are read."""
        slots = {"images": self.cells, "genes": self.genes, "clinical": self.clinical}
        return tuple(name for name, part in slots.items() if part is not None)
