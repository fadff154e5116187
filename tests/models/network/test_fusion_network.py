"""The network and its skeleton on genes and clinical values: starts, shares, evidence, and what a report says."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from benchmark.entries.registry import entry_class, entry_spec
from models.inputs.batch import Tokens
from models.inputs.inputs import Inputs
from models.inputs.resident import Resident
from models.layers.shares import evidence_starts
from models.network.fusion_network import FusionNetwork
from models.network.network_entry import NetworkEntry
from models.training.class_prior import ClassPrior
from tests.toy import toy_cohort

TRAIN = toy_cohort(n=36, images=False, missing=0.5)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


class Two(nn.Module):
    """Make two tokens of a vector; the second is there for even specimens only."""

    def __init__(self, column, width):
        super().__init__()
        self.column, self.layer = column, nn.Linear(width, 4)

    def forward(self, batch):
        value = self.layer(batch.genes if self.column == 1 else batch.clinical)
        there = batch.present[:, self.column]
        mask = torch.stack([there, there & (batch.genes.sum(dim=1) > 0)], dim=1)
        return Tokens(torch.stack([value, value * 3 + 1], dim=1), mask)


class Sum(nn.Module):
    def forward(self, tokens, votes):
        return votes.product() + 0.1


class Weighed(Sum):
    def weights(self, tokens):
        return torch.tensor([0.9, 0.1]).expand(len(tokens["genes"].mask), 2)


def network(fusion=None):
    data = Resident.load(TRAIN, Inputs.fit(TRAIN, ("genes", "clinical")), "cpu")
    encoders = {"genes": Two(1, 12), "clinical": Two(2, data.clinical.shape[1])}
    prior = ClassPrior(torch.tensor([12.0, 12, 12]))
    made = FusionNetwork(encoders, fusion or Sum(), 4, prior, torch.tensor([0.1, 0.0, -0.1]))
    batches = [data.evaluation_batch(torch.arange(a, a + 12), 1) for a in (0, 12, 24)]
    return made, data, batches


def means(tokens):
    kept = tokens.mask[..., None]
    return (tokens.values * kept).sum(dim=1) / kept.sum(dim=1).clamp_min(1)


def test_sizes_and_heads_start_from_the_mean_tokens_of_train():
    made, data, batches = network()
    made.train()
    weight = torch.rand(36)
    starts = made.start(batches, data, weight, {"genes"})
    whole = data.evaluation_batch(torch.arange(36), 1)
    with torch.no_grad():
        raw = {name: encoder(whole) for name, encoder in made.encoders.items()}
    for i, name in enumerate(("genes", "clinical")):
        there = means(raw[name])[raw[name].mask.any(dim=1)]
        spread = (there - there.mean(dim=0)).square().mean().sqrt()
        assert float(made.scale.sizes[i]) == pytest.approx(float(spread), rel=1e-4)
    scaled = Tokens(means(raw["genes"])[:, None] / made.scale.sizes[0], raw["genes"].mask.any(dim=1, keepdim=True))
    expected = evidence_starts({"genes": scaled}, data.y, data.patient, weight, made.experts.bias)
    assert starts["genes"].share == pytest.approx(expected["genes"].share, rel=1e-3)
    assert starts["genes"].shrinkage == expected["genes"].shrinkage and list(starts) == ["genes"] and not made.training
    heads = {name: any(p.any() for p in head.parameters()) for name, head in made.experts.heads.items()}
    assert heads == {"genes": True, "clinical": False}
    assert network()[0].start(batches, data, weight, set()) == {}


@pytest.mark.parametrize("fusion", [Sum(), Weighed()])
def test_what_is_said_together_and_alone_and_the_share_of_each_modality(fusion):
    made, data, batches = network(fusion)
    made.start(batches, data, torch.ones(36), {"genes", "clinical"})
    batch = data.evaluation_batch(torch.arange(36), 1)
    with torch.no_grad():
        tokens, said, shares = made.tokens(batch), made.outputs(batch), made.weights(batch)
        votes = made.experts(tokens)
        for name, own in made.encoded(batch).items():
            size = made.scale.sizes[["genes", "clinical"].index(name)]
            torch.testing.assert_close(tokens[name].values, own.values / size)
        torch.testing.assert_close(said.votes, votes.logits + torch.tensor([0.1, 0.0, -0.1]))
        assert torch.equal(said.heard, data.present[:, 1:]) and said.cells is None
        torch.testing.assert_close(made(batch), said.logits)
        there = data.present.any(dim=1)
        torch.testing.assert_close(said.logits[there], (votes.product() + 0.1)[there])
        assert not there.all()
        torch.testing.assert_close(said.logits[~there].softmax(1), torch.full_like(said.logits[~there], 1 / 3))
    reach = [[float(v.max() - v.min()) * bool(here) for v, here in zip(vote, heard, strict=True)]
             for vote, heard in zip(votes.logits, votes.mask, strict=True)]  # fmt: skip
    reach = torch.tensor(reach) * (torch.tensor([0.9, 0.1]) if isinstance(fusion, Weighed) else 1)
    torch.testing.assert_close(shares[there], reach[there] / reach[there].sum(dim=1, keepdim=True))
    assert not shares[~there].any()


def test_cells_speak_alone_where_there_are_images():
    made, _, batches = network()
    seen = FusionNetwork({"images": Two(1, 12)}, Sum(), 4, made.prior, torch.zeros(3))
    nn.init.normal_(seen.experts.heads["images"].weight)
    said, tokens = seen.outputs(batches[0]), seen.tokens(batches[0])["images"]
    torch.testing.assert_close(said.cells.values, seen.experts.heads["images"](tokens.values))


def entry(**more):
    return entry_class(entry_spec("mlp-set-means"))(max_epochs=2, dim=8, seed=1, **more)


def test_a_report_says_what_was_fitted():
    fitted = entry().fit(TRAIN, TRAIN)
    report = fitted.report_
    assert report["n_parameters"] == report["parameters"] == sum(p.numel() for p in fitted.network_.parameters())
    assert set(report["shares"]) == {"genes", "clinical"} == set(fitted.network_.encoders)
    assert report["kept_features"] is False and "refit_loss" not in report
    before = dict(report)
    fitted.report_["steps"] = 7  # of four a pass
    again = fitted.refit(TRAIN[np.arange(30)]).report_
    assert len(again["refit_loss"]) == 2 and again["shares"] != before["shares"]
    for name, (share, shrinkage) in fitted.starts_.items():
        assert (again["shares"][name], again["shrinkage"][name]) == (share, shrinkage)
    assert entry(head_start=False).fit(TRAIN, TRAIN).starts_ == {}


@pytest.mark.parametrize("weighed", ["balanced", "none"])
def test_balanced_classes_start_without_a_bias(weighed):
    rare = TRAIN[(TRAIN.y != 2) | (np.arange(36) < 9)]
    made = entry(class_weight=weighed)
    network = made.build_network(made._prepared(rare), rare)
    counts = np.bincount(rare.y) + 1
    expected = np.zeros(3) if weighed == "balanced" else np.log(counts / counts.sum())
    np.testing.assert_allclose(network.experts.bias.detach(), expected, atol=1e-6)
    np.testing.assert_allclose(network.prior.log_prior.exp(), counts / counts.sum(), rtol=1e-5)


def test_an_entry_needs_what_it_says_and_judges_cells_alone_only_where_they_are():
    class Needy(NetworkEntry):
        needs = frozenset({"images", "genes"})

    needy = Needy(name="needy", parts={"fusion": None})
    with pytest.raises(ValueError, match=r"needy: toy has no \['genes', 'images'\]"):
        needy.fit(toy_cohort(n=9, images=False, genes=False), TRAIN)
    for parts in ({}, {"cells": object(), "pooling": object()}, {"pooling": object()}):
        with pytest.raises(ValueError, match=r"me: cell_loss=0\.5 needs a part in cells and pooling=none"):
            NetworkEntry(name="me", parts={"fusion": None, **parts}, cell_loss=0.5)
        NetworkEntry(name="me", parts={"fusion": None, **parts})
    NetworkEntry(name="me", parts={"fusion": None, "cells": object()}, cell_loss=0.5)


class Cells:
    """A part whose encoder is from scratch, or frozen, or goes on learning from frozen features."""

    def __init__(self, **told):
        vars(self).update(told)


def features(images):
    return np.zeros((len(images.all_rows()), 2))


@pytest.mark.parametrize(
    ("part", "informed", "remade"),
    [
        (Cells(), {"genes"}, {"genes"}),
        (Cells(features=features), {"images", "genes"}, {"images", "genes"}),
        (Cells(features=features, unscaled=True), {"images", "genes"}, {"genes"}),
    ],
)
def test_an_encoder_from_scratch_knows_nothing_at_the_start(part, informed, remade):
    made = NetworkEntry(parts={"fusion": None, "cells": part})
    assert made._informed(["images", "genes"]) == informed
    assert {n for n in informed if n != "images" or not made._unscaled} == remade
    assert made._frozen == hasattr(part, "features")
    assert NetworkEntry(parts={"fusion": None, "cells": part}, head_start=False)._informed(["images", "genes"]) == set()


def test_the_modalities_are_those_of_the_slots_that_are_filled():
    made = NetworkEntry(parts={"fusion": None, "cells": object(), "clinical": object()})
    assert made.chosen.modalities == ("images", "clinical")
    assert dataclasses.replace(made.chosen, genes=object(), cells=None).modalities == ("genes", "clinical")
