"""Expression from any .h5ad file: one specimen a cell, or whatever its rows are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.errors import MissingExtra
from datasets.fetch import ManualSource
from datasets.read.anndata_cohort import Normalise, cohort_from_anndata, dense
from datasets.roots import DataMissing, data_roots

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["cohort_from_anndata", "cohort_from_h5ad", "dense", "load", "open_h5ad"]

NAME = "h5ad"
PIP = "in the checkout: pip install -e '.[singlecell]'"
SPLIT = {"scheme": "kfold", "folds": 5}

SOURCE = ManualSource(
    page="your own file",
    folder=NAME,
    licence="that of the file",
    own="path=FILE.h5ad",
    steps=(
        PIP,
        "name the file and its columns: python -m benchmark run --dataset h5ad --option path=FILE.h5ad "
        "--option label=COLUMN --option patient=COLUMN --option domain=COLUMN --option normalise=log1p-cp10k",
    ),
)

CARD = Card(
    title="Your own .h5ad file: cells or samples by genes, with columns for label, donor and site",
    source=SOURCE.page,
    doi="",
    licence=SOURCE.licence,
    x="Genes of X, of a layer or of raw; counts are taken to log(1 + 10,000 x count / count of the cell) when asked.",
    y="The column of obs that is named as label.",
    patient="The column of obs that is named as patient; without one only flagged splits by cell can be made.",
    domain="The column of obs that is named as domain, such as study, assay or site.",
    split="None.",
    traps=(
        "Cells of one donor resemble each other: without donor ids a split by cell measures memory.",
        "X may have been scaled, corrected or cut to variable genes over all cells, those that are tested included.",
        "Cell types of many files were called from the same expression: a classifier then repeats that call.",
    ),
)


def open_h5ad(path: Path) -> AnnData:
    """Read a .h5ad file.

    Raises:
        MissingExtra: If anndata is not installed; the message has the command that installs it.
        CohortError: If the file is missing or is no .h5ad file.
    """
    try:
        import anndata
    except ImportError as error:
        raise MissingExtra(f"reading {Path(path).name}", "singlecell") from error
    if not Path(path).is_file():
        raise CohortError(str(path), "is no file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # old layouts: anndata moves parts that are not used here
            return anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:  # groups of another kind than expected
        raise CohortError(str(path), f"cannot be read as .h5ad: {error}") from error


def cohort_from_h5ad(path: Path, *, name: str = "", provenance: Provenance | None = None, **columns: Any) -> Cohort:
    """Read a .h5ad file into a cohort; ``columns`` are the arguments of ``cohort_from_anndata``.

    Raises:
        MissingExtra: If anndata is not installed.
        CohortError: If the file is wrong, or see ``cohort_from_anndata``.
    """
    own = Provenance(source=str(Path(path).name), version="", licence="not stated")
    return cohort_from_anndata(
        open_h5ad(Path(path)),
        name=name or Path(path).stem,
        provenance=provenance or own,
        **columns,
    )


def find(data_root: Path | None = None) -> Path:
    """Say that there is no file unless one is named.

    Raises:
        DataMissing: Always; the command prints how to name a file.
    """
    raise DataMissing(NAME, [root / NAME for root in data_roots(data_root)])


def load(
    *,
    data_root: Path | None = None,
    path: str = "",
    label: str = "",
    patient: str = "",
    domain: str = "",
    layer: str = "",
    gene_column: str = "",
    normalise: Normalise = "none",
) -> Cohort:
    """Load the file that is named; the arguments are those of ``cohort_from_anndata``.

    Args:
        data_root: A relative ``path`` is looked for here first, then in the working folder.
        path: The file.

    Raises:
        DataMissing: If no file is named.
        MissingExtra: If anndata is not installed.
        CohortError: If no label is named or the file is wrong.
    """
    if not path:
        find(data_root)
    if not label:
        raise CohortError("label", "no column is named", remedy="Say --option label=COLUMN.")
    below = Path(data_root or ".") / path
    return cohort_from_h5ad(
        below if below.is_file() else Path(path),
        label=label, patient=patient, domain=domain, layer=layer, gene_column=gene_column, normalise=normalise,
    )  # fmt: skip
