"""Bags of blood cells of AML patients with four genetic subtypes, and controls (Munich Leukemia Laboratory)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, ImageBags, Provenance, presence
from datasets.fetch import Expected, ManualSource
from datasets.read import (
    Crop,
    Decoded,
    ImageFile,
    category,
    class_root,
    codes,
    decode_images,
    find_classes,
    find_file,
    known_codes,
    labelled_images,
    numbers,
    pick,
    read_text,
    shortfall,
    unique_ids,
)

NAME = "aml-hehr"
SUBTYPES = {
    "PML_RARA": "PML::RARA",
    "NPM1": "NPM1",
    "CBFB_MYH11": "CBFB::MYH11",
    "RUNX1_RUNX1T1": "RUNX1::RUNX1T1",
    "control": "control",
}
# The page of the collection has the table as a workbook, copies of it as text under either name.
METADATA = ("metadata.csv", "metadata_with_data_dictionary.csv_metadata.csv", "metadata_with_data_dictionary.xlsx")
DOMAIN = "MLL"
SPLIT = {"scheme": "kfold", "folds": 5}
_IMAGES = 81_214
_COLUMNS = {
    "patient_id": "patient_id", "label": "bag_label", "sex": "sex_1f_2m", "age": "age", "images": "instance_count"
}  # fmt: skip
_LEUKOCYTES = "leucocytes_per_"  # ends in µl, in one of several encodings

SOURCE = ManualSource(
    page="https://www.cancerimagingarchive.net/collection/aml-cytomorphology_mll_helmholtz/",
    folder=NAME,
    licence="CC BY; version to be confirmed at the source",
    steps=(
        "Open https://www.cancerimagingarchive.net/collection/aml-cytomorphology_mll_helmholtz/.",
        "Install the IBM Aspera Connect plugin that the page asks for, and press Download.",
        "Put the downloaded folder into {folder}, as it is: the folders "
        f"{', '.join(SUBTYPES)} may lie up to four folders deeper.",
        f"Put {METADATA[2]}, or {METADATA[0]}, if it is not among the files, from the same page into {{folder}}.",
        f"Check: python -m benchmark data check {NAME}",
    ),
    expected=(Expected("**/*.tif", _IMAGES), Expected("**/metadata*", 1)),
)

CARD = Card(
    title="Bags of blood cells of 129 AML patients of four genetic subtypes and 60 controls",
    source=SOURCE.page,
    doi="10.7937/6ppe-4020",
    licence=SOURCE.licence,
    x="81,214 images of single white blood cells, one bag a patient, 40-fold objective, oil; age, sex, leukocytes.",
    y="PML::RARA, NPM1, CBFB::MYH11 or RUNX1::RUNX1T1, per patient; target='pml-rara' asks for PML::RARA against "
    "the others, controls=True adds the healthy controls.",
    patient="patient_id of the metadata; a specimen is a patient.",
    domain="One: one laboratory, 2009 to 2020.",
    split="None published. Cross-validation by patient.",
    traps=(
        "The layout was not verified on the original files: it follows public code that reads them.",
        "NPM1 is a mutation, the three others are fusions; all are defined by genetics, not by the smear.",
        "AML against controls is easy; the question is which subtype, so controls are left out by default.",
        "The manual differential (pb_...) is left out: the percentages of blasts and promyelocytes are part of the "
        "diagnosis.",
        "What is missing in metadata.csv may tell controls from patients: see the control missingness-only.",
        "Patients have 99 to 500 images: the number may go with the leukocyte count and so with the class.",
        "24 patients with PML::RARA: one patient more or less in a fold moves every figure.",
    ),
    references=(
        Reference(
            "F1 of PML::RARA .86 (standard deviation .05); AML against controls without error",
            "SCEMILA, 5-fold cross-validation, 129 patients and 60 controls",
            "Hehr et al., PLOS Digital Health 2023, doi 10.1371/journal.pdig.0000187",
            "their folds are not ours",
        ),
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_classes(NAME, SUBTYPES, data_root)


def load(
    *,
    data_root: Path | None = None,
    image_size: int = 64,
    crop: int = 144,
    target: Literal["subtype", "pml-rara"] = "subtype",
    controls: bool = False,
    per_bag: int | None = None,
    seed: int = 0,
) -> Cohort:
    """Load one specimen a patient: a bag of cells, age in years, sex, leukocytes in 10^9/L.

    Reference: Hehr et al., Explainable AI identifies diagnostic cells of genetic AML subtypes, PLOS Digital Health
    2023, doi 10.1371/journal.pdig.0000187.
    Layout as in public code: ``data/<subtype>/<patient>/<image>.tif`` and ``metadata.csv`` with patient_id,
    sex_1f_2m, age, bag_label, instance_count, leucocytes_per_µl and the manual differential.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 144 x 144.
        target: "subtype", or "pml-rara" for PML::RARA against everything else.
        controls: Whether to include the controls.
        per_bag: At most so many images of each patient, chosen at random; None takes all.
        seed: Of that choice.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If metadata.csv and the folders disagree.
    """
    if target not in ("subtype", "pml-rara"):
        raise ValueError(f"target needs to be 'subtype' or 'pml-rara', got {target!r}")
    folder = find(data_root)
    files, label = labelled_images(class_root(folder, SUBTYPES), folder, SUBTYPES)
    table = _read_metadata(folder)
    owner = _owners(files, label, table)
    kept = np.ones(len(table), bool) if controls else (table["subtype"] != "control").to_numpy()
    chosen = [i for i in _choose(owner, per_bag, seed) if kept[owner[i]]]
    place = np.cumsum(kept) - 1
    decoded = decode_images([files[i] for i in chosen], folder, Crop(crop), image_size)
    bags = _bags(place[owner[chosen]][decoded.kept], decoded.pixels, int(kept.sum()))
    patients = table[kept].reset_index(drop=True)
    ids, clinical = patients["patient_id"].to_numpy(np.str_), patients[["age", "sex", "wbc"]]
    classes = _classes(patients, target)
    lacking = (*shortfall(len(files), _IMAGES), *_miscounted(table, owner))
    return Cohort(
        name=NAME,
        classes=classes,
        y=np.array([classes.index(c) for c in _targets(patients, target)], np.int64),
        specimen=ids,
        patient=ids,
        domain=np.full(len(patients), DOMAIN),
        provenance=_provenance(lacking, decoded),
        present=presence(len(patients), bags, None, clinical),
        images=bags,
        clinical=clinical,
        units={"age": "years", "wbc": "10^9/L"},
        image_facts=decoded.facts,
    )


def _provenance(lacking: tuple[str, ...], decoded: Decoded) -> Provenance:
    return Provenance(
        source=SOURCE.page,
        version="TCIA version 1",
        licence=SOURCE.licence,
        modified=bool(lacking),
        absent=lacking,
        skipped=tuple(s.path for s in decoded.skipped),
    )


def _read_metadata(folder: Path) -> pd.DataFrame:
    path = next(filter(None, (find_file(folder, name) for name in METADATA)), None)
    if path is None:
        remedy = f"See: python -m benchmark data get {NAME}"
        raise CohortError(METADATA[0], f"is not below {folder}; also read: {', '.join(METADATA[1:])}", remedy=remedy)
    raw = _workbook(path) if path.suffix == ".xlsx" else read_text(path)
    leukocytes = [c for c in map(str, raw.columns) if c.startswith(_LEUKOCYTES)]
    headers = {**_COLUMNS, "wbc": leukocytes[0] if leukocytes else f"{_LEUKOCYTES}µl"}
    table = pick(raw, headers, path.name)
    ids = unique_ids(codes(table["patient_id"]), f"{path.name}: patient_id")
    label = known_codes(table["label"], SUBTYPES, f"{path.name}: bag_label", ids)
    sex = category(table["sex"], {"1": "female", "2": "male"}, f"{path.name}: sex_1f_2m", ids)
    measured = {name: _positive(table[name], f"{path.name}: {headers[name]}", ids) for name in ("age", "wbc", "images")}
    said = {"patient_id": ids, "subtype": label.map(SUBTYPES), "sex": sex}
    return pd.DataFrame({**said, **measured, "wbc": measured["wbc"] / 1000})


def _workbook(path: Path) -> pd.DataFrame:
    """Return the sheet of patients; others explain its columns."""
    sheets = pd.read_excel(path, sheet_name=None, dtype=str, keep_default_na=False)
    found = [sheet for sheet in sheets.values() if _COLUMNS["patient_id"] in sheet]
    if len(found) != 1:
        raise CohortError(path.name, f"has {len(found)} sheets with a column {_COLUMNS['patient_id']}, expected one")
    return found[0][(found[0] != "").any(axis=1)]


def _positive(column: pd.Series, place: str, ids: NDArray[np.str_]) -> pd.Series:
    values = numbers(column, place, ids)
    if (values < 0).any():
        raise CohortError(place, "is negative", ids[(values < 0).to_numpy()], "Correct or empty it.")
    return values


def _owners(files: Sequence[ImageFile], label: NDArray[np.str_], table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row in ``table`` of each file's patient, int64 (n_files,)."""
    rows = {patient: row for row, patient in enumerate(table["patient_id"])}
    folders = [f.path.split("/")[-2] for f in files]
    strangers = sorted(set(folders) - set(rows))
    if strangers:
        raise CohortError("patient folders", f"without a row in {METADATA[0]}", strangers, "Add their rows.")
    empty = sorted(set(rows) - set(folders))
    if empty:
        raise CohortError(METADATA[0], "patients without images", empty, f"See: python -m benchmark data get {NAME}")
    owner = np.array([rows[f] for f in folders], np.int64)
    torn = sorted({folders[i] for i in np.flatnonzero(table["subtype"].to_numpy()[owner] != label)})
    if torn:
        raise CohortError(f"{METADATA[0]}: bag_label", "disagrees with the folder of the patient", torn)
    return owner


