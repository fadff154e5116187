"""First statistics of batch normalisation, before training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import nn

Read = TypeVar("Read")


@torch.no_grad()
def measure_statistics(network: nn.Module, read: Callable[[Read], object], batches: Iterable[Read]) -> None:
    """Give batch normalisation that will learn its statistics those of ``batches``, each batch counting the same.

    Until it has any, it hands features on as large as they are in evaluation, and what is measured of these before
    training is wrong by orders of magnitude. Frozen statistics, of modules that stay in evaluation mode, are kept.

    Args:
        network: Holds the modules; its mode is put back.
        read: Runs the network on a batch.
    """
    was = network.training
    network.train()
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over batches
    for batch in batches if norms else ():
        read(batch)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
    network.train(was)
