"""Latent traits of leukaemic cells, with patient effects that make cells of one patient alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, gammaincinv, logit, ndtri, pdtr

from datasets.simulate.shared import Stream, patient_uniforms, scaled, tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_MOST_NUCLEOLI = 24
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class GaussianTrait:
    """A trait that is Gaussian on its link's scale: mean (n_classes, 2), total sd (2,)."""

    link: str
    mean: Floats
    sd: Floats

    def to_scale(self, x: Floats) -> Floats:
        """Return the trait on the Gaussian scale."""
        return logit(x) if self.link == "logit" else np.log(x)

    def from_scale(self, z: Floats) -> Floats:
        """Return the trait in its own unit."""
        return expit(z) if self.link == "logit" else np.exp(z)


@dataclass(frozen=True)
class TraitModel:
    """Distributions of cell traits given class and variant.

    Attributes:
        gaussian: Trait -> its distribution; a share ``icc`` of the variance is the patient's.
        categorical: Trait -> probabilities (n_classes, 2, levels), Dirichlet over patients.
        bleb: Probability (n_classes, 2), Beta over patients.
        nucleoli: Mean count (n_classes, 2), Gamma over patients.
        icc: Intraclass correlation of Gaussian traits.
        concentration: Of the Dirichlet and Beta patient effects.
        gamma_shape: Of the Gamma patient effect.
    """

    gaussian: dict[str, GaussianTrait]
    categorical: dict[str, Floats]
    bleb: Floats
    nucleoli: Floats
    icc: float = tables.INTRACLASS_CORRELATION
    concentration: float = tables.CONCENTRATION
    gamma_shape: float = tables.GAMMA_SHAPE


def trait_model(effect: float) -> TraitModel:
    """Return the trait distributions with class differences scaled by ``effect``."""
    gaussian = {}
    for trait, (link, mean, sd) in tables.GAUSSIAN_TRAITS.items():
        shape = GaussianTrait(link, np.zeros(0), np.array(sd))
        centre = scaled(shape.to_scale(np.array(mean, dtype=np.float64)), effect)
        gaussian[trait] = GaussianTrait(link, centre, np.array(sd))
    categorical = {
        "nucleus_shape": scaled(tables.SHAPE, effect, "probabilities"),
        "auer": scaled(tables.AUER, effect, "probabilities"),
    }
    return TraitModel(
        gaussian, categorical, scaled(tables.BLEB, effect, "logit"), scaled(tables.NUCLEOLI, effect, "log")
    )


def sample_traits(model: TraitModel, y: Ints, variant: Ints, cells: int, seed: int) -> dict[str, NDArray]:
    """Return trait -> values of ``cells`` leukaemic cells of each patient, (n, cells).

    Gaussian traits are float64 in their own unit; ``nucleus_shape`` and ``auer`` are int64
    levels; ``bleb`` is bool; ``nucleoli`` is an int64 count.
    """
    n_gaussian, n_levels = len(model.gaussian), sum(p.shape[-1] for p in model.categorical.values())
    patient = patient_uniforms(seed, Stream.TRAIT_PATIENT, len(y), (n_gaussian + n_levels + 2,))
    n_traits = n_gaussian + len(model.categorical) + 2
    cell = np.moveaxis(patient_uniforms(seed, Stream.TRAIT_CELL, len(y), (cells, n_traits)), 2, 0)
    values: dict[str, NDArray] = {}
    for k, (trait, gaussian) in enumerate(model.gaussian.items()):
        values[trait] = _gaussian(gaussian, model.icc, patient[:, k], cell[k], y, variant)
    first = n_gaussian
    for k, (trait, chances) in enumerate(model.categorical.items()):
        effect = patient[:, first : first + chances.shape[-1]]
        values[trait] = _categorical(model.concentration * chances[y, variant], effect, cell[n_gaussian + k])
        first += chances.shape[-1]
    chance = model.concentration * model.bleb[y, variant]
    values["bleb"] = cell[-2] < betaincinv(chance, model.concentration - chance, patient[:, -2])[:, None]
    rate = gammaincinv(model.gamma_shape, patient[:, -1]) * model.nucleoli[y, variant] / model.gamma_shape
    values["nucleoli"] = _poisson(rate, cell[-1])
    return values


def _gaussian(trait: GaussianTrait, icc: float, patient: Floats, cell: Floats, y: Ints, variant: Ints) -> Floats:
    sd = trait.sd[variant]
    centre = trait.mean[y, variant] + np.sqrt(icc) * sd * ndtri(patient)
    return trait.from_scale(centre[:, None] + np.sqrt(1 - icc) * sd[:, None] * ndtri(cell))


def _categorical(alpha: Floats, patient: Floats, cell: Floats) -> Ints:
    gammas = np.where(alpha > 0, gammaincinv(np.maximum(alpha, _TINY), patient), 0.0)  # a level of chance 0 never comes
    edges = np.cumsum(gammas / gammas.sum(axis=1, keepdims=True), axis=1)[:, None, :-1]
    return (cell[:, :, None] > edges).sum(axis=2)


def _poisson(rate: Floats, cell: Floats) -> Ints:
    below = pdtr(np.arange(_MOST_NUCLEOLI), rate[:, None])
    return (cell[:, :, None] > below[:, None, :]).sum(axis=2)
