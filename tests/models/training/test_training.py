"""The fit loop: patient weights, early stopping, reproducibility, clear failures."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import log_loss
from torch import nn

from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import Cohort
from models.inputs.inputs import Inputs
from models.inputs.resident import Resident
from models.training.outputs import Outputs, expert_loss
from models.training.patient_score import patient_nll, patients_in_classes
from models.training.training import (
    FitLoop,
    TrainingSettings,
    drop_modalities,
    predict,
    reproducible,
    specimen_weights,
    train_again,
    train_network,
    warm_up_cosine,
    weighted_loss,
)
from tests.toy import toy_cohort


def grouped(n: int = 24, level: str = "patient", seed: int = 0) -> Cohort:
    """Return a cohort whose patients have one to three specimens."""
    cohort = toy_cohort(n=n, images=False, seed=seed)
    patient = np.array([f"P{i // 2 if i % 3 else i}" for i in range(n)])
    first = {p: i for i, p in reversed(list(enumerate(patient)))}
    y = np.array([cohort.y[first[p]] for p in patient]) if level == "patient" else cohort.y
    return dataclasses.replace(cohort, patient=patient, y=y, target_level=level)


def resident(cohort: Cohort, train: Cohort | None = None) -> Resident:
    return Resident.load(cohort, Inputs.fit(train or cohort, ("genes", "clinical")), "cpu")


def gnn(**more):
    return entry_class(entry_spec("fusion-gnn"))(**{"genes.channels": 4, "max_epochs": 1, **more})


PLAIN = {"expert_loss": 0.0, "class_weight": "none"}  # of a network without experts


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 3)

    def forward(self, batch):
        return self.layer(batch.genes)


def fitted(settings: TrainingSettings, train: Resident, valid: Resident):
    with reproducible(settings.seed, "cpu"):
        network = Linear()
        return network, train_network(network, train, valid, settings, "linear")


def test_each_patient_counts_once_in_the_loss():
    cohort = grouped()
    data = resident(cohort)
    logits = torch.randn(len(cohort), 3, generator=torch.Generator().manual_seed(0))
    by_patient = [
        np.mean([float(F.cross_entropy(logits[i : i + 1], data.y[i : i + 1])) for i in np.flatnonzero(owner)])
        for owner in (cohort.patient == p for p in np.unique(cohort.patient))
    ]
    got = weighted_loss(logits, data.y, specimen_weights(data, "none"))
    assert float(got) == pytest.approx(np.mean(by_patient), rel=1e-5)


def test_balanced_weights_give_each_class_the_same_total():
    data = resident(grouped()[np.arange(17)])
    weight = specimen_weights(data, "balanced")
    totals = [float(weight[data.y == k].sum()) for k in data.y.unique()]
    assert totals == pytest.approx([totals[0]] * len(totals)) and float(weight.mean()) == pytest.approx(1)


@pytest.mark.parametrize("level", ["patient", "specimen"])
def test_the_valid_score_is_the_loss_of_patients(level):
    cohort = grouped(level=level)
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), len(cohort))
    patients = np.unique(cohort.patient)
    if level == "patient":
        mean = np.stack([proba[cohort.patient == p].mean(axis=0) for p in patients])
        labels = [cohort.y[cohort.patient == p][0] for p in patients]
        expected = log_loss(labels, mean, labels=[0, 1, 2])
    else:
        owners = [cohort.patient == p for p in patients]
        expected = np.mean([log_loss(cohort.y[o], proba[o], labels=[0, 1, 2]) for o in owners])
    assert patient_nll(torch.tensor(proba), resident(cohort)) == pytest.approx(expected)


def test_patients_in_classes_counts_patients():
    cohort = grouped()
    expected = [len(np.unique(cohort.patient[cohort.y == k])) for k in range(3)]
    np.testing.assert_allclose(patients_in_classes(resident(cohort), 3), expected, atol=1e-6)


def test_the_epoch_with_the_best_valid_score_is_kept():
    train, valid = grouped(seed=1), grouped(seed=2)
    data, held_out = resident(train), resident(valid, train)
    settings = TrainingSettings(max_epochs=40, patience=5, learning_rate=0.3, modality_dropout=0.0, **PLAIN)
    network, report = fitted(settings, data, held_out)
    judged = [np.mean(report.valid_nll[max(0, k - 2) : k + 1]) for k in range(report.epochs + 1)]
    assert report.best_epoch == int(np.argmin(judged)) and report.epochs == len(report.train_loss)
    assert report.epochs == min(40, report.best_epoch + 5)
    assert report.steps == report.best_epoch * 3
    proba = predict(network, held_out, 1).numpy()
    mean = [proba[valid.patient == p].mean(axis=0) for p in np.unique(valid.patient)]
    labels = [valid.y[valid.patient == p][0] for p in np.unique(valid.patient)]
    assert log_loss(labels, mean, labels=[0, 1, 2]) == pytest.approx(report.valid_nll[report.best_epoch], rel=1e-6)
    assert report.parameters == 12 * 3 + 3


def test_the_first_loss_is_the_mean_over_patients_before_any_step():
    data = resident(grouped())
    settings = TrainingSettings(max_epochs=1, batch_size=99, learning_rate=1e-12, modality_dropout=0.0, **PLAIN)
    network, report = fitted(settings, data, data)
    loss = weighted_loss(network.layer(data.genes), data.y, specimen_weights(data, "none"))
    assert report.train_loss[0] == pytest.approx(float(loss.detach()), rel=1e-5)


@pytest.mark.parametrize("steps", [2, 5, 40, 333])
def test_the_learning_rate_rises_once_and_falls_to_zero(steps):
    factors = np.array([warm_up_cosine(s, steps) for s in range(steps + 1)])
    top = factors.argmax()
    assert (np.diff(factors[: top + 1]) > 0).all() and (np.diff(factors[top:]) < 0).all()
    assert factors[0] > 0 and factors[-1] == pytest.approx(0, abs=1e-9) and factors.max() <= 1


def test_same_seed_same_weights_and_other_seed_others():
    data = resident(grouped())
    weights = [fitted(TrainingSettings(max_epochs=2, seed=s, **PLAIN), data, data)[0].layer.weight for s in (4, 4, 5)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_loss_that_is_not_finite_names_entry_epoch_and_learning_rate():
    data = resident(grouped())
    broken = dataclasses.replace(data, genes=data.genes * math.inf)
    with pytest.raises(FloatingPointError, match=r"linear: loss is nan in epoch 1 at learning_rate=0\.001"):
        fitted(TrainingSettings(**PLAIN), broken, data)


def test_hidden_modalities_leave_at_least_one_of_those_present():
    generator = torch.Generator().manual_seed(0)
    present = torch.rand(4000, 3, generator=generator) < 0.7
    kept = drop_modalities(present, 0.5, generator)
    assert not (kept & ~present).any() and torch.equal(kept.any(1), present.any(1))
    single = present.sum(1) == 1
    assert torch.equal(kept[single], present[single])
    full = present.all(1)
    assert float(kept[full].float().mean()) == pytest.approx(0.5 + 0.125 / 3 * 3, abs=0.03)
    assert torch.equal(drop_modalities(present, 0.0, generator), present)


def test_the_gene_graph_is_built_from_train_alone():
    cohort = dataclasses.replace(toy_cohort(n=60, images=False, missing=0.2), gene_sets={})
    train, rest = np.arange(40), np.arange(40, 60)
    entry = gnn(**{"genes.n_genes": 8, "genes.neighbours": 2})
    genes = cohort.genes.copy()
    genes[rest] = genes[rest][:, ::-1] * 5
    other = dataclasses.replace(cohort, genes=genes)
    edges = [entry.fit(c[train], c[rest]).network_.encoders["genes"].network.edges for c in (cohort, other)]
    assert torch.equal(*edges)
    genes[~cohort.has("genes")] = 3
    absent = dataclasses.replace(cohort, genes=genes)
    assert torch.equal(entry.fit(absent[train], absent[rest]).network_.encoders["genes"].network.edges, edges[0])


def test_given_gene_sets_make_the_graph():
    cohort = toy_cohort(n=30, images=False)
    network = gnn().fit(cohort[np.arange(20)], cohort[np.arange(20, 30)]).network_
    assert network.encoders["genes"].network.edges.shape[1] == 3 * 2 + 2 * 1


def test_learning_again_takes_the_chosen_steps_and_no_more():
    data = resident(grouped(n=23))
    settings = TrainingSettings(max_epochs=4, memory=0.0, modality_dropout=0.0, **PLAIN)
    with reproducible(0, "cpu"):
        network = Linear()
        before = copy.deepcopy(network)
        losses = train_again(network, data, 7, settings, "linear")
    assert len(losses) == 3  # two whole passes of three steps, and one step
    by_hand, loop = before, FitLoop(before, data, settings)
    for at_most in (None, None, 1):
        loop.epoch(at_most)
    assert loop.schedule.last_epoch == 7 and torch.equal(by_hand.layer.weight, network.layer.weight)


def test_kept_weights_are_the_moving_average():
    data = resident(grouped())
    loop = FitLoop(Linear(), data, TrainingSettings(max_epochs=3, memory=0.75, modality_dropout=0.0, **PLAIN))
    index, seen = torch.arange(8), []
    for _ in range(4):
        loop.step(index)
        seen.append(loop.network.layer.weight.detach().clone())
    expected = seen[0]
    for weight in seen[1:]:
        expected = 0.75 * expected + 0.25 * weight
    torch.testing.assert_close(loop.kept.layer.weight, expected)


def test_each_modality_alone_is_scored_where_it_is():
    votes, y, weight = torch.randn(5, 2, 3), torch.tensor([0, 1, 2, 1, 0]), torch.rand(5)
    heard = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0], [1, 1]]).bool()
    by_hand = [
        weight[i] * F.cross_entropy(votes[i, m][None], y[i : i + 1]) for i in range(5) for m in range(2) if heard[i, m]
    ]
    got = expert_loss(Outputs(votes[:, 0], votes, heard), y, weight, 0.0)
    torch.testing.assert_close(got, torch.stack(by_hand).sum() / 5)


def test_a_parameter_with_a_rate_learns_that_much_slower():
    data, slow = resident(grouped()), Linear()
    slow.layer.weight.rate = 0.1
    first = slow.layer.weight.detach().clone()
    loop = FitLoop(slow, data, TrainingSettings(max_epochs=1, weight_decay=0.0, **PLAIN))
    rate = loop.schedule.get_last_lr()
    loop.step(torch.arange(8))
    moved = float((slow.layer.weight.detach() - first).abs().max())  # Adam's first step is the rate itself
    assert sorted(rate) == pytest.approx([rate[0], rate[0] * 10]) and moved == pytest.approx(min(rate), rel=1e-3)
