"""Expression of the six diseases from the numbers drawn for each patient."""

import numpy as np
import pytest

from datasets.simulate.mito import expression, tables
from datasets.simulate.mito.pathways import DECOYS, PATHWAYS

SEED = 6
NAMED = [*PATHWAYS.values(), *DECOYS.values()]
COUNT = sum(map(len, NAMED))


@pytest.fixture(scope="module")
def model():
    return expression.gene_model(0.5, SEED, n_genes=COUNT + 30)


def test_genes_are_pathways_then_decoys_then_null_genes_of_twenty_factors(model):
    rng = np.random.default_rng([SEED, 4])
    factor = rng.integers(0, 20, 30)
    owner = [k for k, members in enumerate(NAMED) for _ in members]
    assert model.names == (*(g for members in NAMED for g in members), *(f"NULL{k:04d}" for k in range(1, 31)))
    np.testing.assert_array_equal(model.module, [*owner, *(len(NAMED) + factor)])
    loading = [*rng.uniform(0.4, 0.8, COUNT), *np.full(30, np.sqrt(0.15) * 1.1)]
    np.testing.assert_allclose(model.loading, loading)
    np.testing.assert_allclose(model.noise_sd, np.sqrt(1.1**2 - np.square(loading)))
    np.testing.assert_array_equal(model.baseline, rng.gamma(4.0, 1.2, COUNT + 30))
    for k, name in enumerate(PATHWAYS):
        shift = np.array(tables.PATHWAY_SHIFTS[name], float)
        np.testing.assert_allclose(model.shift[:, k], shift.mean() + 0.5 * (shift - shift.mean()), atol=1e-12)
    assert [name for name, own in zip(model.names, model.mitochondrial, strict=True) if own] == list(
        PATHWAYS["mtdna_transcripts"]
    )
    assert model.signal == tuple(g for members in PATHWAYS.values() for g in members)
    assert model.sets == PATHWAYS | DECOYS and not PATHWAYS.keys() & DECOYS.keys()


def test_a_gene_is_its_baseline_its_module_noise_and_at_site_b_more_mitochondrial_reads(model):
    y, site = np.array([0, 3, 5]), np.array([0, 1, 2])
    modules = expression.sample_modules(model, y, SEED)
    got = expression.sample_expression(model, modules, site, SEED)
    n_modules = max(model.module) + 1
    for i in range(3):
        score = np.random.default_rng([SEED, 5, i]).standard_normal(n_modules)
        for k in range(len(PATHWAYS)):
            score[k] += model.shift[y[i], k]
        np.testing.assert_allclose(modules[i], score)
        noise = np.random.default_rng([SEED, 6, i]).standard_normal(COUNT + 31)
        reads = (0.0, 0.485, 0.0)[site[i]] + 0.25 * noise[-1]
        for j in range(COUNT + 30):
            wanted = model.baseline[j] + model.loading[j] * score[model.module[j]] + model.noise_sd[j] * noise[j]
            wanted += reads if model.names[j].startswith("MT-") else 0
            assert got[i, j] == pytest.approx(wanted)


def test_all_of_site_a_seven_in_ten_of_b_and_none_of_c_have_expression():
    site = np.arange(90) % 3
    drawn = [np.random.default_rng([SEED, 7, i]).random() for i in range(90)]
    wanted = [s == 0 or (s == 1 and u < 0.7) for s, u in zip(site, drawn, strict=True)]
    np.testing.assert_array_equal(expression.genes_measured(site, SEED), wanted)


def test_what_was_not_measured_says_nothing_of_the_class(model):
    values = np.random.default_rng(0).normal(5, 1, (3, COUNT + 30))
    measured = np.array([True, False, True])
    got = expression.gene_log_likelihood(model, values, np.zeros(3, np.int64), measured)
    assert got.shape == (3, 6) and not got[1].any() and np.ptp(got[[0, 2]], axis=1).min() > 0
    for i in (0, 2):
        alone = expression.gene_log_likelihood(model, values[i : i + 1], np.zeros(1, np.int64), np.ones(1, bool))
        np.testing.assert_allclose(alone[0], got[i])
