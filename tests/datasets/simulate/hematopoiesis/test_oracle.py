"""The posterior of droplets against Bayes' rule over a grid of donor effects, class by class."""

import numpy as np
from scipy import stats

from datasets.simulate.hematopoiesis import oracle
from datasets.simulate.hematopoiesis.cells import donor_effect, mean_counts, sample_cells, sample_counts
from datasets.simulate.hematopoiesis.genes import hema_genes


def test_signal_genes_tell_the_class_by_bayes_rule():
    genes, donor, batch = hema_genes(1000, 2), 4, 2
    cells = sample_cells(2, donor, 2, 0.1, 0.5)
    counts = sample_counts(mean_counts(genes, cells, 1) * np.exp(donor_effect(genes, 2, donor, batch)), 2, donor)
    got = oracle.posterior(oracle.log_likelihood(genes, cells, counts[:, genes.signal], batch))
    grid = np.linspace(-7, 7, 141)
    weight = np.log(stats.norm.pdf(grid) * (grid[1] - grid[0]))
    total = np.zeros((6, 4))
    for y in range(4):
        mean = (mean_counts(genes, cells, y) * np.exp(genes.batch[batch]))[:, genes.signal, None] * np.exp(0.15 * grid)
        mass = stats.nbinom.logpmf(counts[:, genes.signal, None], 3.0, 3.0 / (3.0 + mean)) + weight
        total[:, y] = np.logaddexp.reduce(mass, axis=2).sum(axis=1)
    wanted = np.exp(total - total.max(axis=1, keepdims=True))
    np.testing.assert_allclose(got, wanted / wanted.sum(axis=1, keepdims=True), rtol=1e-6, atol=1e-9)
    assert got[0].argmax() == 1  # the first droplet is of MPP, whose shifts are whole


def test_equal_likelihoods_are_equal_posteriors():
    np.testing.assert_allclose(oracle.posterior(np.array([[-900.0] * 4, [0, -np.inf, 0, -np.inf]])),
                               [[0.25] * 4, [0.5, 0, 0.5, 0]])  # fmt: skip
