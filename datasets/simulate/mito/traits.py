"""What each cell is and how it looks, given the class: kinds and latent traits with patient effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaincinv, logit, ndtri, pdtr

from datasets.simulate.mito import kinds as look
from datasets.simulate.mito.tables import CLASSES
from datasets.simulate.shared import Stream, patient_uniforms, scaled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLAST = look.KINDS.index("blast")
_MOST_NUCLEOLI = 24
_AUER_LEVELS = 3


@dataclass(frozen=True)
class MitoTraits:
    """Distributions given class and, but for the first, kind of cell.

    Attributes:
        fractions: Of kinds, float64 (n_classes, n_kinds); Dirichlet over patients.
        mean: Gaussian traits on their link's scale, float64 (n_traits, n_classes, n_kinds).
        nucleus: Of the outlines in ``NUCLEI``, float64 (n_classes, n_kinds, n_outlines); Dirichlet over patients.
        auer: Of 0, 1, more rods in blasts, float64 (n_classes, 3); Dirichlet over patients.
        nucleoli: Mean count, float64 (n_classes, n_kinds); Gamma over patients.
    """

    fractions: Floats
    mean: Floats
    nucleus: Floats
    auer: Floats
    nucleoli: Floats


@dataclass(frozen=True)
class MitoCells:
    """Latent values of every cell, (n, cells): int64 ``kind``, ``nucleus``, ``auer``, ``nucleoli`` and Gaussian traits.

    ``gaussian`` is float64 (n_traits, n, cells) on the link's scale.
    """

    kind: Ints
    nucleus: Ints
    auer: Ints
    nucleoli: Ints
    gaussian: Floats

    def trait(self, name: str) -> Floats:
        """Return a Gaussian trait in its own unit, (n, cells)."""
        z = self.gaussian[list(look.TRAITS).index(name)]
        return np.exp(z) if look.TRAITS[name][0] == "log" else expit(z)


def trait_model(effect: float, share: float = look.TRAIT_SHARE) -> MitoTraits:
    """Return the distributions: differences of fractions scaled by ``effect``, of traits by ``share`` of it."""
    usual = np.array([[look.USUAL[kind] for kind in look.KINDS]] * len(CLASSES))
    nucleoli = np.array([[look.NUCLEOLI.get(kind, look.FEW_NUCLEOLI) for kind in look.KINDS]] * len(CLASSES))
    nucleus = np.array([[look.NUCLEUS[kind] for kind in look.KINDS]] * len(CLASSES))
    for (name, kind), changes in look.CHANGED.items():
        for trait, value in changes.items():
            usual[CLASSES.index(name), look.KINDS.index(kind), list(look.TRAITS).index(trait)] = value
    for (name, kind), count in look.CHANGED_NUCLEOLI.items():
        nucleoli[CLASSES.index(name), look.KINDS.index(kind)] = count
    for (name, kind), chances in look.CHANGED_NUCLEUS.items():
        nucleus[CLASSES.index(name), look.KINDS.index(kind)] = chances
    on_scale = [np.log if link == "log" else logit for link, _ in look.TRAITS.values()]
    return MitoTraits(
        fractions=_scaled_chances(np.array(look.FRACTIONS), effect),
        mean=np.stack([scaled(to_scale(usual[:, :, t]), share * effect) for t, to_scale in enumerate(on_scale)]),
        nucleus=_scaled_chances(nucleus, share * effect),
        auer=_auer(share * effect),
        nucleoli=scaled(nucleoli, share * effect, "log"),
    )


def _auer(effect: float) -> Floats:
    """Return rods of each class: scaled about none, because a mean over classes would give lymphoblasts some."""
    none = np.array(look.NO_AUER)
    return none + effect * (np.array([look.AUER.get(name, look.NO_AUER) for name in CLASSES]) - none)


def _scaled_chances(chances: Floats, effect: float) -> Floats:
    return scaled(np.maximum(chances, look.VERY_RARE), effect, "probabilities")


def sample_mito_cells(model: MitoTraits, y: Ints, cells: int, seed: int) -> tuple[MitoCells, Floats]:
    """Return the cells of each patient, and the patient's true fraction of blasts, float64 (n,)."""
    n_kinds, n_traits, n_nuclei = len(look.KINDS), len(look.TRAITS), len(look.NUCLEI)
    each = n_traits + n_nuclei + _AUER_LEVELS + 1
    own = patient_uniforms(seed, Stream.TRAIT_PATIENT, len(y), (n_kinds, each + 1))
    cell = np.moveaxis(patient_uniforms(seed, Stream.TRAIT_CELL, len(y), (cells, n_traits + 3)), 2, 0)
    fractions = _dirichlet(look.CONCENTRATION * model.fractions[y], own[:, :, -1])
    kind = _level(fractions, patient_uniforms(seed, Stream.CELL_KIND, len(y), (cells, 1))[:, :, 0])
    rows = np.arange(len(y))[:, None]
    outlines = _dirichlet(look.CONCENTRATION * model.nucleus[y], own[:, :, n_traits : n_traits + n_nuclei])
    rods = _dirichlet(look.CONCENTRATION * model.auer[y], own[:, BLAST, -5:-2])
    rate = gammaincinv(look.GAMMA_SHAPE, own[:, :, -2]) * model.nucleoli[y] / look.GAMMA_SHAPE
    drawn = MitoCells(
        kind=kind,
        nucleus=_level(outlines[rows, kind], cell[-3]),
        auer=np.where(kind == BLAST, _level(rods, cell[-2]), 0),
        nucleoli=(cell[-1][:, :, None] > pdtr(np.arange(_MOST_NUCLEOLI), rate[rows, kind][:, :, None])).sum(axis=2),
        gaussian=np.stack([
            _gaussian(model.mean[t][y[:, None], kind], sd, own[rows, kind, t], cell[t])
            for t, (_, sd) in enumerate(look.TRAITS.values())
        ]),
    )  # fmt: skip
    return drawn, fractions[:, BLAST]


def _gaussian(mean: Floats, sd: float, patient: Floats, cell: Floats) -> Floats:
    icc = look.INTRACLASS_CORRELATION
    return mean + sd * (np.sqrt(icc) * ndtri(patient) + np.sqrt(1 - icc) * ndtri(cell))


def _dirichlet(alpha: Floats, u: Floats) -> Floats:
    gammas = gammaincinv(alpha, u)
    return gammas / gammas.sum(axis=-1, keepdims=True)


def _level(chances: Floats, u: Floats) -> Ints:
    """Return the level at probability ``u`` (n, cells) of ``chances`` (n, levels) or (n, cells, levels)."""
    edges = np.cumsum(chances, axis=-1)[..., :-1]
    edges = edges[:, None, :] if edges.ndim == 2 else edges
    return (u[:, :, None] > edges).sum(axis=2)
