"""The part ``cells = "vit-tiny"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from models.images.vision_transformer import CellVisionTransformer


@dataclass(frozen=True, kw_only=True)
class VitTiny:
    """A small timm vision transformer on 8-pixel patches, trained from scratch.

    Reference: A. Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at
    Scale", 2021, https://arxiv.org/abs/2010.11929.
    Differs from the paper in: no pre-training; three layers of width 96.

    Args:
        patch: Side of a patch in pixels.
        width, depth, heads: Width, layers and heads of the transformer; heads divide the width.
    """

    patch: Annotated[int, "[1, image side]"] = 8
    width: Annotated[int, "[1, 4096]"] = 96
    depth: Annotated[int, "[1, 64]"] = 3
    heads: Annotated[int, "[1, 64]"] = 4
    divides: ClassVar[Mapping[str, str]] = {"heads": "width"}

    def encoder(self, shape: tuple[int, int]) -> CellVisionTransformer:
        """Return the module (m, 3, H, W) -> (m, dim) for images of ``shape`` (H, W)."""
        return CellVisionTransformer(
            image_shape=shape, patch=self.patch, dim=self.width, depth=self.depth, heads=self.heads
        )


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``VitTiny``."""
    return {"depth": trial.suggest_int("depth", 2, 4)}
