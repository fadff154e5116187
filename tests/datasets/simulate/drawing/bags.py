"""Cells that differ in everything that is drawn, made by hand: what one of each kind looks like on a canvas."""

import numpy as np

from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.cells import Cells

SEED, PATIENT = 4, 3
SIDE, PX_UM = 48, 0.5
SHAPES = ("round", "reniform", "bilobed", "folded", "pelger", "oval", "lobed", "smudge")


def one_of_each() -> Cells:
    """Return ten cells: every nuclear outline, no, one and many rods, 0 to 4 nucleoli, with and without the rest."""
    b, rng = 10, np.random.default_rng(1)
    shape = np.array([0, 1, 2, 3, 4, 5, 6, 7, 3, 6])
    return Cells(
        leukaemic=np.ones(b, bool),
        cell_type=np.full(b, "promyelocyte"),
        shape=shape,
        auer=np.array([2, 0, 1, 2, 0, 1, 0, 0, 2, 1]),
        nucleoli=np.array([0, 1, 2, 3, 4, 1, 0, 2, 0, 1]),
        bleb=np.arange(b) % 3 == 0,
        diameter_um=rng.uniform(9, 18, b),
        nc_ratio=rng.uniform(0.3, 0.8, b),
        granularity=rng.random(b),
        basophilia=rng.random(b),
        nucleus=np.column_stack([rng.uniform(0.5, 0.8, b), rng.uniform(0.1, 0.2, b), np.linspace(0.05, 0.45, b)]),
        cytoplasm=rng.uniform(0.02, 0.4, (b, 5)) * (np.arange(5) != 2),
        granules=np.column_stack([np.where(np.arange(b) % 4 == 1, 0, 0.3), rng.random(b), rng.uniform(0.1, 0.6, b)]),
        eccentricity=rng.uniform(0.2, 1, b),
        hof=np.where(np.arange(b) % 2 == 0, 0.7, 0.0),
    )


def canvas() -> Canvas:
    """Return a grid for them; the cells lie off its middle."""
    return Canvas(SIDE, PX_UM, np.random.default_rng(2).integers(20, 29, (10, 2)), SEED)


def uniforms(stream: int, *shape: int) -> np.ndarray:
    """Return the numbers of one stream of the patient, as the seed fixes them."""
    return np.random.default_rng([SEED, stream, PATIENT]).random(shape)
