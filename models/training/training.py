"""The one fit loop: AdamW, one learning-rate cycle, averaged weights, early stopping on the valid score of patients."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.inputs import Batch, Resident
from models.training.outputs import cell_loss, expert_loss
from models.training.patient_score import patient_nll, patient_weights

_CLIP_NORM = 1.0
_WARM_UP = 0.2
_CELLS_AT_ONCE = 1024
_SPECIMENS_AT_ONCE = 32  # without cells
_EPOCHS_JUDGED = 3


@dataclass(kw_only=True)
class TrainingSettings:
    """Hyper-parameters of the loop; the defaults suit about 100 patients on one CPU core.

    Args:
        seed: Seed of weights, order, cells, variation and dropout.
        max_epochs: Passes over the train specimens; the learning rate falls to zero over them.
        patience: Epochs without a better smoothed valid NLL before stopping.
        learning_rate: Peak of the cycle.
        weight_decay: Of weight matrices; not of biases and norms.
        batch_size: Specimens a step.
        cells_per_bag: Cells drawn of each bag at each step.
        max_eval_cells: Cells read of each bag outside of training.
        modality_dropout: Probability that a present modality is hidden from one step; the last is kept.
        stain_jitter: Standard deviation of the log gain of a cell's colour channels.
        class_weight: "balanced" gives every class the same total weight in the loss.
        label_smoothing: Share of the label that is spread over all classes.
        expert_loss: Weight of the loss of each modality alone, beside that of all together.
        cell_loss: Share of the loss that judges each drawn cell alone by the label of its specimen; the rest judges
            specimens. Cells may not be pooled then.
        memory: Weight of the past in the moving average of the weights that is kept; 0 keeps the last weights.
    """

    seed: int = 0
    max_epochs: Annotated[int, "[1, 100000]"] = 40
    patience: Annotated[int, "[1, 100000]"] = 12
    learning_rate: Annotated[float, "(0, 1]"] = 1e-3
    weight_decay: Annotated[float, "[0, inf)"] = 0.05
    batch_size: Annotated[int, "[1, 1000000]"] = 8
    cells_per_bag: Annotated[int, "[1, 10000]"] = 8
    max_eval_cells: Annotated[int, "[1, 10000]"] = 32
    modality_dropout: Annotated[float, "[0, 1)"] = 0.2
    stain_jitter: Annotated[float, "[0, 1]"] = 0.05
    class_weight: Literal["none", "balanced"] = "balanced"
    label_smoothing: Annotated[float, "[0, 1)"] = 0.0
    expert_loss: Annotated[float, "[0, inf)"] = 0.3
    cell_loss: Annotated[float, "[0, 1]"] = 0.0
    memory: Annotated[float, "[0, 1)"] = 0.95


@dataclass(frozen=True)
class TrainingReport:
    """Say how a fit went.

    Attributes:
        epochs: Passes made. best_epoch: Passes after which the weights were kept. steps: Steps up to there.
        parameters: Number of trained values.
        train_loss: Weighted mean loss of each pass. valid_nll: Patient NLL before the first and after each pass.
    """

    epochs: int
    best_epoch: int
    steps: int
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
    """Fit ``network`` in place and leave it at the epoch with the lowest valid NLL, averaged over three epochs.

    A few patients say little about one epoch; the average says more.

    Args:
        network: Module Batch -> logits (b, n_classes), on the device of the data.
        name: The entry's name, for messages.

    Raises:
        FloatingPointError: If the loss or the valid NLL stops being finite.
    """
    loop = FitLoop(network, train, settings)
    train_loss: list[float] = []
    valid_nll: list[float] = []
    judged: list[float] = []
    best, best_epoch = copy.deepcopy(network.state_dict()), 0
    for epoch in range(settings.max_epochs + 1):
        if epoch:
            train_loss.append(loop.epoch())
            _check_finite(train_loss[-1], "loss", epoch, settings, name)
        valid_nll.append(patient_nll(predict(loop.kept, valid, settings.max_eval_cells), valid))
        _check_finite(valid_nll[-1], "valid NLL", epoch, settings, name)
        latest = valid_nll[-_EPOCHS_JUDGED:]
        judged.append(sum(latest) / len(latest))
        if judged[-1] < judged[best_epoch]:
            best, best_epoch = copy.deepcopy(loop.kept.state_dict()), epoch
        elif epoch - best_epoch >= settings.patience:
            break
    network.load_state_dict(best)
    parameters = sum(p.numel() for p in network.parameters())
    return TrainingReport(len(train_loss), best_epoch, best_epoch * loop.n_batches, parameters, train_loss, valid_nll)


def train_again(network: nn.Module, data: Resident, steps: int, settings: TrainingSettings, name: str) -> list[float]:
    """Fit ``network`` in place for a number of steps that was chosen before; return the mean loss of each pass.

    The learning rate falls as in the fit that chose: over ``max_epochs`` passes.

    Raises:
        FloatingPointError: If the loss stops being finite.
    """
    loop = FitLoop(network, data, settings)
    losses: list[float] = []
    for done in range(0, steps, loop.n_batches):
        losses.append(loop.epoch(steps - done))
        _check_finite(losses[-1], "loss", len(losses) - 1, settings, name)
    network.load_state_dict(loop.kept.state_dict())
    return losses


def predict(network: nn.Module, data: Resident, max_cells: int) -> Tensor:
    """Return probabilities, float64 (n, n_classes), computed in pieces of bounded memory."""
    network.eval()
    with torch.inference_mode():
        logits = [network(batch).double() for batch in evaluation_batches(data, max_cells)]
        return torch.cat(logits).softmax(dim=1)


def evaluation_batches(data: Resident, max_cells: int) -> Iterator[Batch]:
    """Yield all specimens in their order, up to 1,024 cells at once."""
    everyone = torch.arange(len(data), device=data.y.device)
    at_once = max(1, _CELLS_AT_ONCE // max_cells) if len(data.pixels) else _SPECIMENS_AT_ONCE
    for index in everyone.split(at_once):
        yield data.evaluation_batch(index, max_cells)


def weighted_loss(logits: Tensor, y: Tensor, weight: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the mean over specimens of weight times cross-entropy, with smoothed labels if asked."""
    return (weight * F.cross_entropy(logits, y, reduction="none", label_smoothing=smoothing)).mean()


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

    def __init__(self, network: Any, train: Resident, settings: TrainingSettings) -> None:
        self.network, self.train, self.settings = network, train, settings
        self.weight = specimen_weights(train, settings.class_weight)
        self.generator = Generator(train.y.device).manual_seed(settings.seed)
        self.n_batches = math.ceil(len(train) / settings.batch_size)
        groups = _parameter_groups(network, settings.learning_rate, settings.weight_decay)
        self.optimizer = torch.optim.AdamW(groups)
        steps = self.n_batches * settings.max_epochs
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: warm_up_cosine(step, steps))
        self._averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(settings.memory), use_buffers=True)

    @property
    def kept(self) -> nn.Module:
        """Return the network with averaged weights."""
        return self._averaged.module

    def epoch(self, at_most: int | None = None) -> float:
        """Take one step for each batch of a new order, or ``at_most`` of them, and return the mean loss."""
        self.network.train()
        order = torch.randperm(len(self.train), generator=self.generator, device=self.weight.device)
        batches = order.tensor_split(self.n_batches)[:at_most]
        losses = [self.step(index) * len(index) for index in batches]
        return float(torch.stack(losses).sum()) / sum(len(index) for index in batches)

    def step(self, index: Tensor) -> Tensor:
        """Update the weights on specimens ``index`` and return their loss."""
        s = self.settings
        batch = self.train.training_batch(index, s.cells_per_bag, s.stain_jitter, self.generator)
        batch = batch._replace(present=drop_modalities(batch.present, s.modality_dropout, self.generator))
        loss = self._loss(batch, self.train.y[index], self.weight[index])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP_NORM)
        self.optimizer.step()
        self.schedule.step()
        self._averaged.update_parameters(self.network)
        return loss.detach()

    def _loss(self, batch: Batch, y: Tensor, weight: Tensor) -> Tensor:
        s = self.settings
        if not (s.expert_loss or s.cell_loss):
            return weighted_loss(self.network(batch), y, weight, s.label_smoothing)
        said = self.network.outputs(batch)
        loss = weighted_loss(said.logits, y, weight, s.label_smoothing)
        if s.cell_loss and said.cells is not None:
            loss = torch.lerp(loss, cell_loss(said.cells, y, weight, s.label_smoothing), s.cell_loss)
        return loss + s.expert_loss * expert_loss(said, y, weight, s.label_smoothing)


def _parameter_groups(network: nn.Module, learning_rate: float, weight_decay: float) -> list[dict[str, Any]]:
    """Return groups for the optimiser; a parameter with an attribute ``rate`` learns that many times as fast."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for p in network.parameters():
        groups.setdefault((getattr(p, "rate", 1.0), weight_decay if p.ndim > 1 else 0.0), []).append(p)
    return [
        {"params": params, "weight_decay": decay, "lr": learning_rate * rate}
        for (rate, decay), params in groups.items()
    ]


def _check_finite(value: float, what: str, epoch: int, settings: TrainingSettings, name: str) -> None:
    if not math.isfinite(value):
        raise FloatingPointError(
            f"{name}: {what} is {value} in epoch {epoch} at learning_rate={settings.learning_rate}. "
            "Lower learning_rate, or check the cohort for extreme values."
        )
