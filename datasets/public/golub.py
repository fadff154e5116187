"""Acute leukaemia, ALL or AML, from one microarray a patient (Golub et al. 1999)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, presence
from datasets.fetch import RemoteFile, Source, provenance_of
from datasets.read import code, codes, labels, log2_thresholded, matrix, pick, read_text, unique_ids
from datasets.roots import DataMissing, find_dataset

NAME = "golub"
CLASSES = ("ALL", "AML")
LABELS_FILE = "actual.csv"
FILES = {"training": "data_set_ALL_AML_train.csv", "independent": "data_set_ALL_AML_independent.csv"}
DESCRIPTION, ACCESSION = "Gene Description", "Gene Accession Number"
SPLIT = {"scheme": "official", "train_domains": ["training"], "folds": 5}

SOURCE = Source(
    repository="jhcui18/Leukemia_classifier",
    commit="c1adb976376075b2c5e38407e0f58529e7be8924",
    folder=NAME,
    licence="none stated",
    files=(
        RemoteFile(
            FILES["training"],
            2046726,
            bytes.fromhex("d82f928c573de78e56b0a6c42393a14d08148927060fac4178b40023ff0b0752"),
        ),
        RemoteFile(
            FILES["independent"],
            1863440,
            bytes.fromhex("7b3a9868d371ea1b5182f7c0242c920a52ddea5cb232fd387cfc2563f3dadce0"),
        ),
        RemoteFile(LABELS_FILE, 511, bytes.fromhex("af291eced4116e257af0b73043e83b55d9b42f0d815440a4c5bc72424d2f44e1")),
    ),
)

CARD = Card(
    title="ALL against AML from 7,129 probes of an early microarray: 38 training and 34 independent patients",
    source=f"https://github.com/{SOURCE.repository} @ {SOURCE.commit}",
    doi="10.1126/science.286.5439.531",
    licence=SOURCE.licence,
    x="log2 of the average difference of 7,129 probes (Affymetrix HuGeneFL), held within 100 and 16,000.",
    y="ALL or AML, per patient.",
    patient="Number in the paper, 1 to 72; one array a patient.",
    domain="training (27 ALL, 11 AML) and independent (20 ALL, 14 AML).",
    split="Published: learn from training, test on independent.",
    traps=(
        "The independent set holds samples of other laboratories, of blood as well as marrow, and of children: a real "
        "shift. A random split of the 72 measures something easier.",
        "Values are average differences with negatives: they are held within fixed limits before the logarithm. The "
        "usual filter of genes is not applied: it would learn from the samples that are tested.",
        "In the files each patient's column is followed by a column named call (A, M or P), which is not used.",
        "Columns are nearly sorted by class, so their order tells it: the harness hides ids and shuffles rows.",
        "With 7,129 probes and 38 patients some pair of genes parts any labels: 'no errors with two genes' is the "
        "textbook case of selection bias, genes chosen where the error is counted.",
        "34 test patients: 34 of 34 right has a 95 % interval from .90 to 1 (Clopper-Pearson).",
    ),
    references=(
        Reference(
            "'errorless' with two genes: an example of selection bias, not a target",
            "genes chosen and judged on the same 72 patients",
            "a claim of an SVM at quasar.org about Golub et al., Science 1999",
            "chosen and judged on the same patients",
        ),
    ),
)


class Table(NamedTuple):
    """One file: values float64 (n_patients, n_probes), patient numbers, probes and their descriptions."""

    values: NDArray[np.float64]
    numbers: NDArray[np.str_]
    probes: tuple[str, ...]
    descriptions: tuple[str, ...]


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine, or one of its files is not.
    """
    folder = find_dataset(NAME, LABELS_FILE, data_root)
    lacking = [folder / file for file in FILES.values() if not (folder / file).is_file()]
    if lacking:
        raise DataMissing(NAME, lacking)
    return folder


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient: genes float32 (72, 7129), log2; domains are training and independent.

    Reference: Golub et al., Molecular classification of cancer: class discovery and class prediction by gene
    expression monitoring, Science 1999, doi 10.1126/science.286.5439.531.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a file lacks a column, a value or a label, or the files disagree about probes.
    """
    folder = find(data_root)
    tables = read_tables(folder)
    parts = {domain: table.numbers for domain, table in tables.items()}
    numbers = unique_ids(np.concatenate(list(parts.values())), "patient numbers of both files")
    genes = log2_thresholded(np.concatenate([t.values for t in tables.values()]))
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=read_labels(folder, numbers),
        specimen=numbers,
        patient=numbers,
        domain=np.concatenate([np.full(len(n), d) for d, n in parts.items()]).astype(np.str_),
        provenance=provenance_of(folder, SOURCE),
        present=presence(len(numbers), genes_present=np.ones(len(numbers), dtype=bool)),
        genes=genes,
        gene_names=tables["training"].probes,
    )


def read_tables(folder: Path) -> dict[str, Table]:
    """Return domain -> table, as the files have them, no transform applied."""
    tables = {domain: _read_table(folder / file) for domain, file in FILES.items()}
    first, second = tables.values()
    if first.probes != second.probes:
        differ = [a for a, b in zip(first.probes, second.probes, strict=False) if a != b]
        raise CohortError(ACCESSION, f"{FILES['training']} and {FILES['independent']} list other probes", differ)
    return tables


def _read_table(path: Path) -> Table:
    table = read_text(path).rename(columns=code)
    names = pick(table, {"accession": ACCESSION, "description": DESCRIPTION}, path.name)
    patients = [c for c in map(str, table) if c.isdigit()]
    if not patients:
        raise CohortError(path.name, f"has no column of a patient; has {list(table)[:8]}")
    probes = unique_ids(names["accession"], f"{path.name}: {ACCESSION}")
    values = matrix(table[patients], path.name).T
    return Table(values, np.array(patients), tuple(probes.tolist()), tuple(names["description"]))


def read_labels(folder: Path, numbers: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the class of each patient number, int64 (n,)."""
    table = pick(read_text(folder / LABELS_FILE), {"patient": "patient", "cancer": "cancer"}, LABELS_FILE)
    ids = unique_ids(codes(table["patient"]), f"{LABELS_FILE}: patient")
    found = labels(table["cancer"], {c: i for i, c in enumerate(CLASSES)}, f"{LABELS_FILE}: cancer", ids)
    known = dict(zip(ids.tolist(), found.tolist(), strict=True))
    lost = sorted(set(numbers.tolist()) - set(known))
    if lost:
        raise CohortError(LABELS_FILE, "has no label of some patients", lost, "Complete the file.")
    return np.array([known[number] for number in numbers.tolist()], dtype=np.int64)
