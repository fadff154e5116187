"""Tables of classes stretched about their mean."""

import numpy as np
import pytest
from scipy import special

from datasets.simulate.shared.scaling import scaled


@pytest.mark.parametrize("effect", [0.0, 0.5, 1.0, 2.0])
def test_differences_are_stretched_about_the_mean_of_the_classes_on_the_scale_of_the_link(effect):
    table = np.random.default_rng(0).uniform(0.1, 0.9, (4, 3))
    links = {
        "identity": (lambda x: x, lambda x: x), "log": (np.log, np.exp), "logit": (special.logit, special.expit)
    }  # fmt: skip
    for link, (to, back) in links.items():
        got = scaled(table, effect, link)
        for c, k in np.ndindex(table.shape):
            mean = np.mean([to(table[other, k]) for other in range(4)])
            assert got[c, k] == pytest.approx(back(mean + effect * (to(table[c, k]) - mean)))
    np.testing.assert_array_equal(scaled(table, effect), scaled(table, effect, "identity"))
    chances = table / table.sum(axis=1, keepdims=True)
    got = scaled(chances, effect, "probabilities")
    for c in range(4):
        weight = np.exp(np.log(chances).mean(axis=0) * (1 - effect) + effect * np.log(chances[c]))
        np.testing.assert_allclose(got[c], weight / weight.sum())
