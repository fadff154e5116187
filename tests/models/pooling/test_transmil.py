"""TransMIL pooling against torchmil and the symmetries of a bag."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torchmil.models import TransMIL as TorchmilTransMIL

from models.inputs.batch import Tokens
from models.pooling.transmil import TransMil

DIM = 16


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def pooling(layers=2):
    """Return a pooling of double precision whose attention is far from even."""
    module = TransMil(heads=4, layers=layers, dropout=0.3).layer(DIM).double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter, mean=float(parameter.ndim == 1), std=0.4)
    return module


def torchmil_twin(module, cells):
    """Return torchmil's TransMIL with the weights of ``module`` and without what depends on the order of cells.

    With a landmark for each token its Nystrom attention is exact as soon as the pseudo-inverse has converged. A square
    number of cells is not padded with copies.
    """
    layers = len(module.layers)
    twin = TorchmilTransMIL(
        (DIM,), att_dim=DIM, n_layers=layers, n_heads=4, n_landmarks=cells + 1, pinv_iterations=80
    ).double()
    with torch.no_grad():
        for parameter in twin.pos_layer.parameters():
            parameter.zero_()
        twin.cls_token.copy_(module.class_token)
        for ours, theirs in zip(module.layers, twin.layers, strict=True):
            ours.attention.out_proj.weight.copy_(torch.eye(DIM))  # torchmil has none at equal width
            theirs.att_module.qkv_nn.weight.copy_(ours.attention.in_proj_weight)
            theirs.norm1.load_state_dict(ours.norm.state_dict())
        twin.norm.load_state_dict(module.norm.state_dict())
    twin.classifier = nn.Identity()
    return twin.eval()


@pytest.mark.parametrize(("layers", "cells"), [(2, 4), (2, 25), (3, 9)])
def test_pooled_bags_and_attention_are_those_of_torchmil(layers, cells):
    module = pooling(layers)
    tokens = Tokens(torch.randn(3, cells, DIM, dtype=torch.double), torch.ones(3, cells, dtype=torch.bool))
    with torch.no_grad():
        pooled, attention = torchmil_twin(module, cells)(tokens.values, return_att=True)
        torch.testing.assert_close(module(tokens), pooled, atol=1e-6, rtol=0)
        shares = attention / attention.sum(dim=1, keepdim=True)
        torch.testing.assert_close(module.weights(tokens), shares, atol=1e-6, rtol=0)


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=4), st.permutations(range(5)))
def test_neither_absent_cells_nor_the_order_of_cells_matter(mask, order):
    module, mask = pooling(), torch.tensor(mask)
    values = torch.randn(*mask.shape, DIM, dtype=torch.double)
    noisy = torch.where(mask[..., None], values, torch.randn_like(values) * 50)
    tokens, turned = Tokens(values, mask), Tokens(noisy[:, order], mask[:, order])
    with torch.no_grad():
        torch.testing.assert_close(module(turned), module(tokens))
        weights = module.weights(tokens)
        torch.testing.assert_close(module.weights(turned), weights[:, order])
        assert not weights[~mask].any() and not module(tokens)[~mask.any(dim=1)].any()
        torch.testing.assert_close(weights.sum(dim=1), mask.any(dim=1).double())
        for i in mask.any(dim=1).nonzero()[:, 0]:
            alone = values[i : i + 1, mask[i]]
            pooled = module(Tokens(alone, torch.ones(alone.shape[:2], dtype=torch.bool)))
            torch.testing.assert_close(pooled, module(tokens)[i : i + 1])
