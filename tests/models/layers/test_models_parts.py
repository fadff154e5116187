"""Parts of the networks against closed forms, libraries and symmetries."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch_geometric.nn import GraphConv
from torchmil.nn import AttentionPool

from models.fusion.transformer import CrossModalTransformer
from models.genes.gene_graph import correlation_graph, pathway_graph
from models.genes.graph_encoder import GeneGraphNetwork
from models.images.normalization import norm_layer
from models.images.resnet import ResNet
from models.images.spatial_attention import SpatialAttention
from models.images.vision_transformer import CellVisionTransformer
from models.inputs.batch import Batch, Tokens
from models.layers.experts import Votes
from models.layers.gated_attention import GatedAttention
from models.layers.group_means import GroupMeans
from models.layers.group_tokens import GroupTokens, chunks, gene_groups
from models.training.class_prior import ClassPrior


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def silent(n):
    """Return votes for three classes of modalities that say nothing."""
    return Votes(torch.zeros(n, 1, 3), torch.ones(n, 1, dtype=torch.bool), torch.zeros(3))


def network(attention):
    return ResNet(width=4, norm="group", attention=attention)


@pytest.mark.parametrize("side", [28, 64, 96])
def test_attention_maps_have_input_resolution_and_lie_in_the_unit_interval(side):
    maps = network(SpatialAttention()).attention_map(torch.randn(2, 3, side, side) * 5)
    assert maps.shape == (2, side, side) and maps.min() >= 0 and maps.max() <= 1


def test_spatial_attention_is_the_formula():
    module, x = SpatialAttention(3), torch.randn(2, 5, 6, 6)
    summary = torch.stack([x.mean(1), x.max(1).values], dim=1)
    expected = x * torch.sigmoid(nn.functional.conv2d(summary, module.conv.weight, module.conv.bias, padding=1))
    torch.testing.assert_close(module(x), expected)


def test_without_the_attention_module_only_the_module_is_gone():
    with_it, without = network(SpatialAttention()), network(None)
    missing = without.load_state_dict(with_it.state_dict(), strict=False)
    assert not missing.missing_keys and all(k.startswith("attention.") for k in missing.unexpected_keys)
    nn.init.zeros_(with_it.attention.conv.weight)
    nn.init.constant_(with_it.attention.conv.bias, 30.0)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(with_it(x), without(x))
    with pytest.raises(ValueError, match="without spatial attention"):
        without.attention_map(x)


def test_group_layer_and_instance_norms_are_the_named_ones():
    x = torch.randn(3, 16, 5, 5) * 4 + 1
    torch.testing.assert_close(norm_layer("layer", 16)(x), nn.functional.layer_norm(x, x.shape[1:]))
    torch.testing.assert_close(norm_layer("instance", 16)(x), nn.functional.instance_norm(x))
    torch.testing.assert_close(norm_layer("group", 16)(x), nn.functional.group_norm(x, 2))
    assert isinstance(norm_layer("batch", 16), nn.BatchNorm2d)
    with pytest.raises(ValueError, match="none"):
        norm_layer("none", 16)


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=5))
def test_gated_attention_ignores_what_is_masked(mask):
    module, mask = GatedAttention(6, 3), torch.tensor(mask)
    values = torch.randn(*mask.shape, 6)
    noisy = torch.where(mask[..., None], values, torch.randn_like(values) * 50)
    weights = module.weights(Tokens(values, mask))
    assert not weights[~mask].any()
    torch.testing.assert_close(weights.sum(1), mask.any(1).float())
    torch.testing.assert_close(module(Tokens(noisy, mask)), module(Tokens(values, mask)))


def test_gated_attention_is_the_formula():
    module, x = GatedAttention(4, 3), torch.randn(1, 5, 4)
    score = [module.score(torch.tanh(module.value(t)) * torch.sigmoid(module.gate(t))) for t in x[0]]
    expected = (torch.softmax(torch.cat(score), 0)[:, None] * x[0]).sum(0)
    torch.testing.assert_close(module(Tokens(x, torch.ones(1, 5, dtype=torch.bool)))[0], expected)


def test_gated_attention_is_that_of_torchmil():
    ours = GatedAttention(6, 4).double()
    theirs = AttentionPool(in_dim=6, att_dim=4, act="tanh", gated=True).double()
    for parameter in (theirs.fc1.module.bias, theirs.fc_gated.module.bias):
        nn.init.normal_(parameter)
    ours.value.load_state_dict(theirs.fc1.module.state_dict())
    ours.gate.load_state_dict(theirs.fc_gated.module.state_dict())
    ours.score.load_state_dict(theirs.fc2.state_dict())
    values = torch.randn(3, 5, 6, dtype=torch.double) * 3
    mask = torch.tensor([[1, 1, 0, 1, 0], [0, 0, 1, 0, 0], [1] * 5]).bool()
    torch.testing.assert_close(ours(Tokens(values, mask)), theirs(values, mask), atol=1e-6, rtol=0)


def test_the_transformer_equals_itself_on_the_tokens_that_exist():
    fusion = CrossModalTransformer(8, 3, depth=2, heads=2, dropout=0.1).eval()
    values, mask = torch.randn(3, 5, 8), torch.tensor([[1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1] * 5]).bool()
    fusion.head.reset_parameters()
    out = fusion({"genes": Tokens(values, mask)}, silent(3))
    for i in range(3):
        kept = values[i : i + 1, mask[i]]
        alone = fusion({"genes": Tokens(kept, torch.ones(1, kept.shape[1], dtype=torch.bool))}, silent(1))
        torch.testing.assert_close(out[i : i + 1], alone, atol=1e-5, rtol=1e-5)


def test_the_transformer_does_not_care_about_the_order_of_tokens():
    fusion = CrossModalTransformer(8, 3, depth=1, heads=2, dropout=0.0).eval()
    values, mask, order = torch.randn(2, 5, 8), torch.rand(2, 5) > 0.3, torch.randperm(5)
    fusion.head.reset_parameters()
    tokens, turned = ({"genes": Tokens(v, m)} for v, m in ((values, mask), (values[:, order], mask[:, order])))
    torch.testing.assert_close(fusion(turned, silent(2)), fusion(tokens, silent(2)), atol=1e-5, rtol=1e-5)


def test_group_tokens_are_linear_maps_of_their_group():
    groups = [[0, 4, 6], [2], [6, 1]]
    module = GroupTokens("genes", groups, 4, 0.0).eval()
    genes = torch.randn(2, 7)
    present = torch.tensor([[True, True, True], [True, False, True]])
    tokens = module(Batch(None, torch.zeros(2, 1).bool(), genes, torch.zeros(2, 0), present))
    for t, group in enumerate(groups):
        raw = genes[:, group] @ module.weight[t, : len(group)] + module.place[t]
        torch.testing.assert_close(tokens.values[:, t], raw)
    assert tokens.mask[0].all() and not tokens.mask[1].any()


def test_the_token_of_a_gene_set_starts_as_the_mean_in_one_direction():
    groups, y = [[0, 1, 2], [3, 4]], torch.arange(30) % 2
    means = GroupMeans(groups, torch.randn(30, 5), y)
    module = GroupTokens("genes", groups, 4, 0.0, means).eval()
    genes = torch.randn(2, 5)
    tokens = module(Batch(None, torch.zeros(2, 1).bool(), genes, torch.zeros(2, 0), torch.ones(2, 3).bool()))
    moved = tokens.values[:, 0] - module.place[0]
    torch.testing.assert_close(moved[0] / genes[0, :3].mean(), moved[1] / genes[1, :3].mean())
    said = tokens.values - module.place  # sets do not drown one another: their directions are orthogonal
    torch.testing.assert_close(said.norm(dim=2), means(genes).abs())
    assert float((said[0, 0] * said[0, 1]).sum().detach()) == pytest.approx(0, abs=1e-5)


def test_gene_groups_are_the_sets_and_runs_of_the_rest():
    groups = gene_groups("ABCDEFG", {"one": ("C", "A"), "gone": ("Z",), "two": ("C", "G")}, 2)
    assert groups == [[0, 2], [2, 6], [1, 3], [4, 5]]
    assert chunks(range(3), 8) == [[0], [1], [2]] and chunks([], 4) == []


@pytest.mark.parametrize("side", [28, 64, 96, (30, 45)])
def test_the_vision_transformer_takes_any_size(side):
    shape = side if isinstance(side, tuple) else (side, side)
    vit = CellVisionTransformer(image_shape=shape, patch=8, dim=16, depth=1, heads=2)
    assert vit(torch.randn(2, 3, *shape)).shape == (2, 16)


def test_without_positions_the_vision_transformer_does_not_see_the_order_of_patches():
    vit = CellVisionTransformer(image_shape=(16, 16), patch=8, dim=16, depth=1, heads=2).eval()
    nn.init.zeros_(vit.vit.pos_embed)
    cells = torch.randn(1, 3, 16, 16)
    swapped = torch.cat([cells[..., 8:], cells[..., :8]], dim=-1)
    torch.testing.assert_close(vit(swapped), vit(cells), atol=1e-5, rtol=1e-5)


def test_correlation_edges_are_the_strongest_by_numpy():
    values = torch.randn(30, 8, dtype=torch.float64)
    strength = np.abs(np.corrcoef(values.T.numpy()))
    np.fill_diagonal(strength, -1)
    wanted = {(i, int(j)) for i in range(8) for j in np.argsort(-strength[i])[:2]}
    wanted |= {(j, i) for i, j in wanted}
    assert set(zip(*correlation_graph(values, 2).tolist(), strict=True)) == wanted


def test_pathway_edges_join_members_of_one_set():
    edges = pathway_graph(("A", "B", "C", "D"), {"one": ("A", "B", "Z"), "two": ("B", "C"), "again": ("C", "B")})
    assert set(zip(*edges.tolist(), strict=True)) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert edges.shape[1] == 4
    assert pathway_graph(("A", "B"), {}).shape == (2, 0)


def stirred(module):
    """Return a module with random weights, also where it starts at zero."""
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def test_graph_convolutions_start_silent_and_can_be_learned():
    groups = GroupMeans([[0, 1], [2, 3, 4], [5]], torch.randn(30, 6), torch.arange(30) % 2)
    convolution = partial(GraphConv, 4, 4, aggr="mean")
    module = GeneGraphNetwork(
        correlation_graph(torch.randn(20, 6), 2), groups, convolution, channels=4, layers=2, dim=5, dropout=0.0
    )
    nodes = torch.randn(2, 6, 4)
    torch.testing.assert_close(module.convolve(nodes, module.edges), nodes)
    module(torch.randn(3, 6)).square().sum().backward()
    assert all(layer.lin_rel.weight.grad.any() and layer.lin_root.weight.grad.any() for layer in module.layers)


def graph_network(edges):
    groups = GroupMeans([[0, 1], [2, 3, 4], [5]], torch.randn(30, 6), torch.arange(30) % 2)
    convolution = partial(GraphConv, 4, 4, aggr="mean")
    return stirred(GeneGraphNetwork(edges, groups, convolution, channels=4, layers=2, dim=5, dropout=0.0))


def test_graph_convolution_follows_a_permutation_of_genes():
    edges = correlation_graph(torch.randn(20, 6), 2)
    module, nodes, order = graph_network(edges), torch.randn(2, 6, 4), torch.randperm(6)
    moved = order.argsort()[edges]
    torch.testing.assert_close(module.convolve(nodes[:, order], moved), module.convolve(nodes, edges)[:, order])


def test_graph_convolution_is_the_formula_and_without_edges_a_feedforward_network():
    edges = correlation_graph(torch.randn(20, 6), 2)
    module, nodes = graph_network(edges), torch.randn(2, 6, 4)
    adjacency = torch.zeros(6, 6)
    adjacency[edges[1], edges[0]] = 1
    mean = adjacency / adjacency.sum(1, keepdim=True)
    for matrix, used in ((mean, edges), (torch.zeros(6, 6), edges[:, :0])):
        expected = nodes
        for layer in module.layers:
            expected = expected + nn.functional.gelu(layer.lin_rel(matrix @ expected) + layer.lin_root(expected))
        torch.testing.assert_close(module.convolve(nodes, used), expected)


def test_the_prior_speaks_for_unknown_specimens_and_unseen_classes():
    patients = torch.tensor([6.0, 0.0, 2.0, 0.0], dtype=torch.float64)
    logits, known = torch.randn(3, 4), torch.tensor([True, False, True])
    proba = ClassPrior(patients)(logits, known).softmax(1)
    torch.testing.assert_close(proba[1], torch.tensor([7, 1, 3, 1]) / 12)
    torch.testing.assert_close(proba[:, [1, 3]], torch.full((3, 2), 1 / 12))
    seen = logits[0, [0, 2]].softmax(0) * 10 / 12
    torch.testing.assert_close(proba[0, [0, 2]], seen)


def test_features_of_a_group_without_means_have_directions_of_their_own():
    module = GroupTokens("clinical", [[0, 1], [2], [3, 4, 5]], 16, 0.5)
    for token, size in enumerate((2, 1, 3)):
        rows = module.weight[token, :size]
        torch.testing.assert_close(rows @ rows.T, torch.eye(size) / size)
    many = GroupTokens("clinical", [[j] for j in range(400)], 16, 0.0)
    assert float(many.place.detach().std()) == pytest.approx(1 / 4, rel=0.05)
    clinical, present = torch.randn(2, 6), torch.tensor([[True, True, False], [False, False, True]])
    tokens = module.eval()(Batch(None, torch.zeros(2, 1).bool(), torch.zeros(2, 0), clinical, present))
    torch.testing.assert_close(tokens.values[:, 1], clinical[:, 2:3] * module.weight[1, 0] + module.place[1])
    assert tokens.mask.tolist() == [[False] * 3, [True] * 3]
    dropped = module.train()(Batch(None, torch.zeros(2, 1).bool(), torch.zeros(2, 0), clinical, present))
    assert not torch.equal(dropped.values, tokens.values)


def test_the_mean_of_a_group_that_never_varies_is_a_plain_mean():
    genes = torch.randn(20, 3)
    genes[:, 0] = 2.0
    out = GroupMeans([[0], [1, 2]], genes, torch.arange(20) % 2)(genes)
    torch.testing.assert_close(out[:, 0], genes[:, 0])


def test_a_graph_network_reads_out_every_set_in_orthogonal_directions():
    network = graph_network(correlation_graph(torch.randn(20, 6), 2))
    fresh = GeneGraphNetwork(
        network.edges, network.groups, partial(GraphConv, 4, 4, aggr="mean"), channels=4, layers=3, dim=5, dropout=0.5
    )
    assert len(fresh.layers) == 3 and fresh.gain.shape == (4,) and fresh.out.weight.shape == (5, 12)
    torch.testing.assert_close(fresh.out.weight @ fresh.out.weight.T, torch.eye(5))
    genes = torch.randn(2, 6)
    nodes = genes[..., None] * network.gain
    pooled = network.groups(network.convolve(nodes, network.edges).transpose(1, 2)).flatten(1)
    torch.testing.assert_close(network(genes), network.out(pooled))
    assert not torch.equal(fresh.train()(genes), fresh.eval()(genes))


def test_there_are_no_more_neighbours_than_other_genes():
    assert correlation_graph(torch.randn(9, 3), 8).shape == (2, 6)


def test_the_correction_of_tokens_together_starts_at_zero_and_is_the_encoder_of_torch():
    fusion = CrossModalTransformer(8, 3, depth=3, heads=4, dropout=0.25)
    votes = Votes(torch.randn(2, 2, 3), torch.ones(2, 2).bool(), torch.randn(3))
    tokens = {"genes": Tokens(torch.randn(2, 5, 8), torch.ones(2, 5).bool())}
    torch.testing.assert_close(fusion(tokens, votes), votes.product())
    layers = fusion.layers.layers
    assert len(layers) == 3 and {(x.linear1.out_features, x.self_attn.num_heads, x.norm_first) for x in layers} == {
        (16, 4, True)
    }
    assert {x.dropout.p for x in layers} == {0.25} and fusion.class_token.shape == (1, 1, 8)
    assert float(CrossModalTransformer(800, 2, depth=1, heads=2, dropout=0).class_token.detach().std()) < 0.03
    fusion.eval().head.reset_parameters()
    values = torch.cat([fusion.class_token.expand(2, -1, -1), tokens["genes"].values], dim=1)
    expected = votes.product() + fusion.head(fusion.layers(values)[:, 0])
    torch.testing.assert_close(fusion(tokens, votes), expected, atol=1e-5, rtol=1e-5)
