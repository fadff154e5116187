"""Encoders of a map of features, which a pretrained network made of an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.layers import ResidualMlp, is_silent, silent_linear


class PlaceAttention(nn.Module):
    """Embed each place of a map and average places with learned weights, which start equal.

    Reference: S. Woo et al., "CBAM: Convolutional Block Attention Module", 2018, https://arxiv.org/abs/1807.06521.
    Differs from the paper in: weights of places sum to one, and are used once, at the end.

    Args:
        channels: Of the map.
        dim: Size of the embedding.
    """

    def __init__(self, channels: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.dim = dim
        self.embed = ResidualMlp(channels, dim, dropout)
        self.hidden = nn.Linear(channels, dim)
        self.score = nn.Linear(dim, 1)
        nn.init.zeros_(self.score.weight)

    def weights(self, maps: Tensor) -> Tensor:
        """Return the weight of each place, float (m, h, w), of maps (m, channels, h, w); they sum to 1."""
        if not self.training and is_silent(self.score):
            return torch.full_like(maps[:, 0], 1 / maps[0, 0].numel())
        score = self.score(torch.tanh(self.hidden(maps.movedim(1, -1))))[..., 0]
        return score.flatten(1).softmax(dim=1).view_as(score)

    def forward(self, maps: Tensor) -> Tensor:
        """Return embeddings (m, dim) of maps (m, channels, h, w)."""
        return self.embed.averaged(maps.flatten(2).transpose(1, 2), self.weights(maps).flatten(1))

    def attention_map(self, maps: Tensor, shape: tuple[int, int]) -> Tensor:
        """Return where the network looks, float (m, H, W) in [0, 1], at the resolution of the image, ``shape``."""
        weights = self.weights(maps)
        weights = weights / weights.amax(dim=(1, 2), keepdim=True)
        enlarged = nn.functional.interpolate(weights[:, None], size=shape, mode="bilinear", align_corners=False)
        return enlarged[:, 0]


class HybridTransformer(nn.Module):
    """Let the places of a map attend to one another; what they learn corrects the mean over places.

    Reference: A. Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
    2021, https://arxiv.org/abs/2010.11929 (hybrid architecture: patches of a feature map).
    Differs from the paper in: the correction starts at zero; a few narrow layers; tokens are averaged; the embedding
    has the channels of the map, so that nothing of their mean is lost.

    Args:
        shape: Channels, height and width of the map.
        width: Of the transformer.
        patch: Height and width of a patch in places; zeros complete those at the border.
    """

    def __init__(
        self, shape: tuple[int, int, int], width: int, *, patch: int, depth: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.dim = shape[0]
        self.padding = [0, -shape[2] % patch, 0, -shape[1] % patch]
        self.patches = nn.Conv2d(shape[0], width, patch, stride=patch, bias=False)
        nn.init.orthogonal_(self.patches.weight)
        self.place = nn.Parameter(torch.randn(-(-shape[1] // patch) * -(-shape[2] // patch), width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.bent = silent_linear(width, shape[0])

    def forward(self, maps: Tensor) -> Tensor:
        """Return embeddings (m, channels) of maps (m, channels, h, w)."""
        mean = maps.mean(dim=(2, 3))
        if not self.training and is_silent(self.bent):
            return mean + self.bent.bias
        patches = self.patches(nn.functional.pad(maps, self.padding)).flatten(2).transpose(1, 2)
        return mean + self.bent(self.layers(patches + self.place).mean(dim=1))
