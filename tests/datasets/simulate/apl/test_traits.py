"""Traits of single cells from the numbers drawn for them, and the scaled tables they come from."""

import numpy as np
import pytest
from scipy import special, stats

from datasets.simulate.apl.traits import GaussianTrait, TraitModel, sample_traits, trait_model
from datasets.simulate.shared import tables

N, CELLS, SEED = 6, 5, 3
Y, VARIANT = np.array([0, 1, 2, 3, 4, 1]), np.array([0, 1, 0, 1, 1, 0])
GAUSSIAN = ("granularity", "basophilia", "nc_ratio", "diameter_um")


@pytest.mark.parametrize("effect", [1.0, 0.4])
def test_every_trait_of_every_cell_is_what_its_two_numbers_say(effect):
    model = trait_model(effect)
    got = sample_traits(model, Y, VARIANT, CELLS, SEED)
    assert set(got) == {*GAUSSIAN, "nucleus_shape", "auer", "bleb", "nucleoli"}
    for i in range(N):
        own = np.random.default_rng([SEED, 8, i]).random(4 + 5 + 3 + 2)
        each = np.random.default_rng([SEED, 9, i]).random((CELLS, 8))
        at = Y[i], VARIANT[i]
        for k, name in enumerate(GAUSSIAN):
            trait = model.gaussian[name]
            z = np.sqrt(0.30) * stats.norm.ppf(own[k]) + np.sqrt(0.70) * stats.norm.ppf(each[:, k])
            z = trait.mean[at] + trait.sd[VARIANT[i]] * z
            wanted = np.exp(z) if name == "diameter_um" else 1 / (1 + np.exp(-z))
            np.testing.assert_allclose(got[name][i], wanted)
        for name, k, numbers in (("nucleus_shape", 4, own[4:9]), ("auer", 5, own[9:12])):
            weights = stats.gamma.ppf(numbers, 10 * model.categorical[name][at])
            edges = np.cumsum(weights / weights.sum())
            np.testing.assert_array_equal(got[name][i], np.searchsorted(edges[:-1], each[:, k]))
        chance = 10 * model.bleb[at]
        np.testing.assert_array_equal(got["bleb"][i], each[:, 6] < stats.beta.ppf(own[12], chance, 10 - chance))
        rate = stats.gamma.ppf(own[13], 4, scale=model.nucleoli[at] / 4)
        np.testing.assert_array_equal(got["nucleoli"][i], stats.poisson.ppf(each[:, 7], rate))
    assert got["bleb"].dtype == bool


def test_a_level_of_chance_0_never_comes_and_there_are_at_most_24_nucleoli():
    chances = np.array([[[0.0, 0.4, 0.6]] * 2])
    gaussian = {"diameter_um": GaussianTrait("log", np.zeros((1, 2)), np.ones(2))}
    model = TraitModel(gaussian, {"auer": chances}, np.full((1, 2), 0.5), np.full((1, 2), 500.0))
    got = sample_traits(model, np.zeros(200, np.int64), np.zeros(200, np.int64), 4, 0)
    assert set(got["auer"].ravel()) == {1, 2} and got["nucleoli"].max() == 24


@pytest.mark.parametrize("effect", [0.0, 0.5, 1.0, 1.3])
def test_differences_between_classes_are_scaled_on_each_traits_own_scale(effect):
    model = trait_model(effect)

    def about_the_mean(table):
        return table.mean(axis=0) + effect * (table - table.mean(axis=0))

    for name, (link, mean, sd) in tables.GAUSSIAN_TRAITS.items():
        to = np.log if link == "log" else special.logit
        np.testing.assert_allclose(model.gaussian[name].mean, about_the_mean(to(np.array(mean))))
        np.testing.assert_array_equal(model.gaussian[name].sd, sd)
        x = np.array([0.2, 0.7])
        np.testing.assert_allclose(model.gaussian[name].to_scale(x), to(x))
        np.testing.assert_allclose(model.gaussian[name].from_scale(to(x)), x)
    for name, table in (("nucleus_shape", tables.SHAPE), ("auer", tables.AUER)):
        weights = np.exp(about_the_mean(np.log(np.array(table))))
        np.testing.assert_allclose(model.categorical[name], weights / weights.sum(axis=2, keepdims=True))
    np.testing.assert_allclose(model.bleb, special.expit(about_the_mean(special.logit(np.array(tables.BLEB)))))
    np.testing.assert_allclose(model.nucleoli, np.exp(about_the_mean(np.log(np.array(tables.NUCLEOLI)))))
