"""Acute lymphoblastic leukaemia: the fusion gene from one HGU95Av2 microarray a patient (Chiaretti et al.)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, Provenance, presence
from datasets.fetch import Expected, ManualSource
from datasets.read import ExpressionSet, category, matrix, numbers, pick, read_expression_set, read_text, unique_ids
from datasets.roots import DataMissing, data_roots

NAME = "all-chiaretti"
ORIGINAL = "ALL/data/ALL.rda"
CONVERTED = ("expression.parquet", "samples.csv")
CLASSES = ("no fusion", "BCR/ABL", "ALL1/AF4", "E2A/PBX1")
SPLIT = {"scheme": "kfold", "folds": 5}
_CLASS_THERE = {"NEG": "no fusion", "BCR/ABL": "BCR/ABL", "ALL1/AF4": "ALL1/AF4", "E2A/PBX1": "E2A/PBX1"}
_MISSING_INTEGER = -(2**31)  # how R keeps a missing integer
_VERSION = "ALL 1.40.0"

SOURCE = ManualSource(
    page="https://bioconductor.org/packages/ALL",
    folder=NAME,
    licence="Artistic-2.0",
    steps=(
        "download ALL_1.40.0.tar.gz (experiment data of Bioconductor 3.16) from "
        "https://bioconductor.org/packages/3.16/data/experiment/html/ALL.html",
        f"unpack it in {{folder}}, so that {{folder}}/{ORIGINAL} is there",
    ),
    expected=(Expected("**/ALL.rda", 1),),
)

CARD = Card(
    title="The fusion gene of 126 patients with ALL from 12,625 probes of a microarray",
    source=f"{SOURCE.page} ({_VERSION})",
    doi="10.1182/blood-2003-09-3243",
    licence=SOURCE.licence,
    x="12,625 probes of HGU95Av2, normalised and log2 at the source (RMA); age and sex.",
    y="Molecular class (mol.biol): no fusion 74, BCR/ABL 37, ALL1/AF4 10, E2A/PBX1 5.",
    patient="Sample name; one array a patient, 128 at the source.",
    domain="One: the collection of the source.",
    split="None published.",
    traps=(
        "p15/p16 and NUP-98 have one patient each and cannot be split: these two patients are left out.",
        "E2A/PBX1 has five patients, one a fold: its sensitivity moves in steps of a fifth.",
        "Not inputs, because they tell the label or come after it: t(4;11), t(9;22), cyto.normal, citog and fusion "
        "protein (the genetic tests), remission, CR, date.cr, ccr, relapse, transplant, f.u, date last seen (outcome).",
        "BT, the B or T lineage with its stage, is no input either: all 10 ALL1/AF4 are stage B1 and all 32 T-cell "
        "patients have no fusion, so it would answer for a part of the patients. The arrays show the lineage as well: "
        "what is learned about 'no fusion' is partly B against T.",
        "mdr and kinet (resistance, ploidy) are tests of the leukaemic cells, not routine, and are left out.",
        "The source normalised all arrays together (RMA), test patients included.",
        "In the converted copy a missing age is -2147483648, which is read as missing, and missing values of yes/no "
        "columns became yes (35 of 42 in t(4;11)): none of these columns is used.",
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder with ALL.rda as Bioconductor packs it, or with the copy converted to Parquet and CSV.

    Raises:
        DataMissing: If neither is on this machine.
    """
    looked = [root / NAME for root in data_roots(data_root)]
    for folder in looked:
        if (folder / ORIGINAL).is_file() or all((folder / file).is_file() for file in CONVERTED):
            return folder
    raise DataMissing(NAME, looked)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient: genes float32 (126, 12625), log2; age in years, sex; era is the year of diagnosis.

    Reference: Chiaretti et al., Gene expression profile of adult T-cell acute lymphocytic leukemia identifies
    distinct subsets of patients with different response to therapy and survival, Blood 2004,
    doi 10.1182/blood-2003-09-3243.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a column or value is missing, a class is unknown, or expression and samples disagree.
    """
    folder = find(data_root)
    original = (folder / ORIGINAL).is_file()
    arrays = read_expression_set(folder / ORIGINAL) if original else _read_converted(folder)
    table = pick(arrays.samples.astype(object), {k: k for k in ("mol.biol", "age", "sex", "diagnosis")}, "samples")
    kept, left_out = _classes(table["mol.biol"])
    ids = unique_ids(arrays.values.index.astype(str), "sample")
    clinical = _clinical(table, ids)[kept].reset_index(drop=True)
    y = np.array([CLASSES.index(_CLASS_THERE[c]) for c in table["mol.biol"][kept]], dtype=np.int64)
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=y,
        specimen=ids[kept],
        patient=ids[kept],
        domain=np.full(len(y), "ALL"),
        provenance=_provenance(original, left_out),
        present=presence(len(y), genes_present=np.ones(len(y), dtype=bool), clinical=clinical),
        genes=matrix(arrays.values, "expression").astype(np.float32)[kept],
        gene_names=tuple(str(p) for p in arrays.values.columns),
        clinical=clinical,
        units={"age": "years"},
        era=_years(table["diagnosis"])[kept],
    )


def _read_converted(folder: Path) -> ExpressionSet:
    values, samples = pd.read_parquet(folder / CONVERTED[0]), read_text(folder / CONVERTED[1])
    if "sample" not in samples:
        raise CohortError(CONVERTED[1], f"has no column 'sample'; has {list(samples)}")
    samples = samples.set_index(unique_ids(samples["sample"], f"{CONVERTED[1]}: sample"))
    lost = sorted(set(values.index.astype(str)) ^ set(samples.index))
    if lost:
        raise CohortError(CONVERTED[1], f"and {CONVERTED[0]} do not name the same samples", lost)
    return ExpressionSet(values, samples.loc[values.index.astype(str)])


def _classes(column: pd.Series) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Return which rows have a class that is used, and the classes left out with their numbers."""
    rare = {str(name): int(n) for name, n in column.value_counts().items() if name not in _CLASS_THERE}
    many = [name for name, n in rare.items() if n > 1]
    if many:
        raise CohortError("mol.biol", f"unknown {sorted(many)}", remedy=f"Known: {', '.join(_CLASS_THERE)}.")
    return column.isin(list(_CLASS_THERE)).to_numpy(), dict(sorted(rare.items()))


def _clinical(table: pd.DataFrame, ids: NDArray[np.str_]) -> pd.DataFrame:
    age = numbers(table["age"].replace(str(_MISSING_INTEGER), ""), "samples: age", ids)
    sex = category(table["sex"], {"F": "female", "M": "male"}, "samples: sex", ids)
    return pd.DataFrame({"age": age.to_numpy(), "sex": sex})


def _years(dates: pd.Series) -> NDArray[np.str_]:
    """Return the year of month/day/year, "" where there is none."""
    return dates.str.extract(r"/(\d{4})$")[0].fillna("").to_numpy(np.str_)


def _provenance(original: bool, left_out: dict[str, int]) -> Provenance:
    said = ", ".join(f"{name} ({n})" for name, n in left_out.items())
    return Provenance(
        source=SOURCE.page,
        version=_VERSION + ("" if original else ", converted to Parquet and CSV"),
        licence=SOURCE.licence,
        modified=not original,
        absent=(f"classes with one patient cannot be split and are left out: {said}",) if left_out else (),
    )
