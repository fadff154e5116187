"""White blood cells cut out of fields of the BCCD images, one cell a field (four or five types)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import Expected, ManualSource
from datasets.read import ImageFile, Skipped, Window, codes, decode_images, find_images, pick, read_text, single_cells
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


class Cell(NamedTuple):
    """Name a cell: the image of its field, its type, and the square that is cut out."""

    file: ImageFile
    type: str
    window: Window


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
    files, cells = cells_of(folder, side, basophils=basophils)
    if not cells:
        raise CohortError(str(folder), "has no field with one white blood cell and one type")
    decoded = decode_images([c.file for c in cells], folder, [c.window for c in cells], image_size)
    kept = [cells[i] for i in decoded.kept]
    labels = {cell.type for cell in kept}
    return single_cells(
        name=NAME,
        classes=tuple(t.lower() for t in TYPES if t.lower() in labels),
        labels=[cell.type for cell in kept],
        specimen=[cell.file.path for cell in kept],
        domain=[DOMAIN] * len(kept),
        pixels=decoded.pixels,
        provenance=provenance(files, cells, decoded.skipped),
        facts=decoded.facts,
    )


def cells_of(folder: Path, side: int, *, basophils: bool = False) -> tuple[list[ImageFile], list[Cell]]:
    """Return the fields, and the cells of those with one white blood cell of one loaded type.

    Args:
        folder: Of the dataset.
        side: Side of the square around a cell in pixels of the originals.
        basophils: Whether to take basophils as well.

    Raises:
        CohortError: If a label or a box cannot be read, or an image has no box file.
    """
    types = _read_types(folder / LABELS)
    files = find_images(folder / "JPEGImages", folder)
    fields = [(f, types.get(_number(f.path), ()), _boxes(folder, f)) for f in files]
    wanted = TYPES if basophils else TYPES[:-1]
    return files, [
        Cell(file, kinds[0].lower(), Window(side, (box.left + box.right) / 2, (box.top + box.bottom) / 2))
        for file, kinds, (box, *more) in ((f, k, b) for f, k, b in fields if b)
        if not more and len(kinds) == 1 and kinds[0] in wanted
    ]


def provenance(files: Sequence[ImageFile], cells: Sequence[Cell], skipped: Sequence[Skipped]) -> Provenance:
    """Return where the fields came from, and which of their cells could not be read."""
    return Provenance(
        source=SOURCE.page,
        version=f"no release; {len(cells)} of {len(files)} fields have exactly one white blood cell of a loaded type",
        licence=SOURCE.licence,
        modified=len(files) != _FIELDS,
        absent=() if len(files) == _FIELDS else (f"{len(files)} fields are here, the source has {_FIELDS}",),
        skipped=tuple(s.path for s in skipped),
    )


def _read_types(path: Path) -> dict[int, tuple[str, ...]]:
    """Return field number -> distinct types in it."""
    table = pick(read_text(path), {"image": "Image", "types": "Category"}, LABELS)
    numbers = codes(table["image"])
    bad = ~numbers.str.fullmatch(r"\d+")
    if bad.any():
        raise CohortError(f"{LABELS}: Image", "is no number", table["image"][bad])
    types = {int(number): _types(text) for number, text in zip(numbers, table["types"], strict=True)}
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
        return [_box(one) for one in found if one.findtext("name") == "WBC"]
    except (ElementTree.ParseError, ValueError) as error:
        raise CohortError(str(path), f"cannot be read: {error}") from error


def _box(cell: ElementTree.Element) -> Box:
    return Box(*(int(float(cell.findtext(f"bndbox/{k}") or "")) for k in ("xmin", "ymin", "xmax", "ymax")))
