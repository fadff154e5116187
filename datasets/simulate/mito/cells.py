"""From latent traits of the six diseases' cells to what the renderer draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.drawing import SHAPES, Cells
from datasets.simulate.mito import kinds as look
from datasets.simulate.mito.tables import CLASSES
from datasets.simulate.mito.traits import MitoCells


def neoplastic(y: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which cells belong to their patient's disease, bool (n, cells)."""
    table = np.array([[kind in look.NEOPLASTIC[name] for kind in look.KINDS] for name in CLASSES])
    return table[y[:, None], kind]


def drawn_cells(latent: MitoCells, y: NDArray[np.int64]) -> Cells:
    """Return what to draw, (n, cells): colours and granules follow from kind, granularity, basophilia, clumping."""
    nucleus, cytoplasm, granules, eccentricity, hof = (
        np.array([look.LOOKS[kind][part] for kind in look.KINDS])[latent.kind] for part in range(5)
    )
    granularity, basophilia = latent.trait("granularity"), latent.trait("basophilia")
    blue = look.BLUE[0] + look.BLUE[1] * basophilia
    return Cells(
        leukaemic=neoplastic(y, latent.kind),
        cell_type=np.array(look.KINDS)[latent.kind],
        shape=np.array([SHAPES.index(name) for name in look.NUCLEI])[latent.nucleus],
        auer=latent.auer,
        nucleoli=latent.nucleoli,
        bleb=np.zeros(latent.kind.shape, dtype=bool),
        diameter_um=latent.trait("diameter_um"),
        nc_ratio=latent.trait("nc_ratio"),
        granularity=granularity,
        basophilia=basophilia,
        nucleus=np.concatenate([nucleus, latent.trait("clumping")[..., None]], axis=2),
        cytoplasm=np.concatenate([blue[..., None], cytoplasm], axis=2),
        granules=np.concatenate([granules[..., :1] * granularity[..., None], granules[..., 1:]], axis=2),
        eccentricity=eccentricity,
        hof=hof,
    )
