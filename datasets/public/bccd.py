"""White blood cells cut out of fields of the BCCD images, one cell a field (four or five types)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import PIL
from numpy.typing import NDArray
from PIL import Image

from datasets.cache import cached_arrays
from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import Expected, ManualSource
from datasets.read import ImageFile, find_images, single_cells
from datasets.roots import find_dataset

NAME = "bccd"
TYPES = ("NEUTROPHIL", "EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "BASOPHIL")
LABELS = "labels.csv"
DOMAIN = "BCCD"
SPLIT = {"scheme": "images", "folds": 5}
_FIELDS = 364

SOURCE = ManualSource(
    page="https://github.com/Shenggan/BCCD_Dataset",
    folder=NAME,
    licence="MIT",
    registration=True,
    steps=(
        "Images and boxes: git clone https://github.com/Shenggan/BCCD_Dataset and copy its folders BCCD/JPEGImages "
        "and BCCD/Annotations to {folder}/JPEGImages and {folder}/Annotations.",
        f"Types: {LABELS} is not in that repository. Take dataset-master/dataset-master/{LABELS} of "
        "https://www.kaggle.com/datasets/paultimothymooney/blood-cells (needs an account), or the file of the same "
        f"name of https://github.com/cosmicad/dataset, and put it at {{folder}}/{LABELS}.",
        "Leave dataset2-master alone: its 12,500 images are augmented copies of these.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(
        Expected("JPEGImages/*.jpg", _FIELDS),
        Expected("Annotations/*.xml", _FIELDS),
        Expected(LABELS, 1),
    ),
)

CARD = Card(
    title="White blood cells cut out of the BCCD fields, four types",
    source=SOURCE.page,
    doi="",
    licence=SOURCE.licence,
    x="A square around the only white blood cell of a field of 640 x 480 pixels; 364 fields before any choice.",
    y="Type of the cell: the only one that labels.csv gives for the field.",
    patient="Not published.",
    domain="One.",
    split="None that tells the types. By image only, near-duplicates kept together; every table says so.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "The copy with 12,500 images ('blood cells' at Kaggle, dataset2-master) holds augmented copies of a few "
        "hundred: its training and test images are of the same cells. It is not loaded.",
        "labels.csv speaks of the field, boxes of the cells: fields with several white blood cells or types are left "
        "out and counted, because nothing says which cell is which.",
        "Basophils are a handful and left out by default; basophils=True brings them back.",
        "Boxes and labels have known mistakes (TXL-PBC, arXiv 2407.13214).",
        "The square has one size for all cells, so that the size of a box reaches no model.",
    ),
    references=(
        Reference(
            "accuracy 94.20 %",
            "hand-crafted shape and colour features with an SVM",
            "Tavakoli et al. 2021, doi 10.1038/s41598-021-98599-0",
            "other crops and another split",
        ),
    ),
)


class Box(NamedTuple):
    """Name a rectangle in pixels of its image."""

    left: int
    top: int
    right: int
    bottom: int


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, LABELS, data_root)


def load(*, data_root: Path | None = None, image_size: int = 64, side: int = 240, basophils: bool = False) -> Cohort:
    """Load one cell a specimen: fields with one white blood cell and one type.

    Reference: https://github.com/Shenggan/BCCD_Dataset (boxes), https://github.com/cosmicad/dataset (fields, types).
    Layout as in public code: ``JPEGImages/BloodImage_NNNNN.jpg``, ``Annotations/BloodImage_NNNNN.xml`` (Pascal VOC,
    objects WBC, RBC, Platelets) and ``labels.csv`` with Image (the number) and Category (types, with commas).

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        side: Side of the square around the middle of the box in pixels of the originals; pushed into the image
            where it would stick out.
        basophils: Whether to load basophils, of which there are too few to split.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a label or a box cannot be read, or an image has no box file.
    """
    if side < 1 or image_size < 1:
        raise ValueError(f"side and image_size need to be 1 or more, got {side} and {image_size}")
    folder = find(data_root)
    types = _read_types(folder / LABELS)
    files = find_images(folder / "JPEGImages", folder)
    fields = [(f, types.get(_number(f.path), ()), _boxes(folder, f)) for f in files]
    wanted = TYPES if basophils else TYPES[:-1]
    used = [(f, kind[0], boxes[0]) for f, kind, boxes in fields if len(boxes) == 1 and len(kind) == 1]
    used = [u for u in used if u[1] in wanted]
    if not used:
        raise CohortError(str(folder), "has no field with one white blood cell and one type")
    arrays = _decode([u[0] for u in used], [u[2] for u in used], folder, side, image_size)
    kept = arrays["kept"]
    label = [used[i][1] for i in kept]
    return single_cells(
        name=NAME,
        classes=tuple(t.lower() for t in wanted if t in label),
        labels=[t.lower() for t in label],
        specimen=[used[i][0].path for i in kept],
        domain=[DOMAIN] * len(kept),
        pixels=arrays["pixels"],
        provenance=_provenance(files, used, kept),
    )


def _provenance(files: Sequence[ImageFile], used: Sequence[tuple[ImageFile, str, Box]], kept: NDArray) -> Provenance:
    unread = tuple(used[i][0].path for i in sorted(set(range(len(used))) - set(kept.tolist())))
    return Provenance(
        source=SOURCE.page,
        version=f"no release; {len(used)} of {len(files)} fields have exactly one white blood cell of a loaded type",
        licence=SOURCE.licence,
        modified=len(files) != _FIELDS,
        absent=() if len(files) == _FIELDS else (f"{len(files)} fields are here, the source has {_FIELDS}",),
        skipped=unread,
    )


def _read_types(path: Path) -> dict[int, tuple[str, ...]]:
    """Return field number -> distinct types in it."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [c for c in ("Image", "Category") if c not in table]
    if missing:
        raise CohortError(LABELS, f"lacks columns {missing}; has {list(table)}")
    bad = ~table["Image"].str.strip().str.fullmatch(r"\d+(\.0)?")
    if bad.any():
        raise CohortError(f"{LABELS}: Image", "is no number", table["Image"][bad])
    types = {int(float(n)): _types(text) for n, text in zip(table["Image"], table["Category"], strict=True)}
    unknown = sorted({t for kinds in types.values() for t in kinds} - set(TYPES))
    if unknown:
        raise CohortError(f"{LABELS}: Category", f"unknown {unknown}", remedy=f"Known: {', '.join(TYPES)}.")
    return types


