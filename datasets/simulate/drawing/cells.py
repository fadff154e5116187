"""The cells of each bag: leukaemic ones with their latent traits among normal marrow cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from datasets.simulate.shared import NUCLEUS_SHAPES, Stream, patient_uniforms


@dataclass(frozen=True)
class NormalCell:
    """How a normal marrow cell looks; pigments in optical density, lengths in micrometres.

    Attributes:
        share: Fraction among the cells that are not leukaemic.
        diameter_um: Mean and standard deviation.
        nc_ratio: Mean nuclear area over cell area.
        nucleus_shape: A leukaemic shape, or "oval" or "lobed".
        nucleus: Purple and blue of the nucleus, and how clumped its chromatin is.
        cytoplasm: Blue, purple, eosin, magenta, haemoglobin.
        granules: Share of the cytoplasm they cover, and their magenta.
        eccentricity: 0 central nucleus, 1 touching the membrane.
        hof: How much paler the Golgi zone beside the nucleus is.
    """

    share: float
    diameter_um: tuple[float, float]
    nc_ratio: float
    nucleus_shape: str
    nucleus: tuple[float, float, float]
    cytoplasm: tuple[float, float, float, float, float]
    granules: tuple[float, float] = (0.0, 0.0)
    eccentricity: float = 0.4
    hof: float = 0.0


NORMAL_CELLS = {
    "myelocyte": NormalCell(
        0.20, (14.5, 1.4), 0.46, "oval", (0.64, 0.12, 0.22), (0.09, 0.0, 0.05, 0.05, 0.0), (0.16, 0.40), 0.85
    ),
    "neutrophil": NormalCell(
        0.25, (13.0, 0.9), 0.34, "lobed", (0.80, 0.18, 0.26), (0.02, 0.02, 0.055, 0.02, 0.0), (0.22, 0.13), 0.2
    ),
    "erythroblast": NormalCell(
        0.30, (10.0, 1.4), 0.42, "round", (0.84, 0.26, 0.34), (0.14, 0.03, 0.03, 0.0, 0.10), eccentricity=0.3
    ),
    "lymphocyte": NormalCell(0.15, (9.4, 1.0), 0.80, "round", (0.74, 0.20, 0.24), (0.24, 0.02, 0.0, 0.0, 0.0)),
    "monocyte": NormalCell(
        0.05, (16.5, 1.5), 0.50, "folded", (0.58, 0.12, 0.20), (0.16, 0.07, 0.0, 0.02, 0.0), (0.03, 0.20)
    ),
    "plasma cell": NormalCell(
        0.03, (14.5, 1.4), 0.33, "round", (0.76, 0.20, 0.36), (0.52, 0.06, 0.0, 0.0, 0.0), eccentricity=1.0, hof=0.7
    ),
    "promyelocyte": NormalCell(
        0.02, (17.0, 1.6), 0.56, "oval", (0.56, 0.11, 0.14), (0.24, 0.0, 0.0, 0.06, 0.0), (0.22, 0.48), 0.7, 0.7
    ),
}
SHAPES = (*NUCLEUS_SHAPES, "oval", "lobed", "smudge")
_KINDS = tuple(NORMAL_CELLS)
_NC_SPREAD = 0.18


@dataclass(frozen=True)
class Cells:
    """Hold what the renderer draws, (n, cells, ...) each.

    Attributes:
        leukaemic: bool.
        cell_type: What a technician would call the cell, str.
        shape: Position in ``SHAPES``, int64.
        auer: 0 none, 1 one rod, 2 a faggot, int64.
        nucleoli: Count, int64.
        bleb: bool.
        diameter_um, nc_ratio, granularity, basophilia: float64; the last two are NaN in normal cells.
        nucleus: Purple, blue, clumping, float64 (n, cells, 3).
        cytoplasm: Blue, purple, eosin, magenta, haemoglobin, float64 (n, cells, 5).
        granules: Cover, magenta, share that lies over the nucleus, float64 (n, cells, 3).
        eccentricity, hof: float64.
    """

    leukaemic: NDArray[np.bool_]
    cell_type: NDArray[np.str_]
    shape: NDArray[np.int64]
    auer: NDArray[np.int64]
    nucleoli: NDArray[np.int64]
    bleb: NDArray[np.bool_]
    diameter_um: NDArray[np.float64]
    nc_ratio: NDArray[np.float64]
    granularity: NDArray[np.float64]
    basophilia: NDArray[np.float64]
    nucleus: NDArray[np.float64]
    cytoplasm: NDArray[np.float64]
    granules: NDArray[np.float64]
    eccentricity: NDArray[np.float64]
    hof: NDArray[np.float64]

    def bag(self, i: int) -> Cells:
        """Return the cells of patient ``i``, (cells, ...) each."""
        return Cells(**{name: values[i] for name, values in vars(self).items()})

    def frame(self) -> pd.DataFrame:
        """Return the latent traits, one row an image, bag after bag."""
        columns = ("leukaemic", "diameter_um", "nc_ratio", "granularity", "basophilia", "auer", "nucleoli", "bleb")
        table = pd.DataFrame({name: getattr(self, name).ravel() for name in columns})
        table.insert(1, "nucleus_shape", pd.Series(pd.Categorical.from_codes(self.shape.ravel(), pd.Index(SHAPES))))
        return table


def sample_cells(sick: Mapping[str, NDArray], marrow_fraction: NDArray[np.float64], seed: int) -> Cells:
    """Return bags where each cell is leukaemic with the patient's ``marrow_fraction``, else a normal one.

    Args:
        sick: As ``leukaemic_cells`` returns them, (n, cells, ...) each.
        marrow_fraction: float64 (n,).
        seed: Seed of the cohort.
    """
    n, cells = sick["auer"].shape
    drawn = np.moveaxis(patient_uniforms(seed, Stream.CELL_KIND, n, (cells, 4)), 2, 0)
    leukaemic = drawn[0] < marrow_fraction[:, None]
    edges = np.cumsum([kind.share for kind in NORMAL_CELLS.values()])[:-1]
    kind = (drawn[1][:, :, None] > edges).sum(axis=2)
    normal = _normal_cells(kind, ndtri(drawn[2]), ndtri(drawn[3]))
    mixed = {}
    for name, values in sick.items():
        chosen = leukaemic.reshape(leukaemic.shape + (1,) * (values.ndim - 2))
        mixed[name] = np.where(chosen, values, normal[name])
    return Cells(leukaemic=leukaemic, **mixed)


def leukaemic_cells(traits: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Return how leukaemic promyelocytes with these traits look, (n, cells, ...) each, by the names of ``Cells``.

    Args:
        traits: As ``sample_traits`` returns them, (n, cells) each.
    """
    granularity, basophilia = traits["granularity"], traits["basophilia"]
    zero, one = np.zeros_like(granularity), np.ones_like(granularity)
    cytoplasm = (0.05 + 0.37 * basophilia, 0.02 * one, zero, 0.02 + 0.07 * granularity, zero)
    return {
        "cell_type": np.full(granularity.shape, "promyelocyte"),
        "shape": traits["nucleus_shape"],
        **{name: traits[name] for name in ("auer", "nucleoli", "bleb", "diameter_um", "nc_ratio")},
        "granularity": granularity,
        "basophilia": basophilia,
        "nucleus": np.stack([0.55 * one, 0.10 * one, 0.13 * one], axis=2),
        "cytoplasm": np.stack(cytoplasm, axis=2),
        "granules": np.stack([0.01 + 0.42 * granularity**1.5, 0.42 * one, 0.45 * granularity**2], axis=2),
        "eccentricity": 0.55 * one,
        "hof": zero,
    }


