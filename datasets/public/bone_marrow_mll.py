"""Single bone marrow cells in 21 classes (Munich Leukemia Laboratory, 945 patients)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.card import Card
from datasets.cohort import Cohort, Provenance
from datasets.fetch import Expected, ManualSource
from datasets.read import Cells, Crop, cell_cohort, choose, class_root, find_classes, labelled_images, shortfall

NAME = "bone-marrow-mll"
CLASSES = {
    "ABE": "abnormal eosinophil",
    "ART": "artefact",
    "BAS": "basophil",
    "BLA": "blast",
    "EBO": "erythroblast",
    "EOS": "eosinophil",
    "FGC": "faggot cell",
    "HAC": "hairy cell",
    "KSC": "smudge cell",
    "LYI": "immature lymphocyte",
    "LYT": "lymphocyte",
    "MMZ": "metamyelocyte",
    "MON": "monocyte",
    "MYB": "myelocyte",
    "NGB": "band neutrophil",
    "NGS": "segmented neutrophil",
    "NIF": "not identifiable",
    "OTH": "other cell",
    "PEB": "proerythroblast",
    "PLM": "plasma cell",
    "PMO": "promyelocyte",
}
DOMAIN = "MLL"
SPLIT = {"scheme": "images", "folds": 5}
_IMAGES = 171_374

SOURCE = ManualSource(
    page="https://www.cancerimagingarchive.net/collection/bone-marrow-cytomorphology_mll_helmholtz_fraunhofer/",
    folder=NAME,
    licence="CC BY 4.0",
    steps=(
        "Open https://www.cancerimagingarchive.net/collection/bone-marrow-cytomorphology_mll_helmholtz_fraunhofer/ "
        "(6.8 GB).",
        "Install the IBM Aspera Connect plugin that the page asks for, and press Download.",
        "Put the downloaded folder BM_cytomorphology_data into {folder}, as it is: below it lie the class folders, "
        "such as BLA/0001-1000/BLA_00001.jpg.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(Expected("**/*.jpg", _IMAGES),),
)

CARD = Card(
    title="Single bone marrow cells of 945 patients, 21 morphological classes",
    source=SOURCE.page,
    doi="10.7937/TCIA.AXH3-T579",
    licence=SOURCE.licence,
    x="171,374 images of single cells of bone marrow smears, May-Grünwald-Giemsa/Pappenheim, 40-fold objective, oil.",
    y="Morphological class of the cell, called by experts.",
    patient="Not published: file names count within the class.",
    domain="One: one laboratory, one scanner.",
    split="None published. By image only, near-duplicates kept together; every table says so.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "945 patients and no patient ids: cells of one patient are on both sides of any split.",
        "Classes differ greatly in size: read the figures of each class.",
        "'artefact', 'not identifiable' and 'other cell' are no cell types.",
        "All images at 64 pixels take 2.1 GB in memory and on disk; per_class takes a part.",
        "The paper counts 171,374 images, the page of the collection 171,375 files.",
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
    crop: int = 250,
    per_class: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one cell a specimen.

    Reference: Matek, Krappe, Münzenmayer, Haferlach, Marr, Highly accurate differentiation of bone marrow cell
    morphologies using deep neural networks on a large image data set, Blood 2021, doi 10.1182/blood.2020010568.
    Layout as in public code: ``<class>/<first>-<last>/<class>_NNNNN.jpg``, small classes without the folder between.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 250 x 250.
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
    provenance = Provenance(SOURCE.page, "TCIA version 1", SOURCE.licence, modified=bool(lacking), absent=lacking)
    return cell_cohort(NAME, cells, CLASSES.values(), folder, Crop(crop), image_size, provenance)
