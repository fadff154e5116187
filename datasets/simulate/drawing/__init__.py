"""Draw cells, stain and optics of a smear."""

from datasets.simulate.drawing.cells import SHAPES, Cells, leukaemic_cells, sample_cells
from datasets.simulate.drawing.magnification import um_per_px
from datasets.simulate.drawing.render import render

__all__ = [
    "SHAPES",
    "Cells",
    "leukaemic_cells",
    "render",
    "sample_cells",
    "um_per_px",
]
