"""The four normalisations of the CNN from scratch, as a user asks for them."""

import numpy as np
import pytest
import torch
from torch import nn

from benchmark.entries.registry import entry_class, entry_spec
from models.images.cnn_attention import CnnAttention
from tests.toy import toy_cohort

NORMS = ("batch", "group", "instance", "layer")


@pytest.mark.parametrize(
    ("norm", "kind", "groups"),
    [
        ("batch", nn.BatchNorm2d, None),
        ("group", nn.GroupNorm, lambda c: max(1, c // 8)),
        ("instance", nn.GroupNorm, lambda c: c),
        ("layer", nn.GroupNorm, lambda c: 1),
    ],
)
def test_the_switch_changes_every_normalisation_of_the_network_and_nothing_else(norm, kind, groups):
    module, plain = (CnnAttention(width=16, norm=n).encoder((32, 32)) for n in (norm, "group"))
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d | nn.GroupNorm)]
    assert len(norms) == 1 + 4 * 2 + 3 and all(type(m) is kind for m in norms)
    if groups is not None:
        assert all(m.num_groups == groups(m.num_channels) for m in norms)
    weights, others = (dict(m.named_parameters()) for m in (module, plain))
    assert {k: v.shape for k, v in weights.items()} == {k: v.shape for k, v in others.items()}


@pytest.fixture(scope="module")
def said():
    """Return what a CNN of each normalisation says of twelve patients it did not learn from, and the CNN."""
    cohort = toy_cohort(n=36, genes=False, clinical=False, missing=0.0)
    cohort = cohort[np.random.default_rng(0).permutation(36)]
    train, test = cohort[np.arange(24)], cohort[np.arange(24, 36)]
    found = {}
    for norm in NORMS:
        entry = entry_class(entry_spec(f"cnn-scratch[cells.norm={norm}]"))
        fitted = entry(max_epochs=20, learning_rate=1e-2, dim=16, **{"cells.width": 4}).fit(train, train)
        found[norm] = fitted, fitted.predict_proba(test), test
    return found


@pytest.mark.parametrize("norm", NORMS)
def test_the_name_says_which_one_it_is(norm):
    printed = entry_spec(f"cnn-scratch[cells.norm={norm}]").name
    assert printed == ("cnn-scratch" if norm == "group" else f"cnn-scratch[cells.norm={norm}]")


@pytest.mark.parametrize("norm", NORMS)
def test_it_learns_and_judges_each_patient_alone(norm, said):
    entry, proba, test = said[norm]
    assert np.mean(proba.argmax(axis=1) == test.y) > 0.8
    alone = np.concatenate([entry.predict_proba(test[[i]]) for i in range(len(test))])
    np.testing.assert_allclose(alone, proba, atol=1e-5)


def test_instance_normalisation_of_one_place_is_refused():
    with pytest.raises(ValueError, match=r"cells\.norm=instance.*\(16, 16\)"):
        CnnAttention(norm="instance").encoder((16, 16))
    module = CnnAttention(norm="instance").encoder((17, 16))
    assert float(module(torch.randn(2, 3, 17, 16)).detach().std()) > 0
