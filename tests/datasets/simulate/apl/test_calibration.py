"""Posteriors of whole cohorts: the parts that modalities share, by quadrature, and score tests of calibration."""

import numpy as np
import pytest
from scipy import integrate, stats

from datasets.simulate.apl import clinical, oracle
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.apl.world import sample_world
from datasets.simulate.mito import clinical as mito_clinical
from datasets.simulate.mito import kinds as mito_kinds
from datasets.simulate.mito import oracle as mito_oracle
from datasets.simulate.mito.traits import BLAST
from datasets.simulate.mito.traits import trait_model as mito_trait_model
from datasets.simulate.mito.world import sample_mito_world
from datasets.simulate.shared import tables
from datasets.simulate.shared.likelihood import clinical_log_likelihood

PATIENTS = 20_000
MOST = 4.0  # standard errors; about 90 figures are looked at in each world


def _log_integral(log_density, low, high):
    """Return the log of an integral over [low, high] whose integrand may be tiny."""
    grid = np.linspace(low, high, 2001)[1:-1]
    top = max(log_density(q) for q in grid)
    value, _ = integrate.quad(lambda q: np.exp(log_density(q) - top), low, high, limit=400, points=[grid.mean()])
    return np.log(value) + top


@pytest.mark.parametrize("told", [True, False], ids=["percentage told", "percentage missing"])
def test_marrow_percentage_and_leukaemic_cells_are_one_piece_of_evidence(told):
    """Both come from one fraction: p(percentage near x, which cells) is one integral over it, not a product."""
    world = sample_world(1.0, 40, 12, 0.0, 3)
    i = _most_in_doubt(world, "promyelocytes", told)
    leukaemic = world.cells.leukaemic
    seen = oracle.trait_log_likelihood(trait_model(1.0), _apl_traits(world), leukaemic)[i]
    labs = {name: family for name, family in clinical.clinical_model(1.0).items() if name != "promyelocytes"}
    total = seen + clinical_log_likelihood(labs, world.observed, 5)[i]
    marrow, k, m = clinical.marrow_percentage(1.0), leukaemic[i].sum(), leukaemic.shape[1]
    x = world.observed["promyelocytes"].iloc[i] / 100
    low, high = (x - 1e-6, x + 1e-6) if told else (0.0, 1.0)
    for c, u in np.ndindex(5, 2):
        density = stats.beta(marrow.alpha[c, u], marrow.beta[c, u])
        total[c, u] += _log_integral(
            lambda q, p=density: p.logpdf(q) + k * np.log(q) + (m - k) * np.log1p(-q), low, high
        )
    got = world.posterior["images+clinical"][i]
    np.testing.assert_allclose(got, oracle.posterior(total[None])[0], atol=2e-6)


def _most_in_doubt(world, column, told):
    """Return who has labs, and the column or not, and the flattest posterior: where a mistake shows most."""
    rows = world.observed["wbc"].notna() & (world.observed[column].notna() == told)
    doubt = np.where(rows, world.posterior["images+clinical"].max(axis=1), 2)
    assert doubt.min() < 0.9
    return int(doubt.argmin())


def _apl_traits(world):
    return sample_traits(
        trait_model(1.0), world.patients.y, world.patients.variant, world.cells.leukaemic.shape[1], world.seed
    )


