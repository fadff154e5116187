"""The closed-form posterior against brute-force integration, the design's table and its own calibration."""

import numpy as np
import pytest
from scipy import integrate, stats

from datasets.simulate.apl import clinical, oracle
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.apl.world import sample_world
from datasets.simulate.shared import tables
from tests.datasets.simulate.posterior_checks import check_calibrated, check_more_evidence_is_better

MODEL = trait_model(1.0)
CELLS = 3


def _one_patient(seed=5):
    y, variant = np.array([1]), np.array([0])
    return sample_traits(MODEL, y, variant, CELLS, seed), np.array([[True, True, False]])


@pytest.mark.parametrize("name", ["granularity", "diameter_um"])
def test_gaussian_trait_equals_integral_over_patient_effect(name):
    traits, leukaemic = _one_patient()
    trait = MODEL.gaussian[name]
    z = trait.to_scale(traits[name])[leukaemic]
    got = oracle._gaussian(trait, MODEL.icc, traits[name], leukaemic)[0]
    for c in range(5):
        for u in range(2):
            within, between = np.sqrt(1 - MODEL.icc) * trait.sd[u], np.sqrt(MODEL.icc) * trait.sd[u]

            def density(b, c=c, u=u, within=within, between=between):
                cells = stats.norm.pdf(z, trait.mean[c, u] + b, within).prod()
                return cells * stats.norm.pdf(b, 0, between)

            reach = 8 * between
            value, _ = integrate.quad(density, -reach, reach, points=[0.0], limit=200)
            assert got[c, u] == pytest.approx(np.log(value), rel=1e-6)


def test_nucleoli_equal_integral_over_patient_rate():
    traits, leukaemic = _one_patient()
    counts = traits["nucleoli"][leukaemic]
    got = oracle._nucleoli(MODEL, traits["nucleoli"], leukaemic)[0]
    for c in range(5):
        scale = MODEL.nucleoli[c, 0] / MODEL.gamma_shape

        def density(rate, scale=scale):
            return stats.poisson.pmf(counts, rate).prod() * stats.gamma.pdf(rate, MODEL.gamma_shape, scale=scale)

        assert got[c, 0] == pytest.approx(np.log(integrate.quad(density, 0, 40, limit=200)[0]), rel=1e-6)


def test_blebs_equal_integral_over_patient_probability():
    leukaemic = np.array([[True, True, False]])
    bleb = np.array([[True, False, True]])
    got = oracle._bleb(MODEL, bleb, leukaemic)[0]
    for c in range(5):
        a = MODEL.concentration * MODEL.bleb[c, 0]
        value, _ = integrate.quad(lambda q, a=a: q * (1 - q) * stats.beta.pdf(q, a, MODEL.concentration - a), 0, 1)
        assert got[c, 0] == pytest.approx(np.log(value), rel=1e-6)


def test_shapes_equal_average_over_dirichlet_draws():
    levels, leukaemic = np.array([[0, 2, 2]]), np.ones((1, 3), bool)
    alpha = MODEL.concentration * MODEL.categorical["nucleus_shape"]
    got = oracle._dirichlet_multinomial(alpha, levels, leukaemic)[0]
    p = np.random.default_rng(0).dirichlet(alpha[0, 0], 400_000)
    assert np.exp(got[0, 0]) == pytest.approx((p[:, 0] * p[:, 2] ** 2).mean(), rel=0.01)


def test_purity_equals_integral_over_marrow_fraction():
    marrow = clinical.marrow_percentage(1.0)
    leukaemic = np.array([[True, True, False, True]])
    got = oracle.purity_log_likelihood(marrow, leukaemic)[0]
    for c in range(5):
        a, b = marrow.alpha[c, 0], marrow.beta[c, 0]
        value, _ = integrate.quad(lambda q, a=a, b=b: q**3 * (1 - q) * stats.beta.pdf(q, a, b), 0, 1)
        assert got[c, 0] == pytest.approx(np.log(value), rel=1e-6)


def test_no_leukaemic_cell_tells_nothing():
    traits, _ = _one_patient()
    none = np.zeros((1, CELLS), bool)
    np.testing.assert_allclose(oracle.trait_log_likelihood(MODEL, traits, none), 0, atol=1e-12)


@pytest.mark.parametrize("column", ["age", "wbc", "fibrinogen", "hb", "promyelocytes"])
def test_clinical_densities_integrate_to_one(column):
    family = clinical.clinical_model(1.0)[column]
    top = {"age": 150, "wbc": 4000, "fibrinogen": 60, "hb": 300, "promyelocytes": 100}[column]
    low = -100 if column == "hb" else 1e-6
    grid = np.linspace(low, top, 400_001)[1:-1]
    mass = np.trapezoid(np.exp(family.log_density(grid)), grid, axis=0)
    np.testing.assert_allclose(mass, 1, atol=5e-3)


def test_quantile_and_density_describe_the_same_distribution():
    p = (np.arange(20_000) + 0.5) / 20_000
    for column, family in clinical.clinical_model(1.0).items():
        x = family.quantile(p, np.full(p.shape, 1), np.full(p.shape, 0))
        other = family.log_density(x)[:, 2, 0] - family.log_density(x)[:, 1, 0]
        assert np.exp(other).mean() == pytest.approx(1, abs=0.1), column  # E_p[q / p] = 1


@pytest.fixture(scope="module")
def large_world():
    return sample_world(1.0, 6000, 12, 0.0, 3)


@pytest.mark.parametrize("subset", ["images", "genes", "clinical", "images+genes", "images+clinical", "all"])
def test_posterior_is_calibrated(large_world, subset):
    edges = [0.05, 0.15, 0.3, 0.5, 0.7, 0.9]
    check_calibrated(large_world.posterior[subset], large_world.patients.y, edges, 1e-3)


def test_more_evidence_is_better_on_average(large_world):
    check_more_evidence_is_better(large_world.posterior, large_world.patients.y)


def test_effect_zero_makes_genes_uninformative():
    world = sample_world(0.0, 60, 4, 0.0, 0)
    np.testing.assert_allclose(world.posterior["genes"], np.tile(tables.PRIOR, (60, 1)), atol=1e-12)


def test_every_modality_subset_has_a_posterior(large_world):
    assert set(large_world.posterior) == {
        "images", "genes", "clinical", "images+genes", "images+clinical", "genes+clinical", "all",
    }  # fmt: skip
