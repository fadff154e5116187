"""Graph attention against loops, the convolution of the part ``graph``, and a network without a graph."""

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.nn import GraphConv

from models.genes.gat import GeneGat
from models.genes.gene_graph import correlation_graph, pathway_graph
from models.genes.graph import GeneGraph
from models.genes.graph_attention import GraphAttention
from models.inputs import TrainGenes

SETS = {"one": ("A", "B", "C"), "two": ("D", "E"), "three": ("F",)}


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def given(values, sets):
    return TrainGenes(tuple("ABCDEF"), values, sets, torch.arange(len(values)) % 2)


def stirred(network):
    """Return a network whose weights have left their start."""
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    return network


def edges_of(n_genes=6):
    return correlation_graph(torch.randn(20, n_genes), 2)


def attentive(channels=4, heads=2):
    """Return a layer whose weights have left their start."""
    module = GraphAttention(channels, heads)
    nn.init.normal_(module.layer.att)
    nn.init.normal_(module.layer.bias)
    return module


def test_with_equal_weights_it_is_the_mean_over_neighbours_of_the_graph_convolution():
    module, mean = GraphAttention(4, 2), GraphConv(4, 4, aggr="mean")
    edges, nodes = edges_of(), torch.randn(3, 6, 4)
    with torch.no_grad():
        mean.lin_rel.weight.copy_(module.layer.lin_l.weight)
        mean.lin_rel.bias.copy_(module.layer.lin_l.bias + module.layer.bias)
        mean.lin_root.weight.copy_(module.layer.res.weight)
    torch.testing.assert_close(module(nodes, edges), mean(nodes, edges))


def test_it_is_the_formula_in_loops():
    module, edges, nodes = attentive(), edges_of(), torch.randn(2, 6, 4)
    layer = module.layer
    with torch.no_grad():
        found = module(nodes, edges)
        for b in range(2):
            given, asking = layer.lin_l(nodes[b]).view(6, 2, 2), layer.lin_r(nodes[b]).view(6, 2, 2)
            for i in range(6):
                near = [int(j) for j, k in edges.T if int(k) == i]
                expected = torch.zeros(2, 2)
                for head in range(2):
                    said = [nn.functional.leaky_relu(asking[i, head] + given[j, head], 0.2) for j in near]
                    share = torch.stack([s @ layer.att[0, head] for s in said]).softmax(0)
                    expected[head] = (share[:, None] * given[near, head]).sum(0)
                expected = expected.flatten() + layer.res(nodes[b, i]) + layer.bias
                torch.testing.assert_close(found[b, i], expected)


def test_it_follows_a_permutation_of_genes_and_specimens_do_not_meet():
    module, edges, nodes, order = attentive(), edges_of(), torch.randn(3, 6, 4), torch.randperm(6)
    moved = order.argsort()[edges]
    torch.testing.assert_close(module(nodes[:, order], moved), module(nodes, edges)[:, order])
    for b in range(3):
        torch.testing.assert_close(module(nodes[b : b + 1], edges), module(nodes, edges)[b : b + 1])


def test_with_the_identity_as_adjacency_attention_is_a_feedforward_layer():
    module, nodes = attentive(), torch.randn(2, 6, 4)
    loops = torch.arange(6).expand(2, 6)
    layer = module.layer
    torch.testing.assert_close(module(nodes, loops), layer.lin_l(nodes) + layer.res(nodes) + layer.bias)
    torch.testing.assert_close(module(nodes, loops[:, :0]), layer.res(nodes) + layer.bias)


@pytest.mark.parametrize("part", [GeneGraph(), GeneGat()])
def test_with_the_identity_as_adjacency_a_graph_network_is_the_mlp(part):
    """One and the same small network for every gene: no gene hears of another."""
    network = stirred(part.encoder(given(torch.randn(30, 6), SETS), 8).network.eval())
    nodes, loops = torch.randn(2, 6, 4), torch.arange(6).expand(2, 6)
    expected = nodes
    for layer in network.layers:
        inner = layer.layer if isinstance(part, GeneGat) else layer
        maps = (inner.lin_l, inner.res) if isinstance(part, GeneGat) else (inner.lin_rel, inner.lin_root)
        bias = inner.bias if isinstance(part, GeneGat) else 0
        expected = expected + nn.functional.gelu(sum(m(expected) for m in maps) + bias)
    torch.testing.assert_close(network.convolve(nodes, loops), expected)


