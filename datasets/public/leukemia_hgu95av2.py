"""Acute leukaemia, ALL or AML, from one HGU95Av2 microarray a patient."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, presence
from datasets.fetch import RemoteFile, UrlSource, provenance_of
from datasets.read import collapse_probes, hallmark, log2_thresholded, matrix, pick, read_text, unique_ids
from datasets.roots import find_dataset

NAME = "leukemia-hgu95av2"
CLASSES = ("ALL", "AML")
EXPRESSION, LABELS_FILE = "Leukemia_hgu95av2.trim.txt", "Leukemia.cls"
SPLIT = {"scheme": "kfold", "folds": 5}
_COMMIT = "08cb2b689def365f7dee1f5da50c49d3a149cf5a"
_RAW = f"https://raw.githubusercontent.com/zqfang/GSEApy/{_COMMIT}/tests/extdata"

SOURCE = UrlSource(
    page=f"https://github.com/zqfang/GSEApy/tree/{_COMMIT}/tests/extdata",
    folder=NAME,
    licence="BSD-3-Clause",
    files=(
        RemoteFile(
            EXPRESSION,
            3717618,
            bytes.fromhex("96d17b1600f98936a15ff140604f753ac4a450ae8daeb842ce23e4082c6c0443"),
            url=f"{_RAW}/{EXPRESSION}",
        ),
        RemoteFile(
            LABELS_FILE,
            212,
            bytes.fromhex("87831b330868d7461e9ecd203cdab9bb7daeff382b3c8f90583064549168cd58"),
            url=f"{_RAW}/{LABELS_FILE}",
        ),
    ),
)

CARD = Card(
    title="ALL against AML from HGU95Av2 microarrays with gene symbols, 24 patients each",
    source=SOURCE.page,
    doi="10.1038/ng765",
    licence=SOURCE.licence,
    x="log2 of the average difference, held within 100 and 16,000; one value a gene symbol, the highest of its probes "
    "in each sample (9,020 genes of 11,548 probes).",
    y="ALL or AML, per patient, from the class file.",
    patient="Number of the column; the source says nothing of patients with two arrays.",
    domain="One: HGU95Av2.",
    split="None published.",
    traps=(
        "Column names are ALL_1 to AML_24: they are the label. The harness hides ids and shuffles rows.",
        "An easy task: many genes part ALL from AML. Differences between good models are not resolved by 48 patients.",
        "The file is the example of a gene-set tool, trimmed to probes with a symbol; the paper's third class (MLL "
        "rearranged) is not in it. The DOI is that of the paper the example is commonly traced to; the file names "
        "none.",
    ),
)


class Arrays(NamedTuple):
    """The file as it is: values float64 (n_patients, n_probes), sample names, symbol of each probe."""

    values: NDArray[np.float64]
    samples: NDArray[np.str_]
    symbols: tuple[str, ...]


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, EXPRESSION, data_root)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient: genes float32 (48, 9020), log2; Hallmark gene sets where their file is present.

    Reference: Armstrong et al., MLL translocations specify a distinct gene expression profile that distinguishes a
    unique leukemia, Nature Genetics 2002, doi 10.1038/ng765.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a column or value is missing, or labels and columns disagree.
    """
    folder = find(data_root)
    arrays = read_arrays(folder)
    genes, names = collapse_probes(log2_thresholded(arrays.values), arrays.symbols)
    sets, note = hallmark(names, data_root)
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=read_labels(folder, len(arrays.samples)),
        specimen=arrays.samples,
        patient=arrays.samples,
        domain=np.full(len(arrays.samples), "HGU95Av2"),
        provenance=provenance_of(folder, SOURCE, (note,) if note else ()),
        present=presence(len(arrays.samples), genes_present=np.ones(len(arrays.samples), dtype=bool)),
        genes=genes,
        gene_names=names,
        gene_sets=sets,
    )


def read_arrays(folder: Path) -> Arrays:
    """Return the expression table, no transform applied."""
    table = read_text(folder / EXPRESSION, sep="\t")
    names = pick(table, {"symbol": "Gene", "probe": "NAME"}, EXPRESSION)
    unique_ids(names["probe"], f"{EXPRESSION}: NAME")
    values = table.drop(columns=["Gene", "NAME"])
    return Arrays(matrix(values, EXPRESSION).T, np.array(list(values), dtype=np.str_), tuple(names["symbol"]))


def read_labels(folder: Path, n: int) -> NDArray[np.int64]:
    """Return the class of each column from a CLS file: counts, ``# names``, one class name a sample."""
    lines = (folder / LABELS_FILE).read_text(encoding="utf-8-sig").splitlines()
    words = lines[2].split() if len(lines) > 2 else []
    unknown = sorted(set(words) - set(CLASSES))
    if unknown:
        raise CohortError(LABELS_FILE, f"unknown classes {unknown}", remedy=f"Known: {', '.join(CLASSES)}.")
    if len(words) != n:
        raise CohortError(LABELS_FILE, f"has {len(words)} labels for {n} columns of {EXPRESSION}")
    return np.array([CLASSES.index(w) for w in words], dtype=np.int64)
