"""Single white blood cells in 18 classes (Munich Leukemia Laboratory, 2023 release)."""

from __future__ import annotations

from pathlib import Path

from datasets.card import Card
from datasets.cohort import Cohort
from datasets.fetch import RemoteFile, UrlSource
from datasets.read import ClassFolders

NAME = "mll23"
CLASSES = {
    "basophil": "basophil",
    "eosinophil": "eosinophil",
    "hairy_cell": "hairy cell",
    "lymphocyte": "lymphocyte",
    "lymphocyte_large_granular": "large granular lymphocyte",
    "lymphocyte_neoplastic": "neoplastic lymphocyte",
    "lymphocyte_reactive": "reactive lymphocyte",
    "metamyelocyte": "metamyelocyte",
    "monocyte": "monocyte",
    "myeloblast": "myeloblast",
    "myelocyte": "myelocyte",
    "neutrophil_band": "band neutrophil",
    "neutrophil_segmented": "segmented neutrophil",
    "normoblast": "normoblast",
    "plasma_cell": "plasma cell",
    "promyelocyte": "promyelocyte",
    "promyelocyte_atypical": "atypical promyelocyte",
    "smudge_cell": "smudge cell",
}
DOMAIN = "MLL"
SPLIT = {"scheme": "images", "folds": 5}
_IMAGES = 41_906
_RECORD = "https://zenodo.org/records/14277609"
_FILES = "https://zenodo.org/api/records/14277609/files"

SOURCE = UrlSource(
    page=_RECORD,
    folder=NAME,
    licence="open at Zenodo; terms to be confirmed at the source",
    files=tuple(RemoteFile(f"{name}.zip", url=f"{_FILES}/{name}.zip/content", unpack=0) for name in CLASSES),
)

CARD = Card(
    title="Single white blood cells of peripheral blood, 18 morphological classes",
    source=_RECORD,
    doi="10.1038/s41597-025-06223-x",
    licence=SOURCE.licence,
    x="41,906 images of single cells of peripheral blood, Pappenheim stain, Metafer scanner, 2021 to 2024.",
    y="Morphological class of the cell, called by experts of one laboratory.",
    patient="Not published.",
    domain="One: one laboratory, one scanner.",
    split="None published. By image only, near-duplicates kept together; every table says so.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "No patient ids: cells of one patient are on both sides of any split.",
        "The digests of the archives are not known here: unpacking checks the CRC of every file, nothing more.",
        "41,906 images of 288 x 288 pixels take about 10 GB unpacked, plus the archives while they are unpacked.",
        "Reactive lymphocytes are a few tens of images: their figures mean little.",
    ),
)


FOLDERS = ClassFolders(NAME, CLASSES, DOMAIN, _IMAGES, SOURCE.page, SOURCE.licence, "record 14277609")
find = FOLDERS.find


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    crop: int = 288,
    per_class: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one cell a specimen.

    Reference: Shetab Boushehri et al., A large expert-annotated single-cell peripheral blood dataset for
    hematological disease diagnostics, Scientific Data 2025, doi 10.1038/s41597-025-06223-x.
    Layout as in public code: one zip archive a class, images at any depth below the folder of the class.
    Arguments and errors are those of ``ClassFolders.load``; the originals are 288 x 288 pixels.
    """
    return FOLDERS.load(data_root, image_size=image_size, crop=crop, per_class=per_class, seed=seed)