@pytest.mark.parametrize("part", [GeneGraph(dropout=0.0), GeneGat(dropout=0.0)])
def test_edges_are_of_sets_or_of_train_and_every_set_is_read_out_by_itself(part):
    values = torch.randn(30, 6)
    network = stirred(part.encoder(given(values, SETS), 8).network)
    assert torch.equal(network.edges, pathway_graph(tuple("ABCDEF"), SETS))
    genes = torch.randn(1, 6).repeat(2, 1)
    genes[1, 1] += 2.0  # gene B, of the first set
    states = network.convolve(genes[..., None] * network.gain, network.edges)
    moved = (network.groups(states.transpose(1, 2)).diff(dim=0)[0].abs() > 1e-6).any(dim=0)
    assert moved.tolist() == [True, False, False]
    free = part.encoder(given(values, {}), 8).network
    assert torch.equal(free.edges, correlation_graph(values.double(), part.neighbours))


def test_weights_start_equal_and_can_be_learned():
    network = GeneGat().encoder(given(torch.randn(30, 6), SETS), 8).network
    optimizer, start = torch.optim.SGD(network.parameters(), lr=0.1), network.layers[0].layer.att.clone()
    for _ in range(2):  # layers start silent, and weights of neighbours matter once they say something
        assert torch.equal(network.layers[0].layer.att, start) and not start.any()
        optimizer.zero_grad()
        network(torch.randn(5, 6)).square().sum().backward()
        optimizer.step()
    assert all(layer.layer.att.any() for layer in network.layers)


def test_scores_are_finite_whatever_the_genes_say():
    module, edges = attentive(), edges_of()
    assert np.isfinite(module(torch.full((1, 6, 4), 1e4), edges).detach().numpy()).all()


def test_graphs_lie_where_the_genes_lie():
    """Whatever torch would take by itself: here a device without values."""
    module, nodes, values = attentive(), torch.randn(3, 6, 4), torch.randn(20, 6)
    edges = correlation_graph(values, 2)
    with torch.device("meta"):
        assert torch.equal(correlation_graph(values, 2), edges)
        found = module(nodes, edges)
    torch.testing.assert_close(found, module(nodes, edges))


@pytest.mark.parametrize("part", [GeneGraph, GeneGat])
def test_parts_are_made_of_as_many_layers_as_they_say_which_average_neighbours(part):
    genes = given(torch.randn(30, 6), {})
    made = part(channels=6, layers=3, dropout=0.3, neighbours=3).encoder(genes, 8)
    network = stirred(made.network.eval())
    assert made.modality == "genes" and len(network.layers) == 3 and network.dropout.p == 0.3
    assert network.gain.shape == (6,) and network.out.weight.shape == (8, 6 * 6)
    nodes, edges = torch.randn(2, 6, 6), correlation_graph(genes.values.double(), 3)
    assert torch.equal(network.edges, edges)
    adjacency = torch.zeros(6, 6)
    adjacency[edges[1], edges[0]] = 1
    mean, expected = adjacency / adjacency.sum(1, keepdim=True), nodes
    for layer in network.layers:
        if part is GeneGat:
            nn.init.zeros_(layer.layer.att)
            inner = layer.layer
            said = inner.lin_l(mean @ expected) + inner.res(expected) + inner.bias
        else:
            said = layer.lin_rel(mean @ expected) + layer.lin_root(expected)
        expected = expected + nn.functional.gelu(said)
    torch.testing.assert_close(network.convolve(nodes, edges), expected, atol=1e-4, rtol=1e-4)
    if part is GeneGat:
        assert {layer.layer.heads for layer in network.layers} == {2}
