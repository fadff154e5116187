"""The fit loop against a loop by hand; loss, order of steps, clipping, averages, and when it stops."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.inputs.batch import Tokens
from models.inputs.inputs import Inputs
from models.inputs.resident import Resident
from models.training.class_prior import ClassPrior
from models.training.outputs import Outputs, cell_loss, expert_loss
from models.training.patient_score import patient_nll, patients_in_classes
from models.training.training import (
    FitLoop,
    TrainingSettings,
    drop_modalities,
    evaluation_batches,
    predict,
    reproducible,
    specimen_weights,
    train_again,
    train_network,
    warm_up_cosine,
    weighted_loss,
)
from tests.toy import toy_cohort

PLAIN = {"expert_loss": 0.0, "class_weight": "none", "modality_dropout": 0.0}


def resident(n=23, **made):
    cohort = toy_cohort(n=n, **{"images": False, "missing": 0.0, **made})
    return Resident.load(cohort, Inputs.fit(cohort, cohort.modalities), "cpu")


class Linear(nn.Module):
    def __init__(self, size=1.0) -> None:
        super().__init__()
        self.layer, self.size = nn.Linear(12, 3), size

    def forward(self, batch):
        return self.layer(batch.genes * self.size)


def rise_and_fall(step, steps):
    """Return a linear rise over a fifth of the steps, then half a cosine."""
    rise = max(1, round(0.2 * steps))
    return (step + 1) / (rise + 1) if step < rise else (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2


@pytest.mark.parametrize("steps", [1, 2, 10, 17])
def test_the_rate_is_that_of_the_formula(steps):
    expected = [rise_and_fall(step, steps) for step in range(steps + (steps > 1))]
    assert [warm_up_cosine(step, steps) for step in range(len(expected))] == pytest.approx(expected)
    assert warm_up_cosine(0, 10) == pytest.approx(1 / 3) and warm_up_cosine(2, 10) == 1
    assert warm_up_cosine(1, 1) == 1


@pytest.mark.parametrize("size", [0.05, 50.0])
def test_epochs_are_those_of_a_loop_by_hand(size):
    """Features of size 50 have gradients that are cut to length 1, which changes later steps."""
    data = resident()
    data = dataclasses.replace(data, patient=torch.arange(23) // 2)
    more = {**PLAIN, "class_weight": "balanced", "label_smoothing": 0.2}
    settings = TrainingSettings(
        max_epochs=3, learning_rate=0.02, weight_decay=0.4, batch_size=8, memory=0.6, seed=5, **more
    )
    network = Linear(size)
    own, kept = copy.deepcopy(network), None
    loop = FitLoop(network, data, settings)
    losses = [loop.epoch(), loop.epoch(2)]
    generator = torch.Generator().manual_seed(5)
    optimizer = torch.optim.AdamW(
        [{"params": [own.layer.weight], "weight_decay": 0.4}, {"params": [own.layer.bias], "weight_decay": 0.0}]
    )
    per_patient = 1 / torch.tensor([2.0] * 22 + [1.0])
    weight = per_patient / torch.stack([per_patient[data.y == k].sum() for k in range(3)])[data.y]
    weight, step, by_hand = weight / weight.mean(), 0, []
    for at_most in (3, 2):
        parts = torch.randperm(23, generator=generator).tensor_split(3)[:at_most]
        assert [len(part) for part in parts] == [8, 8, 7][:at_most]
        total = 0.0
        for index in parts:
            torch.rand(len(index), 3, generator=generator)  # which modalities to hide
            said = own.layer(data.genes[index] * size)
            each = F.cross_entropy(said, data.y[index], reduction="none", label_smoothing=0.2)
            loss = (weight[index] * each).sum() / len(index)
            optimizer.zero_grad()
            loss.backward()
            norm = math.sqrt(sum(float(p.grad.square().sum()) for p in own.parameters()))
            for p in own.parameters():
                p.grad *= min(1.0, 1.0 / (norm + 1e-6))
            assert (norm > 1) == (size > 1)
            for group in optimizer.param_groups:
                group["lr"] = 0.02 * rise_and_fall(step, 9)
            optimizer.step()
            step, total = step + 1, total + float(loss.detach()) * len(index)
            now = [p.detach().clone() for p in own.parameters()]
            kept = now if kept is None else [0.6 * a + 0.4 * b for a, b in zip(kept, now, strict=True)]
        by_hand.append(total / sum(len(part) for part in parts))
    assert losses == pytest.approx(by_hand, rel=1e-4)
    for found, expected in zip(network.parameters(), own.parameters(), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    for found, expected in zip(loop.kept.parameters(), kept, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_hidden_modalities_are_hidden_from_the_network_in_training():
    seen = []

    class Watching(Linear):
        def forward(self, batch):
            seen.append((self.training, batch.present))
            return super().forward(batch)

    data = resident(n=60)
    loop = FitLoop(Watching(), data, TrainingSettings(**{**PLAIN, "modality_dropout": 0.5}, batch_size=60))
    loop.network.eval()
    loop.epoch()
    ((training, present),) = seen
    assert training and 0.3 < (present.sum(dim=1) == 1).float().mean() < 0.7 and present.any(dim=1).all()
    predict(loop.network, data, 4)
    assert not seen[1][0] and torch.equal(torch.cat([p for _, p in seen[1:]]), data.present)


class Speaking(Linear):
    """A network with experts, whose answers are pieces of one linear map."""

    def __init__(self, cells=True):
        super().__init__()
        self.with_cells = cells

    def outputs(self, batch):
        said = self.layer(batch.genes)
        cells = Tokens(torch.stack([said * 3, -said], dim=1), torch.tensor([[True, False]]).expand(len(said), 2))
        return Outputs(
            said, torch.stack([said * 2, said - 1], dim=1), batch.present[:, 1:], cells if self.with_cells else None
        )


@pytest.mark.parametrize(("experts", "share"), [(0.4, 0.0), (0.0, 0.3), (0.4, 0.3), (0.0, 0.0)])
@pytest.mark.parametrize("cells", [True, False])
def test_the_loss_adds_that_of_experts_and_mixes_in_that_of_cells(experts, share, cells):
    data, network = resident(), Speaking(cells)
    settings = TrainingSettings(expert_loss=experts, cell_loss=share, label_smoothing=0.1)
    loop, weight = FitLoop(network, data, settings), torch.rand(23)
    batch = data.evaluation_batch(torch.arange(23), 1)
    batch = batch._replace(present=torch.rand(23, 3) < 0.6)
    said = network.outputs(batch)

    def mean(logits, there=1.0):
        return (weight * there * F.cross_entropy(logits, data.y, reduction="none", label_smoothing=0.1)).mean()

    expected = mean(said.logits)
    if cells:
        expected = (1 - share) * expected + share * mean(said.logits * 3)
    expected = expected + experts * sum(mean(said.votes[:, m], said.heard[:, m]) for m in range(2))
    torch.testing.assert_close(loop._loss(batch, data.y, weight), expected)
    torch.testing.assert_close(expert_loss(said, data.y, weight, 0.1), sum(
        mean(said.votes[:, m], said.heard[:, m]) for m in range(2)
    ))  # fmt: skip
    torch.testing.assert_close(weighted_loss(said.logits, data.y, weight, 0.1), mean(said.logits))
    if cells:
        torch.testing.assert_close(cell_loss(said.cells, data.y, weight, 0.1), mean(said.logits * 3))


@pytest.mark.parametrize(("cells", "most", "sizes"), [
    (True, 32, [32, 32, 6]), (True, 100, [10] * 7), (True, 700, [1] * 70), (True, 5000, [1] * 70),
    (False, 32, [32, 32, 6]), (False, 5000, [32, 32, 6]),
])  # fmt: skip
def test_about_a_thousand_cells_are_read_at_once_and_everybody_in_order(cells, most, sizes):
    data = resident(n=70, images=cells, side=2)
    batches = list(evaluation_batches(data, most))
    assert [len(batch.present) for batch in batches] == sizes
    torch.testing.assert_close(torch.cat([batch.genes for batch in batches]), data.genes)


def test_nobody_is_surer_of_a_patient_than_one_in_a_trillion():
    data = resident(n=6)
    proba = torch.eye(3, dtype=torch.float64)[(data.y + 1) % 3]
    for per_patient in (True, False):
        asked = dataclasses.replace(data, per_patient=per_patient)
        assert patient_nll(proba, asked) == pytest.approx(12 * math.log(10))
        half = torch.where(torch.arange(6)[:, None] < 3, proba, torch.full_like(proba, 1 / 3))
        assert patient_nll(half, asked) == pytest.approx((12 * math.log(10) + math.log(3)) / 2)


def test_a_patient_of_two_classes_is_shared_between_them():
    data = dataclasses.replace(resident(n=6), patient=torch.tensor([0, 0, 0, 1, 2, 2]))
    torch.testing.assert_close(
        patients_in_classes(data, 4), torch.tensor([1 / 3 + 1, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2, 0], dtype=torch.float64)
    )
    assert specimen_weights(data, "none").tolist() == pytest.approx([2 / 3] * 3 + [2, 1, 1])


def test_a_fit_that_diverges_says_where():
    data = resident()
    broken = dataclasses.replace(data, genes=data.genes * math.nan)
    settings = TrainingSettings(max_epochs=4, learning_rate=0.25, **PLAIN)
    with pytest.raises(FloatingPointError, match=r"me: valid NLL is nan in epoch 0 at learning_rate=0\.25"):
        train_network(Linear(), data, broken, settings, "me")
    with pytest.raises(FloatingPointError, match=r"me: loss is nan in epoch 0 at learning_rate=0\.25"):
        train_again(Linear(), broken, 3, settings, "me")


def test_it_stops_when_the_smoothed_score_has_not_improved_and_keeps_the_best(monkeypatch):
    """Scores are given; the weights that are kept are those of the epoch with the least mean of three."""
    scores = [3.0, 1.0, 5.0, 1.2, 0.9, 4.0, 4.0, 4.0, 0.1, 9.0]
    states = []

    def given(proba, data):
        return scores[len(states) - 1]

    def seen(network, data, most):
        states.append(network.layer.weight.detach().clone())
        return torch.zeros(1)

    monkeypatch.setattr("models.training.training.patient_nll", given)
    monkeypatch.setattr("models.training.training.predict", seen)
    data, network = resident(), Linear()
    report = train_network(network, data, data, TrainingSettings(max_epochs=9, patience=3, memory=0.0, **PLAIN), "me")
    means = [np.mean(scores[max(0, k - 2) : k + 1]) for k in range(len(states))]
    best = int(np.argmin(means))
    assert (report.best_epoch, report.epochs, report.steps) == (best, best + 3, best * 3) == (1, 4, 3)
    assert report.valid_nll == scores[:5] and len(report.train_loss) == 4 and report.parameters == 39
    torch.testing.assert_close(network.layer.weight, states[best])
    assert report.as_dict() == dataclasses.asdict(report)


def test_determinism_is_asked_for_inside_and_put_back():
    before = torch.random.get_rng_state()
    drawn = []
    for seed in (3, 3, 4):
        with reproducible(seed, "cpu"):
            assert torch.are_deterministic_algorithms_enabled()
            assert not torch.is_deterministic_algorithms_warn_only_enabled()
            drawn.append(float(torch.rand(())))
    assert drawn[0] == drawn[1] != drawn[2] and torch.equal(torch.random.get_rng_state(), before)
    try:
        torch.use_deterministic_algorithms(True, warn_only=True)
        with pytest.raises(RuntimeError), reproducible(0, "cpu"):
            raise RuntimeError
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_the_prior_of_a_class_without_patients_is_a_patient_among_all():
    prior = ClassPrior(torch.tensor([3.0, 0.0, 1.0], dtype=torch.float64))
    torch.testing.assert_close(prior.log_prior.exp(), torch.tensor([4 / 7, 1 / 7, 2 / 7]))
    assert prior.seen.tolist() == [True, False, True]
    torch.testing.assert_close(prior.log_odds.exp(), torch.tensor([1, 1 / 6, 1]))
    assert {name for name, _ in prior.named_buffers()} == {"log_prior", "seen", "log_odds"}


def test_what_is_made_on_the_way_lies_where_the_data_lie():
    """Whatever torch would take by itself: here a device without values."""
    data, network = resident(), Speaking()
    loop, weight, drawn = FitLoop(network, data, TrainingSettings(batch_size=8)), torch.ones(23), []

    def step(index):
        drawn.append(index)
        return index.float().mean()

    loop.step = step
    batch = data.evaluation_batch(torch.arange(23), 1)
    with torch.device("meta"):
        loop.epoch()
        said = network.outputs(batch)._replace(cells=Tokens(torch.rand(23, 2, 3, device="cpu"), batch.present[:, :2]))
        found = [
            drop_modalities(data.present, 0.5, loop.generator), cell_loss(said.cells, data.y, weight, 0.0),
            expert_loss(said, data.y, weight, 0.0), specimen_weights(data, "balanced"), patients_in_classes(data, 3),
            predict(network, data, 4), *drawn,
        ]  # fmt: skip
        score = patient_nll(found[5], data)
    assert {str(part.device) for part in found} == {"cpu"} and math.isfinite(score)
    assert sorted(torch.cat(drawn).tolist()) == list(range(23))


def test_statistics_are_averaged_as_weights_are():
    class Counting(Linear):
        def __init__(self):
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))

        def forward(self, batch):
            self.seen += 1
            return super().forward(batch)

    loop = FitLoop(Counting(), resident(), TrainingSettings(memory=0.75, **PLAIN))
    for _ in range(3):
        loop.step(torch.arange(8))
    assert float(loop.network.seen) == 3
    assert float(loop.kept.seen) == pytest.approx(0.75 * (0.75 * 1 + 0.25 * 2) + 0.25 * 3)
