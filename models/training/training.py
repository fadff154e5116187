"""The one fit loop: AdamW, one learning-rate cycle, early stopping on the valid score of patients."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from models.inputs import Resident
from models.training.patient_score import patient_nll, patient_weights

_CLIP_NORM = 1.0
_WARM_UP = 0.2
_CELLS_AT_ONCE = 1024


@dataclass(kw_only=True)
class TrainingSettings:
    """Hyper-parameters of the loop; the defaults suit about 100 patients on one CPU core.

    Args:
        seed: Seed of weights, order, cells, variation and dropout.
        max_epochs: Passes over the train specimens; the learning rate falls to zero over them.
        patience: Epochs without a better valid NLL before stopping.
        learning_rate: Peak of the cycle.
        weight_decay: Of weight matrices; not of biases and norms.
        batch_size: Specimens a step.
        cells_per_bag: Cells drawn of each bag at each step.
        max_eval_cells: Cells read of each bag outside of training.
        modality_dropout: Probability that a present modality is hidden from one step; the last is kept.
        stain_jitter: Standard deviation of the log gain of a cell's colour channels.
        class_weight: "balanced" gives every class the same total weight in the loss.
    """

    seed: int = 0
    max_epochs: int = 40
    patience: int = 12
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    batch_size: int = 8
    cells_per_bag: int = 8
    max_eval_cells: int = 32
    modality_dropout: float = 0.2
    stain_jitter: float = 0.05
    class_weight: Literal["none", "balanced"] = "none"

    def __post_init__(self) -> None:
        for name in ("max_epochs", "patience", "batch_size", "cells_per_bag", "max_eval_cells"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: needs 1 or more.")
        if not 0 <= self.modality_dropout < 1:
            raise ValueError(f"modality_dropout={self.modality_dropout}: needs a probability below 1.")
        if self.class_weight not in ("none", "balanced"):
            raise ValueError(f"class_weight={self.class_weight!r}: choose 'none' or 'balanced'.")


@dataclass(frozen=True)
class TrainingReport:
    """Say how a fit went.

    Attributes:
        epochs: Passes made. best_epoch: Pass whose weights were kept, from 0.
        parameters: Number of trained values.
        train_loss: Weighted mean loss of each pass. valid_nll: Patient NLL after each pass.
    """

    epochs: int
    best_epoch: int
    parameters: int
    train_loss: list[float]
    valid_nll: list[float]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)


@contextmanager
def reproducible(seed: int, device: str) -> Iterator[None]:
    """Seed torch and ask for deterministic algorithms inside the block; put both back after it.

    On CUDA an operation without a deterministic form warns instead of failing.
    """
    enabled, warned = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    cuda = torch.device(device).type == "cuda"
    with torch.random.fork_rng(devices=[torch.device(device)] if cuda else []):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(True, warn_only=cuda)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(enabled, warn_only=warned)


def train_network(
    network: nn.Module, train: Resident, valid: Resident, settings: TrainingSettings, name: str
) -> TrainingReport:
    """Fit ``network`` in place and leave it at the epoch with the lowest valid NLL.

    Args:
        network: Module Batch -> logits (b, n_classes), on the device of the data.
        name: The entry's name, for messages.

    Raises:
        FloatingPointError: If the loss or the valid NLL stops being finite.
    """
    loop = FitLoop(network, train, settings)
    train_loss: list[float] = []
    valid_nll: list[float] = []
    best, best_epoch = copy.deepcopy(network.state_dict()), -1
    for epoch in range(settings.max_epochs):
        train_loss.append(loop.epoch())
        _check_finite(train_loss[-1], "loss", epoch, settings, name)
        valid_nll.append(patient_nll(predict(network, valid, settings.max_eval_cells), valid))
        _check_finite(valid_nll[-1], "valid NLL", epoch, settings, name)
        if best_epoch < 0 or valid_nll[-1] < valid_nll[best_epoch]:
            best, best_epoch = copy.deepcopy(network.state_dict()), epoch
        elif epoch - best_epoch >= settings.patience:
            break
    network.load_state_dict(best)
    parameters = sum(p.numel() for p in network.parameters())
    return TrainingReport(len(train_loss), best_epoch, parameters, train_loss, valid_nll)


def predict(network: nn.Module, data: Resident, max_cells: int) -> Tensor:
    """Return probabilities, float64 (n, n_classes), computed in pieces of bounded memory."""
    network.eval()
    everyone = torch.arange(len(data), device=data.y.device)
    pieces = everyone.split(max(1, _CELLS_AT_ONCE // max_cells))
    with torch.inference_mode():
        logits = [network(data.evaluation_batch(index, max_cells)).double() for index in pieces]
        return torch.cat(logits).softmax(dim=1)


def weighted_loss(logits: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return the mean over specimens of weight times cross-entropy."""
    return (weight * F.cross_entropy(logits, y, reduction="none")).mean()


