"""Numbers of the two kinds of patients that are none of the five classes: rows follow ``UNSEEN``.

ZBTB16-RARA: regular nuclei, many granules, hardly any Auer rods, Pelger-like cells (Sainty et al., A new morphologic
classification system for acute promyelocytic leukemia distinguishes cases with underlying PLZF/RARA gene
rearrangements, Blood 2000, https://doi.org/10.1182/blood.V96.4.1287). Other AML: fibrinogen and D-dimer are fitted to
published specificities of both against APL; age, counts, LDH, FLT3-ITD and blasts are those of the AML of
``mito-sim``, but for rods: 15 % of blasts show one, never a faggot, the design's value without the factor by which
``mito-sim`` weakens it; so by patient rods are as frequent as in PML-RARA. All other sizes are design choices. Effect
scales do not act on them.
"""

from __future__ import annotations

from typing import Any

UNSEEN = ("ZBTB16-RARA", "non-APL AML")
MICROGRANULAR = (0.05, 0.0)
BLASTS = 1  # position of the kind whose cells are myeloblasts, not promyelocytes
BLAST_FRACTION = (0.60, 10)  # of its marrow: mean, concentration

CHILD = (0.05, 0.04)
ADULT_AGE = ((50, 15), (65, 14))
LOG_NORMAL: dict[str, Any] = {  # column -> (median, sigma)
    "platelets": ((45, 0.70), (55, 0.80)),
    "fibrinogen": ((1.9, 0.50), (3.2, 0.442)),
    "d_dimer": ((5, 1.2), (1.2, 1.3)),
    "ldh": ((430, 0.55), (450, 0.65)),
}
NORMAL: dict[str, Any] = {  # column -> (mean, sd)
    "hb": ((88, 20), (88, 20)),
    "pt": ((14.2, 1.7), (13.2, 1.4)),
}
WBC = (((7, 1.1), (25, 0.9)), ((15, 1.5), (15, 1.5)))  # (median, sigma) of both variants
BERNOULLI: dict[str, Any] = {
    "male": (0.70, 0.54),
    "extramedullary": (0.04, 0.08),
    "i17q": (0.04, 0.05),
    "ras_wt1": (0.20, 0.25),
    "bleeding": (0.45, 0.15),
}
FLT3_ITD = ((0.08, 0.13), (0.28, 0.28))
PROMYELOCYTES = ((0.65, 10), (0.04, 20))

SHAPE = (
    ((0.58, 0.14, 0.04, 0.04, 0.20), (0.50, 0.18, 0.08, 0.06, 0.18)),
    ((0.67, 0.18, 0.03, 0.11, 0.01), (0.67, 0.18, 0.03, 0.11, 0.01)),
)
AUER = (
    ((0.990, 0.009, 0.001), (0.994, 0.005, 0.001)),
    ((0.85, 0.15, 0.0), (0.85, 0.15, 0.0)),
)
BLEB = ((0.10, 0.16), (0.06, 0.06))
NUCLEOLI = ((1.0, 1.0), (2.4, 2.4))
GAUSSIAN_TRAITS: dict[str, Any] = {  # trait -> mean of each kind and variant; links and spreads are the classes' own
    "granularity": ((0.72, 0.25), (0.20, 0.20)),
    "basophilia": ((0.42, 0.50), (0.42, 0.42)),
    "nc_ratio": ((0.62, 0.70), (0.80, 0.80)),
    "diameter_um": ((18.0, 16.6), (16.8, 16.8)),
}
GENE_SHIFTS = {  # module -> log2 shift
    "azurophil": (0.5, -0.2),
    "mhc_class_ii": (-0.3, 0.5),
    "fibrinolysis": (0.3, -0.1),
    "hgf_stab1": (0.4, -0.3),
    "stat5_targets": (0.0, 0.2),
    "hoxa_meis1": (-0.1, 0.6),
    "chr17q21": (0.0, 0.0),
    "npm1": (0.0, 0.0),
    "pml": (0.0, 0.0),
}

# How a myeloblast is drawn: purple, blue and clumping of the nucleus; the cytoplasm's blue at basophilia 0, what
# basophilia 1 adds, and its purple and magenta; cover of granules at granularity 1, magenta, share over the nucleus.
BLAST_NUCLEUS = (0.55, 0.11, 0.10)
BLAST_BLUE = (0.01, 0.54)
BLAST_CYTOPLASM = (0.02, 0.02)
BLAST_GRANULES = (0.30, 0.48, 0.15)
BLAST_ECCENTRICITY = 0.50
