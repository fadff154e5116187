"""The Bayes posterior of a patient's class in closed form, marginal over variant and patient effects.

It knows every distribution and, for images, the latent traits of each cell and which cells are
leukaemic. Rendering loses some of that, so no model of pixels can do better. It does not use the
site, nor which values are missing: where class and site are confounded a model could do better
than it on the same sites by learning the shortcut.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, logsumexp

from datasets.simulate.apl.expression import GeneModel
from datasets.simulate.apl.traits import GaussianTrait, TraitModel
from datasets.simulate.shared import Percentage, normal_log_density, tables

Floats = NDArray[np.float64]
_PARTS = ("images", "genes", "clinical")


def gene_log_likelihood(model: GeneModel, signal: Floats, measured: NDArray[np.bool_]) -> Floats:
    """Return log p(signal genes | class), (n, n_classes, 2); zero where not measured."""
    sd = np.array(tables.GENE_SD)
    total = normal_log_density(signal[:, None, :], model.shift, sd).sum(axis=2) * measured[:, None]
    return np.repeat(total[:, :, None], 2, axis=2)


def trait_log_likelihood(model: TraitModel, traits: Mapping[str, NDArray], leukaemic: NDArray[np.bool_]) -> Floats:
    """Return log p(traits of the leukaemic cells | class, variant), (n, n_classes, 2).

    Args:
        model: Trait distributions.
        traits: As ``sample_traits`` returns them, (n, cells) each.
        leukaemic: Which cells count, bool (n, cells).
    """
    return np.sum(list(trait_log_likelihoods(model, traits, leukaemic).values()), axis=0)


def trait_log_likelihoods(
    model: TraitModel, traits: Mapping[str, NDArray], leukaemic: NDArray[np.bool_]
) -> dict[str, Floats]:
    """Return trait -> log p(its values in the leukaemic cells | class, variant), (n, n_classes, 2).

    Traits are independent of one another given class and variant; arguments as ``trait_log_likelihood``.
    """
    parts = {name: _gaussian(trait, model.icc, traits[name], leukaemic) for name, trait in model.gaussian.items()}
    for name, chances in model.categorical.items():
        parts[name] = _dirichlet_multinomial(model.concentration * chances, traits[name], leukaemic)
    parts["nucleoli"] = _nucleoli(model, traits["nucleoli"], leukaemic)
    parts["bleb"] = _bleb(model, traits["bleb"], leukaemic)
    return parts


def _gaussian(trait: GaussianTrait, icc: float, values: Floats, leukaemic: NDArray[np.bool_]) -> Floats:
    """Return the log density of equicorrelated Gaussians from their mean and scatter."""
    k = leukaemic.sum(axis=1)
    z = np.where(leukaemic, trait.to_scale(values), 0.0)
    mean = z.sum(axis=1) / np.maximum(k, 1)
    scatter = np.where(leukaemic, (z - mean[:, None]) ** 2, 0.0).sum(axis=1)
    k, mean, scatter = (a[:, None, None] for a in (k, mean, scatter))
    within, between = (1 - icc) * trait.sd**2, icc * trait.sd**2
    spread = within + k * between
    log_det = (k - 1) * np.log(within) + np.log(spread)
    return -0.5 * (k * np.log(2 * np.pi) + log_det + scatter / within + k * (mean - trait.mean) ** 2 / spread)


def _dirichlet_multinomial(alpha: Floats, levels: NDArray, leukaemic: NDArray[np.bool_]) -> Floats:
    counts = np.stack([((levels == j) & leukaemic).sum(axis=1) for j in range(alpha.shape[-1])], axis=1)
    counts = counts[:, None, None, :]
    per_level = (gammaln(alpha + counts) - gammaln(alpha)).sum(axis=3)
    whole = alpha.sum(axis=2)
    return per_level + gammaln(whole) - gammaln(whole + counts.sum(axis=3))


def _bleb(model: TraitModel, bleb: NDArray, leukaemic: NDArray[np.bool_]) -> Floats:
    alpha = model.concentration * np.stack([model.bleb, 1 - model.bleb], axis=2)
    return _dirichlet_multinomial(alpha, np.where(bleb, 0, 1), leukaemic)


def _nucleoli(model: TraitModel, nucleoli: NDArray, leukaemic: NDArray[np.bool_]) -> Floats:
    k = leukaemic.sum(axis=1)[:, None, None]
    count = np.where(leukaemic, nucleoli, 0).sum(axis=1)[:, None, None]
    factorials = np.where(leukaemic, gammaln(nucleoli + 1.0), 0.0).sum(axis=1)[:, None, None]
    shape, rate = model.gamma_shape, model.gamma_shape / model.nucleoli
    total = shape * np.log(rate) - gammaln(shape) + gammaln(shape + count) - (shape + count) * np.log(rate + k)
    return total - factorials


def purity_log_likelihood(marrow: Percentage, leukaemic: NDArray[np.bool_]) -> Floats:
    """Return log p(which cells are leukaemic | class, variant): Bernoulli, marginal over the marrow fraction."""
    k = leukaemic.sum(axis=1)[:, None, None]
    rest = leukaemic.shape[1] - k
    return betaln(marrow.alpha + k, marrow.beta + rest) - betaln(marrow.alpha, marrow.beta)


def posterior(log_likelihood: Floats, prior: ArrayLike = tables.PRIOR) -> Floats:
    """Return p(class | data), float64 (n, n_classes), from log p(data | class, variant)."""
    joint = over_variants(log_likelihood) + np.log(np.asarray(prior, dtype=np.float64))
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def over_variants(log_likelihood: Floats) -> Floats:
    """Return log p(data | class), (n, n_classes), from log p(data | class, variant), (n, n_classes, 2)."""
    micro = np.array(tables.MICROGRANULAR)
    return logsumexp(log_likelihood + np.log(np.stack([1 - micro, micro], axis=1)), axis=2)


def subset_posteriors(
    images: Floats, purity: Floats, genes: Floats, clinical: Floats, fraction_known: NDArray[np.bool_]
) -> dict[str, Floats]:
    """Return modality subset ("images", "images+genes", ..., "all") -> posterior, float64 (n, n_classes).

    Args:
        images: Log-likelihood of traits, (n, n_classes, 2); so are ``purity``, ``genes`` and ``clinical``.
        purity: Of the number of leukaemic cells; tells nothing once the marrow fraction itself is known.
        genes: Of the signal genes.
        clinical: Of the observed clinical values.
        fraction_known: Whether the clinical row has the marrow fraction, bool (n,).
    """
    parts = dict(zip(_PARTS, (images, genes, clinical), strict=True))
    result = {}
    for size in (1, 2, 3):
        for subset in combinations(_PARTS, size):
            total = sum((parts[m] for m in subset), start=np.zeros_like(images))
            if "images" in subset:
                told = fraction_known if "clinical" in subset else np.zeros_like(fraction_known)
                total = total + np.where(told[:, None, None], 0.0, purity)
            result["all" if size == 3 else "+".join(subset)] = posterior(total)
    return result


def modality_information(posteriors: Mapping[str, Floats], y: NDArray[np.int64]) -> pd.DataFrame:
    """Return I_m = log p(y | x) - log p(y | x without m) in nats, one row a specimen, a column a modality.

    Positive where the modality speaks for the true class; 0 where the specimen lacks it.

    Args:
        posteriors: As in ``Truth.posterior``: "all" and every pair of modalities.
        y: True class, int64 (n,).
    """
    rows, without = np.arange(len(y)), {m: "+".join(part for part in _PARTS if part != m) for m in _PARTS}
    whole = np.log(posteriors["all"][rows, y])
    return pd.DataFrame({m: whole - np.log(posteriors[rest][rows, y]) for m, rest in without.items()})
