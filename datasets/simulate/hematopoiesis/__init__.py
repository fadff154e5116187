"""Generate single cells of progenitors and mature lineages."""

from datasets.simulate.hematopoiesis import oracle, tables
from datasets.simulate.hematopoiesis.cells import donor_effect, mean_counts, sample_cells, sample_counts
from datasets.simulate.hematopoiesis.genes import HemaGenes, hema_genes

__all__ = [
    "HemaGenes",
    "donor_effect",
    "hema_genes",
    "mean_counts",
    "oracle",
    "sample_cells",
    "sample_counts",
    "tables",
]