def _normal_cells(kind: NDArray, size: NDArray, ratio: NDArray) -> dict[str, NDArray]:
    looks = list(NORMAL_CELLS.values())
    diameter = np.array([look.diameter_um for look in looks])[kind]
    usual_ratio = np.array([look.nc_ratio for look in looks])[kind]
    zero, unknown = np.zeros(kind.shape, np.int64), np.full(kind.shape, np.nan)
    return {
        "cell_type": np.array(_KINDS)[kind],
        "shape": np.array([SHAPES.index(look.nucleus_shape) for look in looks])[kind],
        "auer": zero,
        "nucleoli": (np.array(_KINDS)[kind] == "promyelocyte").astype(np.int64),
        "bleb": np.zeros(kind.shape, bool),
        "diameter_um": diameter[..., 0] + diameter[..., 1] * np.clip(size, -2.5, 2.5),
        "nc_ratio": expit(logit(usual_ratio) + _NC_SPREAD * ratio),
        "granularity": unknown,
        "basophilia": unknown,
        "nucleus": np.array([look.nucleus for look in looks])[kind],
        "cytoplasm": np.array([look.cytoplasm for look in looks])[kind],
        "granules": np.array([(*look.granules, 0.3) for look in looks])[kind],
        "eccentricity": np.array([look.eccentricity for look in looks])[kind],
        "hof": np.array([look.hof for look in looks])[kind],
    }
