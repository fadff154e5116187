"""Later blocks of a pretrained EfficientNet that go on learning, the earlier the slower.

Reference: J. Howard, S. Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018,
https://arxiv.org/abs/1801.06146 (discriminative learning rates).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from torch import Tensor, nn


class TunedBlocks(nn.Module):
    """Embed the map of the block before: blocks, then the mean over places.

    Statistics of batch normalisation stay those of ImageNet: a few cells of one scanner would estimate them badly, and
    those of another scanner differ. Their scales and shifts learn like other weights.

    Args:
        blocks: One after the other; the last one's output has ``dim`` channels.
        rate: Learning rate of the last block, as a share of that of new weights.
        decay: Learning rate of a block as a share of that of the next.
    """

    def __init__(self, blocks: Iterable[nn.Module], *, dim: int, rate: float, decay: float, dropout: float) -> None:
        super().__init__()
        self.dim = dim
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        for below, block in enumerate(reversed(self.blocks)):
            for parameter in block.parameters():
                parameter.rate = rate * decay**below  # type: ignore[attr-defined]  # read by the optimiser's groups

    def train(self, mode: bool = True) -> Self:
        """Switch dropout; statistics of batch normalisation stay frozen."""
        super().train(mode)
        for module in self.blocks.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def forward(self, maps: Tensor) -> Tensor:
        """Return embeddings, float (m, dim), of maps (m, channels, h, w)."""
        return self.dropout(self.blocks(maps.float()).mean(dim=(2, 3)))
