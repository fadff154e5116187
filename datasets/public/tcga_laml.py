"""TCGA acute myeloid leukaemia: expression, mutated genes and clinical data of the same 170 patients."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, presence
from datasets.fetch import RemoteFile, UrlSource, provenance_of
from datasets.read import category, collapse_probes, hallmark, labels, matrix, numbers, pick, read_rda, unique_ids
from datasets.roots import find_dataset

NAME = "tcga-laml"
FILE = "laml.rda"
SPLIT = {"scheme": "kfold", "folds": 5}
Target = Literal["pml-rara", "risk"]
_COMMIT = "6f0593bc"
_PAGE = "https://github.com/AbdalkarimA/iClusterVB"
_PARTS = ("laml.cli", "laml.exp", "laml.mut")
_NO_RISK = "N.D."
# Our name -> their column, unit, lowest and highest value that can be.
_MEASURED = {
    "age": ("AGE", "years", 0, 110),
    "wbc": ("WBC", "10^9/L", 0, 1000),
    "blasts_marrow_pct": ("BM_BLAST_PERCENTAGE", "%", 0, 100),
    "blasts_blood_pct": ("PB_BLAST_PERCENTAGE", "%", 0, 100),
}
_FUSION, _RISK, _SEX = "HISTOLOGICAL_SUBTYPE", "RISK_MOLECULAR", "SEX"

SOURCE = UrlSource(
    page=f"{_PAGE}/tree/{_COMMIT}/data",
    folder=NAME,
    licence="MIT (the package); TCGA data are open",
    files=(
        RemoteFile(
            FILE,
            244012,
            bytes.fromhex("8789f180c411258efb6c9c8dbf72f43790cb06c2438e829aa35aa2b05ad12160"),
            url=f"{_PAGE}/raw/{_COMMIT}/data/{FILE}",
        ),
    ),
)

CARD = Card(
    title="APL against other AML, or the risk group, from expression, mutations and clinical data of 170 patients",
    source=SOURCE.page,
    doi="10.1056/NEJMoa1301689",
    licence=SOURCE.licence,
    x="498 genes (log2(1 + value) of the source's normalised counts); age, sex, leukocytes, blasts in marrow and "
    "blood; 156 columns mut_<gene>, yes or no.",
    y="target='pml-rara' (default): PML-RARA by the molecular subtype of the source, 16, or another AML, 154. "
    "target='risk': molecular risk good 32, intermediate 92, poor 43; three patients without one are left out.",
    patient="TCGA case; one sample a patient.",
    domain="One: TCGA. The file does not name the hospital.",
    split="None published.",
    traps=(
        "PML-RARA is taken from HISTOLOGICAL_SUBTYPE, which agrees with FAB M3 in all 170; one of the 16 has a normal "
        "karyotype, so karyotype text is not the label.",
        "Not inputs: FAB, CYTOGENETICS, CYTOGENETIC_CODE_OTHER, RISK_CYTO, RISK_MOLECULAR, HISTOLOGICAL_SUBTYPE (the "
        "label or what it is made of), INDUCTION (ATRA is given for APL), TRANSPLANT_TYPE, DARK_ZONE_STAT, DFS and "
        "OS (after diagnosis), RACE (13 spellings), AML_IN_SKIN_PERCENTAGE (contamination of the control sample).",
        "Molecular risk good is the three fusions of APL and core-binding-factor AML: that target is mostly "
        "recognising fusions, and mut_CBFB may stand for one of them.",
        "The 500 genes and 156 mutations were chosen at the source over all 170 patients, those that are tested "
        "included. Two genes stand twice with the same values, so 498 are left.",
        "Names are R's: HOXA11.AS is HOXA11-AS; some symbols are old and in no gene set.",
        "16 APL: 3 or 4 in a test fold. From expression the task is solved: one gene, IL17RE, parts all 16 from the "
        "154 others (AUROC 1.00), so good entries tie. Clinical data and mutations alone do not (.77, logistic "
        "regression).",
    ),
)


class _Target(NamedTuple):
    column: str
    classes: tuple[str, ...]
    theirs: dict[str, int]  # every other value is class 0 when ``rest``
    rest: bool


_TARGETS = {
    "pml-rara": _Target(_FUSION, ("other AML", "PML-RARA"), {"PML-RARA": 1}, True),
    "risk": _Target(_RISK, ("good", "intermediate", "poor"), {"Good": 0, "Intermediate": 1, "Poor": 2}, False),
}


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, FILE, data_root)


def load(*, data_root: Path | None = None, target: Target = "pml-rara") -> Cohort:
    """Load one row a patient: genes float32 (n, 498), clinical data and mutated genes; n is 170, or 167 for risk.

    Reference: The Cancer Genome Atlas Research Network, Genomic and epigenomic landscapes of adult de novo acute
    myeloid leukemia, NEJM 2013, doi 10.1056/NEJMoa1301689.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        target: "pml-rara" or "risk".

    Raises:
        DataMissing: If the file is not on this machine.
        CohortError: If ``target`` is unknown, or a part, column or value of the file is wrong.
    """
    if target not in _TARGETS:
        raise CohortError("target", f"unknown {target!r}", remedy=f"Known: {', '.join(_TARGETS)}.")
    folder = find(data_root)
    clinical, expression, mutations = _read(folder / FILE)
    ids = unique_ids(clinical.index.astype(str), f"{FILE}: patients")
    kept, y = _labels(clinical, _TARGETS[target], ids)
    table = pd.concat([_clinical(clinical, ids), _mutations(mutations)], axis=1)[kept].reset_index(drop=True)
    log2 = np.log2(1 + matrix(expression, f"{FILE}: laml.exp")).astype(np.float32)
    genes, names = collapse_probes(log2[kept], [str(g) for g in expression.columns])
    sets, note = hallmark(names, data_root)
    absent = () if kept.all() else (f"{(~kept).sum()} patients without a molecular risk are left out",)
    return Cohort(
        name=NAME if target == "pml-rara" else f"{NAME}-{target}",
        classes=_TARGETS[target].classes,
        y=y,
        specimen=ids[kept],
        patient=ids[kept],
        domain=np.full(len(y), "TCGA"),
        provenance=provenance_of(folder, SOURCE, absent + ((note,) if note else ())),
        present=presence(len(y), genes_present=np.ones(len(y), dtype=bool), clinical=table),
        genes=genes,
        gene_names=names,
        gene_sets=sets,
        clinical=table,
        units={name: unit for name, (_, unit, _, _) in _MEASURED.items()},
    )


def _read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return clinical data, expression and mutations, one row a patient in the same order."""
    parts = read_rda(path)
    missing = [p for p in _PARTS if p not in parts]
    if missing:
        raise CohortError(path.name, f"lacks {missing}; has {sorted(parts)}")
    tables = [p if isinstance(p, pd.DataFrame) else p.to_pandas() for p in (parts[name] for name in _PARTS)]
    for name, table in zip(_PARTS[1:], tables[1:], strict=True):
        if list(table.index) != list(tables[0].index):
            raise CohortError(f"{path.name}: {name}", "does not list the patients of laml.cli in the same order")
    return tables[0], tables[1], tables[2]


