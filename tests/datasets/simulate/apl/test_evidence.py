"""Evidence of single traits and information of modalities against densities written out with scipy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from datasets.simulate.apl import oracle
from datasets.simulate.apl.evidence import log_ratio, trait_evidence
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.apl.world import sample_world
from datasets.simulate.shared import tables
from datasets.simulate.shared.decision import credit

MODEL = trait_model(1.0)
TRAITS = ("granularity", "basophilia", "nc_ratio", "diameter_um", "nucleus_shape", "auer", "nucleoli", "bleb")


def _density(trait, value, c, u):
    """Return p(one cell's value | class, variant), marginal over the patient's effect."""
    if trait in MODEL.gaussian:
        family = MODEL.gaussian[trait]
        return stats.norm.pdf(family.to_scale(value), family.mean[c, u], family.sd[u])
    if trait in MODEL.categorical:
        return MODEL.categorical[trait][c, u, value]
    if trait == "bleb":
        return MODEL.bleb[c, u] if value else 1 - MODEL.bleb[c, u]
    shape = MODEL.gamma_shape
    return stats.nbinom.pmf(value, shape, shape / (shape + MODEL.nucleoli[c, u]))


def _brute(trait, value, y):
    micro = tables.MICROGRANULAR
    p = [(1 - micro[c]) * _density(trait, value, c, 0) + micro[c] * _density(trait, value, c, 1) for c in range(5)]
    others = [c for c in range(5) if c != y]
    weight = sum(tables.PRIOR[c] for c in others)
    return abs(np.log(p[y]) - np.log(sum(tables.PRIOR[c] / weight * p[c] for c in others)))


@pytest.mark.parametrize("trait", TRAITS)
def test_evidence_equals_the_densities_written_out(trait):
    y = np.arange(10) % 5
    traits = sample_traits(MODEL, y, y % 2, 3, 4)
    leukaemic = np.ones((10, 3), bool)
    leukaemic[:, 2] = False
    got = trait_evidence(MODEL, traits, leukaemic, y)
    assert set(got.columns) == set(TRAITS)
    wanted = [_brute(trait, traits[trait][i, j], y[i]) if leukaemic[i, j] else 0.0 for i in range(10) for j in range(3)]
    np.testing.assert_allclose(got[trait], wanted, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_log_ratio_is_zero_where_no_class_is_likelier_and_ignores_a_constant(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, 8)
    np.testing.assert_allclose(log_ratio(np.full((8, 5), -3.0), y), 0, atol=1e-12)
    part = rng.normal(size=(8, 5))
    np.testing.assert_allclose(log_ratio(part + 7, y), log_ratio(part, y), atol=1e-9)


def test_classes_can_weigh_the_same_and_be_written_as_whole_numbers():
    part, y = np.random.default_rng(0).normal(size=(6, 5)), np.arange(6) % 5
    wanted = [part[i, c] - np.log(np.exp(np.delete(part[i], c)).mean()) for i, c in enumerate(y)]
    for prior in ([1] * 5, [0.2] * 5):
        np.testing.assert_allclose(log_ratio(part, y, prior), wanted)


def test_information_of_a_modality_is_the_drop_without_it():
    posteriors = {
        "all": np.array([[0.5, 0.5], [0.9, 0.1]]),
        "images+genes": np.array([[0.25, 0.75], [0.9, 0.1]]),
        "images+clinical": np.array([[0.5, 0.5], [0.45, 0.55]]),
        "genes+clinical": np.array([[1.0, 0.0], [0.9, 0.1]]),
    }
    got = oracle.modality_information(posteriors, np.array([0, 0]))
    wanted = pd.DataFrame(
        {"images": [np.log(0.5), 0.0], "genes": [0.0, np.log(2)], "clinical": [np.log(2), 0.0]}, dtype=float
    )
    pd.testing.assert_frame_equal(got, wanted)


def test_a_modality_that_a_patient_lacks_tells_nothing_and_others_help_on_average():
    world = sample_world(1.0, 400, 8, 0.0, 2)
    got = oracle.modality_information(world.posterior, world.patients.y)
    alone = world.patients.images_only
    np.testing.assert_allclose(got.loc[alone, ["genes", "clinical"]], 0, atol=1e-12)
    assert (got[~alone].mean() > 0.1).all()


def test_ties_count_as_the_share_that_guessing_among_them_would_hit():
    """Half of the patients have no measurement: their posterior is the prior up to last bits."""
    y, prior = np.arange(500) % 5, np.array(tables.PRIOR)
    rounding = 1 + 1e-15 * np.random.default_rng(0).normal(size=(500, 5))
    blind = prior * rounding
    assert credit(blind, prior, y).mean() == pytest.approx(0.2)
    np.testing.assert_allclose(credit(blind, prior, y), 0.2)
    half = np.where((np.arange(500) < 250)[:, None], np.eye(5)[y], blind)
    assert credit(half, prior, y).mean() == pytest.approx(0.5 + 0.5 * 0.2)
    two = prior * [2, 1, 2, 1, 1]
    assert credit(np.tile(two / two.sum(), (500, 1)), prior, y).mean() == pytest.approx((0.5 + 0.5) / 5)
