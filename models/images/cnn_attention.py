"""The part ``cells = "cnn-attention"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from models.images.resnet import ResNet
from models.images.spatial_attention import SpatialAttention

_ONE_PLACE = 16  # pixels across; the last stage makes one place of them
_SMALL = 96  # pixels across; a quarter of them is too coarse to see granules


@dataclass(frozen=True, kw_only=True)
class CnnAttention:
    """A residual network of four narrow blocks with a spatial attention map, trained from scratch.

    Reference: S. Woo et al., "CBAM: Convolutional Block Attention Module", 2018, https://arxiv.org/abs/1807.06521.
    Differs from the paper in: one spatial module after the first block and no channel module.

    Args:
        width: Channels of the first stage.
        norm: "group", "batch", "instance" or "layer".
    """

    width: Annotated[int, "[2, 1024]"] = 16
    norm: Literal["batch", "group", "instance", "layer"] = "group"

    def encoder(self, shape: tuple[int, int]) -> ResNet:
        """Return the module (m, 3, H, W) -> (m, dim) for images of ``shape`` (H, W).

        Raises:
            ValueError: If instance normalisation would be over one place, which leaves nothing.
        """
        if self.norm == "instance" and max(shape) <= _ONE_PLACE:
            raise ValueError(f"cells.norm=instance: needs images of more than {_ONE_PLACE} pixels, not {shape}.")
        return ResNet(width=self.width, norm=self.norm, attention=SpatialAttention(), pooled=min(shape) > _SMALL)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``CnnAttention``."""
    return {"width": trial.suggest_categorical("width", [12, 16, 24])}
