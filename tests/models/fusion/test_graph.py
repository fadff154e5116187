"""The graph of modalities against messages that are passed one specimen and one edge at a time."""

import numpy as np
import pytest
import torch
from scipy.special import erf

from models.fusion.graph import PatientGraphNetwork
from models.inputs import Tokens
from models.layers.experts import Votes

NAMES = ("images", "genes", "clinical")
DIM, CLASSES = 6, 4


def gelu(x):
    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def linear(layer, x):
    bias = 0 if layer.bias is None else layer.bias.detach().numpy()
    return layer.weight.detach().numpy() @ x + bias


def said_by(graph, tokens, votes, i):
    """Return the logits of specimen i."""
    nodes = {}
    for name in NAMES:
        kept = tokens[name].values[i][tokens[name].mask[i]].numpy()
        if len(kept):
            nodes[name] = np.mean([token + gelu(linear(graph.parts[name], token)) for token in kept], axis=0)
    for _ in range(graph.layers):
        heard = {
            name: [linear(graph.edges[f"{other}-{name}"], nodes[other]) for other in nodes if other != name]
            for name in nodes
        }
        nodes = {
            name: node + gelu(linear(graph.own[name], node) + (np.mean(heard[name], axis=0) if heard[name] else 0))
            for name, node in nodes.items()
        }
    return votes.product()[i].numpy() + sum(linear(graph.heads[name], node) for name, node in nodes.items())


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_logits_are_the_product_and_what_every_node_adds(layers):
    torch.manual_seed(layers)
    graph = PatientGraphNetwork(NAMES, DIM, CLASSES, layers=layers, dropout=0.5).eval()
    for head in graph.heads.values():
        torch.nn.init.normal_(head.weight)
    present = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 1, 1]]).bool()
    tokens = {
        name: Tokens(
            torch.randn(4, 3, DIM), (torch.rand(4, 3) < 0.7).index_fill(1, torch.tensor([0]), True) & p[:, None]
        )
        for name, p in zip(NAMES, present.T, strict=True)
    }
    votes = Votes(torch.randn(4, 3, CLASSES) * present[..., None], present, torch.randn(CLASSES))
    with torch.no_grad():
        found = graph(tokens, votes).numpy()
    assert found == pytest.approx(np.stack([said_by(graph, tokens, votes, i) for i in range(4)]), abs=1e-4)


def test_a_graph_begins_with_the_product():
    graph = PatientGraphNetwork(NAMES, DIM, CLASSES, layers=2, dropout=0.0)
    tokens = {name: Tokens(torch.randn(2, 3, DIM), torch.ones(2, 3).bool()) for name in NAMES}
    votes = Votes(torch.randn(2, 3, CLASSES), torch.ones(2, 3).bool(), torch.randn(CLASSES))
    assert torch.equal(graph(tokens, votes), votes.product())
    assert all(edge.bias is None for edge in graph.edges.values()) and len(graph.edges) == 6
