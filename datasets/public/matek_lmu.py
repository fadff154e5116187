"""Single white blood cells of AML patients and controls in 15 classes (LMU Munich)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError
from datasets.fetch import Expected, ManualSource
from datasets.read import ClassFolders, ImageFile, find_file

NAME = "matek-lmu"
CLASSES = {
    "BAS": "basophil",
    "EBO": "erythroblast",
    "EOS": "eosinophil",
    "KSC": "smudge cell",
    "LYA": "atypical lymphocyte",
    "LYT": "typical lymphocyte",
    "MMZ": "metamyelocyte",
    "MOB": "monoblast",
    "MON": "monocyte",
    "MYB": "myelocyte",
    "MYO": "myeloblast",
    "NGB": "band neutrophil",
    "NGS": "segmented neutrophil",
    "PMB": "bilobed promyelocyte",
    "PMO": "promyelocyte",
}
DOMAIN = "LMU"
ANNOTATIONS = "annotations.dat"
SPLIT = {"scheme": "images", "folds": 5}
_IMAGES = 18_365

SOURCE = ManualSource(
    page="https://www.cancerimagingarchive.net/collection/aml-cytomorphology_lmu/",
    folder=NAME,
    licence="CC BY 3.0",
    steps=(
        "Open https://www.cancerimagingarchive.net/collection/aml-cytomorphology_lmu/ (11 GB).",
        "Install the IBM Aspera Connect plugin that the page asks for, and press Download beside the images.",
        f"Put the downloaded folder into {{folder}}, as it is: the class folders {', '.join(CLASSES)} may lie "
        "up to four folders deeper.",
        f"Download the annotations from the same page and put {ANNOTATIONS} into {{folder}}.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(Expected("**/*.tiff", _IMAGES), Expected(f"**/{ANNOTATIONS}", 1)),
)

CARD = Card(
    title="Single white blood cells of 100 AML patients and 100 controls, 15 morphological classes",
    source=SOURCE.page,
    doi="10.7937/tcia.2019.36f5o9ld",
    licence=SOURCE.licence,
    x="18,365 images of single cells of peripheral blood, 100-fold objective with oil immersion, one scanner.",
    y="Morphological class of the cell, called by an examiner.",
    patient="Not published: neither file names nor annotations.dat name the 200 patients.",
    domain="One: one hospital, one scanner (Precipoint M8), 2014 to 2017.",
    split="None published. By image only, near-duplicates kept together; every table says so.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "Blasts come from the patients with AML: a split by image lets a network recognise patients and their slides.",
        "Most cells are segmented neutrophils; some classes have fewer than 30 images. Read the figures of each class.",
        "annotations.dat repeats the call and adds two later ones, which exist for some images only ('nan' elsewhere).",
        "'MYB' is the myelocyte and 'MYO' the myeloblast: code that takes MYB for the blast is wrong.",
    ),
)


FOLDERS = ClassFolders(NAME, CLASSES, DOMAIN, _IMAGES, SOURCE.page, SOURCE.licence, "TCIA version 1")
find = FOLDERS.find


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    crop: int = 400,
    per_class: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one cell a specimen.

    Reference: Matek, Schwarz, Marr, Spiekermann, A Single-cell Morphological Dataset of Leukocytes from AML Patients
    and Non-malignant Controls, The Cancer Imaging Archive 2019, doi 10.7937/tcia.2019.36f5o9ld; and Human-level
    recognition of blast cells in acute myeloid leukaemia with convolutional neural networks, Nature Machine
    Intelligence 2019, doi 10.1038/s42256-019-0101-9.
    Layout as in public code: ``<class>/<class>_NNNN.tiff``, and ``annotations.dat`` with blanks between path, call,
    first and second later call.
    Arguments and errors are those of ``ClassFolders.load``; the originals are 400 x 400 pixels.
    """
    return FOLDERS.load(
        data_root, image_size=image_size, crop=crop, per_class=per_class, seed=seed, notes=_check_annotations
    )


def _check_annotations(folder: Path, files: Sequence[ImageFile], label: NDArray[np.str_]) -> tuple[str, ...]:
    """Compare the folders with ``annotations.dat``; return a sentence where that file is absent."""
    path = find_file(folder, ANNOTATIONS)
    if path is None:
        return (f"{ANNOTATIONS} is not on this machine: the folders alone tell the classes",)
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    rows = [line.split() for line in lines if line.strip()]
    short = [" ".join(row) for row in rows if len(row) < 2]
    if short or not rows:
        raise CohortError(ANNOTATIONS, "needs path and call in each line, with blanks between", short)
    called = {row[0].replace("\\", "/").rsplit("/", 1)[-1]: CLASSES.get(row[1].upper(), row[1]) for row in rows}
    names = [f.path.rsplit("/", 1)[1] for f in files]
    without = [n for n in names if n not in called]
    if without:
        raise CohortError(ANNOTATIONS, "has no row for images", without, "Download it again.")
    torn = [f"{n}: {called[n]}, folder {c}" for n, c in zip(names, label, strict=True) if called[n] != c]
    if torn:
        raise CohortError(ANNOTATIONS, "disagrees with the folders of images", torn, "Put the images back.")
    return ()
