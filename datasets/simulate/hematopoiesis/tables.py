"""Numbers of the generated haematopoiesis: lineages, markers, diseases and sources of noise.

Sizes are design choices in the vocabulary of Splatter (Zappia, Phipson and Oshlack, Splatter: simulation of
single-cell RNA sequencing data, 2017, https://doi.org/10.1186/s13059-017-1305-0); marker genes are textbook.
"""

from __future__ import annotations

CLASSES = ("healthy", "AML", "MDS", "MPN")
OUT_OF_DISTRIBUTION = "aplastic"
LINEAGES = ("MPP", "monocyte", "lymphocyte")
CELL_TYPES = ("MPP", "monocyte", "T", "B", "NK")
LINEAGE_OF = (0, 1, 2, 2, 2)
CELL_TYPE_SHARES = ((1.0,), (1.0,), (0.6, 0.2, 0.2))  # given the lineage, in the order of CELL_TYPES
RETENTION = (1.0, 0.70, 0.35, 0.35, 0.35)  # share of the disease shift that a cell type keeps

MARKERS = {
    "MPP": ("CD34", "AVP", "HLF", "CRHBP", "SPINK2", "HOPX"),
    "monocyte": ("LYZ", "S100A8", "S100A9", "CD14", "FCN1", "VCAN"),
    "T": ("CD3D", "IL7R"),
    "B": ("MS4A1", "CD79A"),
    "NK": ("NKG7", "GNLY"),
}
MARKER_BASE = 2.0  # mean abundance of a marker where it belongs, in units of the mean gene's 0.6
MARKER_OFF = 0.02  # the same where it does not belong, as a share
PROGRAM_GENES = 60  # further genes that move in one cell type
PROGRAM_SD = 1.0  # ln units
MITOCHONDRIAL = (
    "MT-ND1", "MT-ND2", "MT-ND3", "MT-ND4", "MT-ND4L", "MT-ND5", "MT-ND6",
    "MT-CYB", "MT-CO1", "MT-CO2", "MT-CO3", "MT-ATP6", "MT-ATP8",
)  # fmt: skip
MITOCHONDRIAL_SHARE = (3.0, 57.0)  # Beta: mean 5 % of a cell's transcripts

BASE_SHAPE = 0.6
EXPRESSED_GENES = 2_000  # programs live among these; further genes are faint
FAINT_SHARE = 0.2  # of the transcripts, all further genes together
COMMON_GENES = 60
SPECIFIC_GENES = 60
DISEASE_SD = 0.55  # ln units
DONOR_SD = 0.15
BATCH_SD = 0.10
BATCHES = 3
DISPERSION = 3.0
LIBRARY_MEDIAN = 4000.0
LIBRARY_SIGMA = 0.45
