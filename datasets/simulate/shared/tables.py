"""Numbers of the five fusion subtypes: rows follow ``CLASSES``, columns are hypergranular M3 and microgranular M3v.

Directions come from the literature on acute promyelocytic leukaemia and its variant fusions; most
sizes for the rare fusions are design choices. They describe a benchmark, not patients.
"""

from __future__ import annotations

from typing import Any

CLASSES = ("PML-RARA", "TTMV-RARA", "NPM1-RARA", "STAT5B-RARA", "NUP98-RARG")
SITES = ("A", "B", "C")
PRIOR = (0.40, 0.12, 0.12, 0.18, 0.18)
MICROGRANULAR = (0.20, 0.20, 0.25, 0.40, 0.265)
CONFOUNDED_SITES = ((0.1, 0.1, 0.8), (0.9, 0.1, 0.0), (0.1, 0.9, 0.0), (0.85, 0.15, 0.0), (0.15, 0.85, 0.0))

CHILD = (0.04, 0.80, 0.60, 0.05, 0.06)
CHILD_AGE = (7.0, 0.6)
ADULT_AGE = ((46, 15), (40, 15), (50, 15), (47, 15), (41, 14))
LOG_NORMAL: dict[str, Any] = {  # column -> (median, sigma) of each class
    "platelets": ((27, 0.65), (45, 0.70), (50, 0.70), (48, 0.70), (38, 0.70)),
    "fibrinogen": ((1.28, 0.45), (1.7, 0.45), (2.0, 0.50), (1.9, 0.50), (1.8, 0.50)),
    "d_dimer": ((6.5, 1.2), (6, 1.2), (4, 1.2), (5, 1.2), (6, 1.2)),
    "ldh": ((320, 0.50), (480, 0.55), (420, 0.50), (450, 0.55), (430, 0.50)),
}
NORMAL: dict[str, Any] = {  # column -> (mean, sd) of each class
    "hb": ((88, 20), (82, 18), (85, 20), (86, 20), (84, 20)),
    "pt": ((15.2, 2.0), (14.5, 1.8), (13.8, 1.6), (14.2, 1.7), (14.6, 1.9)),
}
WBC = (  # (median, sigma) of M3 and of M3v
    ((2.8, 1.0), (22, 1.0)),
    ((6, 1.0), (30, 0.9)),
    ((9, 1.0), (25, 0.9)),
    ((8, 1.1), (28, 0.9)),
    ((5, 1.1), (24, 1.0)),
)
BERNOULLI: dict[str, Any] = {
    "male": (0.52, 0.55, 0.50, 0.78, 0.50),
    "extramedullary": (0.02, 0.35, 0.05, 0.05, 0.06),
    "i17q": (0.03, 0.52, 0.02, 0.06, 0.04),
    "ras_wt1": (0.15, 0.25, 0.20, 0.25, 0.60),
    "bleeding": (0.75, 0.50, 0.40, 0.45, 0.545),
}
FLT3_ITD = ((0.17, 0.65), (0.08, 0.18), (0.06, 0.14), (0.08, 0.13), (0.04, 0.12))
PROMYELOCYTES = ((0.80, 14), (0.72, 12), (0.68, 10), (0.60, 8), (0.72, 10))  # mean fraction, concentration

MISSING = {  # rate at an average site; columns not named are always measured
    "fibrinogen": 0.12,
    "d_dimer": 0.30,
    "pt": 0.10,
    "ldh": 0.10,
    "i17q": 0.25,
    "ras_wt1": 0.35,
    "flt3_itd": 0.20,
    "promyelocytes": 0.08,
    "extramedullary": 0.05,
}
SITE_MISSING_FACTOR = (0.6, 1.4, 1.0)
SITE_GENES = (1.0, 0.7, 1.0)
IMAGES_ONLY = "C-images"  # domain of the patients of site C of whom there are images only

