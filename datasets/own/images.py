"""A user's cell images: found by a table of paths or by a pattern, decoded, cut into bags."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from datasets.errors import CohortError
from datasets.image_bags import ImageBags
from datasets.own.cohort_file import Images
from datasets.own.path_pattern import path_rule, said_by
from datasets.own.problems import Problems, counted
from datasets.own.tables import STRANGER, STRANGER_REMEDY, read_text_table, require
from datasets.read import DAMAGED, Crop, ImageFile, decode_images, find_files

_SHOWN = 8


class OwnImages(NamedTuple):
    """Bags in the order of the specimens, the square cut from the files, their facts, and what was not read."""

    bags: ImageBags
    crop: int
    facts: pd.DataFrame
    skipped: tuple[str, ...]
    notes: tuple[str, ...]


class _Owned(NamedTuple):
    file: ImageFile
    specimen: str
    cell_type: str


def read_images(
    spec: Images,
    specimens: NDArray[np.str_],
    home: Path,
    problems: Problems,
    *,
    joined: bool = False,
    usual: str = "",
) -> OwnImages | None:
    """Return the images of the specimens, or None where there is none to decode because of ``problems``.

    ``joined``: whether ids are made of all that paths say, see ``path_pattern.said_by``. ``usual``: header of the ids
    in the specimen table.

    Raises:
        CohortError: If the folder is missing, or no file could be read.
    """
    folder = home / spec.folder
    if not folder.is_dir():
        raise CohortError("images.folder", f"there is no folder {folder}", remedy="Paths begin at the cohort.toml.")
    notes: tuple[str, ...] = ()
    if spec.table:
        owned = _from_table(spec, home, folder, usual, problems)
    else:
        owned, notes = _from_pattern(spec, folder, problems, joined=joined)
    position = {specimen: i for i, specimen in enumerate(specimens.tolist())}
    for image in owned:
        if image.specimen not in position:
            problems.add(image.file.path, 0, "", image.specimen, STRANGER, STRANGER_REMEDY)
    # By hash within a specimen: paths may be sorted by cell type, and a place in the bag must not tell it.
    kept = sorted((o for o in owned if o.specimen in position), key=lambda o: (position[o.specimen], _shuffled(o)))
    if not kept:
        problems.add(spec.table or spec.folder, 0, "", "", "has no image of any specimen", "Check folder and pattern.")
        return None
    crop = spec.crop
    if not crop or problems.found:
        sides = _sides([o.file for o in kept], folder)
        if not sides and not problems.found:
            said = f"none of {counted(len(kept), 'file')} can be opened"
            remedy = "Are they images? Open one in a viewer."
            raise CohortError("images.folder", said, [o.file.path for o in kept], remedy)
        is_even = bool(sides) and (crop > 0 or _are_even(sides, problems))
        if problems.found:  # the caller stops: what decoding would leave out is told as well
            _add_damaged(kept, sides, problems)
        if not is_even:
            return None
        crop = crop or min(sides.values())
    return _decoded(spec, kept, position, folder, crop)._replace(notes=notes)


def _add_damaged(kept: list[_Owned], sides: dict[str, int], problems: Problems) -> None:
    for image in kept:
        if image.file.path not in sides:
            remedy = "Replace it or take it away; alone it would be left out and counted."
            problems.add(image.file.path, 0, "", "", "cannot be opened as an image", remedy)


def _shuffled(image: _Owned) -> str:
    return hashlib.sha256(image.file.path.encode("utf-8", "surrogateescape")).hexdigest()


def _decoded(spec: Images, kept: list[_Owned], position: dict[str, int], folder: Path, side: int) -> OwnImages:
    crop = Crop(side)
    decoded = decode_images([o.file for o in kept], folder, crop, spec.image_size)
    owner = np.array([position[kept[i].specimen] for i in decoded.kept])
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(position)))]).astype(np.int64)
    kinds = np.array([kept[i].cell_type for i in decoded.kept], dtype=np.str_)
    bags = ImageBags(decoded.pixels, starts, None, kinds if (kinds != "").any() else None)
    return OwnImages(bags, crop.side, decoded.facts, tuple(f"{s.path} ({s.reason})" for s in decoded.skipped), ())


def _from_table(spec: Images, home: Path, folder: Path, usual: str, problems: Problems) -> list[_Owned]:
    file = home / spec.table
    table = read_text_table(file, spec.separator, spec.encoding, "images")
    keys = {key: header for key in ("specimen", "path", "cell_type") if (header := getattr(spec, key))}
    require(file.name, table, spec, keys, usual)
    kinds = table[spec.cell_type] if spec.cell_type else pd.Series("", index=table.index)
    owned, first = [], dict[str, tuple[int, str]]()
    for row, specimen, path, kind in zip(table.index, table[spec.specimen], table[spec.path], kinds, strict=True):
        plain = str(PurePosixPath(path))
        seen, owner = first.setdefault(plain, (row, specimen))
        wrong = _wrong_path(folder, path)
        if seen != row and not wrong:
            wrong = f"is listed before, in row {seen} for {owner}"
        if wrong:
            problems.add(file.name, row, spec.path, path, wrong, f"Paths are below {spec.folder}, one row each.")
        else:
            owned.append(_Owned(ImageFile.at(folder, plain), specimen, kind))
    return owned


def _wrong_path(folder: Path, path: str) -> str:
    """Return why a table may not name this file, or ""."""
    if not path:
        return "is blank"
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive
    if absolute or ".." in PurePosixPath(path).parts:
        return "leads out of the folder"
    return "" if os.path.isfile(folder / path) else "there is no such file"


def _from_pattern(
    spec: Images, folder: Path, problems: Problems, *, joined: bool
) -> tuple[list[_Owned], tuple[str, ...]]:
    """Return the images, and a note of the files that are none by their names."""
    rule = path_rule(spec.pattern)
    owned = []
    found = find_files(folder, folder)
    for file in found.images:
        said = said_by(rule, file.path, joined=joined)
        if said is None:
            wrong = f"does not match the pattern {spec.pattern}"
            problems.add(file.path, 0, "", "", wrong, "Change images.pattern, or move the file.")
            continue
        owned.append(_Owned(file, said["specimen"], said.get("cell_type", "")))
    return owned, _not_read(found.others)


def _not_read(others: list[str]) -> tuple[str, ...]:
    """Return how many files of each suffix were passed over, as a note, or none."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "without suffix" for name in others)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(_SHOWN))
    more = f" and {len(kinds) - _SHOWN} more kinds" if len(kinds) > _SHOWN else ""
    files = "1 file of the image folder is no image by its name"
    if len(others) > 1:
        files = f"{len(others)} files of the image folder are no images by their names"
    return (f"{files}, not read: {told}{more}",) * bool(kinds)


def _sides(files: list[ImageFile], folder: Path) -> dict[str, int]:
    """Return the shorter side of each image that can be opened, in pixels."""
    sides = {}
    for file in files:
        try:
            with Image.open(folder / file.path) as image:
                sides[file.path] = min(image.size)
        except DAMAGED:  # decoding names it, with the reason
            continue
    return sides


def _are_even(sides: dict[str, int], problems: Problems) -> bool:
    """Return whether no image would cut all the others to less than half; add a problem for each that would."""
    least, usual = min(sides.values()), float(np.median(list(sides.values())))
    small = [path for path, side in sides.items() if least < usual / 2 and side < usual / 2]
    for path in small:
        said = f"would cut every image to {least} pixels, the side of the smallest, where half have {usual:g}"
        remedy = "Remove it, or write crop under [images]: smaller files are then left out."
        problems.add(path, 0, "", sides[path], said, remedy)
    return not small
