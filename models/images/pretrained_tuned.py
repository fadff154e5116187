"""The part ``cells = "pretrained-tuned"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import ImageBags
from datasets.features import packaged_blocks, packaged_maps
from models.images.tuned_blocks import TunedBlocks


@dataclass(frozen=True, kw_only=True)
class PretrainedTuned:
    """Later blocks of an EfficientNet trained on ImageNet, trained on at low rates; early ones stay, their map is kept.

    Reference: M. Tan, Q. V. Le, "EfficientNet", 2019, https://arxiv.org/abs/1905.11946; J. Howard, S. Ruder, "Universal
    Language Model Fine-tuning", 2018, https://arxiv.org/abs/1801.06146 (a lower rate for earlier layers).
    Differs from the papers in: blocks before ``first`` never learn, so that their map of an image is computed once and
    a fit takes a minute on one core; hence cells are neither turned nor stained anew in training; the head of the
    network is left out; statistics of batch normalisation stay.

    Args:
        first, last: First block that learns and last block that is read, 1 to 6.
        side: Height and width to which images are scaled.
        rate: Learning rate of the last block, as a share of that of new weights.
        decay: Learning rate of a block as a share of that of the next.
        dropout: Dropout rate of the embedding.
    """

    first: Annotated[int, "[1, 6]"] = 5
    last: Annotated[int, "[1, 6]"] = 6
    side: Annotated[int, "[0, 1024]"] = 128
    rate: Annotated[float, "[0, 1]"] = 0.1
    decay: Annotated[float, "(0, 1]"] = 0.5
    dropout: Annotated[float, "[0, 1)"] = 0.2
    unscaled: ClassVar[bool] = True

    def features(self, images: ImageBags) -> NDArray[np.floating]:
        """Return the map of the block before ``first`` of every image, float16 (m, channels, h, w), bag after bag.

        Raises:
            ModuleNotFoundError: If the package with the weights is not installed.
            ValueError: If there are no such blocks.
        """
        self._check()
        return packaged_maps(images, self.first - 1, self.side)

    def encoder(self, shape: tuple[int, ...]) -> TunedBlocks:
        """Return the module (m, channels, h, w) -> (m, dim) for maps of ``shape`` (channels, h, w)."""
        self._check()
        blocks, dim = packaged_blocks(self.first, self.last)
        return TunedBlocks(blocks, dim=dim, rate=self.rate, decay=self.decay, dropout=self.dropout)

    def _check(self) -> None:
        if not 1 <= self.first <= self.last <= 6:
            raise ValueError(f"cells.first={self.first}, cells.last={self.last}: needs 1 <= first <= last <= 6.")


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``PretrainedTuned``."""
    return {
        "rate": trial.suggest_float("rate", 0.01, 0.5, log=True),
        "decay": trial.suggest_float("decay", 0.3, 1.0),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6),
    }
