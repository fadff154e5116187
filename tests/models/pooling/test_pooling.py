"""Pooling of cells: planted cells are found, and a mean is a mean."""

import dataclasses

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import ImageBags, presence
from models.inputs.batch import Tokens
from models.inputs.resident import Resident
from models.pooling.mean import MeanPooling
from tests.toy import toy_cohort

CELLS, PLANTED = 10, 2


def mixed_bags(n=60, side=16, seed=0):
    """Return bags of ten cells of which two have a colour of the class, all others one colour for all classes."""
    cohort = toy_cohort(n=n, n_classes=2, images=False, genes=False, signal=0.0, missing=0.0)
    rng = np.random.default_rng(seed)
    planted = np.stack([rng.permutation(CELLS) < PLANTED for _ in range(n)])
    pixels = rng.normal(128, 10, (n, CELLS, side, side, 3))
    for k in range(2):
        pixels[(cohort.y == k)[:, None] & planted, ..., k] += 60
    bags = ImageBags(pixels.reshape(-1, side, side, 3).clip(0, 255).astype(np.uint8), np.arange(n + 1) * CELLS)
    here = presence(n, bags, None, None)
    return dataclasses.replace(cohort, images=bags, clinical=None, units={}, present=here), planted


def test_attention_finds_the_planted_cells_of_a_mixed_bag():
    cohort, planted = mixed_bags()
    order = np.random.default_rng(1).permutation(60)
    settings = {"max_epochs": 15, "cells_per_bag": CELLS, "learning_rate": 5e-3, "cells.width": 8, "dim": 16}
    entry = entry_class(entry_spec("cnn-scratch"))(**settings).fit(cohort[order[:30]], cohort[order[30:40]])
    test = order[40:]
    batch = Resident.load(cohort[test], entry.inputs_, "cpu").evaluation_batch(torch.arange(20), CELLS)
    encoder = entry.network_.encoders["images"]
    with torch.no_grad():
        weights = encoder.pooling.weights(encoder.cells(batch)).numpy()
    assert roc_auc_score(planted[test].ravel(), weights.ravel()) > 0.85


def test_the_mean_is_over_the_cells_that_are_there():
    values, mask = torch.randn(3, 4, 5), torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]).bool()
    expected = torch.stack([values[0, [0, 1, 3]].mean(dim=0), torch.zeros(5), values[2, 0]])
    torch.testing.assert_close(MeanPooling()(Tokens(values, mask)), expected)
