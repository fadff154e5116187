"""Vary cells of a training batch on the device: orientation and stain."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def _coin(cells: Tensor, generator: Generator) -> Tensor:
    return torch.rand(len(cells), 1, 1, 1, generator=generator, device=cells.device) < 0.5


def random_orientation(cells: Tensor, generator: Generator) -> Tensor:
    """Flip and turn each cell by multiples of 90 degrees, all eight poses equally likely.

    A cell that is not square is only flipped.

    Args:
        cells: uint8 (m, H, W, 3).
    """
    cells = torch.where(_coin(cells, generator), cells.flip(1), cells)
    cells = torch.where(_coin(cells, generator), cells.flip(2), cells)
    if cells.shape[1] == cells.shape[2]:
        cells = torch.where(_coin(cells, generator), cells.transpose(1, 2), cells)
    return cells


def jitter_stain(cells: Tensor, strength: float, generator: Generator) -> Tensor:
    """Scale the absorptance (1 - intensity) of each colour channel of each cell; white stays white.

    Args:
        cells: float (m, 3, H, W), intensities in [0, 1].
        strength: Standard deviation of the log gain.
    """
    noise = torch.randn(len(cells), 3, 1, 1, generator=generator, device=cells.device)
    return torch.lerp(torch.ones((), device=cells.device), cells, torch.exp(strength * noise))
