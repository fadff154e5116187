"""Generate patients of six mitochondrial and marrow diagnoses."""

from datasets.simulate.mito import tables
from datasets.simulate.mito.clinical import UNITS, clinical_table
from datasets.simulate.mito.pathways import PATHWAYS
from datasets.simulate.mito.world import MitoWorld, sample_mito_world

__all__ = [
    "PATHWAYS",
    "UNITS",
    "MitoWorld",
    "clinical_table",
    "sample_mito_world",
    "tables",
]
