"""What one step of a network sees: a batch of specimens, and tokens made from it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Hold the inputs of b specimens; a value of an absent modality must never matter.

    Attributes:
        cells: The drawn cells of all bags, bag after bag: intensities, float (m, 3, H, W), or features that a frozen
            encoder made of them, float (m, f) or (m, channels, h, w); None without images.
        cell_mask: bool (b, k), which of k slots hold a cell; m slots are True.
        genes: float (b, n_genes), standardised.
        clinical: float (b, n_features), encoded.
        present: bool (b, 3), columns as ``datasets.cohort.MODALITIES``.
    """

    cells: Tensor | None
    cell_mask: Tensor
    genes: Tensor
    clinical: Tensor
    present: Tensor


class Tokens(NamedTuple):
    """Hold embeddings of parts of a specimen.

    Attributes:
        values: float (b, t, d).
        mask: bool (b, t), True where a token exists; other values are ignored.
    """

    values: Tensor
    mask: Tensor
