"""Kinds and traits of single cells from the numbers drawn for them, and the tables they come from."""

import numpy as np
import pytest
from scipy import special, stats

from datasets.simulate.mito import kinds as look
from datasets.simulate.mito.cells import drawn_cells, neoplastic
from datasets.simulate.mito.patients import sample_adult, sample_patients, site_probabilities
from datasets.simulate.mito.tables import CLASSES
from datasets.simulate.mito.traits import MitoTraits, sample_mito_cells, trait_model

N, CELLS, SEED = 12, 8, 3
Y = np.arange(N) % 6
TRAITS = ("diameter_um", "nc_ratio", "granularity", "basophilia", "clumping")
SD = (0.11, 0.30, 0.75, 0.50, 0.45)
OUTLINES = ("round", "reniform", "bilobed", "folded", "pelger", "oval", "lobed", "smudge")


def _level(weights, u):
    return int(np.searchsorted(np.cumsum(weights / weights.sum())[:-1], u))


def _gammas(alpha, u):
    return stats.gamma.ppf(u, alpha)


@pytest.fixture(scope="module")
def drawn():
    model = trait_model(0.6)
    return model, *sample_mito_cells(model, Y, CELLS, SEED)


def test_every_cell_is_what_its_numbers_say(drawn):
    model, cells, blasts = drawn
    kinds = set()
    for i in range(N):
        c = Y[i]
        own = np.random.default_rng([SEED, 8, i]).random((9, 5 + 8 + 3 + 1 + 1))
        each = np.random.default_rng([SEED, 9, i]).random((CELLS, 5 + 3))
        chance = np.random.default_rng([SEED, 10, i]).random(CELLS)
        weights = _gammas(10 * model.fractions[c], own[:, 17])
        assert blasts[i] == pytest.approx(weights[0] / weights.sum())
        for j in range(CELLS):
            k = _level(weights, chance[j])
            kinds.add(k)
            assert cells.kind[i, j] == k
            assert cells.nucleus[i, j] == _level(_gammas(10 * model.nucleus[c, k], own[k, 5:13]), each[j, 5])
            rods = _level(_gammas(10 * model.auer[c], own[0, 13:16]), each[j, 6]) if k == 0 else 0
            assert cells.auer[i, j] == rods
            rate = stats.gamma(4, scale=model.nucleoli[c, k] / 4).ppf(own[k, 16])
            assert cells.nucleoli[i, j] == stats.poisson(rate).ppf(each[j, 7])
            for t in range(5):
                z = np.sqrt(0.3) * stats.norm.ppf(own[k, t]) + np.sqrt(0.7) * stats.norm.ppf(each[j, t])
                assert cells.gaussian[t, i, j] == pytest.approx(model.mean[t, c, k] + SD[t] * z)
    assert len(kinds) >= 6
    np.testing.assert_allclose(cells.trait("diameter_um"), np.exp(cells.gaussian[0]))
    for t in range(1, 5):
        np.testing.assert_allclose(cells.trait(TRAITS[t]), special.expit(cells.gaussian[t]))


def test_there_are_at_most_24_nucleoli():
    plain = trait_model(1.0)
    many = MitoTraits(plain.fractions, plain.mean, plain.nucleus, plain.auer, np.full((6, 9), 500.0))
    assert sample_mito_cells(many, Y, 4, 0)[0].nucleoli.max() == 24


