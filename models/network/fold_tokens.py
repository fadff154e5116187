"""Tokens of a modality as they are when only some specimens were learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from datasets.cohort import Cohort
from models.inputs import Inputs, Resident
from models.layers import mean_token
from models.training import evaluation_batches

Encoders = Callable[[Inputs, Resident, Cohort], Mapping[str, nn.Module]]


@torch.no_grad()
def fold_tokens(
    modality: str,
    fit_inputs: Callable[[Cohort, tuple[str, ...]], Inputs],
    encoders: Encoders,
    seed: int,
    max_cells: int,
    train: Cohort,
    learn: Tensor,
) -> Tensor:
    """Return the mean token of each specimen of train, float (n, dim), of an encoder that ``learn`` alone made.

    Labels scale features and choose genes; those of all of train would tell the classes of specimens that are held out.

    Args:
        fit_inputs: From specimens and the modalities that are read to how they become tensors.
        encoders: From these, and the same specimens twice, to modality -> module Batch -> Tokens.
        seed: Of the weights; no other draws are moved.
        max_cells: Cells read of each bag.
        learn: bool (n,), specimens that have the modality.
    """
    some = train[np.flatnonzero(learn.cpu().numpy())]
    inputs, device = fit_inputs(some, (modality,)), str(learn.device)
    everyone = Resident.load(train, inputs, device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = encoders(inputs, everyone.take(learn), some)[modality].to(learn.device).eval()
    return torch.cat([mean_token(*encoder(batch)) for batch in evaluation_batches(everyone, max_cells)])
