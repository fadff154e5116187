"""The Bayes posterior of the six diseases in closed form, marginal over age group and patient effects.

For images it knows the kind and the latent traits of every cell. Rendering loses some of that, so no
model of pixels can do better. Of the site it knows the rise of mitochondrial reads, but neither how often
a class is seen there nor what goes with a value being missing.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln, logsumexp

from datasets.simulate.mito import kinds as look
from datasets.simulate.mito.tables import CHILD, MARROW_COUNT, PRIOR
from datasets.simulate.mito.traits import BLAST, MitoCells, MitoTraits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_PARTS = ("images", "genes", "clinical")


def trait_log_likelihoods(model: MitoTraits, cells: MitoCells) -> dict[str, Floats]:
    """Return trait -> log p(its values | class, kinds of the cells), (n, n_classes), up to a constant."""
    of_kind = [cells.kind == k for k in range(len(look.KINDS))]
    parts = {}
    for t, (trait, (_, sd)) in enumerate(look.TRAITS.items()):
        by_kind = [_gaussian(model.mean[t, :, k], sd, cells.gaussian[t], mask) for k, mask in enumerate(of_kind)]
        parts[trait] = np.sum(by_kind, axis=0)
    parts["nucleus_shape"] = np.sum([
        _dirichlet_multinomial(look.CONCENTRATION * model.nucleus[:, k], _counts(cells.nucleus, mask, len(look.NUCLEI)))
        for k, mask in enumerate(of_kind)
    ], axis=0)  # fmt: skip
    rods = _counts(cells.auer, of_kind[BLAST], model.auer.shape[1])
    parts["auer"] = _dirichlet_multinomial(look.CONCENTRATION * model.auer, rods)
    counted = [_nucleoli(model.nucleoli[:, k], cells.nucleoli, mask) for k, mask in enumerate(of_kind)]
    parts["nucleoli"] = np.sum(counted, axis=0)
    return parts


def kind_log_likelihoods(model: MitoTraits, cells: MitoCells) -> tuple[Floats, Floats]:
    """Return log p(kinds) in two parts whose sum is Dirichlet-multinomial, (n, n_classes) each.

    First the number of blasts (Beta-binomial), then the kinds of the other cells: a marrow differential
    among the clinical values tells of the first only.
    """
    alpha = look.CONCENTRATION * model.fractions
    counts = _counts(cells.kind, np.ones_like(cells.kind, dtype=bool), len(look.KINDS))
    others = np.arange(len(look.KINDS)) != BLAST
    blasts = blast_log_likelihood(model, counts[:, BLAST], np.full(len(counts), cells.kind.shape[1]))
    return blasts, _dirichlet_multinomial(alpha[:, others], counts[:, others])


def blast_log_likelihood(
    model: MitoTraits, blasts: Ints, of: Ints, known: Ints | None = None, known_of: int = MARROW_COUNT
) -> Floats:
    """Return log p(``blasts`` of ``of`` cells | class), (n, n_classes): Beta-binomial.

    Args:
        model: Trait distributions.
        blasts: (n,).
        of: Cells counted, (n,).
        known: Blasts in ``known_of`` other cells of the same marrow, (n,).
    """
    a = look.CONCENTRATION * model.fractions[:, BLAST]
    b = look.CONCENTRATION - a
    if known is not None:
        a, b = a + known[:, None], b + known_of - known[:, None]
    blasts, rest = blasts[:, None], (of - blasts)[:, None]
    return betaln(a + blasts, b + rest) - betaln(a, b)


def _gaussian(mean: Floats, sd: float, values: Floats, mask: Bools) -> Floats:
    """Return what the mean of equicorrelated Gaussians tells of the class, (n, n_classes)."""
    k = mask.sum(axis=1)
    centre = np.where(mask, values, 0.0).sum(axis=1) / np.maximum(k, 1)
    icc = look.INTRACLASS_CORRELATION
    variance = sd**2 * (icc + (1 - icc) / np.maximum(k, 1))
    return np.where(k[:, None] > 0, -0.5 * (centre[:, None] - mean) ** 2 / variance[:, None], 0.0)


def _counts(levels: Ints, mask: Bools, n_levels: int) -> Ints:
    return np.stack([((levels == j) & mask).sum(axis=1) for j in range(n_levels)], axis=1)


def _dirichlet_multinomial(alpha: Floats, counts: Ints) -> Floats:
    """Return log p(levels in their order | class), (n, n_classes), from alpha (n_classes, levels)."""
    seen = counts[:, None, :]
    per_level = (gammaln(alpha + seen) - gammaln(alpha)).sum(axis=2)
    whole = alpha.sum(axis=1)
    return per_level + gammaln(whole) - gammaln(whole + seen.sum(axis=2))


def _nucleoli(mean: Floats, nucleoli: Ints, mask: Bools) -> Floats:
    k, count = mask.sum(axis=1)[:, None], np.where(mask, nucleoli, 0).sum(axis=1)[:, None]
    rate = look.GAMMA_SHAPE / mean
    return look.GAMMA_SHAPE * np.log(rate) - (look.GAMMA_SHAPE + count) * np.log(rate + k)


def over_age_groups(log_likelihood: Floats) -> Floats:
    """Return log p(data | class), (n, n_classes), from (n, n_classes, 2 child and adult)."""
    child = np.array(CHILD)
    return logsumexp(log_likelihood + np.log(np.stack([child, 1 - child], axis=1)), axis=2)


def posterior(log_likelihood: Floats, prior: ArrayLike = PRIOR) -> Floats:
    """Return p(class | data), float64 (n, n_classes), from log p(data | class)."""
    joint = log_likelihood + np.log(np.asarray(prior, dtype=np.float64))
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def subset_posteriors(parts: dict[str, Floats], blasts: Floats, blasts_after_count: Floats) -> dict[str, Floats]:
    """Return modality subset ("images", "images+genes", ..., "all") -> posterior, float64 (n, n_classes).

    Args:
        parts: Modality -> log-likelihood, (n, n_classes); images without the number of blasts.
        blasts: Of the number of blasts among the images.
        blasts_after_count: The same given the marrow differential, where the clinical row has one.
    """
    result = {}
    for size in (1, 2, 3):
        for subset in combinations(_PARTS, size):
            total = np.sum([parts[m] for m in subset], axis=0)
            if "images" in subset:
                total = total + (blasts_after_count if "clinical" in subset else blasts)
            result["all" if size == 3 else "+".join(subset)] = posterior(total)
    return result
