"""700 blood cells of one donor, ten types: the reduced 68k PBMC data that ships inside the scanpy package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from datasets.card import Card, Reference
from datasets.cohort import Cohort, Provenance
from datasets.fetch import ManualSource, RemoteFile
from datasets.read import PIP, cohort_from_h5ad
from datasets.roots import DataMissing, data_roots

NAME = "pbmc68k"
FILE = "10x_pbmc68k_reduced.h5ad"
DOMAIN = "one donor"
SPLIT = {"scheme": "images", "folds": 5}

SOURCE = ManualSource(
    page="https://scanpy.readthedocs.io (scanpy.datasets.pbmc68k_reduced)",
    folder=NAME,
    licence="BSD-3-Clause (the package); the data of 10x Genomics carry no licence in it",
    steps=(
        f"{PIP} (brings scanpy, in which the file lies), or",
        f"copy scanpy/datasets/{FILE} of any scanpy package into {{folder}}",
    ),
    files=(
        RemoteFile(FILE, 1772368, bytes.fromhex("e71d41e737c941559b7c57c9243bdb3d2c889c2adfdf00e3422ac6b46783676f")),
    ),
)

CARD = Card(
    title="700 blood cells of one healthy donor, 765 genes, ten cell types, no second donor",
    source=f"{SOURCE.page}, {FILE}",
    doi="10.1038/ncomms14049",
    licence=SOURCE.licence,
    x="log1p of normalised counts of 765 genes, the part of the file named raw.",
    y="Cell type, bulk_labels of the file; a specimen is a cell.",
    patient="No donor ids: the 68k cells are of one donor, so no split can test another person.",
    domain="One: one donor. The suffix of a barcode is a lane of the same run, not a domain.",
    split="None published; by cell, and flagged so in every table.",
    traps=(
        "One donor: figures say how well cells of this person are told apart, and nothing about the next person.",
        "X of the file is scaled to mean 0 and variance 1 over all cells, those that are tested included: the raw part "
        "is read instead.",
        "The 765 genes were chosen as highly variable over all cells, those that are tested included.",
        "Labels are not measured by another method: a cell got the type of the sorted population whose mean expression "
        "it resembles, so a classifier of expression partly repeats that rule.",
        "Classes have from 8 to 240 cells; neighbouring T-cell types are hard to part even for people.",
        "The clusters (louvain), the cell-cycle phase and the embeddings of the file come from all cells: not inputs.",
    ),
    references=(
        Reference(
            "L1 logistic regression matches or outperforms scBERT on annotating cell types",
            "the 68k cells in full, not these 700 and their 765 genes: not comparable, but a warning",
            "Boiarsky et al. 2023",
            "other cells and genes",
        ),
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder with the file: ``<root>/pbmc68k``, else that of the installed scanpy, which is not imported.

    Raises:
        DataMissing: If neither has it; the command prints the steps, ``pip install`` among them.
    """
    looked = [root / NAME for root in data_roots(data_root)]
    package = importlib.util.find_spec("scanpy")
    if package is not None and package.origin is not None:
        looked.append(Path(package.origin).parent / "datasets")
    for folder in looked:
        if (folder / FILE).is_file():
            return folder
    raise DataMissing(NAME, looked)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a cell: genes float32 (700, 765), log-normalised.

    Reference: Zheng et al., Massively parallel digital transcriptional profiling of single cells, Nature
    Communications 2017, doi 10.1038/ncomms14049.

    Args:
        data_root: Searched first, then the installed scanpy package.

    Raises:
        DataMissing: If the file is not on this machine.
        MissingExtra: If anndata is not installed.
        CohortError: If the file is not the one that is expected.
    """
    path = find(data_root) / FILE
    provenance = Provenance(
        source=SOURCE.page, version=FILE, licence=SOURCE.licence, modified=path.stat().st_size != SOURCE.files[0].size
    )
    return cohort_from_h5ad(path, name=NAME, provenance=provenance, label="bulk_labels", layer="raw")
