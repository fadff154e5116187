"""Routine blood tests at diagnosis of patients with APL or another AML, several French hospitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance, presence
from datasets.fetch import RemoteFile, Source
from datasets.read import BLANKS, YES_NO, codes, labels, named_rows, pick, read_text
from datasets.roots import find_dataset

NAME = "apl-labs"
CLASSES = ("other AML", "APL")
TRAINING = "Training"
TRAINING_FILE = "data/Données projet LAP Cas-témoin 02-10-20.xlsx"
EXTERNAL_FILE = "data/cohorte_full_data.csv"
_EXTERNAL_HOSPITALS = 4


class Lab(NamedTuple):
    """Say how a test is called in both files, its unit, and which values a living adult or child can have."""

    training: str
    external: str
    unit: str
    low: float
    high: float


LABS: Mapping[str, Lab] = {
    "age": Lab("Age", "Age", "years", 0, 110),
    "wbc": Lab("Leucocytes (G/L)", "Leucocytes (G/L)", "10^9/L", 0.05, 1000),
    "mcv": Lab("VGM (fL)", "VGM (fL)", "fL", 50, 150),
    "mchc": Lab("CCMH (g/L)", "CCMH (g/L)", "g/L", 200, 450),
    "neutrophils": Lab("PNN (G/L)", "PNN (G/L)", "10^9/L", 0, 500),
    "lymphocytes_pct": Lab("Lymphos (%)", "Lymphos_(%)", "%", 0, 100),
    "prothrombin_ratio": Lab("TP (%)", "TP (%)", "%", 5, 150),
    "fibrinogen": Lab("Fibrinogene (g/L)", "Fibrinogene (g/L)", "g/L", 0.1, 15),
    "eosinophils_pct": Lab("PNE (%)", "PNE (%)", "%", 0, 100),
    "monocytes": Lab("Mono (G/L)", "Mono_(G_L)", "10^9/L", 0, 500),
    "ldh": Lab("LDH (U/L)", "LDH (U/L)", "U/L", 20, 20000),
    "platelets": Lab("Plq (G/L)", "Plq_(G_L)", "10^9/L", 1, 3000),
}
_G_PER_DL = (20, 45)  # an MCHC in this range is in g/dL; no MCHC in g/L comes near it
_INFANT_AGE, _INFANT_CREATININE = 1.0, 50.0  # years, µmol/L: above it, an age under one year is wrong

SOURCE = Source(
    repository="dangug/Leukemia-Apl-Classification",
    commit="009912576ce398a3c67a15a9168fac2ad8c21ee1",
    folder=NAME,
    licence="BSD-3-Clause",
    files=(
        RemoteFile(
            TRAINING_FILE, 58891, bytes.fromhex("78e73f6d5af694365e54e1fdf93d881e58dc1f511be34f3a54807ebe3793991c")
        ),
        RemoteFile("LICENSE", 1524, bytes.fromhex("d50e25fd5fbedb19f16478ae0fe0edd602addc7ce4a90d6104ea31966490966c")),
        RemoteFile(EXTERNAL_FILE),
    ),
)

SPLIT = {"scheme": "plan", "plan": "apl-labs-official"}

CARD = Card(
    title="APL against other AML from twelve routine blood tests, 222 training patients and external hospitals",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}, data/",
    doi="",
    licence=SOURCE.licence,
    x="Age and eleven routine tests at diagnosis: what both files have. Sex and other tests are in the xlsx only.",
    y="APL (target 1) or other AML (target 0), per patient.",
    patient="Number within a hospital, prefixed with the hospital: numbers recur across hospitals.",
    domain="Training (the xlsx) and the hospitals of the csv: Cochin, Grenoble, Lyon_Pros and one more at the source.",
    split="Published: train on Training, test on all others.",
    traps=(
        "Training patients are of Lyon (2013-2020); Lyon_Pros is by its name the same hospital later, not a new one.",
        "Two MCHC of 34.8 and 36.9 are g/dL among g/L: values from 20 to 45 are multiplied by 10.",
        "Made missing, six values: a prothrombin of 1.28 % (a ratio), platelets of 0.69, neutrophils above all "
        "leukocytes, monocytes above all leukocytes, two ages under one year beside an adult's creatinine. "
        "The infants of Grenoble stay.",
        "19 results are limits (15 platelets <10, all of Training; fibrinogen <0.4, >10, >12; LDH >1000): "
        "the limit is taken.",
        "Lyon_Pros has no eosinophils, monocytes, LDH or platelets; in Cochin LDH is missing for 21 of 29 other AML "
        "but for 1 of 15 APL: what is missing tells the class there.",
        "Grenoble does not report a prothrombin above 100 %; monocytes up to 224 are 10^9/L, with 414 leukocytes.",
        "Rows 13 and 25 of Training are one patient entered twice: they share a patient id.",
        "Both files are sorted by class, so row numbers and ids tell it: the harness hides ids and shuffles rows.",
        "One hospital of the original csv writes target as 0.0 and 1.0: codes are read as what they mean.",
        "The SHA-256 of the original csv is not known: it is downloaded, but not verified.",
    ),
    references=(
        Reference(
            "AUROC .96",
            "trained on the 222, tested on 415 external patients",
            "Haematologica, https://haematologica.org/article/view/10551",
            incomplete="its 415 external patients are of four hospitals, not all of which are on this machine",
        ),
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, EXTERNAL_FILE, data_root)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient: twelve numbers in the units of ``LABS``; domains are Training and the hospitals.

    Reference: Haematologica, https://haematologica.org/article/view/10551.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a column is missing, or a value is neither a number nor a limit.
    """
    folder = find(data_root)
    raw = pd.concat([_read_training(folder), _read_external(folder)], ignore_index=True)
    table, _ = clean(raw)
    specimen = (table["hospital"] + "-" + table["number"]).to_numpy(np.str_)
    clinical = table[list(LABS)]
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=table["target"].to_numpy(np.int64),
        specimen=specimen,
        patient=_patients(table, specimen),
        domain=table["hospital"].to_numpy(np.str_),
        provenance=_provenance(folder, table),
        present=presence(len(table), clinical=clinical),
        clinical=clinical,
        units={name: lab.unit for name, lab in LABS.items()},
    )


