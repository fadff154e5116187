"""How much each latent trait of a cell says about its patient's class: the log-likelihood ratio of one cell alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from datasets.simulate.apl import oracle
from datasets.simulate.apl.traits import TraitModel
from datasets.simulate.shared import tables


def trait_evidence(
    model: TraitModel,
    traits: Mapping[str, NDArray],
    leukaemic: NDArray[np.bool_],
    y: NDArray[np.int64],
) -> pd.DataFrame:
    """Return |log p(t | y) - log of its mean over the other classes| of every cell, bag after bag.

    Each cell is taken alone: p(t | y) is marginal over variant and patient effects, and the other
    classes weigh as they are frequent. Cells that are not leukaemic say nothing, nor do those of no class (y = -1): 0.

    Args:
        model: Trait distributions.
        traits: As ``sample_traits`` returns them, (n, cells) each.
        leukaemic: bool (n, cells).
        y: Class of each patient, int64 (n,); -1 for none.
    """
    alone = {name: values.reshape(-1, 1) for name, values in traits.items()}
    each = oracle.trait_log_likelihoods(model, alone, leukaemic.reshape(-1, 1))
    owner = np.repeat(y, leukaemic.shape[1])
    ratio = {name: log_ratio(oracle.over_variants(part), owner) for name, part in each.items()}
    says = leukaemic.ravel() & (owner >= 0)
    return pd.DataFrame({name: np.where(says, np.abs(r), 0.0) for name, r in ratio.items()})


def log_ratio(
    log_likelihood: NDArray[np.float64], y: NDArray[np.int64], prior: ArrayLike = tables.PRIOR
) -> NDArray[np.float64]:
    """Return log p(t | y) - log sum over y' != y of prior'(y') p(t | y'), float64 (n,).

    Args:
        log_likelihood: log p(t | class), (n, n_classes).
        y: int64 (n,).
        prior: Class frequencies; without y they are scaled to sum to 1.
    """
    rows = np.arange(len(y))
    weight = np.tile(np.asarray(prior, dtype=np.float64), (len(y), 1))
    weight[rows, y] = 0
    weight /= weight.sum(axis=1, keepdims=True)
    return log_likelihood[rows, y] - logsumexp(log_likelihood, axis=1, b=weight)