@pytest.mark.parametrize(("effect", "share"), [(1.0, None), (0.6, None), (0.6, 1.0), (0.0, 0.5)])
def test_shares_of_kinds_are_scaled_by_the_effect_and_looks_by_a_part_of_it(effect, share):
    model = trait_model(effect, *([] if share is None else [share]))
    looks = effect * (2 / 3 if share is None else share)

    def scaled(rows, by):
        return rows.mean(axis=0) + by * (rows - rows.mean(axis=0))

    def chances(rows, by):
        weights = np.exp(scaled(np.log(np.maximum(rows, 1e-4)), by))
        return weights / weights.sum(axis=-1, keepdims=True)

    np.testing.assert_allclose(model.fractions, chances(np.array(look.FRACTIONS), effect))
    for k, kind in enumerate(look.KINDS):
        nucleus = [look.CHANGED_NUCLEUS.get((name, kind), look.NUCLEUS[kind]) for name in CLASSES]
        np.testing.assert_allclose(model.nucleus[:, k], chances(np.array(nucleus, float), looks))
        count = [look.CHANGED_NUCLEOLI.get((name, kind), look.NUCLEOLI.get(kind, 1e-3)) for name in CLASSES]
        np.testing.assert_allclose(model.nucleoli[:, k], np.exp(scaled(np.log(count), looks)))
        for t, trait in enumerate(TRAITS):
            to = np.log if t == 0 else special.logit
            values = [look.CHANGED.get((name, kind), {}).get(trait, look.USUAL[kind][t]) for name in CLASSES]
            np.testing.assert_allclose(model.mean[t, :, k], scaled(to(np.array(values)), looks))
    none = np.array([1 - 2e-5, 1e-5, 1e-5])
    for c, name in enumerate(CLASSES):
        np.testing.assert_allclose(model.auer[c], none + looks * (np.array(look.AUER.get(name, none)) - none))


def test_cells_are_drawn_as_their_kind_and_traits_say(drawn):
    _, latent, _ = drawn
    got = drawn_cells(latent, Y)
    owned = {"AML": {0}, "ALL": {0}, "CLL": {1, 2}, "MM": {3}, "MDS": {0, 4}, "healthy": set()}
    for i, j in np.ndindex(N, CELLS):
        kind = look.KINDS[latent.kind[i, j]]
        nucleus, cytoplasm, granules, eccentricity, hof = look.LOOKS[kind]
        size, ratio, granularity, basophilia, clumping = (latent.trait(name)[i, j] for name in TRAITS)
        assert got.leukaemic[i, j] == (latent.kind[i, j] in owned[CLASSES[Y[i]]])
        assert got.cell_type[i, j] == kind
        assert OUTLINES[got.shape[i, j]] == look.NUCLEI[latent.nucleus[i, j]]
        assert (got.auer[i, j], got.nucleoli[i, j]) == (latent.auer[i, j], latent.nucleoli[i, j])
        traits = (got.diameter_um, got.nc_ratio, got.granularity, got.basophilia)
        np.testing.assert_allclose([part[i, j] for part in traits], [size, ratio, granularity, basophilia])
        np.testing.assert_allclose(got.nucleus[i, j], [*nucleus, clumping])
        np.testing.assert_allclose(got.cytoplasm[i, j], [0.01 + 0.54 * basophilia, *cytoplasm])
        np.testing.assert_allclose(got.granules[i, j], [granules[0] * granularity, *granules[1:]])
        assert (got.eccentricity[i, j], got.hof[i, j]) == (eccentricity, hof)
    assert got.bleb.dtype == bool and not got.bleb.any()
    every = np.tile(np.arange(9), (6, 1))
    wanted = [[k in owned[name] for k in range(9)] for name in CLASSES]
    np.testing.assert_array_equal(neoplastic(np.arange(6), every), wanted)


def test_patients_are_shuffled_and_children_are_those_of_low_numbers():
    n = 60
    got = sample_patients(n, 0.0, SEED)
    order = np.random.default_rng([SEED, 0]).permutation(n)
    sizes = [17, 10, 11, 8, 8, 6]  # .28 .16 .18 .14 .14 .10 of 60 by largest remainder
    y = np.repeat(range(6), sizes)
    np.testing.assert_array_equal(got.y, y[order])
    site = np.concatenate([np.sort(np.arange(size) % 3) for size in sizes])
    np.testing.assert_array_equal(got.site, site[order])
    chance = np.array([1e-6, 0.60, 1e-6, 1e-6, 1e-6, 1e-6])
    drawn = np.array([np.random.default_rng([SEED, 1, i]).random() for i in range(n)])
    np.testing.assert_array_equal(got.adult, drawn >= chance[got.y])
    np.testing.assert_array_equal(sample_adult(got.y, SEED), got.adult)
    assert len(got) == n and len(set(got.adult[got.y == 1])) == 2
    table = np.array([[15, 15, 70], [85, 15, 0], [10, 10, 80], [15, 85, 0], [30, 70, 0], [90, 10, 0]]) / 100
    for confound in (0.0, 0.4, 1.0):
        np.testing.assert_allclose(site_probabilities(confound), (1 - confound) / 3 + confound * table)