NUCLEUS_SHAPES = ("round", "reniform", "bilobed", "folded", "pelger")
SHAPE = (
    ((0.20, 0.30, 0.40, 0.095, 0.005), (0.08, 0.22, 0.58, 0.115, 0.005)),
    ((0.30, 0.34, 0.22, 0.135, 0.005), (0.15, 0.30, 0.38, 0.165, 0.005)),
    ((0.55, 0.25, 0.10, 0.095, 0.005), (0.40, 0.28, 0.20, 0.115, 0.005)),
    ((0.45, 0.28, 0.12, 0.130, 0.020), (0.32, 0.30, 0.22, 0.140, 0.020)),
    ((0.32, 0.34, 0.22, 0.115, 0.005), (0.18, 0.30, 0.38, 0.135, 0.005)),
)
AUER = (  # none, one rod, faggot
    ((0.78, 0.12, 0.10), (0.95, 0.04, 0.01)),
    ((0.92, 0.06, 0.02), (0.97, 0.025, 0.005)),
    ((0.994, 0.005, 0.001), (0.996, 0.003, 0.001)),
    ((0.984, 0.014, 0.002), (0.99, 0.009, 0.001)),
    ((0.96, 0.035, 0.005), (0.985, 0.013, 0.002)),
)
BLEB = ((0.10, 0.18), (0.12, 0.20), (0.10, 0.16), (0.25, 0.32), (0.12, 0.18))
NUCLEOLI = ((0.8, 0.9), (0.9, 1.0), (1.1, 1.1), (1.2, 1.3), (0.7, 0.9))
GAUSSIAN_TRAITS: dict[str, Any] = {  # trait -> (link, mean of each class and variant, total sd on the link's scale)
    "granularity": (
        "logit", ((0.80, 0.18), (0.76, 0.20), (0.70, 0.22), (0.60, 0.22), (0.84, 0.20)), (0.75, 0.85)
    ),
    "basophilia": (
        "logit", ((0.45, 0.55), (0.50, 0.56), (0.42, 0.50), (0.40, 0.48), (0.50, 0.56)), (0.65, 0.65)
    ),
    "nc_ratio": (
        "logit", ((0.62, 0.72), (0.64, 0.73), (0.63, 0.71), (0.66, 0.74), (0.60, 0.71)), (0.30, 0.31)
    ),
    "diameter_um": (
        "log", ((19.0, 17.0), (18.5, 17.0), (18.0, 16.6), (17.5, 16.4), (19.5, 17.4)), (0.12, 0.13)
    ),
}  # fmt: skip
INTRACLASS_CORRELATION = 0.30
CONCENTRATION = 10.0
GAMMA_SHAPE = 4.0

GENE_SD = 1.1
GENE_MODULES: dict[str, Any] = {  # module -> (genes, log2 shift of each class)
    "azurophil": (("MPO", "ELANE", "PRTN3", "CTSG", "AZU1"), (0.6, 0.5, 0.3, 0, 0.6)),
    "mhc_class_ii": (("HLA-DRA", "HLA-DRB1", "CD74", "CIITA"), (-0.5, -0.4, -0.2, 0, -0.6)),
    "fibrinolysis": (("ANXA2", "S100A10", "F3", "PLAU"), (0.8, 0.5, 0.2, 0.1, 0.4)),
    "hgf_stab1": (("HGF", "STAB1", "FGF13", "TAFA5"), (1.0, 0.7, 0.6, 0.4, 0.3)),
    "stat5_targets": (("CISH", "SOCS2", "PIM1", "BCL2L1", "OSM"), (0.1, 0, 0.1, 1.0, 0)),
    "hoxa_meis1": (("HOXA9", "HOXA7", "HOXA10", "MEIS1", "PBX3"), (-0.3, -0.2, 0.2, 0, 1.0)),
    "chr17q21": (("STAT5B", "STAT5A", "STAT3", "RARA", "THRA", "MED24"), (0, 0.35, 0, 0.05, 0)),
    "npm1": (("NPM1",), (0, 0, -0.6, 0, 0)),
    "pml": (("PML",), (-0.6, 0, 0, 0, 0)),
}
QUASI_LABEL_MODULE = ("RARG", "WT1"), (0, 0, 0, 0, 1.0)  # the fusion's own 3' transcript: left out unless asked for
N_GENES = 2000
N_FACTORS = 20
FACTOR_VARIANCE = 0.15
