"""Training on single cells: each cell has the label of its specimen, and a specimen is the mean of its cells."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import ImageBags, presence
from models.inputs.batch import Tokens
from models.inputs.resident import Resident
from models.training.outputs import cell_loss
from models.training.training import FitLoop, TrainingSettings, specimen_weights
from tests.toy import toy_cohort

PATIENTS, SIDE = 18, 16


@pytest.fixture(scope="module")
def cohort():
    return toy_cohort(n=PATIENTS, genes=False, clinical=False, side=SIDE, missing=0.2, seed=2)


@pytest.fixture(scope="module")
def fitted(cohort):
    """Return a small CNN that learned from single cells, shared by the tests."""
    entry = entry_class(entry_spec("cnn-scratch[pooling=none, cells.width=4]"))
    return entry(max_epochs=2, cell_loss=1.0, learning_rate=5e-3, dim=8).fit(cohort, cohort)


def exploded(cohort):
    """Return one specimen for each cell."""
    bags = cohort.images
    rows, owner = bags.all_rows(), np.repeat(np.arange(len(bags)), bags.sizes)
    single = ImageBags(bags.pixels, np.arange(len(rows) + 1), rows)
    ids = np.array([f"S{i:03d}" for i in range(len(rows))])
    there = presence(len(rows), single, None, None)
    return dataclasses.replace(cohort[owner], images=single, specimen=ids, patient=ids, present=there), owner


def test_the_loss_is_that_of_a_loop_over_cells():
    values, y, weight = torch.randn(4, 3, 5), torch.tensor([0, 4, 2, 2]), torch.rand(4)
    mask = torch.tensor([[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 1, 1]]).bool()
    by_hand = [
        weight[i] * torch.stack([F.cross_entropy(v, y[i], label_smoothing=0.1) for v in values[i, mask[i]]]).mean()
        for i in range(4)
        if mask[i].any()
    ]
    noisy = Tokens(torch.where(mask[..., None], values, torch.inf), mask)
    torch.testing.assert_close(cell_loss(noisy, y, weight, 0.1), torch.stack(by_hand).sum() / 4)


def test_a_specimen_says_the_mean_of_what_its_cells_say_alone(cohort, fitted):
    cells, owner = exploded(cohort)
    alone, together = np.log(fitted.predict_proba(cells)), np.log(fitted.predict_proba(cohort))
    for i in np.flatnonzero(cohort.images.sizes):
        mean = alone[owner == i].mean(axis=0)
        np.testing.assert_allclose(together[i] - together[i].mean(), mean - mean.mean(), atol=1e-5)


def test_with_a_linear_head_judging_cells_and_judging_their_mean_is_one_model_until_the_loss_differs(cohort):
    longer = {"max_epochs": 8, "learning_rate": 1e-2, "dim": 8}
    pooled, single = (
        entry_class(entry_spec(f"cnn-scratch[pooling={pooling}, cells.width=4]"))(**longer)
        for pooling in ("mean", "none")
    )
    first, second = (entry.fit(cohort, cohort).predict_proba(cohort) for entry in (pooled, single))
    np.testing.assert_allclose(first, second, atol=1e-4)
    single.cell_loss = 1.0
    assert not np.allclose(first, single.fit(cohort, cohort).predict_proba(cohort), atol=1e-2)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_step_mixes_the_loss_of_specimens_with_that_of_specimens_of_one_cell(cohort, fitted, share):
    cells, owner = exploded(cohort)
    bags, single = (Resident.load(c, fitted.inputs_, "cpu") for c in (cohort, cells))
    network = fitted.network_.eval()
    settings = TrainingSettings(cell_loss=share, modality_dropout=0.0, expert_loss=0.0)
    loop = FitLoop(network, bags, settings)
    weight = specimen_weights(bags, "balanced")
    batch = bags.evaluation_batch(torch.arange(PATIENTS), 8)
    of_cells = torch.tensor(owner)
    with torch.no_grad():
        got = loop._loss(batch, bags.y, weight)
        each = F.cross_entropy(
            network(single.evaluation_batch(torch.arange(len(cells)), 1)), single.y, reduction="none"
        )
        counts = bags.sizes[of_cells].float()
        by_cells = (weight[of_cells] * each / counts).sum() / PATIENTS
        by_bags = (weight * F.cross_entropy(network(batch), bags.y, reduction="none")).mean()
    torch.testing.assert_close(got, (1 - share) * by_bags + share * by_cells, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("entry", ["mil-mean[pooling=mean]", "mlp-set-means[cell_loss=1.0]"])
def test_only_cells_that_are_there_and_not_pooled_can_be_judged_alone(entry):
    with pytest.raises(ValueError, match=r"cell_loss=1\.0 needs a part in cells and pooling=none"):
        entry_class(entry_spec(entry))()
