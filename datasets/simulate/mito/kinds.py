"""Kinds of marrow cells, how often each disease has them, and how they differ; textbook directions, design sizes.

A kind is what a technician would write down, and no kind belongs to one disease: AML and ALL both have
blasts, CLL and everybody else lymphocytes. A disease shows in how many there are and how they look.
"""

from __future__ import annotations

from typing import Any

KINDS = (
    "blast", "lymphocyte", "smudge cell", "plasma cell", "neutrophil", "myelocyte", "erythroblast", "monocyte",
    "promyelocyte",
)  # fmt: skip
FRACTIONS = (  # of each kind in a marrow differential, rows follow ``CLASSES``
    (0.60, 0.06, 0.01, 0.010, 0.08, 0.07, 0.11, 0.04, 0.02),
    (0.80, 0.07, 0.01, 0.005, 0.03, 0.02, 0.05, 0.01, 0.005),
    (0.01, 0.56, 0.14, 0.010, 0.09, 0.06, 0.10, 0.02, 0.01),
    (0.015, 0.09, 0.01, 0.350, 0.17, 0.13, 0.19, 0.025, 0.02),
    (0.08, 0.09, 0.01, 0.020, 0.29, 0.20, 0.25, 0.03, 0.03),
    (0.015, 0.12, 0.01, 0.020, 0.29, 0.22, 0.27, 0.03, 0.025),
)
# Cells of these kinds belong to the disease.
NEOPLASTIC: dict[str, tuple[str, ...]] = {
    "AML": ("blast",),
    "ALL": ("blast",),
    "CLL": ("lymphocyte", "smudge cell"),
    "MM": ("plasma cell",),
    "MDS": ("blast", "neutrophil"),
    "healthy": (),
}
TRAITS: dict[str, tuple[str, float]] = {  # Gaussian trait -> link, total sd on the link's scale
    "diameter_um": ("log", 0.11),
    "nc_ratio": ("logit", 0.30),
    "granularity": ("logit", 0.75),
    "basophilia": ("logit", 0.50),
    "clumping": ("logit", 0.45),
}
USUAL: dict[str, tuple[float, ...]] = {  # kind -> mean of each trait in ``TRAITS``
    "blast": (15.0, 0.77, 0.12, 0.42, 0.13),
    "lymphocyte": (9.4, 0.78, 0.03, 0.36, 0.26),
    "smudge cell": (13.0, 0.90, 0.02, 0.10, 0.16),
    "plasma cell": (14.0, 0.34, 0.02, 0.82, 0.34),
    "neutrophil": (13.0, 0.34, 0.70, 0.03, 0.28),
    "myelocyte": (14.5, 0.46, 0.60, 0.13, 0.22),
    "erythroblast": (10.0, 0.44, 0.02, 0.22, 0.34),
    "monocyte": (16.5, 0.50, 0.12, 0.24, 0.20),
    "promyelocyte": (17.0, 0.56, 0.80, 0.40, 0.14),
}
CHANGED: dict[tuple[str, str], dict[str, float]] = {  # class, kind -> traits that differ from the usual
    ("AML", "blast"): {"diameter_um": 16.8, "nc_ratio": 0.80, "granularity": 0.20, "clumping": 0.10},
    ("ALL", "blast"): {
        "diameter_um": 12.4, "nc_ratio": 0.90, "granularity": 0.03, "basophilia": 0.52, "clumping": 0.17
    },
    ("CLL", "lymphocyte"): {"diameter_um": 8.9, "nc_ratio": 0.88, "basophilia": 0.28, "clumping": 0.46},
    ("MM", "plasma cell"): {"diameter_um": 16.0, "nc_ratio": 0.40, "basophilia": 0.88, "clumping": 0.40},
    ("MDS", "blast"): {"diameter_um": 15.5, "nc_ratio": 0.78, "granularity": 0.10},
    ("MDS", "neutrophil"): {"granularity": 0.22, "clumping": 0.38},
}  # fmt: skip
NUCLEI = ("round", "oval", "reniform", "folded", "lobed", "pelger", "bilobed", "smudge")
NUCLEUS: dict[str, tuple[float, ...]] = {  # kind -> probability of each of ``NUCLEI``; 0 stands for very rare
    "blast": (0.52, 0.26, 0.12, 0.09, 0, 0, 0.01, 0),
    "lymphocyte": (0.80, 0.14, 0.05, 0.01, 0, 0, 0, 0),
    "smudge cell": (0, 0, 0, 0, 0, 0, 0, 1),
    "plasma cell": (0.78, 0.20, 0.02, 0, 0, 0, 0, 0),
    "neutrophil": (0, 0, 0.02, 0.02, 0.94, 0.02, 0, 0),
    "myelocyte": (0.18, 0.66, 0.16, 0, 0, 0, 0, 0),
    "erythroblast": (0.94, 0.06, 0, 0, 0, 0, 0, 0),
    "monocyte": (0, 0.06, 0.34, 0.60, 0, 0, 0, 0),
    "promyelocyte": (0.30, 0.60, 0.10, 0, 0, 0, 0, 0),
}
CHANGED_NUCLEUS: dict[tuple[str, str], tuple[float, ...]] = {
    ("AML", "blast"): (0.44, 0.26, 0.16, 0.12, 0, 0, 0.02, 0),
    ("ALL", "blast"): (0.66, 0.20, 0.06, 0.08, 0, 0, 0, 0),
    ("MM", "plasma cell"): (0.74, 0.20, 0.02, 0.01, 0, 0, 0.03, 0),
    ("MDS", "neutrophil"): (0, 0, 0.02, 0.02, 0.58, 0.38, 0, 0),
}
VERY_RARE = 1e-4
AUER: dict[str, tuple[float, float, float]] = {  # in blasts: none, one rod, more
    "AML": (0.85, 0.12, 0.03),
    "MDS": (0.985, 0.013, 0.002),
}
NO_AUER = (1 - 2e-5, 1e-5, 1e-5)
NUCLEOLI: dict[str, float] = {"blast": 1.7, "promyelocyte": 1.0, "lymphocyte": 0.06, "plasma cell": 0.06}
CHANGED_NUCLEOLI: dict[tuple[str, str], float] = {
    ("AML", "blast"): 2.4, ("ALL", "blast"): 0.8, ("MM", "plasma cell"): 0.5, ("CLL", "lymphocyte"): 0.1,
}  # fmt: skip
FEW_NUCLEOLI = 1e-3

