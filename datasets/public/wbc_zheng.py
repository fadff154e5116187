"""White blood cells of two microscopes and two stains, with hand-drawn nucleus and cytoplasm (Zheng 2018)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from datasets.card import Card
from datasets.cohort import Cohort, CohortError
from datasets.fetch import Source
from datasets.read import Crop, ImageFile, codes, decode_images, find_images, image_provenance, read_text, single_cells
from datasets.roots import find_dataset

NAME = "wbc-zheng"
CLASSES = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")  # labels 1 to 5 of the tables
DOMAINS = {"Tecom": "Dataset 1", "CellaVision": "Dataset 2"}
# No scale is published. Nuclei are 2.1 to 2.6 times as wide in Dataset 2 (medians by type, from the masks), so 100 and
# 220 pixels show about the same field; 100 keeps 91 % of the cells of Dataset 1 whole, 220 keeps 73 % of Dataset 2.
CROPS = {"Tecom": Crop(100), "CellaVision": Crop(220)}

SOURCE = Source(
    repository="zxaoyou/segmentation_WBC",
    commit="fa9c01622f52bccb9aeb8a6f2628f564e377767d",
    folder=NAME,
    licence="GPL-3.0 file in the repository",
    manifest="wbc-zheng.parquet",
)

CARD = Card(
    title="400 white blood cells of five types in two domains, with masks of nucleus and cytoplasm, no patient ids",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}",
    doi="10.1016/j.micron.2018.01.010",
    licence=SOURCE.licence,
    x="One image a cell; 100 pixels of Dataset 1 and 220 of Dataset 2 show about the same field of view.",
    y="Cell type, labels 1-5 of the tables: neutrophil, lymphocyte, monocyte, eosinophil, basophil.",
    patient="Not published. A specimen is an image.",
    domain="Tecom (Dataset 1: 300 images up to 120 pixels wide, rapid stain, Motic camera) and CellaVision "
    "(Dataset 2: 100 images of 300 pixels from the CellaVision blog).",
    split="None published; leave-one-domain-out is the default here, because both are small and of another make.",
    traps=(
        "The source warns that labels were partly added by its authors and not checked by experts.",
        "Dataset 1 has one basophil, Dataset 2 three: basophils are not evaluable in either.",
        "A third of Dataset 1 has a white background in place of the yellow one, by type: 11 of 22 eosinophils, 67 of "
        "176 neutrophils, 8 of 48 monocytes, 6 of 53 lymphocytes, the basophil. A model can read the type off it.",
        "Images of Dataset 1 are 88 to 120 pixels wide or high, and size goes with type: all are cropped to 100, and "
        "two smaller ones (106, a lymphocyte; 258, a neutrophil) are named and left out.",
        "Images 112 and 139 of Dataset 1 are identical; 071 and 084, 157 and 158, 166 and 171, 167 and 169 show one "
        "cell each.",
        "No patient ids, and no scale is published: the crops match the domains by the width of nuclei, which "
        "differ from type to type, so cells look alike in size only to about 10 %.",
        "Dataset 2 comes from teaching images, where unusual cells are over-represented.",
    ),
)
SPLIT = {"scheme": "leave-one-domain-out"}


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, _table(DOMAINS["Tecom"]), data_root)


def load(*, data_root: Path | None = None, image_size: int = 64) -> Cohort:
    """Load one specimen a cell, Dataset 1 first; ids are "<domain>-<number>".

    Reference: Zheng et al., Fast and robust segmentation of white blood cell images by self-supervised learning,
    Micron 2018, doi 10.1016/j.micron.2018.01.010.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a table and its images disagree, or nothing can be read.
    """
    folder = find(data_root)
    parts = {domain: labelled_files(folder, domain) for domain in DOMAINS}
    decoded = {d: decode_images(list(files), folder, CROPS[d], image_size) for d, files in parts.items()}
    kept = [(d, list(parts[d])[i]) for d in DOMAINS for i in decoded[d].kept]
    files = [file for part in parts.values() for file in part]
    return single_cells(
        name=NAME,
        classes=CLASSES,
        labels=[parts[d][file] for d, file in kept],
        specimen=[f"{d}-{Path(file.path).stem}" for d, file in kept],
        domain=[d for d, _ in kept],
        pixels=np.concatenate([decoded[d].pixels for d in DOMAINS]),
        provenance=image_provenance(
            SOURCE, files, [s for d in DOMAINS for s in decoded[d].skipped], lambda path: path.endswith(".bmp")
        ),
        facts=pd.concat([decoded[d].facts for d in DOMAINS], ignore_index=True),
    )


def masks(cohort: Cohort, data_root: Path | None = None) -> dict[str, NDArray[np.bool_]]:
    """Return the hand-drawn components of the cells of ``cohort``, aligned with it and cropped as its images.

    The files hold 255 for nucleus, 128 for cytoplasm and 0 for the rest, red cells included; 304 pixels of Dataset 2
    hold other values below 64 and count as the rest.

    Args:
        cohort: What ``load`` returned, or a view of it; blinded ids name no file.
        data_root: As for ``load``.

    Returns:
        "nucleus", "cytoplasm" and "background" -> bool (n, H, W), one True among them at every pixel.

    Raises:
        DataMissing: If the files are not on this machine.
    """
    if cohort.images is None:
        raise ValueError(f"{cohort.name} has no images; masks belong to the images of {NAME}")
    folder, side = find(data_root), cohort.images.pixels.shape[1]
    grey = np.stack([_mask(folder, str(specimen), side) for specimen in cohort.specimen])
    return {"nucleus": grey >= 192, "cytoplasm": (grey >= 64) & (grey < 192), "background": grey < 64}


def labelled_files(folder: Path, domain: str) -> dict[ImageFile, str]:
    """Return the images of a domain, sorted, with the class that its table gives them.

    Raises:
        CohortError: If the table and the images disagree, or a label is not 1 to 5.
    """
    place = _table(DOMAINS[domain])
    label = _labels(folder / place, place)
    files = {
        Path(f.path).stem: f for f in find_images(folder / DOMAINS[domain], folder) if f.path.lower().endswith(".bmp")
    }
    if set(files) != set(label):
        odd = sorted(set(files) ^ set(label))
        remedy = f"Complete the download: python -m benchmark data get {NAME}"
        raise CohortError(place, "and the images do not name the same cells", odd, remedy)
    return {file: label[number] for number, file in files.items()}


def _table(dataset: str) -> str:
    return f"Class Labels of {dataset}.csv"


def _labels(path: Path, place: str) -> dict[str, str]:
    table = read_text(path)
    if table.shape[1] != 2 or table.columns[0] != "image ID":
        raise CohortError(place, f"needs the columns image ID and class; has {list(table)}")
    numbers, labels = (codes(table[column]) for column in table)
    known = {str(k): name for k, name in enumerate(CLASSES, start=1)}
    bad = ~labels.isin(list(known)) | ~numbers.str.fullmatch(r"\d{1,3}") | numbers.duplicated()
    if bad.any():
        raise CohortError(place, "has rows that are no number with a label 1 to 5, or repeat one", numbers[bad])
    return {number.zfill(3): known[label] for number, label in zip(numbers, labels, strict=True)}


def _mask(folder: Path, specimen: str, side: int) -> NDArray[np.uint8]:
    domain, _, number = specimen.partition("-")
    if domain not in DOMAINS:
        raise ValueError(f"{specimen!r} is no specimen of {NAME}; its ids are <domain>-<number>")
    with Image.open(folder / DOMAINS[domain] / f"{number}.png") as image:
        grey = image.convert("L")
    square = grey.crop(CROPS[domain].box(*grey.size))
    return np.asarray(square.resize((side, side), Image.Resampling.NEAREST))
