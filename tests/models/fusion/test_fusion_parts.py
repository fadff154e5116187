"""Fusions and poolings hand their settings on, and weigh mean tokens."""

import pytest
import torch
from torch import nn

from models.fusion.attention import Attention, AttentionFusion
from models.fusion.graph import PatientGraph
from models.fusion.late import LateMean, MeanOfProbabilities
from models.fusion.product import ProductOfExperts
from models.fusion.transformer import Transformer
from models.inputs.batch import Tokens
from models.layers.experts import Votes
from models.pooling.transmil import TransMil

NAMES = ("images", "genes")


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_layers_are_as_many_and_as_wide_as_the_parts_say():
    attention = Attention().layer(NAMES, 8, 3, 0.25)
    assert attention.attention.value.weight.shape == (4, 8) and attention.dropout.p == 0.25
    transformer = Transformer(depth=3, heads=2).layer(NAMES, 8, 5, 0.25)
    assert len(transformer.layers.layers) == 3 and transformer.head.weight.shape == (5, 8)
    assert transformer.layers.layers[0].self_attn.num_heads == 2 and transformer.layers.layers[0].dropout.p == 0.25
    graph = PatientGraph(layers=3).layer(NAMES, 8, 5, 0.25)
    assert graph.layers == 3 and graph.dropout.p == 0.25 and graph.names == NAMES
    assert {head.weight.shape for head in graph.heads.values()} == {(5, 8)}
    pooling = TransMil(heads=2, layers=3, dropout=0.25).layer(8)
    assert len(pooling.layers) == 3 and {x.attention.num_heads for x in pooling.layers} == {2}
    assert {x.dropout.p for x in pooling.layers} == {0.25} and pooling.class_token.shape == (1, 1, 8)


def test_attention_over_modalities_weighs_their_mean_tokens():
    fusion = AttentionFusion(4, 0.5)
    nn.init.normal_(fusion.attention.score.weight)
    tokens = {
        "images": Tokens(torch.randn(3, 5, 4), torch.rand(3, 5) < 0.6),
        "genes": Tokens(torch.randn(3, 1, 4), torch.ones(3, 1).bool()),
    }
    tokens["images"].mask[1] = False
    means = [torch.stack([values[i, mask[i]].mean(dim=0) if mask[i].any() else torch.zeros(4) for i in range(3)])
             for values, mask in tokens.values()]  # fmt: skip
    masks = torch.stack([mask.any(dim=1) for _, mask in tokens.values()], dim=1)
    expected = fusion.attention.weights(Tokens(torch.stack(means, dim=1), masks))
    torch.testing.assert_close(fusion.eval().weights(tokens), expected)
    assert expected[1].tolist() == [0, 1]
    assert not torch.equal(fusion.train().weights(tokens), expected)
    votes = Votes(torch.randn(3, 2, 3) * masks[..., None], masks, torch.randn(3))
    by_hand = votes.bias + (expected * masks.sum(dim=1, keepdim=True))[..., None].mul(votes.logits).sum(dim=1)
    torch.testing.assert_close(fusion.eval()(tokens, votes), by_hand)


def test_the_late_mean_is_of_probabilities_of_those_present():
    masks = torch.tensor([[True, True], [False, True], [True, False]])
    votes = Votes(torch.randn(3, 2, 3) * masks[..., None], masks, torch.randn(3))
    alone = (votes.logits + votes.bias).softmax(dim=2)
    expected = torch.stack([alone[i, masks[i]].mean(dim=0) for i in range(3)])
    late = LateMean().layer(NAMES, 8, 3, 0.0)
    assert isinstance(late, MeanOfProbabilities)
    torch.testing.assert_close(late({}, votes).exp(), expected)
    nobody = votes._replace(mask=masks & False)
    assert torch.isfinite(late({}, nobody)).all()
    torch.testing.assert_close(
        ProductOfExperts().layer(NAMES, 8, 3, 0.0)({}, votes), votes.bias + votes.logits.sum(dim=1)
    )
