"""How an autoencoder of genes is made and how long it learns, a second time by hand."""

import pytest
import torch
from torch import nn

from models.genes.autoencoder import FrozenLatent, GeneAutoencoder
from models.genes.autoencoder_fit import Autoencoder, Components, chosen_steps, fitted_encoder, principal_axes
from models.genes.mlp import GeneMlp
from models.genes.set_means import SetMeans
from models.genes.set_tokens import SetTokens
from models.inputs import TrainGenes
from models.layers import GroupMeans, ResidualMlp, gene_groups


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def trained(autoencoder, values, steps):
    optimizer = torch.optim.Adam(autoencoder.parameters(), lr=0.003)
    for _ in range(steps):
        optimizer.zero_grad()
        asked = values @ autoencoder.components.axes.T
        ((autoencoder.decoder(autoencoder.encoder(asked)) - asked) ** 2).mean().backward()
        optimizer.step()
        yield


def judged_by_hand(values, latent, at_most, linear):
    """Return the steps of least error on every fifth specimen, judged every ten until five are no better."""
    held = torch.tensor([i % 5 == 4 for i in range(len(values))])
    autoencoder, losses = Autoencoder(values[~held], latent, linear=linear), []
    steps = trained(autoencoder, values[~held], at_most)
    for k in range(at_most + 1):
        if k:
            next(steps)
        if k % 10 == 0:
            losses.append(float(autoencoder.loss(values[held]).detach()))
            if len(losses) - 1 - losses.index(min(losses)) >= 5:
                break
    return losses.index(min(losses)) * 10


@pytest.mark.parametrize(("seed", "rank", "at_most"), [(0, 0, 90), (1, 2, 90), (2, 2, 45), (3, 1, 70), (4, 3, 9)])
@pytest.mark.parametrize("linear", [False, True])
def test_it_learns_as_long_as_serves_held_out_specimens(seed, rank, at_most, linear):
    torch.manual_seed(seed)
    values = torch.randn(24, 40) + 2 * torch.randn(24, max(rank, 1)) @ torch.randn(max(rank, 1), 40) * (rank > 0)
    state = torch.random.get_rng_state()
    found = chosen_steps(values, 3, at_most, linear=linear)
    torch.random.set_rng_state(state)
    assert found == judged_by_hand(values, 3, at_most, linear)


def test_the_encoder_is_that_of_an_autoencoder_of_all_after_these_steps():
    values = torch.randn(24, 6) @ torch.randn(6, 40)
    state = torch.random.get_rng_state()
    encoder = fitted_encoder(values, 2, 60, linear=False)
    torch.random.set_rng_state(state)
    steps = judged_by_hand(values, 2, 60, False)
    own = Autoencoder(values, 2, linear=False)
    for _ in trained(own, values, steps):
        pass
    assert steps > 0
    torch.testing.assert_close(encoder(values), own.encoder(own.components(values)), atol=1e-4, rtol=1e-3)
    assert chosen_steps(values[:4], 2, 60, linear=False) == 0


def test_sides_start_as_rotations_and_bends_are_silent():
    values = torch.randn(20, 9)
    straight, bent = (Autoencoder(values, 3, linear=linear) for linear in (True, False))
    assert isinstance(straight.encoder, nn.Linear) and straight.encoder.bias is None
    for layer, shape in ((straight.encoder, (3, 9)), (straight.decoder, (9, 3))):
        assert layer.weight.shape == shape
        small = layer.weight @ layer.weight.T if shape[0] < shape[1] else layer.weight.T @ layer.weight
        torch.testing.assert_close(small, torch.eye(3))
    assert isinstance(bent.encoder, ResidualMlp) and bent.encoder.dropout.p == 0
    assert (bent.encoder.straight.weight.shape, bent.decoder.straight.weight.shape) == ((3, 9), (9, 3))


