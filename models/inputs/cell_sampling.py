"""Choose cells of ragged bags without a loop over cells."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def random_cells(sizes: Tensor, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw up to ``count`` different cells of each bag, all equally likely.

    Args:
        sizes: int64 (b,), cells in each bag.
        count: Slots a bag.
        generator: Source of randomness, on the device of ``sizes``.

    Returns:
        Positions inside the bag, int64 (b, count), and which slots hold a cell, bool (b, count).
    """
    widest = max(count, int(sizes.max()))
    keys = torch.rand(len(sizes), widest, generator=generator, device=sizes.device)
    outside = torch.arange(widest, device=sizes.device) >= sizes[:, None]
    positions = keys.masked_fill(outside, 2.0).topk(count, dim=1, largest=False).indices
    return positions, positions < sizes[:, None]


def even_cells(sizes: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return all cells of small bags and ``count`` evenly spaced cells of larger ones.

    Returns:
        Positions inside the bag, int64 (b, count), and which slots hold a cell, bool (b, count).
    """
    slots = torch.arange(count, device=sizes.device)
    spaced = (2 * slots + 1) * sizes[:, None] // (2 * count)
    positions = torch.where(sizes[:, None] > count, spaced, slots)
    return positions, positions < sizes[:, None]
