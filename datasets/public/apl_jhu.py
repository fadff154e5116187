"""Peripheral-blood cells of patients with APL or another AML (Johns Hopkins, two cohorts)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, ImageBags, Provenance, presence
from datasets.fetch import RemoteFile, Source, read_manifest
from datasets.read import (
    Crop,
    Decoded,
    ImageFile,
    category,
    decode_images,
    find_images,
    known_codes,
    numbers,
    pick,
    read_text,
    unique_ids,
)
from datasets.roots import find_dataset

NAME = "apl-jhu"
CLASSES = ("AML", "APL")
DOMAINS = ("Discovery", "Validation")
MASTER = "Data/master.csv"
_COLUMNS = ("Patient_ID", "Diagnosis", "Cohort", "Age at Diagnosis", "Gender")
# Originals are 360 pixels wide or more, halved copies 256 or less, in both classes.
HALVED_BELOW = 270

SOURCE = Source(
    repository="sidhomj/DeepAPL",
    commit="dc02ee839fc160a18c9c83dbfb0b849cbc370259",
    folder=NAME,
    licence="a copyright line, no grant: download it, never redistribute it",
    files=(RemoteFile(MASTER),),
    manifest="apl-jhu.parquet",
)

SPLIT = {"scheme": "plan", "plan": "apl-jhu-kfold5"}

CARD = Card(
    title="Single cells of blood smears, APL against other AML, bags of 106 patients in two cohorts",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}, Data/",
    doi="10.1038/s41698-021-00179-y",
    licence=SOURCE.licence,
    x="Bags of cell images of the signed slides, one bag a patient, with the CellaVision cell type; age and sex.",
    y="APL or other AML, per patient.",
    patient="Patient_ID of master.csv; a specimen is a patient with the cells of all the patient's slides.",
    domain="Discovery (22 APL, 60 AML) and the prospective Validation (12 APL, 12 AML).",
    split="Train and cross-validate on Discovery, test on Validation.",
    traps=(
        "Eleven patients, all APL, nine of them in Discovery, have a slide-id folder more: a walk of fixed depth loses "
        "exactly them. Patient_84 has two slides.",
        "Image height goes with the diagnosis in Discovery: 365 pixels in 13 of 60 AML and 2 of 22 APL patients, 363 "
        "in the others; every image is cropped to one square. Halving makes both 182: a halved copy does not show it.",
        "The two heights also differ in the tint of the background, as two cameras would; no crop removes that. By "
        "patient the tint did not tell APL from AML in Discovery (see the control border-only).",
        "Seven originals are truncated (six of Discovery, one of Validation): they are named and left out.",
        "33 groups of byte-identical images carry two cell types; no duplicate crosses patients.",
        "Cell types are the analyser's and a reader's calls, not truth; 'Arifact' is the source's spelling.",
        "The number of images of a patient tells APL from AML (see the control missingness-only): the class shows in "
        "how the images were taken.",
        "22 APL patients: networks trained on cells memorise people; compare with the fractions of cell types.",
        "The SHA-256 of master.csv is not known: it is downloaded, but not verified.",
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, MASTER, data_root)


def load(*, data_root: Path | None = None, image_size: int = 64, crop: int = 300) -> Cohort:
    """Load one specimen a patient: a bag of cells, age in years, sex; domains are the two cohorts.

    Reference: Sidhom et al., Deep learning for diagnosis of acute promyelocytic leukemia via recognition of
    genomically imprinted morphologic features, npj Precision Oncology 2021, doi 10.1038/s41698-021-00179-y.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 360 wide or more.
            300 keeps 98 % of the central cells whole. Halved copies are cropped to the same field of view.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If master.csv and the folders disagree, or nothing can be read.
    """
    folder = find(data_root)
    master = _read_master(folder / MASTER)
    files = cell_files(folder)
    owner = _owners(files, master)
    # By hash within a patient: paths are sorted by the technician's cell types, and a place in the bag must not tell.
    place = [hashlib.sha256(f.path.encode()).hexdigest() for f in files]
    order = np.array(sorted(range(len(files)), key=lambda i: (owner[i], place[i])), dtype=np.int64)
    files, owner = [files[i] for i in order], owner[order]
    decoded = decode_images(files, folder, Crop(crop, HALVED_BELOW), image_size)
    bags = _bags(files, owner, decoded, len(master))
    clinical = pd.DataFrame({"age": master["Age at Diagnosis"], "sex": master["Gender"]})
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=master["Diagnosis"].map(CLASSES.index).to_numpy(np.int64),
        specimen=master["Patient_ID"].to_numpy(np.str_),
        patient=master["Patient_ID"].to_numpy(np.str_),
        domain=master["Cohort"].to_numpy(np.str_),
        provenance=_provenance(files, master, decoded),
        present=presence(len(master), bags, None, clinical),
        images=bags,
        clinical=clinical,
        units={"age": "years"},
        image_facts=decoded.facts,
    )


def cell_files(folder: Path) -> list[ImageFile]:
    """Return the images ``.../Signed slides/<cell type>/<image>`` at any depth, sorted."""
    return [f for f in find_images(folder / "Data" / "All", folder) if _is_signed(f.path)]


def _read_master(path: Path) -> pd.DataFrame:
    table = pick(read_text(path), {c: c for c in _COLUMNS}, MASTER)
    ids = unique_ids(table["Patient_ID"], f"{MASTER}: Patient_ID")
    age = numbers(table["Age at Diagnosis"], f"{MASTER}: Age at Diagnosis", ids)
    bad = (age < 0) | (age > 120)
    if bad.any():
        raise CohortError(
            f"{MASTER}: Age at Diagnosis", "is no age in years", ids[bad.to_numpy()], "Correct or empty it."
        )
    known = {"Diagnosis": CLASSES, "Cohort": DOMAINS}
    read = {name: known_codes(table[name], words, f"{MASTER}: {name}", ids) for name, words in known.items()}
    sex = category(table["Gender"], {"Female": "female", "Male": "male"}, f"{MASTER}: Gender", ids)
    return pd.DataFrame({"Patient_ID": ids, **read, "Age at Diagnosis": age, "Gender": sex})


def _is_signed(path: str) -> bool:
    return path.lower().split("/")[-3] == "signed slides"


def _owners(files: list[ImageFile], master: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row in ``master`` of each file's patient, int64 (n_files,)."""
    rows = {patient: row for row, patient in enumerate(master["Patient_ID"])}
    folders = [f.path.split("/")[2] for f in files]
    strangers = sorted(set(folders) - set(rows))
    if strangers:
        raise CohortError("Data/All", f"patient folders without a row in {MASTER}", strangers, "Add their rows.")
    empty = [p for p in rows if p not in set(folders)]
    if empty:
        remedy = f"Complete the download: python -m benchmark data get {NAME}"
        raise CohortError(MASTER, "patients without images of signed slides in Data/All", empty, remedy)
    return np.array([rows[f] for f in folders], np.int64)


