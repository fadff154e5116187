"""Single white blood cells in 18 classes (Munich Leukemia Laboratory, 2023 release)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.card import Card
from datasets.cohort import Cohort, Provenance
from datasets.fetch import RemoteFile, UrlSource
from datasets.read import Cells, Crop, cell_cohort, choose, class_root, find_classes, labelled_images, shortfall

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


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_classes(NAME, CLASSES, data_root)


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

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 288 x 288.
        per_class: At most so many images of each class, chosen at random; None takes all.
        seed: Of that choice.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If an image lies outside the class folders.
    """
    folder = find(data_root)
    place = class_root(folder, CLASSES)
    files, label = labelled_images(place, folder, CLASSES)
    lacking = shortfall(len(files), _IMAGES)
    cells = Cells(files, label, np.full(len(files), DOMAIN)).take(choose(label, per_class, seed))
    provenance = Provenance(SOURCE.page, "record 14277609", SOURCE.licence, modified=bool(lacking), absent=lacking)
    return cell_cohort(NAME, cells, CLASSES.values(), folder, Crop(crop), image_size, provenance)
