"""From cells to tokens, one cell at a time."""

import pytest
import torch
from torch import nn

from models.inputs.batch import Batch
from models.layers.bag_encoder import BagEncoder, CellTokens
from models.pooling.gated import GatedPooling
from models.pooling.mean import Mean

MASK = torch.tensor([[1, 1, 0], [0, 0, 0], [1, 0, 0], [1, 1, 1]]).bool()


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


class Counted(nn.Module):
    """Encode a cell of five features as itself, and remember how many there were."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def forward(self, cells):
        self.asked.append(len(cells))
        return cells


def batch(cells, mask, images):
    present = torch.tensor([[here, 1, 1] for here in images]).bool()
    return Batch(cells, mask, torch.zeros(len(mask), 0), torch.zeros(len(mask), 0), present)


@pytest.mark.parametrize("images", [(1, 1, 1, 1), (0, 1, 1, 1), (1, 0, 0, 1)])
def test_every_cell_of_specimens_with_images_is_a_token(images):
    encoder, cells = Counted(), torch.randn(6, 5)
    module = CellTokens(encoder, 5, 4, 0.5).eval()
    tokens = module(batch(cells, MASK, images))
    k = 0
    for i in range(4):
        for slot in range(3):
            there = bool(MASK[i, slot])
            expected = module.project(cells[k]) if there and images[i] else torch.zeros(4)
            torch.testing.assert_close(tokens.values[i, slot], expected)
            assert bool(tokens.mask[i, slot]) == (there and bool(images[i]))
            k += there
    assert encoder.asked == [int(tokens.mask.sum())]


def test_an_encoder_is_not_asked_about_no_cell():
    """Batch statistics of nothing would be no numbers."""
    encoder = Counted()
    module = CellTokens(encoder, 5, 4, 0.0)
    none = torch.zeros(4, 3).bool()
    for asked in (batch(torch.randn(6, 5), MASK, (0, 0, 0, 0)), batch(None, none, (1, 1, 1, 1))):
        tokens = module(asked)
        assert not tokens.values.any() and not tokens.mask.any() and tokens.values.shape == (4, 3, 4)
    assert not encoder.asked


def test_tokens_start_as_a_rotation_and_are_dropped_in_training():
    module = CellTokens(Counted(), 5, 8, 0.5)
    weight = module.project[0].weight
    torch.testing.assert_close(weight.T @ weight, torch.eye(5))
    values = module(batch(torch.randn(6, 5), MASK, (1, 1, 1, 1))).values[MASK]
    assert 0.2 < float((values == 0).float().mean()) < 0.8
    assert (module.eval()(batch(torch.randn(6, 5), MASK, (1, 1, 1, 1))).values[MASK] != 0).all()


@pytest.mark.parametrize("part", [Mean(), GatedPooling()])
def test_a_bag_is_one_token_where_it_has_a_cell(part):
    pooling = part.layer(4)
    module = BagEncoder(CellTokens(Counted(), 5, 4, 0.0), pooling)
    asked = batch(torch.randn(6, 5), MASK, (0, 1, 1, 1))
    tokens = module(asked)
    torch.testing.assert_close(tokens.values[:, 0], pooling(module.cells(asked)))
    assert tokens.mask.tolist() == [[False], [False], [True], [True]] and tokens.values.shape == (4, 1, 4)


def test_the_gate_is_half_as_wide_as_a_token():
    layer = GatedPooling().layer(8)
    assert layer.value.weight.shape == layer.gate.weight.shape == (4, 8) and layer.score.weight.shape == (1, 4)


def test_tokens_lie_where_the_cells_lie():
    """Whatever torch would take by itself: here a device without values."""
    module, asked = CellTokens(Counted(), 5, 4, 0.0), batch(torch.randn(6, 5), MASK, (1, 1, 1, 1))
    with torch.device("meta"):
        tokens = module(asked)
    torch.testing.assert_close(tokens.values[0, 0], module.project(asked.cells[0]))