def test_components_have_a_mean_square_of_one_and_are_128_at_the_most():
    values = torch.randn(150, 140) * 7
    components = Components(values)
    said = components(values)
    assert said.shape == (150, 128) and float(said.square().mean()) == pytest.approx(1, rel=1e-4)
    assert torch.isfinite(Components(torch.zeros(3, 5))(torch.randn(2, 5))).all()


def test_axes_are_those_that_the_rows_span():
    few, many = torch.randn(4, 9), torch.randn(30, 3) @ torch.randn(3, 9)
    for values, rank in ((few, 4), (many, 3), (torch.randn(9, 9), 9)):
        axes = principal_axes(values, 20)
        torch.testing.assert_close(axes @ axes.T, torch.eye(rank), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(values @ axes.T @ axes, values, atol=1e-3, rtol=1e-3)
        spread = (values @ axes.T).square().sum(dim=0)
        assert (spread.diff() <= 1e-4).all() and principal_axes(values, 2).shape == (2, 9)
        torch.testing.assert_close(principal_axes(values, 2), axes[:2])
    assert torch.equal(principal_axes(torch.zeros(3, 5), 4), torch.eye(1, 5))


def test_a_latent_that_never_varies_is_only_centred():
    frozen = FrozenLatent(nn.Linear(3, 2), torch.ones(4, 3))
    torch.testing.assert_close(frozen(torch.ones(1, 3)), torch.zeros(1, 2), atol=1e-6, rtol=0)
    assert frozen.spread.tolist() == [1, 1] and not any(p.requires_grad for p in frozen.parameters())
    assert not frozen.encoder.training


SETS = {"one": ("A", "B", "C"), "two": ("E", "D")}


def given(sets):
    return TrainGenes(tuple("ABCDEF"), torch.randn(20, 6), sets, torch.arange(20) % 2)


@pytest.mark.parametrize("sets", [SETS, {}])
def test_encoders_of_genes_read_sets_or_single_genes(sets):
    genes, groups = given(sets), [[0, 1, 2], [3, 4], [5]] if sets else [[j] for j in range(6)]
    network = SetMeans(dropout=0.3).encoder(genes, 8).network
    torch.testing.assert_close(network[0].weight, GroupMeans(groups, genes.values, genes.y).weight)
    assert network[1].straight.weight.shape == (8, len(groups)) and network[1].dropout.p == 0.3
    tokens = SetTokens(dropout=0.3, runs=2).encoder(genes, 8)
    runs = gene_groups(genes.names, sets, 2)
    assert [row[row >= 0].tolist() for row in tokens.members] == runs and tokens.before.p == 0.3
    assert runs == ([[0, 1, 2], [3, 4], [5]] if sets else [[0, 1, 2], [3, 4, 5]])
    rows = tokens.weight[0, :2].detach()
    assert torch.equal(rows[0], rows[1]) == bool(sets)  # a set starts as a mean in one direction


def test_an_mlp_and_an_autoencoder_are_as_wide_as_they_say():
    genes = given({})
    mlp = GeneMlp(dropout=0.3).encoder(genes, 8).network
    assert mlp.straight.weight.shape == (8, 6) and mlp.dropout.p == 0.3
    frozen, after = GeneAutoencoder(latent=3, steps=10, linear=True, dropout=0.3).encoder(genes, 8).network
    assert frozen(genes.values).shape == (20, 3) and after.straight.weight.shape == (8, 3) and after.dropout.p == 0.3
    assert isinstance(frozen.encoder[1], nn.Linear)


def test_axes_lie_where_the_genes_lie():
    """Whatever torch would take by itself: here a device without values."""
    with torch.device("meta"):
        axes = [
            principal_axes(values, 3) for values in (torch.zeros(3, 5, device="cpu"), torch.ones(3, 5, device="cpu"))
        ]
        assert chosen_steps(torch.ones(4, 5, device="cpu"), 2, 10, linear=True) == 0
    assert {str(part.device) for part in axes} == {"cpu"} and torch.equal(axes[0], torch.eye(1, 5))
