"""WBCAtt: eleven morphological attributes of 10,298 Acevedo cells, with an official split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datasets.card import Card
from datasets.cohort import Cohort, CohortError
from datasets.fetch import RemoteFile, Source
from datasets.public import acevedo
from datasets.read import Crop, ImageFile, decode_images, image_provenance, pick, read_text, single_cells, without_leaks
from datasets.roots import find_dataset

NAME = "wbcatt"
CLASSES = ("basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil")
ATTRIBUTES = (
    "cell_size", "cell_shape", "nucleus_shape", "nuclear_cytoplasmic_ratio", "chromatin_density", "cytoplasm_vacuole",
    "cytoplasm_texture", "cytoplasm_colour", "granule_type", "granule_colour", "granularity",
)  # fmt: skip
_TABLES = {role: f"submission/pbc_attr_v1_{part}.csv" for role, part in
           (("train", "train"), ("valid", "val"), ("test", "test"))}  # fmt: skip

SOURCE = Source(
    repository="apple2373/wbcatt",
    commit="ad255b80f6d56b9f72508b04466c3c4a2c95c97b",
    folder=NAME,
    licence="MIT (attributes); the images are Acevedo's",
    files=(
        RemoteFile(
            _TABLES["train"], 913_486,
            bytes.fromhex("0ae43bc4e38740dd2d93859e3894af96cb570ebc709620fa41b5042c628ff9ec"),
        ),
        RemoteFile(
            _TABLES["valid"], 152_836,
            bytes.fromhex("28a7c116c111e15652e995974770ceb91a1e123a9804d6a9c5e4a53d046be9a0"),
        ),
        RemoteFile(
            _TABLES["test"], 459_041,
            bytes.fromhex("f97100edd420a68d44fa15df11ef1f98a328813b9f5e9d49d67dbc20e89a73c5"),
        ),
    ),
)  # fmt: skip

CARD = Card(
    title="10,298 Acevedo cells of five types with eleven morphological attributes, official split, no patient ids",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}; images: {acevedo.CARD.source}",
    doi="10.48550/arXiv.2306.13531",
    licence=f"{SOURCE.licence}: {acevedo.SOURCE.licence}",
    x="The images of acevedo. The attributes are annotations to check explanations with, never inputs.",
    y="One of five cell types.",
    patient="Not published, as in acevedo. A specimen is an image.",
    domain=f"One: {acevedo.DOMAIN}.",
    split="Train 6,169, valid 1,030, test 3,099; four of train and two of valid play no role here, see below.",
    traps=(
        "No patient ids: the official split is by image; its scores are not comparable with a split by patient.",
        "14 of acevedo's pairs of byte-identical images are here. Four lie in train and test, two in valid and test "
        "(one of these under two types): the copy outside test is given no role, so test is the published one.",
        "Needs the images of acevedo as well as the tables.",
        "Attributes follow the type closely (granularity, granule colour): predicting them is partly predicting it.",
    ),
)
SPLIT = {"scheme": "published"}


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the tables.

    Raises:
        DataMissing: If they, or the images of acevedo, are not on this machine.
    """
    acevedo.find(data_root)
    return find_dataset(NAME, _TABLES["train"], data_root)


def load(*, data_root: Path | None = None, image_size: int = 64, crop: int = 200) -> Cohort:
    """Load the annotated cells, one specimen each, with the official roles.

    Reference: Tsutsui, Pang, Wen, WBCAtt: a white blood cell dataset annotated with detailed morphological
    attributes, NeurIPS 2023, arXiv 2306.13531.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals; see ``acevedo.load``.

    Raises:
        DataMissing: If tables or images are not on this machine.
        CohortError: If a table names an image that is not there, or under another type.
    """
    table = attributes(data_root)
    folder = acevedo.find(data_root)
    files = _annotated(acevedo.cell_files(folder), table)
    decoded = decode_images(files, folder, Crop(crop, acevedo.HALVED_BELOW), image_size)
    kept = [files[i].path for i in decoded.kept]
    stems = [Path(path).stem for path in kept]
    digest = {f.path: f.sha256 for f in acevedo.SOURCE.all_files()}
    content = [digest.get(path) or path.encode() for path in kept]
    return single_cells(
        name=NAME,
        classes=CLASSES,
        labels=[acevedo.cell_type(path) for path in kept],
        specimen=stems,
        domain=[acevedo.DOMAIN] * len(kept),
        pixels=decoded.pixels,
        provenance=image_provenance(acevedo.SOURCE, files, decoded.skipped, lambda p: Path(p).stem in table.index),
        facts=decoded.facts,
        official=without_leaks(table["role"].loc[stems].to_numpy(dtype=np.str_), content),
    )


def attributes(data_root: Path | None = None) -> pd.DataFrame:
    """Return the annotations, one row a cell; the index is the specimen id of ``wbcatt`` and ``acevedo``.

    Columns: the eleven of ``ATTRIBUTES`` (category), ``label`` (str, one of ``CLASSES``) and ``role`` (str: "train",
    "valid" or "test"). ``attributes().loc[cohort.specimen]`` is aligned with a cohort. They are labels, not inputs.

    Raises:
        DataMissing: If the tables are not on this machine.
        CohortError: If a table lacks a column, a value is blank, or an image occurs twice.
    """
    folder = find_dataset(NAME, _TABLES["train"], data_root)
    table = pd.concat([_read(folder, place).assign(role=role) for role, place in _TABLES.items()])
    table.index = pd.Index(table["img_name"].map(lambda name: Path(name).stem), name="specimen")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise CohortError(NAME, "images occur more than once", twice, "Restore the tables of the source.")
    table["label"] = table["label"].str.lower()
    return table[[*ATTRIBUTES, "label", "role"]].astype(dict.fromkeys(ATTRIBUTES, "category"))


def _read(folder: Path, place: str) -> pd.DataFrame:
    table = pick(read_text(folder / place), {name: name for name in ("img_name", "label", *ATTRIBUTES)}, place)
    blank = (table == "").any(axis=1)
    if blank.any():
        raise CohortError(place, "has blank cells", table["img_name"][blank], "Restore the tables of the source.")
    return table


def _annotated(files: list[ImageFile], table: pd.DataFrame) -> list[ImageFile]:
    chosen = [f for f in files if Path(f.path).stem in table.index]
    found = pd.Series([acevedo.cell_type(f.path) for f in chosen], [Path(f.path).stem for f in chosen], dtype=object)
    lost = table.index.difference(found.index)
    if len(lost):
        remedy = f"Complete the images: python -m benchmark data get {acevedo.NAME}"
        raise CohortError(NAME, f"annotated images are not in {acevedo.NAME}", lost, remedy)
    other = found.index[found != table["label"].loc[found.index]]
    if len(other):
        raise CohortError(NAME, "label differs from the folder of the image", other, "Restore the source's files.")
    return chosen
