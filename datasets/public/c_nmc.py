"""Single lymphoblasts of ALL against normal precursors, with subject ids (C-NMC 2019)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import Expected, ManualSource
from datasets.read import (
    Cells,
    Crop,
    ImageFile,
    cell_cohort,
    choose,
    find_classes,
    find_file,
    find_images,
    known_codes,
    pick,
    read_text,
    shortfall,
)

NAME = "c-nmc"
CLASSES = {"hem": "normal", "all": "ALL"}
FOLDS = ("fold_0", "fold_1", "fold_2")
PRELIMINARY = "C-NMC_test_prelim_phase_data"
FINAL = "C-NMC_test_final_phase_data"
LABELS = "C-NMC_test_prelim_phase_data_labels.csv"
DOMAIN = "C-NMC"
SPLIT = {"scheme": "published", "folds": 5}
_IMAGES = 12_528  # 10,661 of the folds and 1,867 of the preliminary test
_UID = re.compile(r"UID_(H?\d+)_\d+_\d+_(all|hem)\.bmp", re.IGNORECASE)

SOURCE = ManualSource(
    page="https://www.cancerimagingarchive.net/collection/c-nmc-2019/",
    folder=NAME,
    licence="CC BY 3.0, to be confirmed at the source",
    steps=(
        "Open https://www.cancerimagingarchive.net/collection/c-nmc-2019/ and press Download; the page asks for the "
        "IBM Aspera Connect plugin.",
        "Unpack the archives of the training data and of the preliminary test into {folder}, with their folders: "
        "fold_0, fold_1 and fold_2 may lie up to four folders deep.",
        f"Put {LABELS} anywhere below {{folder}}.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(
        *(Expected(f"**/{fold}/*/*.bmp", n) for fold, n in zip(FOLDS, (3527, 3581, 3553), strict=True)),
        Expected(f"**/{PRELIMINARY}/**/*.bmp", 1867),
        Expected(f"**/{LABELS}", 1),
    ),
)

CARD = Card(
    title="Single cells of B-cell ALL against normal B-cell precursors, 12,528 labelled images",
    source=SOURCE.page,
    doi="10.7937/tcia.2019.dc64i46r",
    licence=SOURCE.licence,
    x="Single cells cut out on black, Jenner-Giemsa, 450 x 450 pixels.",
    y="ALL (leukaemic lymphoblast) or normal (precursor), the diagnosis of the subject.",
    patient="Subject number of the file name, UID_<subject>_..., 'H' before the numbers of healthy subjects.",
    domain="One hospital and scanner.",
    split="Published: train on the three folds, test on the preliminary test; subjects do not cross.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "A subject has cells of one class only: a split by image lets a network recognise the subject.",
        "Cells are cut out on black: the area that is not black is a feature, and so is mean brightness.",
        "The preliminary test has renamed files; the label file gives their original names, and so the subjects.",
        "The final test has no published labels and is not loaded.",
        "Label 1 is ALL in the label file; code that takes 0 for ALL is wrong.",
    ),
    references=(
        Reference(
            "AUROC .913, sensitivity .87, specificity .80, ECE .024; random splitting raised AUROC by about .04",
            "EfficientNet-B1, subjects kept apart",
            "arXiv 2606.24944",
            "another split by subject",
        ),
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_classes(NAME, FOLDS, data_root)


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    crop: int = 450,
    per_class: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one cell a specimen, with the subject as patient.

    Reference: Gupta and Gupta, ALL Challenge dataset of ISBI 2019 (C-NMC 2019), The Cancer Imaging Archive 2019,
    doi 10.7937/tcia.2019.dc64i46r.
    Layout as in public code: ``fold_k/{all,hem}/UID_<subject>_<n>_<n>_{all,hem}.bmp``; the preliminary test is
    ``<n>.bmp`` with a label file of Patient_ID (the original name), new_names (<n>.bmp) and labels (1 is ALL).

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 450 x 450.
        per_class: At most so many images of each class, chosen at random; None takes all.
        seed: Of that choice.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a file name carries no subject, a class and its folder disagree, or a label is missing.
    """
    folder = find(data_root)
    images = find_images(folder, folder)
    train = [f for f in images if set(f.path.split("/")) & set(FOLDS)]
    tested = [f for f in images if PRELIMINARY in f.path.split("/")]
    original = _original_names(folder) if tested else {}
    named = [(f, f.path.rsplit("/", 1)[1], "train") for f in train]
    named += [(f, _original(f, original), "test") for f in tested]
    cells = _cells(named)
    lacking = shortfall(len(cells), _IMAGES)
    lost = () if tested else (f"{PRELIMINARY} is not on this machine",)
    provenance = Provenance(
        SOURCE.page, "TCIA version 1", SOURCE.licence, modified=bool(lacking), absent=(*lacking, *lost)
    )
    cells = cells.take(choose(cells.label, per_class, seed))
    return cell_cohort(NAME, cells, CLASSES.values(), folder, Crop(crop), image_size, provenance)


def _cells(named: list[tuple[ImageFile, str, str]]) -> Cells:
    """Return the rows of (file, original name, role); the original name tells subject and class."""
    found = [_UID.fullmatch(name) for _, name, _ in named]
    odd = [file.path for (file, _, _), uid in zip(named, found, strict=True) if uid is None]
    if odd:
        raise CohortError("file names", "carry no subject", odd, "Names are UID_<subject>_<n>_<n>_<all or hem>.bmp.")
    uids = [uid for uid in found if uid is not None]
    kinds = [uid[2].lower() for uid in uids]
    torn = [
        file.path
        for (file, _, role), kind in zip(named, kinds, strict=True)
        if role == "train" and kind != file.path.split("/")[-2].lower()
    ]
    if torn:
        raise CohortError("file names", "disagree with the folder of the class", torn, "Put the images back.")
    return Cells(
        [file for file, _, _ in named],
        np.array([CLASSES[k] for k in kinds], np.str_),
        np.full(len(named), DOMAIN),
        np.array([f"subject-{uid[1].upper()}" for uid in uids], np.str_),
        np.array([role for _, _, role in named], np.str_),
    )


def _original_names(folder: Path) -> dict[str, str]:
    """Return renamed file -> original name of the preliminary test."""
    path = find_file(folder, LABELS)
    if path is None:
        raise CohortError(LABELS, f"is not below {folder}", remedy=f"See: python -m benchmark data get {NAME}")
    table = pick(read_text(path), {c: c for c in ("Patient_ID", "new_names", "labels")}, LABELS)
    told = known_codes(table["labels"], ("1", "0"), f"{LABELS}: labels").map({"1": "all", "0": "hem"})
    torn = [n for n, label in zip(table["Patient_ID"], told, strict=True) if not n.lower().endswith(f"_{label}.bmp")]
    if torn:
        raise CohortError(f"{LABELS}: labels", "disagree with Patient_ID", torn, "1 is all, 0 is hem.")
    return dict(zip(table["new_names"], table["Patient_ID"], strict=True))


def _original(file: ImageFile, original: dict[str, str]) -> str:
    name = file.path.rsplit("/", 1)[1]
    if name not in original:
        raise CohortError(LABELS, "has no row for an image", [file.path], "Download it again.")
    return original[name]
