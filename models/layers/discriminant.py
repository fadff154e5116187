"""Linear discriminant analysis with a shrunk covariance, as the start of a linear head.

Reference: O. Ledoit, M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004,
https://doi.org/10.1016/S0047-259X(03)00096-4.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf
from torch import Tensor

_FLAT = 1e-4  # of the largest singular value


def shrunk_discriminant(values: Tensor, y: Tensor, n_classes: int) -> tuple[Tensor, Tensor]:
    """Return weight (n_classes, d) and bias (n_classes,) of the log-likelihoods of classes, up to a common term.

    The covariance of each class is shrunk towards a multiple of the identity, then averaged by class size, in the space
    that the rows span: directions in which nothing varies would make it look better known than it is. A rotation of the
    features changes nothing. Classes that are not in ``y``, and
    all classes where there are fewer than two, get zeros.

    Args:
        values: float (n, d).
        y: int64 (n,).
    """
    x, label = values.detach().cpu().double().numpy(), y.cpu().numpy()
    weight, bias = np.zeros((n_classes, x.shape[1])), np.zeros(n_classes)
    classes, of_row = np.unique(label, return_inverse=True)
    if len(classes) < 2:
        return torch.tensor(weight).to(values), torch.tensor(bias).to(values)
    centre = x.mean(axis=0)
    _, sizes, axes = np.linalg.svd(x - centre, full_matrices=False)
    axes = axes[sizes > _FLAT * sizes.max(initial=0)]
    if len(axes):
        inside = (x - centre) @ axes.T
        means = np.stack([inside[label == k].mean(axis=0) for k in classes])
        around = inside - means[of_row]
        shrunk = [ledoit_wolf(around[label == k], assume_centered=True)[0] for k in classes]
        covariance = np.average(shrunk, axis=0, weights=np.bincount(of_row))
        solved = np.linalg.lstsq(covariance, means.T, rcond=None)[0].T
        half = -0.5 * np.einsum("kd,kd->k", solved, means)
        weight[classes] = (solved - solved.mean(axis=0)) @ axes
        bias[classes] = half - half.mean() - weight[classes] @ centre
    return torch.tensor(weight).to(values), torch.tensor(bias).to(values)