def _labels(
    clinical: pd.DataFrame, target: _Target, ids: NDArray[np.str_]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which patients have a label, and their classes."""
    values = pick(clinical, {"y": target.column}, FILE)["y"].reset_index(drop=True)
    if (values == "").any():
        raise CohortError(f"{FILE}: {target.column}", "is empty for some patients", ids[(values == "").to_numpy()])
    if target.rest:
        return np.ones(len(ids), dtype=bool), values.map(lambda v: target.theirs.get(v, 0)).to_numpy(np.int64)
    kept = (values != _NO_RISK).to_numpy()
    return kept, labels(values[kept], target.theirs, f"{FILE}: {target.column}", ids[kept])


def _clinical(clinical: pd.DataFrame, ids: NDArray[np.str_]) -> pd.DataFrame:
    raw = pick(clinical, {name: c for name, (c, *_) in _MEASURED.items()} | {"sex": _SEX}, FILE).reset_index(drop=True)
    parts: dict[str, object] = {}
    for name, (column, unit, low, high) in _MEASURED.items():
        values = numbers(raw[name], f"{FILE}: {column}", ids)
        bad = (values < low) | (values > high)
        if bad.any():
            raise CohortError(f"{FILE}: {column}", f"cannot be in {unit}", ids[bad.to_numpy()])
        parts[name] = values
    parts["sex"] = category(raw["sex"], {"Female": "female", "Male": "male"}, f"{FILE}: {_SEX}", ids)
    return pd.DataFrame(parts)


def _mutations(table: pd.DataFrame) -> pd.DataFrame:
    odd = ~table.isin([0, 1]).all(axis=0)
    if odd.any():
        raise CohortError(f"{FILE}: laml.mut", "is neither 0 nor 1", table.columns[odd].tolist())
    named = {f"mut_{gene}": table[gene].map({0: "no", 1: "yes"}).to_numpy() for gene in table.columns}
    return pd.DataFrame({name: pd.Categorical(values, ["no", "yes"]) for name, values in named.items()})