# Looks tell diseases apart less than fractions do: the share is chosen so that the oracle of 24 cells at the
# default effect is some .80, above the 68 % that networks reach on real smears of seven diseases.
TRAIT_SHARE = 2 / 3
INTRACLASS_CORRELATION = 0.30
CONCENTRATION = 10.0
GAMMA_SHAPE = 4.0
# How a kind is drawn: purple and blue of the nucleus; cytoplasm's purple, eosin, magenta, haemoglobin;
# granules' cover at granularity 1, magenta, share over the nucleus; eccentricity; hof.
LOOKS: dict[str, Any] = {
    "blast": ((0.55, 0.11), (0.02, 0.0, 0.02, 0.0), (0.30, 0.48, 0.15), 0.50, 0.0),
    "lymphocyte": ((0.74, 0.20), (0.02, 0.0, 0.0, 0.0), (0.10, 0.30, 0.0), 0.35, 0.0),
    "smudge cell": ((0.50, 0.06), (0.05, 0.0, 0.02, 0.0), (0.0, 0.10, 0.0), 0.1, 0.0),
    "plasma cell": ((0.76, 0.20), (0.06, 0.0, 0.0, 0.0), (0.0, 0.10, 0.0), 1.0, 0.7),
    "neutrophil": ((0.80, 0.18), (0.02, 0.042, 0.02, 0.0), (0.32, 0.15, 0.3), 0.2, 0.0),
    "myelocyte": ((0.64, 0.12), (0.0, 0.05, 0.05, 0.0), (0.27, 0.40, 0.3), 0.85, 0.0),
    "erythroblast": ((0.84, 0.26), (0.03, 0.03, 0.0, 0.10), (0.0, 0.10, 0.0), 0.3, 0.0),
    "monocyte": ((0.58, 0.12), (0.07, 0.0, 0.02, 0.0), (0.20, 0.20, 0.3), 0.4, 0.0),
    "promyelocyte": ((0.56, 0.11), (0.0, 0.0, 0.06, 0.0), (0.28, 0.48, 0.3), 0.7, 0.7),
}
BLUE = (0.01, 0.54)  # of the cytoplasm at basophilia 0, and what basophilia 1 adds
