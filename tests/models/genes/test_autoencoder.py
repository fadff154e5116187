"""The autoencoder of genes: principal components in closed form; no labels, no valid, no held-out rows."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from benchmark.entries.registry import entry_class, entry_spec
from models.genes.autoencoder import FrozenLatent, GeneAutoencoder
from models.genes.autoencoder_fit import (
    Autoencoder,
    advance,
    chosen_steps,
    descent,
    fitted_encoder,
    principal_axes,
)
from models.inputs import Resident, TrainGenes
from models.network.fold_tokens import fold_tokens
from tests.toy import toy_cohort


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def standardised(n=60, n_genes=200, rank=3, seed=0):
    """Return genes that ``rank`` factors move, and noise, float32 (n, n_genes)."""
    rng = np.random.default_rng(seed)
    loadings = np.random.default_rng(99).normal(size=(rank, n_genes)) * np.array([3.0, 2.0, 1.5])[:rank, None]
    values = rng.normal(size=(n, rank)) @ loadings + rng.normal(size=(n, n_genes))
    return torch.tensor((values - values.mean(0)) / values.std(0), dtype=torch.float32)


@torch.no_grad()
def error(autoencoder, values):
    return float(autoencoder.loss(values))


@pytest.mark.parametrize(("n", "n_genes"), [(40, 90), (90, 40)])
def test_axes_are_scikit_learns(n, n_genes):
    values = standardised(n, n_genes)
    pca = PCA(5, svd_solver="full").fit(values.double().numpy())
    axes = principal_axes(values, 5).double().numpy()
    np.testing.assert_allclose(np.abs(axes @ pca.components_.T), np.eye(5), atol=1e-4)
    assert len(principal_axes(values, 500)) == min(n - 1, n_genes)


def test_the_latent_of_a_linear_autoencoder_spans_that_of_principal_components():
    values = standardised()
    autoencoder = Autoencoder(values, 3, linear=True)
    advance(descent(autoencoder, values), 1500)
    pca = PCA(3, svd_solver="full").fit(values.numpy())
    with torch.no_grad():
        weights = (autoencoder.encoder.weight @ autoencoder.components.axes).double().numpy()
        left = error(autoencoder, values) / float((values @ autoencoder.components.axes.T).square().mean())
    angles = np.linalg.svd(np.linalg.qr(weights.T)[0].T @ pca.components_.T, compute_uv=False)
    np.testing.assert_allclose(angles, 1, atol=1e-4)
    # Eckart and Young: no map of rank 3 leaves less.
    assert left == pytest.approx(1 - pca.explained_variance_ratio_.sum(), abs=1e-4)


def test_a_bend_is_learned_where_a_line_does_not_do():
    """Genes on a parabola: one number is enough for them, one principal component is not."""
    t = torch.linspace(-2, 2, 60)[:, None]
    values = torch.cat([t, t**2 - (t**2).mean()], dim=1) @ torch.randn(2, 30)
    straight, bent = (Autoencoder(values, 1, linear=linear) for linear in (True, False))
    for autoencoder in (straight, bent):
        advance(descent(autoencoder, values), 600)
    assert error(bent, values) < 0.3 * error(straight, values)


def test_it_stops_before_it_knows_noise_by_heart():
    values, fresh = torch.randn(60, 400), torch.randn(60, 400)
    steps = chosen_steps(values, 10, 300, linear=False)
    chosen, forced = (Autoencoder(values, 10, linear=False) for _ in range(2))
    advance(descent(chosen, values), steps)
    advance(descent(forced, values), 300)
    assert steps < 100 and steps % 10 == 0
    assert error(forced, values) < error(chosen, values)
    assert error(forced, fresh) > error(chosen, fresh)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_specimens_are_described_all_the_same(n):
    values = torch.randn(n, 7) if n > 1 else torch.zeros(1, 7)
    encoder = GeneAutoencoder(latent=3).encoder(
        TrainGenes(tuple("ABCDEFG"), values, {}, torch.zeros(n, dtype=torch.int64)), 8
    )
    assert torch.isfinite(encoder.network(torch.randn(5, 7))).all()


def test_the_latent_has_mean_0_and_variance_1_on_train():
    values = standardised()
    latent = FrozenLatent(fitted_encoder(values, 4, 50, linear=False), values)(values)
    torch.testing.assert_close(latent.mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(latent.std(0, correction=0), torch.ones(4), atol=1e-5, rtol=0)


def fitted(train, valid):
    settings = {"genes.latent": 3, "genes.steps": 20, "max_epochs": 1}
    return entry_class(entry_spec("autoencoder-genes"))(seed=0, **settings).fit(train, valid)


def frozen(entry):
    return entry.network_.encoders["genes"].network[0].state_dict()


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_the_latent_depends_on_genes_of_train_alone_and_training_leaves_it():
    cohort = toy_cohort(n=60, images=False, clinical=False)
    train, valid = cohort[np.arange(45)], cohort[np.arange(45, 60)]
    entry = fitted(train, valid)
    other_valid = dataclasses.replace(valid, genes=np.float32(3) * valid.genes, y=(valid.y + 1) % 3)
    assert same(frozen(entry), frozen(fitted(train, other_valid)))
    other_labels = dataclasses.replace(train, y=np.roll(train.y, 1))
    assert same(frozen(entry), frozen(fitted(other_labels, valid)))
    other_genes = dataclasses.replace(train, genes=train.genes[::-1] * train.has("genes")[:, None])
    assert not same(frozen(entry), frozen(fitted(other_genes, valid)))
    resident = Resident.load(train, entry.inputs_, "cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = entry.build_network(resident, train)
    assert same(untrained.encoders["genes"].network[0].state_dict(), frozen(entry))
    assert not any(p.requires_grad for p in entry.network_.encoders["genes"].network[0].parameters())


def test_in_inner_folds_it_has_not_seen_who_is_held_out():
    train = toy_cohort(n=60, images=False, clinical=False, missing=0.0)
    learn = np.arange(60) % 4 > 0
    changed = dataclasses.replace(train, genes=np.where(learn[:, None], train.genes, -7).astype(np.float32))
    entry, told = fitted(train, train), torch.tensor(learn)
    tokens = [fold_tokens("genes", entry.fit_inputs, entry.encoders, 0, 8, cohort, told) for cohort in (train, changed)]
    assert torch.equal(tokens[0][told], tokens[1][told]) and not torch.equal(tokens[0][~told], tokens[1][~told])