def _types(text: str) -> tuple[str, ...]:
    return tuple(sorted({part.strip().upper() for part in text.split(",")} - {""}))


def _number(path: str) -> int:
    digits = Path(path).stem.rsplit("_", 1)[-1]
    if not digits.isdigit():
        raise CohortError(path, "is not called BloodImage_<number>")
    return int(digits)


def _boxes(folder: Path, file: ImageFile) -> list[Box]:
    """Return the boxes of white blood cells of a field."""
    path = folder / "Annotations" / f"{Path(file.path).stem}.xml"
    if not path.is_file():
        raise CohortError(file.path, f"has no box file {path.name}", remedy=f"See: python -m benchmark data get {NAME}")
    try:
        found = ElementTree.parse(path).getroot().iter("object")
        cells = [one for one in found if one.findtext("name") == "WBC"]
        return [
            Box(*(int(one.findtext(f"bndbox/{k}") or "") for k in ("xmin", "ymin", "xmax", "ymax"))) for one in cells
        ]
    except (ElementTree.ParseError, ValueError) as error:
        raise CohortError(str(path), f"cannot be read: {error}") from error


def _decode(
    files: Sequence[ImageFile], boxes: Sequence[Box], folder: Path, side: int, image_size: int
) -> dict[str, NDArray]:
    described = repr((1, PIL.__version__, side, image_size, [tuple(f) for f in files], [tuple(b) for b in boxes]))
    key = hashlib.sha256(described.encode()).hexdigest()[:32]
    return cached_arrays(f"bccd-{key}", partial(_build, files, boxes, folder, side, image_size))


def _build(
    files: Sequence[ImageFile], boxes: Sequence[Box], folder: Path, side: int, image_size: int
) -> dict[str, NDArray]:
    found = [_square(folder / f.path, b, side, image_size) for f, b in zip(files, boxes, strict=True)]
    kept = [i for i, square in enumerate(found) if square is not None]
    if not kept:
        raise CohortError("images", f"none of {len(files)} files could be read", [f.path for f in files])
    return {"pixels": np.stack([s for s in found if s is not None]), "kept": np.array(kept, np.int64)}


def _square(path: Path, box: Box, side: int, image_size: int) -> NDArray[np.uint8] | None:
    """Return the square around a box, uint8 (image_size, image_size, 3), or None for a damaged or too small file."""
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    if min(rgb.size) < side:
        return None
    left, top = (
        min(max((low + high - side) // 2, 0), size - side)
        for low, high, size in ((box.left, box.right, rgb.width), (box.top, box.bottom, rgb.height))
    )
    square = rgb.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((image_size, image_size), Image.Resampling.LANCZOS))
