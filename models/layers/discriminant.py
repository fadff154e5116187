"""Linear discriminant analysis with a shrunk covariance, as the start of a linear head.

Reference: J. H. Friedman, "Regularized Discriminant Analysis", 1989, https://doi.org/10.1080/01621459.1989.10478752.
Differs from the paper in: the covariance is one for all classes; what is shrunk lies in the span of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_FLAT = 1e-4  # of the largest singular value
_LEAST_WITHIN = 0.05  # of the whole variance: no few rows show that classes explain more


def shrunk_discriminants(
    values: Tensor, y: Tensor, n_classes: int, shrinkages: Sequence[float]
) -> list[tuple[Tensor, Tensor]]:
    """Return weight (n_classes, d) and bias (n_classes,) of the log-likelihoods of classes, for each shrinkage.

    The covariance within classes is moved by the shrinkage, (0, 1], towards a multiple of the identity, in the space
    that the rows span: directions in which nothing varies would make it look better known than it is. That multiple is
    at least a twentieth of the whole variance: where nothing varies within classes, one other specimen would meet an
    infinite weight. A rotation of the features changes nothing, nor does a term that all classes have in common.
    Classes that are not in ``y``, and all classes where there are fewer than two, get zeros.

    Args:
        values: float (n, d).
        y: int64 (n,).
    """
    x, label = values.detach().cpu().double().numpy(), y.cpu().numpy()
    classes, of_row = np.unique(label, return_inverse=True)
    found = [(np.zeros((n_classes, x.shape[1])), np.zeros(n_classes)) for _ in shrinkages]
    if len(classes) > 1:
        centre = x.mean(axis=0)
        _, sizes, axes = np.linalg.svd(x - centre, full_matrices=False)
        axes = axes[sizes > _FLAT * sizes.max(initial=0)]
        inside = (x - centre) @ axes.T
        means = np.stack([inside[of_row == k].mean(axis=0) for k in range(len(classes))])
        around = inside - means[of_row]
        variances, turn = np.linalg.eigh(around.T @ around / max(len(x) - len(classes), 1))
        target = max(variances.mean(), _LEAST_WITHIN * (inside**2).mean()) if len(axes) else 0.0
        means, axes = means @ turn, turn.T @ axes
        for (weight, bias), shrinkage in zip(found, shrinkages, strict=True):
            shrunk = (1 - shrinkage) * np.maximum(variances, 0) + shrinkage * target
            solved = np.divide(means, shrunk, out=np.zeros_like(means), where=shrunk > 0)
            half = -0.5 * (solved * means).sum(axis=1)
            weight[classes] = (solved - solved.mean(axis=0)) @ axes
            bias[classes] = half - half.mean() - weight[classes] @ centre
    return [(torch.tensor(weight).to(values), torch.tensor(bias).to(values)) for weight, bias in found]