def clean(raw: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Turn text into numbers, mend units, and make impossible values missing; the label is not looked at.

    Args:
        raw: Text columns ``hospital``, ``number``, those of ``LABS``, and ``creatinine`` (µmol/L) or blanks.

    Returns:
        The table with float64 columns, and one sentence for each value that was changed.
    """
    who = raw["hospital"] + "-" + raw["number"]
    table, notes = raw.copy(), []
    for name in [*LABS, "creatinine"]:
        table[name], limits = _numbers(raw[name], who, name)
        notes += [f"{p}: {name} {t!r} is a limit, taken as {v:g}" for p, t, v in limits]
    in_g_per_dl = table["mchc"].between(*_G_PER_DL)
    values = zip(who[in_g_per_dl], table["mchc"][in_g_per_dl], strict=True)
    notes += [f"{p}: mchc {v:g} g/dL is {v * 10:g} g/L" for p, v in values]
    table.loc[in_g_per_dl, "mchc"] *= 10
    for name, impossible in _impossible(table).items():
        values = zip(who[impossible], table[name][impossible], strict=True)
        notes += [f"{p}: {name} {v:g} cannot be, made missing" for p, v in values]
        table.loc[impossible, name] = np.nan
    return table.drop(columns="creatinine"), notes


def _impossible(table: pd.DataFrame) -> dict[str, pd.Series]:
    masks = {name: (table[name] < lab.low) | (table[name] > lab.high) for name, lab in LABS.items()}
    leukocytes = table["wbc"].where(~masks["wbc"])
    for part in ("neutrophils", "monocytes"):
        masks[part] |= table[part] > leukocytes * 1.05  # counts of a part are rounded
    masks["age"] |= (table["age"] < _INFANT_AGE) & (table["creatinine"] > _INFANT_CREATININE)
    return masks


def _numbers(text: pd.Series, who: pd.Series, name: str) -> tuple[pd.Series, list[tuple[str, str, float]]]:
    """Return float64 numbers, and (patient, text, limit) of results beyond a limit."""
    shown = text.fillna("").astype(str).str.strip()
    shown = shown.where(~shown.str.lower().isin(BLANKS), "")
    beyond = shown.str.match(r"[<>]")
    bare = shown.str.replace(r"^[<>]=?\s*", "", regex=True).str.replace(",", ".")
    values = pd.to_numeric(bare.where(bare != ""), errors="coerce").astype(float)
    bad = (values.isna() & (shown != "")) | np.isinf(values)
    if bad.any():
        where = [f"{p} has {t!r}" for p, t in zip(who[bad], shown[bad], strict=True)]
        raise CohortError(name, "is neither a number nor a limit such as <0.4", where, "Correct it or leave it empty.")
    return values, list(zip(who[beyond], shown[beyond], values[beyond], strict=True))


def _read_training(folder: Path) -> pd.DataFrame:
    wanted = unicodedata.normalize("NFC", Path(TRAINING_FILE).name)
    found = [p for p in (folder / "data").iterdir() if unicodedata.normalize("NFC", p.name) == wanted]
    if not found:
        remedy = f"Complete the download: python -m benchmark data get {NAME}"
        raise CohortError(TRAINING_FILE, f"is not in {folder}", remedy=remedy)
    table = pd.read_excel(found[0], dtype=str)
    headers = {"number": "Patient numbers", "target": "Témoin/Cas (0/1)", "creatinine": "Creatinine"}
    picked = pick(table, {**headers, **{n: lab.training for n, lab in LABS.items()}}, TRAINING_FILE)
    return _checked(picked.assign(hospital=TRAINING), headers, TRAINING_FILE)


def _read_external(folder: Path) -> pd.DataFrame:
    table = read_text(folder / EXTERNAL_FILE)
    headers = {"hospital": "Chu", "number": "Patient_numbers", "target": "target"}
    picked = pick(table, {**headers, **{n: lab.external for n, lab in LABS.items()}}, EXTERNAL_FILE)
    return _checked(picked.assign(creatinine=""), headers, EXTERNAL_FILE)


def _checked(table: pd.DataFrame, headers: Mapping[str, str], place: str) -> pd.DataFrame:
    """Return the table with patient numbers as codes and the target as 0 or 1.

    Raises:
        CohortError: If a hospital, number or target is empty, or a target is neither 0 nor 1.
    """
    for column in ("hospital", "number", "target"):
        empty = table[column] == ""
        if empty.any():
            raise CohortError(f"{place}: {headers[column]}", "is empty in rows", named_rows(empty))
    rows = [f"line {i} of {hospital}" for i, hospital in enumerate(table["hospital"], start=2)]
    target = labels(table["target"], YES_NO, f"{place}: {headers['target']}", rows)
    return table.assign(number=codes(table["number"]), target=target)


def _patients(table: pd.DataFrame, specimen: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return patient ids, str (n,): rows of one hospital that agree in every test are one patient."""
    tests = table[["hospital", *LABS]]
    first = tests.groupby(list(tests), dropna=False).ngroup()
    told = tests[list(LABS)].notna().sum(axis=1) > len(LABS) / 2  # blank rows agree without being one patient
    leader = pd.Series(specimen).groupby(first).transform("first")
    return leader.where(told, specimen).to_numpy(np.str_)


def _provenance(folder: Path, table: pd.DataFrame) -> Provenance:
    training = next(f for f in SOURCE.files if f.path == TRAINING_FILE)
    here = sorted(set(table["hospital"]) - {TRAINING})
    whole = len(here) >= _EXTERNAL_HOSPITALS
    absent = f"only {len(here)} of {_EXTERNAL_HOSPITALS} external hospitals are on this machine ({', '.join(here)})"
    sizes = {p.stat().st_size for p in (folder / "data").glob("*.xlsx")}
    return Provenance(
        source=f"https://github.com/{SOURCE.repository}",
        version=SOURCE.commit,
        licence=SOURCE.licence,
        modified=not whole or training.size not in sizes,
        absent=() if whole else (absent,),
    )
