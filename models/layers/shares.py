"""How much the discriminant of each modality is shrunk and believed, from inner folds of train.

Reference: D. H. Wolpert, "Stacked generalization", 1992, https://doi.org/10.1016/S0893-6080(05)80023-1.
Differs from the paper in: one positive weight a modality, drawn towards a half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import Tensor

from models.inputs import Tokens
from models.layers.discriminant import shrunk_discriminants

SHRINKAGES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
_FOLDS = 5
_USUAL = 0.5  # a sum of discriminants is about twice too sure of itself
_PULL = 0.02
_AS_GOOD = 0.005  # nats a specimen

Anew = Callable[[Tensor], Tensor]
Floats = NDArray[np.float64]


class Start(NamedTuple):
    """Say how the head of a modality starts: with a share of the log-likelihoods of a discriminant so much shrunk."""

    share: float
    shrinkage: float


def deal(y: NDArray[np.int64], patient: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an inner fold for each specimen, int64 (n,): patients stay whole, classes are spread evenly."""
    codes, first = np.unique(patient, return_index=True)
    order = np.lexsort((first, y[first]))
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % _FOLDS
    return fold[np.searchsorted(codes, patient)]


def evidence_starts(
    tokens: Mapping[str, Tokens],
    y: Tensor,
    patient: Tensor,
    weight: Tensor,
    bias: Tensor,
    anew: Mapping[str, Anew] | None = None,
) -> dict[str, Start]:
    """Return modality -> how its head starts, so that held-out specimens are said best.

    The shrinkage of a modality is the one with which it says best alone the specimens that have it, by the share that
    suits it, or a larger one that is as good: where classes part, little shrinkage is only surer. The shares are then
    those with which the sum of all says best every specimen.

    Args:
        tokens: Modality -> its mean token of each specimen of train, (n, 1, dim).
        y, patient: int64 (n,).
        weight: float (n,), of specimens in the loss.
        bias: float (n_classes,), said before any evidence.
        anew: Modality in whose tokens labels have a part -> from the specimens that give theirs, bool (n,), to tokens
            (n, dim).
    """
    again = anew or {}
    fold = torch.tensor(deal(y.cpu().numpy(), patient.cpu().numpy()), device=y.device)
    importance, label = weight.cpu().double().numpy(), y.cpu().numpy()
    before = bias.detach().cpu().double().numpy()
    shrinkages, evidence = [], []
    for name, token in tokens.items():
        said = _held_out(*token, y, fold, len(bias), again.get(name))
        has = token.mask[:, 0].cpu().numpy()
        losses = [_best_shares(each[None, has], label[has], importance[has], before)[1] for each in said]
        chosen = max(k for k, loss in enumerate(losses) if loss <= min(losses) + _AS_GOOD)
        shrinkages.append(SHRINKAGES[chosen])
        evidence.append(said[chosen])
    shares, _ = _best_shares(np.stack(evidence), label, importance, before)
    return {name: Start(*start) for name, *start in zip(tokens, shares.tolist(), shrinkages, strict=True)}


def _best_shares(
    evidence: Floats, y: NDArray[np.int64], weight: Floats, bias: Floats
) -> tuple[NDArray[np.float64], float]:
    """Return the shares (m,) of evidence (m, n, n_classes) that say ``y`` best, and their loss."""
    importance, rows = weight / max(weight.sum(), 1e-12), np.arange(len(y))

    def loss(log_share: Floats) -> float:
        said = log_softmax(bias + np.einsum("m,mnk->nk", np.exp(log_share), evidence), axis=1)
        return float(-(importance * said[rows, y]).sum() + _PULL * ((log_share - np.log(_USUAL)) ** 2).sum())

    found = minimize(loss, np.full(len(evidence), np.log(_USUAL)), method="L-BFGS-B")
    return np.exp(found.x), float(found.fun)


def _held_out(
    values: Tensor, mask: Tensor, y: Tensor, fold: Tensor, n_classes: int, anew: Anew | None
) -> NDArray[np.float64]:
    """Return what discriminants that learned from other folds say, float64 (shrinkages, n, n_classes)."""
    said = torch.zeros(len(SHRINKAGES), len(y), n_classes, dtype=torch.float64, device=values.device)
    there = mask[:, 0]
    for k in range(_FOLDS):
        learn, ask = there & (fold != k), there & (fold == k)
        if len(y[learn].unique()) < 2:
            continue
        seen = (values[:, 0] if anew is None else anew(learn)).double()
        for row, (weight, bias) in zip(
            said, shrunk_discriminants(seen[learn], y[learn], n_classes, SHRINKAGES), strict=True
        ):
            row[ask] = seen[ask] @ weight.T + bias
    return said.cpu().numpy()