def _bags(files: list[ImageFile], owner: NDArray[np.int64], decoded: Decoded, n_patients: int) -> ImageBags:
    sizes = np.bincount(owner[decoded.kept], minlength=n_patients)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    kinds = np.array([files[i].path.split("/")[-2] for i in decoded.kept])
    return ImageBags(decoded.pixels, starts, None, kinds)


def _provenance(files: list[ImageFile], master: pd.DataFrame, decoded: Decoded) -> Provenance:
    size = {f.path: f.size for f in read_manifest(SOURCE.manifest)}
    absent = [f"domain {d} is not on this machine" for d in DOMAINS if d not in set(master["Cohort"])]
    patients, here = set(master["Patient_ID"]), {f.path for f in files}
    lost = [
        p
        for p in size
        if p not in here and p.split("/")[2] in patients and _is_signed(p) and p.lower().endswith(".jpg")
    ]
    if lost:
        absent.append(f"{len(lost)} images of these patients are not on this machine, such as {lost[0]}")
    return Provenance(
        source=f"https://github.com/{SOURCE.repository}",
        version=SOURCE.commit,
        licence=SOURCE.licence,
        modified=bool(lost) or any(size.get(f.path) != f.size for f in files),
        absent=tuple(absent),
        skipped=tuple(s.path for s in decoded.skipped),
    )
