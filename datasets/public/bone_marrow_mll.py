"""Single bone marrow cells in 21 classes (Munich Leukemia Laboratory, 945 patients)."""

from __future__ import annotations

from pathlib import Path

from datasets.card import Card
from datasets.cohort import Cohort
from datasets.fetch import Expected, ManualSource
from datasets.read import ClassFolders

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
        "Put the downloaded folder (PKG - ..., or BM_cytomorphology_data of it) into {folder}, as it is: the class "
        "folders, such as BLA/0001-1000/BLA_00001.jpg, may lie up to four folders deeper.",
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


FOLDERS = ClassFolders(NAME, CLASSES, DOMAIN, _IMAGES, SOURCE.page, SOURCE.licence, "TCIA version 1")
find = FOLDERS.find


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
    Arguments and errors are those of ``ClassFolders.load``; the originals are 250 x 250 pixels.
    """
    return FOLDERS.load(data_root, image_size=image_size, crop=crop, per_class=per_class, seed=seed)
