"""Acute myeloid leukaemia of three trials (AMLSG): the genomic class from blood counts and other mutations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, presence
from datasets.fetch import RemoteFile, Source, provenance_of
from datasets.read import category, factor, known_unit, mutated, numbers, pick, read_rda, read_text, unique_ids
from datasets.roots import find_dataset

NAME = "amlsg"
CLASSIFICATION = "data/AMLSG_Classification.txt"
CLINICAL, CLINICAL_OBJECT = "data/AMLSG_Clinical_Anon.RData", "clinicalData"
GENETIC = "data/AMLSG_Genetic.txt"
CLASSES = (
    "NPM1", "CEBPA_bi", "inv16", "t15_17", "t8_21", "t6_9", "inv3", "t_MLL", "chromatin_spliceosome",
    "p53_aneuploidy", "IDH2_p172",
)  # fmt: skip
RESIDUAL = ("Ambiguous_classification", "No_drivers", "No_class")
# Genes that a class is made of, under the names of the file; mutations of the others are inputs.
DEFINING = frozenset(
    ("NPM1", "CEBPA", "TP53", "IDH2", "RUNX1", "ASXL1", "BCOR", "STAG2", "EZH2", "PHF6", "SFRS2", "SRSF2", "SF3B1",
     "U2AF1", "ZRSR2", "MLL", "MLL_PTD", "KMT2A")
)  # fmt: skip
SPLIT = {"scheme": "kfold", "folds": 5}
_MEASURED = {  # column and unit of the source
    "age": ("AOD", "years"),
    "hb": ("HB", "g/dL"),
    "platelets": ("platelet", "10^9/L"),
    "wbc": ("wbc", "10^9/L"),
    "ldh": ("LDH", "U/L"),
    "blasts_marrow_pct": ("BM_Blasts", "%"),
    "blasts_blood_pct": ("PB_Blasts", "%"),
}
UNITS = {name: known_unit(name, unit) for name, (_, unit) in _MEASURED.items()}
_COUNTED = ("ONCOGENIC", "POSSIBLE")

SOURCE = Source(
    repository="gerstung-lab/AML-multistage",
    commit="a3f96ba727bfa3f30e47d9419a9faf1caab44d51",
    folder=NAME,
    licence="none found at the source",
    files=(RemoteFile(CLASSIFICATION), RemoteFile(CLINICAL), RemoteFile(GENETIC)),
)

CARD = Card(
    title="The genomic class of AML from age, sex, blood counts and mutations that define no class, three trials",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}, data/",
    doi="10.1056/NEJMoa1516192",
    licence=SOURCE.licence,
    x="Age, sex, haemoglobin, platelets, leukocytes, LDH, blasts in marrow and blood; mut_<gene> for sequenced genes "
    "that define no class.",
    y="Overall_classification of the source: eleven genomic classes, APL as t15_17 among them. Patients without a "
    "class, without a driver or with an ambiguous class are left out and counted.",
    patient="PDID; one sample a patient.",
    domain="Study: the trials AMLSG0704, AMLHD98A and AMLHD98B.",
    split="None published.",
    traps=(
        "No SHA-256 of the files is known; the commit is that of the data README of the source.",
        "The class is a rule over mutations and karyotype, which the files do not hold: genes that the paper ties to a "
        "class are excluded, and every aberration "
        f"({', '.join(sorted(DEFINING))}; all t_, inv, minus, plus, mono, abn columns, complex, NK).",
        "Not inputs either: C_Risk, M_Risk, WHOcat, TypeAML, NONC_CYTO, NALL_CYTO, Performance_ECOG, treatment (VPA, "
        "ATRA_arm, TPL_*), centre, remission, relapse, survival.",
        "The trials differ by age limit: a class's share differs between them. Leaving one out tests that too.",
        "Small classes (t6_9, inv3, IDH2_p172, t15_17) make macro averages move in large steps.",
        "The source names no unit of haemoglobin; g/dL is taken and turned into g/L.",
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, CLASSIFICATION, data_root)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient with a class: clinical data and mutated genes; domains are the trials.

    Reference: Papaemmanuil et al., Genomic classification and prognosis in acute myeloid leukemia, NEJM 2016,
    doi 10.1056/NEJMoa1516192; data with Gerstung et al., Nature Genetics 2017, doi 10.1038/ng.3756.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a file, column, value or class is missing or unknown, or files name other patients.
    """
    folder = find(data_root)
    classified, left_out = _classified(folder)
    raw = _clinical_rows(folder, classified.index)
    ids = classified.index.to_numpy(np.str_)
    clinical = pd.concat([_measured(raw, ids), _mutated(folder, ids)], axis=1)
    here = tuple(c for c in CLASSES if (classified == c).any())
    return Cohort(
        name=NAME,
        classes=here,
        y=classified.map(here.index).to_numpy(np.int64),
        specimen=ids,
        patient=ids,
        domain=raw["study"].to_numpy(np.str_),
        provenance=provenance_of(folder, SOURCE, (left_out,) if left_out else ()),
        present=presence(len(ids), clinical=clinical),
        clinical=clinical,
        units=UNITS,
    )


