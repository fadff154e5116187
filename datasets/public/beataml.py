"""Beat AML (waves 1 to 4): expression, mutations and clinical data of acute myeloid leukaemia at diagnosis."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, presence
from datasets.fetch import RemoteFile, Source, provenance_of
from datasets.read import (
    category,
    collapse_probes,
    factor,
    hallmark,
    known_unit,
    matrix,
    mutated,
    numbers,
    pick,
    read_header,
    read_text,
    text,
    unique_ids,
)
from datasets.roots import find_dataset

NAME = "beataml"
CLINICAL, SHEET = "beataml_wv1to4_clinical.xlsx", "summary"
EXPRESSION = "beataml_waves1to4_norm_exp_dbgap.txt"
MUTATIONS = "beataml_wes_wv1to4_mutations_dbgap.txt"
SPLIT = {"scheme": "kfold", "folds": 5}
Target = Literal["pml-rara", "eln2017"]
GENES = (
    "ASXL1", "BCOR", "CBL", "CEBPA", "DNMT3A", "EZH2", "FLT3", "GATA2", "IDH1", "IDH2", "JAK2", "KIT", "KRAS", "NF1",
    "NPM1", "NRAS", "PHF6", "PTPN11", "RAD21", "RUNX1", "SF3B1", "SMC1A", "SMC3", "SRSF2", "STAG2", "TET2", "TP53",
    "U2AF1", "WT1", "ZRSR2",
)  # fmt: skip
_IN_ELN2017 = {"ASXL1", "CEBPA", "FLT3", "NPM1", "RUNX1", "TP53"}
_ELN = ("Favorable", "Intermediate", "Adverse")
_AML, _AT_DIAGNOSIS, _FUSION = "ACUTE MYELOID LEUKAEMIA", "Initial Diagnosis", "PML-RARA"
_COLUMNS = {
    "subject": "dbgap_subject_id",
    "rna": "dbgap_rnaseq_sample",
    "dna": "dbgap_dnaseq_sample",
    "cohort": "cohort",
    "stage": "diseaseStageAtSpecimenCollection",
    "diagnosis": "dxAtInclusion",
    "fusion": "consensusAMLFusions",
    "eln": "ELN2017",
    "sex": "consensus_sex",
    "age": "ageAtDiagnosis",
    "wbc": "wbcCount",
    "hb": "hemoglobin",
    "platelets": "plateletCount",
}
_MEASURED = {"age": "years", "wbc": "10^9/L", "hb": "g/dL", "platelets": "10^9/L"}  # units of the source
UNITS = {name: known_unit(name, unit) for name, unit in _MEASURED.items()}
_GENE_COLUMNS = ("stable_id", "display_label", "description", "biotype")

SOURCE = Source(
    repository="biodev/beataml2.0_data",
    commit="8571854b35ee0fa941c785b94153837541568896",
    folder=NAME,
    licence="public; no licence file found at the source",
    # The files are kept with Git LFS: the raw host would give pointers of three lines. Their digests are in those.
    host="https://media.githubusercontent.com/media",
    files=(
        RemoteFile(CLINICAL, 488278, bytes.fromhex("bc692f647f93945e1cf883271af5501bf75c8af3e681676241093c198ed167ad")),
        RemoteFile(
            EXPRESSION, 281337180, bytes.fromhex("d5745b9dbf46dba866a3c7370bb0ba73b363ecdd21e01cc1d916b4e3021e6f87")
        ),
        RemoteFile(
            MUTATIONS, 3668996, bytes.fromhex("5a5a5eb8f492b1385aebe85c490b9333f65590f09391a7c1951b04dd1dba1680")
        ),
    ),
)

CARD = Card(
    title="APL against other AML, or the ELN 2017 risk, from RNA, mutations and blood counts (Beat AML, waves 1-4)",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}",
    doi="10.1016/j.ccell.2022.07.002",
    licence=SOURCE.licence,
    x="Genes as normalised (log2) at the source, one value a symbol; age, sex, leukocytes, haemoglobin, platelets; "
    "mut_<gene> for 30 genes, missing where no exome was made.",
    y="target='pml-rara' (default): consensusAMLFusions is PML-RARA, or not. target='eln2017': Favorable, "
    "Intermediate or Adverse; unsure categories are left out.",
    patient="dbgap_subject_id; a patient may have several specimens (marrow and blood).",
    domain="cohort of the source: waves of enrolment, such as Waves1+2 and Waves3+4.",
    split="None that is fixed; the paper confirms findings of waves 1+2 in waves 3+4.",
    traps=(
        "Layout not verified on the original: written against the documented columns, tested on small files.",
        "Only specimens at initial diagnosis of AML with RNA are used: stage and diagnosis of the source say which.",
        "Not inputs: karyotype, otherCytogenetics, consensusAMLFusions, ELN2017, FAB, specificDx..., surface antigens, "
        "the clinical columns FLT3-ITD, NPM1, RUNX1, ASXL1, TP53, variantSummary, treatment, response, survival.",
        "For eln2017 the six genes that define it (NPM1, FLT3, CEBPA, RUNX1, ASXL1, TP53) are no inputs.",
        "Percentages of blasts are free text at the source and are left out.",
        "Expression was normalised over all samples together at the source, test patients included.",
        "Haemoglobin is taken as g/dL, and turned into g/L: the source names no unit.",
    ),
)


class _Labelled(NamedTuple):
    table: pd.DataFrame
    classes: tuple[str, ...]
    y: NDArray[np.int64]
    genes: tuple[str, ...]


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, CLINICAL, data_root)


def load(*, data_root: Path | None = None, target: Target = "pml-rara") -> Cohort:
    """Load one row a specimen at diagnosis: genes float32, clinical data, mutated genes.

    Reference: Bottomly et al., Integrative analysis of drug response and clinical outcome in acute myeloid leukemia,
    Cancer Cell 2022, doi 10.1016/j.ccell.2022.07.002.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        target: "pml-rara" or "eln2017".

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If ``target`` is unknown, or a sheet, column or value is missing or wrong.
    """
    folder = find(data_root)
    header = read_header(_file(folder, EXPRESSION), "\t", "utf-8").fields
    chosen = _labelled(_specimens(folder, set(header)), target)
    ids = unique_ids(chosen.table["rna"], f"{CLINICAL}: {_COLUMNS['rna']}")
    genes, names = _expression(folder, header, ids)
    clinical = _clinical(folder, chosen, ids)
    sets, note = hallmark(names, data_root)
    return Cohort(
        name=NAME if target == "pml-rara" else f"{NAME}-{target}",
        classes=chosen.classes,
        y=chosen.y,
        specimen=ids,
        patient=chosen.table["subject"].to_numpy(np.str_),
        domain=chosen.table["cohort"].to_numpy(np.str_),
        provenance=provenance_of(folder, SOURCE, (note,) if note else ()),
        present=presence(len(ids), genes_present=np.ones(len(ids), dtype=bool), clinical=clinical),
        genes=genes,
        gene_names=names,
        gene_sets=sets,
        clinical=clinical,
        units=UNITS,
    )


def _file(folder: Path, name: str) -> Path:
    if not (folder / name).is_file():
        raise CohortError(
            name, f"is not in {folder}", remedy=f"Complete the download: python -m benchmark data get {NAME}"
        )
    return folder / name


def _specimens(folder: Path, measured: set[str]) -> pd.DataFrame:
    """Return specimens of AML at initial diagnosis whose RNA was measured."""
    try:
        raw = pd.read_excel(_file(folder, CLINICAL), sheet_name=SHEET, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise CohortError(CLINICAL, f"has no sheet {SHEET!r}, or is no workbook: {error}") from error
    table = pick(raw, _COLUMNS, f"{CLINICAL}: {SHEET}")
    aml = table["diagnosis"].str.upper().str.startswith(_AML)
    used = table["rna"].isin(measured) & (table["stage"] == _AT_DIAGNOSIS) & aml
    if not used.any():
        raise CohortError(CLINICAL, f"no specimen of AML at {_AT_DIAGNOSIS} is also a column of {EXPRESSION}")
    return table[used].reset_index(drop=True)


def _labelled(table: pd.DataFrame, target: Target) -> _Labelled:
    if target == "pml-rara":
        y = (table["fusion"].str.upper() == _FUSION).to_numpy().astype(np.int64)
        return _Labelled(table, ("other AML", _FUSION), y, GENES)
    if target != "eln2017":
        raise CohortError("target", f"unknown {target!r}", remedy="Known: pml-rara, eln2017.")
    kept = table[table["eln"].isin(_ELN)].reset_index(drop=True)
    genes = tuple(g for g in GENES if g not in _IN_ELN2017)
    return _Labelled(kept, _ELN, kept["eln"].map(_ELN.index).to_numpy(np.int64), genes)


def _expression(folder: Path, header: list[str], ids: NDArray[np.str_]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    symbol = _GENE_COLUMNS[1]
    if symbol not in header:
        raise CohortError(EXPRESSION, f"lacks column {symbol!r}; has {header[:8]}")
    raw = pd.read_csv(folder / EXPRESSION, sep="\t", usecols=[symbol, *ids.tolist()])
    values = matrix(raw[ids.tolist()], EXPRESSION).T.astype(np.float32)
    return collapse_probes(values, text(raw[symbol]).tolist())


def _clinical(folder: Path, chosen: _Labelled, ids: NDArray[np.str_]) -> pd.DataFrame:
    table = chosen.table
    parts: dict[str, object] = {
        name: numbers(table[name], f"{CLINICAL}: {_COLUMNS[name]}", ids) * factor(unit, UNITS[name])
        for name, unit in _MEASURED.items()
    }
    meaning = {"Female": "female", "Male": "male"}
    parts["sex"] = category(table["sex"], meaning, f"{CLINICAL}: {_COLUMNS['sex']}", ids)
    raw = read_text(_file(folder, MUTATIONS), sep="\t")
    variants = pick(raw, {"sample": "dbgap_sample_id", "gene": "symbol"}, MUTATIONS)
    dna = table["dna"].to_numpy(np.str_)
    return pd.concat([pd.DataFrame(parts), mutated(variants, dna, dna != "", chosen.genes)], axis=1)
