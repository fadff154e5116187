"""How much the discriminant of each modality is to be believed, from inner folds of train.

Reference: D. H. Wolpert, "Stacked generalization", 1992, https://doi.org/10.1016/S0893-6080(05)80023-1.
Differs from the paper in: one positive weight a modality, drawn towards a half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import Tensor

from models.inputs import Tokens
from models.layers.discriminant import shrunk_discriminant

_FOLDS = 5
_USUAL = 0.5  # a sum of discriminants is about twice too sure of itself
_PULL = 0.02

Anew = Callable[[Tensor], Tensor]


def deal(y: NDArray[np.int64], patient: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an inner fold for each specimen, int64 (n,): patients stay whole, classes are spread evenly."""
    codes, first = np.unique(patient, return_index=True)
    order = np.lexsort((first, y[first]))
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % _FOLDS
    return fold[np.searchsorted(codes, patient)]


def evidence_shares(
    tokens: Mapping[str, Tokens],
    y: Tensor,
    patient: Tensor,
    weight: Tensor,
    bias: Tensor,
    anew: Mapping[str, Anew] | None = None,
) -> dict[str, float]:
    """Return modality -> share of its log-likelihoods that makes their sum say held-out specimens best.

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
    held_out = np.stack([_held_out(*token, y, fold, len(bias), again.get(name)) for name, token in tokens.items()])
    importance = (weight / weight.sum()).cpu().double().numpy()
    rows, label, before = np.arange(len(y)), y.cpu().numpy(), bias.detach().cpu().double().numpy()

    def loss(log_share: NDArray[np.float64]) -> float:
        said = log_softmax(before + np.einsum("m,mnk->nk", np.exp(log_share), held_out), axis=1)
        return float(-(importance * said[rows, label]).sum() + _PULL * ((log_share - np.log(_USUAL)) ** 2).sum())

    found = minimize(loss, np.full(len(tokens), np.log(_USUAL)), method="L-BFGS-B").x
    return dict(zip(tokens, np.exp(found).tolist(), strict=True))


def _held_out(
    values: Tensor, mask: Tensor, y: Tensor, fold: Tensor, n_classes: int, anew: Anew | None
) -> NDArray[np.float64]:
    """Return what a discriminant says of each specimen that learned from the other folds, float64 (n, n_classes)."""
    said = torch.zeros(len(y), n_classes, dtype=torch.float64, device=values.device)
    there = mask[:, 0]
    for k in range(_FOLDS):
        learn, ask = there & (fold != k), there & (fold == k)
        if len(y[learn].unique()) < 2:
            continue
        seen = (values[:, 0] if anew is None else anew(learn)).double()
        weight, bias = shrunk_discriminant(seen[learn], y[learn], n_classes)
        said[ask] = seen[ask] @ weight.T + bias
    return said.cpu().numpy()