def _classified(folder: Path) -> tuple[pd.Series, str]:
    """Return patient -> class, and a sentence about patients left out."""
    raw = read_text(folder / CLASSIFICATION, sep="\t")
    table = pick(raw, {"patient": "ID", "name": "Overall_classification"}, CLASSIFICATION)
    ids = unique_ids(table["patient"], f"{CLASSIFICATION}: ID")
    odd = ~table["name"].isin([*CLASSES, *RESIDUAL])
    if odd.any():
        unknown = sorted(set(table["name"][odd]))
        raise CohortError(f"{CLASSIFICATION}: Overall_classification", f"unknown {unknown}", ids[odd.to_numpy()])
    kept = table["name"].isin(CLASSES).to_numpy()
    counts = table["name"][~kept].value_counts().sort_index()
    said = ", ".join(f"{name} ({n})" for name, n in counts.items())
    return pd.Series(
        table["name"][kept].to_numpy(), index=ids[kept]
    ), f"patients without a class are left out: {said}" if said else ""


def _clinical_rows(folder: Path, patients: pd.Index) -> pd.DataFrame:
    objects = read_rda(folder / CLINICAL)
    if CLINICAL_OBJECT not in objects:
        raise CohortError(CLINICAL, f"has no {CLINICAL_OBJECT!r}; has {sorted(objects)}")
    headers = {"patient": "PDID", "study": "Study", "sex": "gender"} | {n: c for n, (c, _) in _MEASURED.items()}
    table = pick(objects[CLINICAL_OBJECT], headers, CLINICAL)
    table = table.set_index(unique_ids(table["patient"], f"{CLINICAL}: PDID"))
    lost = sorted(set(patients) - set(table.index))
    if lost:
        raise CohortError(CLINICAL, f"lacks patients of {CLASSIFICATION}", lost)
    return table.loc[patients].reset_index(drop=True)


def _measured(raw: pd.DataFrame, ids: NDArray[np.str_]) -> pd.DataFrame:
    parts: dict[str, object] = {
        name: numbers(raw[name], f"{CLINICAL}: {column}", ids) * factor(unit, UNITS[name])
        for name, (column, unit) in _MEASURED.items()
    }
    parts["sex"] = category(raw["sex"], {"2": "female", "1": "male"}, f"{CLINICAL}: gender", ids)
    return pd.DataFrame(parts)


def _mutated(folder: Path, ids: NDArray[np.str_]) -> pd.DataFrame:
    """Return mutations that the source calls oncogenic or possibly so; every patient was sequenced."""
    raw = read_text(folder / GENETIC, sep="\t")
    headers = {"sample": "SAMPLE_NAME", "gene": "GENE", "call": "FINAL_CALL", "result": "Result"}
    table = pick(raw, headers, GENETIC)
    variants = table[(table["call"] == "OK") & table["result"].isin(_COUNTED)]
    genes = sorted(set(variants["gene"]) - DEFINING - {""})
    return mutated(variants, ids, np.ones(len(ids), dtype=bool), genes)