def _choose(owner: NDArray[np.int64], per_bag: int | None, seed: int) -> NDArray[np.int64]:
    """Return positions of images, patient after patient; at most ``per_bag`` a patient, in the order of the files."""
    if per_bag is not None and per_bag < 1:
        raise ValueError(f"per_bag needs to be 1 or more, got {per_bag}")
    rng = np.random.default_rng(seed)
    bags = (np.sort(rng.permutation(np.flatnonzero(owner == row))[:per_bag]) for row in range(owner.max() + 1))
    return np.concatenate(list(bags))


def _bags(owner: NDArray[np.int64], pixels: NDArray[np.uint8], n_patients: int) -> ImageBags:
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n_patients))]).astype(np.int64)
    return ImageBags(pixels, starts)


def _targets(patients: pd.DataFrame, target: str) -> list[str]:
    told = patients["subtype"].tolist()
    return told if target == "subtype" else [c if c == "PML::RARA" else "other" for c in told]


def _classes(patients: pd.DataFrame, target: str) -> tuple[str, ...]:
    if target == "pml-rara":
        return ("other", "PML::RARA")
    return tuple(c for c in SUBTYPES.values() if c in set(patients["subtype"]))


def _miscounted(table: pd.DataFrame, owner: NDArray[np.int64]) -> tuple[str, ...]:
    """Compare the images with the counts that the source gives; return a sentence where they differ."""
    found = np.bincount(owner, minlength=len(table))
    differ = table["patient_id"][table["images"].notna() & (table["images"] != found)]
    if differ.empty:
        return ()
    return (f"{len(differ)} patients have another number of images than {METADATA[0]} says, such as {differ.iloc[0]}",)