def specimen_weights(data: Resident, class_weight: str) -> Tensor:
    """Return the weight of each specimen in the loss, float (n,), mean 1.

    Each patient counts once; with "balanced", each class of train counts the same.
    """
    weight = patient_weights(data.patient)
    if class_weight == "balanced":
        totals = torch.zeros(int(data.y.max()) + 1, device=weight.device).index_add_(0, data.y, weight)
        weight = weight / totals[data.y]
    return weight / weight.mean()


def warm_up_cosine(step: int, steps: int) -> float:
    """Return the factor of the learning rate at ``step`` of ``steps``: a linear rise, then half a cosine to 0."""
    rise = max(1, round(_WARM_UP * steps))
    if step < rise:
        return (step + 1) / (rise + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def drop_modalities(present: Tensor, rate: float, generator: Generator) -> Tensor:
    """Hide each present modality with probability ``rate``; a specimen never loses all of them."""
    kept = present & (torch.rand(present.shape, generator=generator, device=present.device) >= rate)
    return torch.where(kept.any(dim=1, keepdim=True), kept, present)


class FitLoop:
    """Hold what changes from step to step of a fit."""

    def __init__(self, network: nn.Module, train: Resident, settings: TrainingSettings) -> None:
        self.network, self.train, self.settings = network, train, settings
        self.weight = specimen_weights(train, settings.class_weight)
        self.generator = Generator(train.y.device).manual_seed(settings.seed)
        self.n_batches = math.ceil(len(train) / settings.batch_size)
        self.optimizer = torch.optim.AdamW(_parameter_groups(network, settings.weight_decay), settings.learning_rate)
        steps = self.n_batches * settings.max_epochs
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: warm_up_cosine(step, steps))

    def epoch(self) -> float:
        """Take one step for each batch of a new order and return the mean loss."""
        self.network.train()
        order = torch.randperm(len(self.train), generator=self.generator, device=self.weight.device)
        losses = [self.step(index) * len(index) for index in order.tensor_split(self.n_batches)]
        return float(torch.stack(losses).sum()) / len(order)

    def step(self, index: Tensor) -> Tensor:
        """Update the weights on specimens ``index`` and return their loss."""
        s = self.settings
        batch = self.train.training_batch(index, s.cells_per_bag, s.stain_jitter, self.generator)
        batch = batch._replace(present=drop_modalities(batch.present, s.modality_dropout, self.generator))
        loss = weighted_loss(self.network(batch), self.train.y[index], self.weight[index])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP_NORM)
        self.optimizer.step()
        self.schedule.step()
        return loss.detach()


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _check_finite(value: float, what: str, epoch: int, settings: TrainingSettings, name: str) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(
            f"{name}: {what} is {value} in epoch {epoch} at learning_rate={settings.learning_rate}. "
            "Lower learning_rate, or check the cohort for extreme values."
        )
