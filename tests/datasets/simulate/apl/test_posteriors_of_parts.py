"""Posteriors of several patients at once by Bayes' rule from the tables, subset by subset."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.apl import clinical, oracle
from datasets.simulate.apl.expression import gene_model, genes_measured, sample_signal
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.apl.world import sample_world
from datasets.simulate.shared import tables
from datasets.simulate.shared.likelihood import clinical_log_likelihood
from datasets.simulate.shared.missingness import genes_lost

PRIOR = np.array([0.40, 0.12, 0.12, 0.18, 0.18])
MICRO = np.array([0.20, 0.20, 0.25, 0.40, 0.265])
MODEL = trait_model(1.0)


def _bayes(log_likelihood, prior=PRIOR):
    """Return p(class) of one patient from log p(data | class, variant), (5, 2)."""
    chance = prior[:, None] * np.stack([1 - MICRO, MICRO], axis=1)
    weight = (chance * np.exp(log_likelihood - log_likelihood.max())).sum(axis=1)
    return weight / weight.sum()


def test_a_posterior_is_prior_times_likelihood_over_both_variants():
    part = np.random.default_rng(0).normal(0, 3, (4, 5, 2)) - 900
    for prior in (PRIOR, np.full(5, 0.2)):
        got = oracle.posterior(part, *([] if prior is PRIOR else [prior]))
        np.testing.assert_allclose(got, [_bayes(one, prior) for one in part])


def test_a_subset_adds_its_parts_and_cells_tell_of_purity_unless_the_fraction_is_told():
    rng = np.random.default_rng(1)
    parts = {name: rng.normal(0, 1, (4, 5, 2)) for name in ("images", "genes", "clinical")}
    purity, known = rng.normal(0, 2, (4, 5, 2)), np.array([True, False, True, False])
    got = oracle.subset_posteriors(**parts, purity=purity, fraction_known=known)
    names = {}
    for size in (1, 2, 3):
        for subset in combinations(parts, size):
            names["all" if size == 3 else "+".join(subset)] = subset
    assert list(got) == list(names)
    for name, subset in names.items():
        for i in range(4):
            total = sum(parts[part][i] for part in subset)
            if "images" in subset and not ("clinical" in subset and known[i]):
                total = total + purity[i]
            np.testing.assert_allclose(got[name][i], _bayes(total), err_msg=name)


def test_genes_are_gaussian_about_their_shifts_for_either_variant():
    model = gene_model(1.0, 3, n_genes=60)
    signal, measured = sample_signal(model, np.array([0, 3, 4]), 3), np.array([True, True, False])
    got = oracle.gene_log_likelihood(model, signal, measured)
    for i, c, v in np.ndindex(3, 5, 2):
        assert got[i, c, v] == pytest.approx(stats.norm(model.shift[c], 1.1).logpdf(signal[i]).sum() * measured[i])


def _alone(name, traits, sick, c, v):
    """Return log p(values of the leukaemic cells of one patient | class, variant) by scipy's joint distributions."""
    x, k = traits[name][sick], int(sick.sum())
    if not k:
        return 0.0
    if name in MODEL.gaussian:
        trait = MODEL.gaussian[name]
        cov = trait.sd[v] ** 2 * (0.3 + 0.7 * np.eye(k))
        return stats.multivariate_normal(np.full(k, trait.mean[c, v]), cov).logpdf(trait.to_scale(x))
    if name == "nucleoli":
        mean, total = MODEL.nucleoli[c, v], int(x.sum())
        whole = stats.nbinom(4, 4 / (4 + k * mean)).logpmf(total)  # of the sum; then how it falls on the cells
        return whole + stats.multinomial(total, np.full(k, 1 / k)).logpmf(x)
    levels = np.array([MODEL.bleb[c, v], 1 - MODEL.bleb[c, v]]) if name == "bleb" else MODEL.categorical[name][c, v]
    counts = np.bincount(np.where(x, 0, 1) if name == "bleb" else x, minlength=len(levels))
    orders = stats.multinomial(k, np.full(len(levels), 1 / len(levels))).logpmf(counts) + k * np.log(len(levels))
    return stats.dirichlet_multinomial(10 * levels, k).logpmf(counts) - orders


def test_traits_of_a_bag_have_the_joint_density_of_cells_that_share_a_patient():
    y, variant = np.array([0, 2, 4, 1]), np.array([0, 1, 0, 1])
    traits = sample_traits(MODEL, y, variant, 5, 2)
    sick = np.array([[1, 1, 0, 1, 1], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    parts = oracle.trait_log_likelihoods(MODEL, traits, sick)
    assert set(parts) == set(traits)
    for name, part in parts.items():
        for i, c, v in np.ndindex(4, 5, 2):
            one = {key: values[i] for key, values in traits.items()}
            assert part[i, c, v] == pytest.approx(_alone(name, one, sick[i], c, v), abs=1e-9), name
    np.testing.assert_allclose(oracle.trait_log_likelihood(MODEL, traits, sick), np.sum(list(parts.values()), axis=0))


def test_which_cells_are_leukaemic_is_beta_binomial_in_their_order():
    marrow = clinical.marrow_percentage(1.0)
    sick = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    got = oracle.purity_log_likelihood(marrow, sick)
    for i, c in np.ndindex(3, 5):
        k = int(sick[i].sum())
        mean, size = tables.PROMYELOCYTES[c]
        whole = stats.betabinom(4, mean * size, (1 - mean) * size).logpmf(k)
        np.testing.assert_allclose(got[i, c], whole - np.log([1, 4, 6, 4, 1][k]))


@pytest.mark.parametrize("mnar", [False, True])
def test_a_world_is_judged_by_the_data_that_it_shows(mnar):
    n, cells, seed = 30, 4, 9
    world = sample_world(0.8, n, cells, 0.3, seed, mnar=mnar)
    model, labs = trait_model(0.8), clinical.clinical_model(0.8)
    traits = sample_traits(model, world.patients.y, world.patients.variant, cells, seed)
    got = oracle.subset_posteriors(
        images=oracle.trait_log_likelihood(model, traits, world.cells.leukaemic),
        purity=oracle.purity_log_likelihood(clinical.marrow_percentage(0.8), world.cells.leukaemic),
        genes=oracle.gene_log_likelihood(gene_model(0.8, seed), world.signal, world.genes_measured),
        clinical=clinical_log_likelihood(labs, world.observed, 5),
        fraction_known=world.observed["promyelocytes"].notna().to_numpy(),
    )
    for name, posterior in got.items():
        np.testing.assert_allclose(world.posterior[name], posterior, err_msg=name)
    complete = clinical.sample_clinical(labs, world.patients.y, world.patients.variant, seed)
    lost = genes_lost(complete, seed) if mnar else np.zeros(n, bool)
    np.testing.assert_array_equal(world.genes_measured, genes_measured(world.patients, seed) & ~lost)
    assert (genes_measured(world.patients, seed) & lost).any() == mnar
    unmeasured = ~world.genes_measured
    assert unmeasured.any() and not world.expression[unmeasured].any()
    assert world.expression[~unmeasured].std(axis=1).min() > 0.5 and world.expression.dtype == np.float32
    np.testing.assert_array_equal(world.photographed, world.patients.site)
    sick = world.cells.leukaemic
    np.testing.assert_array_equal(world.cells.diameter_um[sick], traits["diameter_um"][sick])
