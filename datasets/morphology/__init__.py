"""Where nucleus and cytoplasm of a cell lie, and what is measured of them: no learning, no torch."""

from datasets.morphology.cell_features import CODE, FEATURES, OUTLINES, cached_cell_features
from datasets.morphology.cell_segmentation import optical_density, segment

__all__ = ["CODE", "FEATURES", "OUTLINES", "cached_cell_features", "optical_density", "segment"]
