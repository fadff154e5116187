"""Droplets of one donor from the numbers drawn for each, and their expected counts."""

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.hematopoiesis.cells import (
    ambient_weights,
    donor_effect,
    mean_counts,
    sample_cells,
    sample_counts,
)
from datasets.simulate.hematopoiesis.genes import hema_genes

SEED, DONOR = 3, 7
TYPES = {0: [(0, 1.0)], 1: [(1, 1.0)], 2: [(2, 0.6), (3, 0.8), (4, 1.0)]}  # lineage -> types with their upper ends


@pytest.fixture(scope="module")
def genes():
    return hema_genes(1000, SEED)


def _one(lineage, u):
    kind = next(kind for kind, top in TYPES[lineage] if u[0] < top)
    library, share = 4000 * np.exp(0.45 * stats.norm.ppf(u[1])), stats.beta(3, 57).ppf(u[2])
    return kind, library * (1 - share), library * share


@pytest.mark.parametrize("ambient", [0.0, 0.2])
def test_a_droplet_holds_one_cell_of_its_lineage_or_two_and_some_soup(ambient):
    got = sample_cells(SEED, DONOR, 20, ambient, 0.4)
    drawn = np.random.default_rng([SEED, 85, DONOR]).random((60, 8))
    soup = np.array([1, 1, 0.6, 0.2, 0.2]) / 3
    np.testing.assert_allclose(ambient_weights(), soup)
    kinds = set()
    for i, u in enumerate(drawn):
        kind, nuclear, mitochondrial = _one(i % 3, u[1:4])
        own = np.eye(5)[kind]
        if u[0] < 0.4:
            other, more, more_mitochondrial = _one(int(3 * u[4]), u[5:8])
            own = (nuclear * own + more * np.eye(5)[other]) / (nuclear + more)
            nuclear, mitochondrial = nuclear + more, mitochondrial + more_mitochondrial
        kinds.add(kind)
        assert got.lineage[i] == i % 3 and got.doublet[i] == (u[0] < 0.4)
        assert got.nuclear[i] == pytest.approx(nuclear) and got.mitochondrial[i] == pytest.approx(mitochondrial)
        np.testing.assert_allclose(got.weights[i], (1 - ambient) * own + ambient * soup)
    assert kinds == set(range(5))


def test_numbers_at_the_ends_give_finite_cells(monkeypatch):
    class Ends:
        def random(self, shape):
            return np.resize([0.0, 1.0], shape)

    monkeypatch.setattr("datasets.simulate.hematopoiesis.cells.generator", lambda *_: Ends())
    got = sample_cells(0, 0, 2, 0.1, 0.5)
    assert np.isfinite(got.nuclear).all() and (got.mitochondrial > 0).all() and np.isfinite(got.weights).all()


def test_expected_counts_mix_the_types_profiles(genes):
    cells = sample_cells(SEED, DONOR, 2, 0.1, 0.5)
    for y in (0, 2):
        got, profile = mean_counts(genes, cells, y), genes.abundance(y)
        for i in range(6):
            wanted = cells.nuclear[i] * sum(cells.weights[i, k] * profile[k] for k in range(5))
            np.testing.assert_allclose(got[i], wanted + cells.mitochondrial[i] * genes.mitochondrial)


def test_a_donor_shifts_every_gene_for_all_cells_and_so_does_the_batch(genes):
    own = np.random.default_rng([SEED, 86, DONOR]).standard_normal(1000)
    for batch in range(3):
        np.testing.assert_allclose(donor_effect(genes, SEED, DONOR, batch), 0.15 * own + genes.batch[batch])


def test_counts_are_poisson_about_gamma_means():
    mean = np.random.default_rng(0).uniform(0, 20, (3, 50))
    gamma = np.random.default_rng([SEED, 87, DONOR]).standard_gamma(3.0, (3, 50))
    wanted = np.random.default_rng([SEED, 88, DONOR]).poisson(mean * gamma / 3.0)
    got = sample_counts(mean, SEED, DONOR)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, wanted)
