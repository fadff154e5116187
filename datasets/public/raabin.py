"""Normal white blood cells in five classes, two microscopes and cameras (Raabin-WBC, double-labelled crops)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import Expected, ManualSource
from datasets.read import Cells, Crop, cell_cohort, choose, class_root, find_classes, labelled_images

NAME = "raabin"
CLASSES = {name: name.lower() for name in ("Basophil", "Eosinophil", "Lymphocyte", "Monocyte", "Neutrophil")}
PARTS = {"Train": "train", "TestA": "test", "TestB": "test"}
SPLIT = {"scheme": "official", "folds": 5, "train_domains": ["Train"]}

SOURCE = ManualSource(
    page="https://raabindata.com/free-data/",
    folder=NAME,
    licence="free to use with citation; terms to be confirmed at the source",
    steps=(
        "Open https://raabindata.com/free-data/, section of the double-labelled cropped cells (about 500 MB).",
        "Download Train.rar, TestA.rar and TestB.zip, also at http://dl.raabindata.com/WBC/Cropped_double_labeled/.",
        "Unpack all three into {folder} (the two .rar need a program such as unar or 7-Zip), so that "
        "{folder}/Train/Neutrophil, {folder}/TestA/Neutrophil and {folder}/TestB/Neutrophil hold images.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(Expected("**/*.jpg"),),
)

CARD = Card(
    title="Normal white blood cells, five classes, Train and TestA of one microscope, TestB of another",
    source=SOURCE.page,
    doi="10.1038/s41598-021-04426-x",
    licence=SOURCE.licence,
    x="Crops of single white blood cells of Giemsa-stained smears, photographed through the ocular.",
    y="Basophil, eosinophil, lymphocyte, monocyte or neutrophil, where two experts agree.",
    patient="Not published with the crops.",
    domain="Train, TestA (as Train) and TestB (another microscope and camera).",
    split="Published: train on Train, test on TestA and on TestB.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "TestB has lymphocytes and neutrophils only: macro figures over five classes are not defined there.",
        "TestA may share patients and smears with Train, since no patient ids are published; only TestB is a shift.",
        "Nothing vouches for the files: the source publishes no digests.",
    ),
    references=(
        Reference(
            "accuracy 94.65 %",
            "hand-crafted shape and colour features with an SVM",
            "Tavakoli et al. 2021, doi 10.1038/s41598-021-98599-0",
            "other crops and another split",
        ),
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_classes(NAME, PARTS, data_root)


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    crop: int = 575,
    per_class: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one cell a specimen; domains are Train, TestA and TestB.

    Reference: Mousavi Kouzehkanan et al., A large dataset of white blood cells containing cell locations and types,
    along with segmented nuclei and cytoplasm, Scientific Reports 2022, doi 10.1038/s41598-021-04426-x.
    Layout as in public code: ``<part>/<class>/<image>``.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, 575 x 575 as far as known.
        per_class: At most so many images of each class in each part, chosen at random; None takes all.
        seed: Of that choice.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If an image lies outside the class folders, or Train is not there.
    """
    folder = find(data_root)
    place = class_root(folder, PARTS)
    files, label = labelled_images(place, folder, CLASSES)
    parts = [_part(f.path) for f in files]
    domain = np.array(parts, np.str_)
    lost = tuple(f"{part} is not on this machine" for part in PARTS if part not in parts)
    if "Train" not in parts:
        raise CohortError(str(place), "has no images in Train", remedy=f"See: python -m benchmark data get {NAME}")
    official = np.array([PARTS[p] for p in parts], np.str_)
    rows = choose(np.char.add(np.char.add(domain, "/"), label), per_class, seed)
    cells = Cells(files, label, domain, official=official).take(rows)
    provenance = Provenance(SOURCE.page, "double-labelled crops", SOURCE.licence, modified=bool(lost), absent=lost)
    return cell_cohort(NAME, cells, CLASSES.values(), folder, Crop(crop), image_size, provenance)


def _part(path: str) -> str:
    part = next((p for p in path.split("/") if p in PARTS), "")
    if not part:
        raise CohortError(path, "lies in none of the parts", remedy=f"Known: {', '.join(PARTS)}.")
    return part
