"""Numbers of the six diseases of blood and marrow: rows follow ``CLASSES`` everywhere.

Medians of routine values and textbook looks of cells give the directions; sizes of pathway shifts,
rates outside the disease that a flag belongs to, and the site table are design choices.
"""

from __future__ import annotations

from typing import Any

CLASSES = ("AML", "ALL", "CLL", "MM", "MDS", "healthy")
PRIOR = (0.28, 0.16, 0.18, 0.14, 0.14, 0.10)
CONFOUNDED_SITES = (  # P(site A, B, C | class) at confound = 1, a design choice
    (0.15, 0.15, 0.70),
    (0.85, 0.15, 0.00),
    (0.10, 0.10, 0.80),
    (0.15, 0.85, 0.00),
    (0.30, 0.70, 0.00),
    (0.90, 0.10, 0.00),
)

# Demography does not scale with the effect: a disease of children stays one.
CHILD = (1e-6, 0.60, 1e-6, 1e-6, 1e-6, 1e-6)  # never 0, so that every logarithm is finite
CHILD_AGE = (5.5, 0.55)
ADULT_AGE = ((65, 14), (45, 18), (70, 10), (66, 11), (73, 10), (50, 15))
ADULT_RANGE = (18.0, 95.0)
MALE = (0.54, 0.56, 0.62, 0.56, 0.57, 0.50)

LOG_NORMAL: dict[str, Any] = {  # column -> (median, sigma) of each class
    "wbc": ((15, 1.5), (13, 1.4), (38, 0.9), (5.6, 0.35), (3.8, 0.6), (6.4, 0.25)),
    "platelets": ((55, 0.8), (55, 0.9), (185, 0.4), (215, 0.38), (110, 0.8), (250, 0.22)),
    "ldh": ((450, 0.65), (600, 0.8), (210, 0.3), (180, 0.35), (215, 0.35), (175, 0.18)),
    "calcium": ((2.25, 0.06), (2.27, 0.07), (2.32, 0.05), (2.38, 0.12), (2.28, 0.05), (2.33, 0.04)),
    "creatinine": ((80, 0.3), (62, 0.35), (82, 0.28), (97, 0.68), (84, 0.3), (76, 0.2)),
}
NORMAL: dict[str, Any] = {  # column -> (mean, sd) of each class
    "hb": ((88, 20), (82, 22), (132, 20), (106, 19), (97, 19), (142, 13)),
    "mcv": ((96, 9), (88, 8), (92, 6), (95, 7), (102, 8), (90, 4.5)),
    "globulin": ((31, 6), (28, 6), (25, 5), (52, 16), (31, 6), (29, 4)),
}
MTDNA_VARIANTS = (0.083, 0.05, 0.06, 0.05, 0.83, 0.02)  # mean count of pathogenic variants
FALSE_CALL = 0.002  # rate of a driver flag where the table has none: assay error and rare cases
FLAGS: dict[str, Any] = {  # column -> class -> rate in patients
    "flt3": {"AML": 0.28},
    "npm1": {"AML": 0.27},
    "idh2": {"AML": 0.10},
    "bcr_abl1": {"ALL": 0.20},
    "del13q": {"CLL": 0.50},
    "del17p": {"CLL": 0.06},
    "t11_14": {"MM": 0.18},
    "gain1q": {"MM": 0.35},
    "sf3b1": {"MDS": 0.25},
    "tp53": {"MDS": 0.10},
}
BCR_ABL1_IN_CHILDREN = 0.03
LYMPHOCYTES = ((0.28, 8), (0.38, 7), (0.85, 14), (0.30, 20), (0.34, 14), (0.31, 40))  # of blood: mean, concentration
MARROW_COUNT = 500  # cells of a marrow differential

MISSING = {  # rate at an average site; columns not named are always measured
    "ldh": 0.10,
    "calcium": 0.10,
    "creatinine": 0.05,
    "globulin": 0.20,
    "mtdna_variants": 0.35,
    "flt3": 0.20,
    **dict.fromkeys(("npm1", "idh2", "sf3b1", "tp53"), 0.35),
    **dict.fromkeys(("bcr_abl1", "del13q", "del17p", "t11_14", "gain1q"), 0.25),
    "blasts": 0.08,
    "lymphocytes": 0.05,
}
SITE_MISSING_FACTOR = (0.6, 1.4)  # sites A and B; site C has no clinical data
SITE_GENES = (1.0, 0.7, 0.0)

N_GENES = 2000
GENE_SD = 1.1
MODULE_LOADING = (0.4, 0.8)  # log2 per sd of the module
N_FACTORS = 20
FACTOR_VARIANCE = 0.15
READ_FRACTION = (0.0, 0.485, 0.0)  # log2 rise of mitochondrial reads at each site: +40 % at B
READ_FRACTION_SD = 0.25  # between specimens, dying cells
PATHWAY_SHIFTS: dict[str, tuple[float, ...]] = {  # z-shift of each class
    "oxphos": (0.6, 0.4, 0.5, 0.8, -0.7, 0),
    "mtdna_transcripts": (0.4, 0.4, 0.3, 0.5, -0.4, 0),
    "mtdna_copy_number": (0.4, 1.0, 0.3, 0.2, 0.3, 0),
    "mitoribosome": (0.8, 0.7, -0.2, 0.6, -0.2, 0),
    "tca_cycle": (0.4, 0.2, 0.2, 0.4, -0.2, 0),
    "fatty_acid_oxidation": (0.4, -0.2, 0.5, 0.2, 0, 0),
    "iron_sulfur_haem": (0, 0, 0, 0.1, -0.9, 0),
    "bcl2": (0.9, 0.7, 1.5, 0.4, -0.1, 0),
    "mcl1": (0.5, 0.2, 0.2, 1.5, 0, 0),
    "ros_defence": (0.2, 0.2, 0.8, 0.3, 0.6, 0),
    "fission": (0.3, 0.2, -0.2, 0.2, 0.3, 0),
    "protein_import": (0.4, 0.4, 0, 0.3, -0.2, 0),
    "one_carbon_folate": (0.9, 1.2, -0.5, 0.6, -0.1, 0),
    "upr_mt": (0.2, 0.1, 0, 0.8, 0.3, 0),
}