@pytest.mark.parametrize("told", [True, False], ids=["count told", "count missing"])
def test_marrow_count_and_pictured_blasts_are_one_piece_of_evidence(told):
    """Both are drawn from one fraction of blasts: 500 cells of the differential and those that are pictured."""
    world = sample_mito_world(0.6, 60, 12, 0.0, 3, definitional=True)
    model, labs = mito_trait_model(0.6), mito_clinical.clinical_model(0.6)
    labs["lymphocytes"] = mito_clinical.blood_lymphocytes(0.6)
    percent, i = world.observed["blasts"], _most_in_doubt(world, "blasts", told)
    _, others = mito_oracle.kind_log_likelihoods(model, world.latent)
    seen = np.sum(list(mito_oracle.trait_log_likelihoods(model, world.latent).values()), axis=0) + others
    values = clinical_log_likelihood(labs, world.observed, 6)
    total = seen[i] + mito_oracle.over_age_groups(values)[i]
    pictured, of = (world.latent.kind[i] == BLAST).sum(), world.latent.kind.shape[1]
    if told:
        pictured, of = pictured + round(5 * percent.iloc[i]), of + 500
    for c in range(6):
        a = mito_kinds.CONCENTRATION * model.fractions[c, BLAST]
        density = stats.beta(a, mito_kinds.CONCENTRATION - a)
        total[c] += _log_integral(
            lambda q, p=density: p.logpdf(q) + pictured * np.log(q) + (of - pictured) * np.log1p(-q), 0.0, 1.0
        )
    got = world.posterior["images+clinical"][i]
    np.testing.assert_allclose(got, mito_oracle.posterior(total[None])[0], atol=2e-6)


def _scores(p, y):
    """Return standardised scores of a posterior that are Gaussian if it is the truth's: class, slope, NLL.

    Class: are there as many of each as said; slope: is a class as much likelier as said where more is said; NLL: is
    the loss of the size that the posterior itself expects.
    """
    hit = np.eye(p.shape[1])[y]
    variance = p * (1 - p)
    log_p = np.log(p + 1e-12)
    steep = log_p - log_p.mean(axis=0)
    loss, entropy = -log_p[np.arange(len(y)), y], -(p * log_p).sum(axis=1)
    spread = (p * log_p**2).sum(axis=1) - entropy**2
    return np.concatenate([
        (hit - p).sum(axis=0) / np.sqrt(variance.sum(axis=0)),
        ((hit - p) * steep).sum(axis=0) / np.sqrt((variance * steep**2).sum(axis=0)),
        [(loss - entropy).sum() / np.sqrt(spread.sum())],
    ])  # fmt: skip


def _check(posteriors, y, rows=slice(None), subsets=None):
    for subset in subsets or posteriors:
        z = _scores(posteriors[subset][rows], y[rows])
        assert np.abs(z).max() < MOST, (subset, np.round(z, 1))


@pytest.fixture(scope="module")
def apl():
    return sample_world(1.0, PATIENTS, 12, 0.0, 11)


@pytest.fixture(scope="module")
def apl_mnar():
    return sample_world(1.0, PATIENTS, 12, 0.0, 11, mnar=True)


@pytest.fixture(scope="module")
def mito():
    return sample_mito_world(0.6, PATIENTS, 8, 0.0, 5, definitional=True)


def test_scores_of_the_right_posterior_are_standard_normal_and_of_a_sharper_one_are_not():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 20_000)
    y = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1)
    assert np.abs(_scores(p, y)).max() < MOST
    sharper = p**1.1 / (p**1.1).sum(axis=1, keepdims=True)
    assert np.abs(_scores(sharper, y)).max() > 2 * MOST


@pytest.mark.slow
def test_posteriors_of_apl_are_calibrated(apl):
    _check(apl.posterior, apl.patients.y)
    _check(apl.posterior, apl.patients.y, apl.observed["promyelocytes"].notna().to_numpy())


@pytest.mark.slow
def test_posteriors_of_the_six_diseases_are_calibrated(mito):
    _check(mito.posterior, mito.patients.y)
    _check(mito.posterior, mito.patients.y, mito.observed["blasts"].notna().to_numpy())


@pytest.mark.slow
def test_missingness_by_illness_leaves_posteriors_that_use_the_labs_exact(apl_mnar):
    world, labs = apl_mnar, [name for name in apl_mnar.posterior if "clinical" in name or name == "all"]
    _check(world.posterior, world.patients.y, subsets=["images", *labs])
    lost = ~world.genes_measured & (world.patients.site < tables.SITES.index("C"))
    _check(world.posterior, world.patients.y, lost, labs)
