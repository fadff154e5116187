"""Tokens of genes as they are when only some specimens chose the genes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from datasets.cohort import MODALITIES, Cohort
from models.inputs import Batch, Inputs, Resident, TrainGenes
from models.layers import mean_token
from models.network.parts import GenePart


@torch.no_grad()
def fold_tokens(part: GenePart, dim: int, seed: int, train: Cohort, resident: Resident, learn: Tensor) -> Tensor:
    """Return the mean token of each specimen, float (n, dim), of a new encoder of genes that ``learn`` chose.

    Genes that the labels of all of train chose would tell the classes of specimens that are held out.

    Args:
        seed: Of the weights; no other draws are moved.
        train, resident: The same n specimens.
        learn: bool (n,), specimens with genes.
    """
    some = train[np.flatnonzero(learn.cpu().numpy())]
    scaler = Inputs.fit(some, ("genes",), part.selection(some)).genes
    assert scaler is not None
    values = torch.tensor(scaler.transform(train), device=learn.device)
    there = resident.present[:, MODALITIES.index("genes")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = part.encoder(TrainGenes(scaler.names, values[learn & there], train.gene_sets), dim)
    nothing = torch.zeros(len(train), 0, dtype=torch.bool, device=learn.device)
    batch = Batch(None, nothing, values, resident.clinical, resident.present)
    return mean_token(*encoder.to(learn.device).eval()(batch))
