"""Single cells of many studies by a query of the CELLxGENE Census: acute myeloid leukaemia against normal marrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.errors import MissingExtra
from datasets.fetch import ManualSource
from datasets.read import FOLDER, HALLMARK, SOURCE_PAGE, cohort_from_h5ad, read_gmt
from datasets.roots import data_roots, find_dataset

NAME = "cellxgene"
PIP = "in the checkout: pip install -e '.[cellxgene]'"
CENSUS_VERSION = "2025-11-08"  # a long-term release: the same query returns the same cells
ORGANISM = "homo_sapiens"
FILE = "query.h5ad"
DISEASES = ("normal", "acute myeloid leukemia")
QUERY = (
    "is_primary_data == True and tissue_general == 'bone marrow' and disease in ['normal', 'acute myeloid leukemia']"
)
SPLIT = {"scheme": "kfold", "folds": 5}
_OBS = ["soma_joinid", "dataset_id", "assay", "donor_id", "disease", "cell_type", "sex", "tissue"]

SOURCE = ManualSource(
    page=f"https://chanzuckerberg.github.io/cellxgene-census, release {CENSUS_VERSION}",
    folder=NAME,
    licence="CC BY 4.0 (Census); each study has its own citation",
    steps=(
        f"{PIP} (Linux and macOS), on a machine with a network",
        f"put {HALLMARK} ({SOURCE_PAGE}) into the folder {FOLDER} beside {{folder}}, or name genes of your own",
        "python -c \"from datasets.public import cellxgene; cellxgene.fetch('{folder}')\" "
        f"runs the query and writes {FILE} there",
    ),
)

CARD = Card(
    title="Cells of bone marrow of many studies, AML against normal, by a pinned query of the CELLxGENE Census",
    source=SOURCE.page,
    doi="10.1093/nar/gkae1142",
    licence=SOURCE.licence,
    x="log(1 + 10,000 x count / count of the cell) of the genes asked for (default: all Hallmark genes).",
    y="disease of the Census: normal or acute myeloid leukemia, of the donor.",
    patient="dataset_id and donor_id together: donor ids are unique within a study only. A specimen is a cell.",
    domain="dataset_id, one a study; assay goes with it.",
    split="None published; k-fold by donor.",
    traps=(
        "Not verified on the original: the query was tested against a stand-in for the package, not the Census.",
        "Most studies have one disease only, so study, assay and laboratory tell the class. A split by donor does not "
        "cure that; leave whole studies out, and read a study with one class as not evaluable.",
        "The label is the donor's: most cells of a patient with AML may be normal cells.",
        "A study enters the Census more than once: only primary data are asked for.",
        "At most 200 cells of a donor are taken, drawn with a fixed seed, so that no donor dominates.",
        "The normalisation counts the genes asked for only, not all genes of the cell.",
        "Donors called pooled, na or unknown are left out: they are not one person.",
    ),
)
_NOBODY = ("", "na", "nan", "unknown", "pooled", "pooled donors")


def find(data_root: Path | None = None) -> Path:
    """Return the folder with the result of ``fetch``.

    Raises:
        DataMissing: If it is not on this machine; the command prints the steps.
    """
    return find_dataset(NAME, FILE, data_root)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a cell from the file that ``fetch`` wrote.

    Reference: CZI Cell Science Program, CZ CELLxGENE Discover: a single-cell data platform for scalable exploration,
    analysis and modeling of aggregated data, Nucleic Acids Research 2025, doi 10.1093/nar/gkae1142.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If the query was not run on this machine.
        MissingExtra: If anndata is not installed.
        CohortError: If the file is not what ``fetch`` writes.
    """
    return cohort_from_h5ad(
        find(data_root) / FILE,
        name=NAME,
        provenance=Provenance(source=SOURCE.page, version=CENSUS_VERSION, licence=SOURCE.licence),
        label="disease",
        patient="donor",
        domain="dataset_id",
        normalise="log1p-cp10k",
    )


def fetch(
    folder: str | Path,
    *,
    genes: Sequence[str] = (),
    query: str = QUERY,
    census_version: str = CENSUS_VERSION,
    cells_per_donor: int = 200,
    seed: int = 0,
) -> Path:
    """Run the query and write its cells to ``folder``; needs a network.

    Args:
        folder: Where ``query.h5ad`` goes; created when it does not exist.
        genes: Symbols to keep; default: all genes of the Hallmark sets.
        query: SOMA value filter of cells; must keep the columns of the label.
        census_version: Pinned release.
        cells_per_donor: Most cells of one donor.
        seed: Of the draw of cells.

    Raises:
        MissingExtra: If cellxgene-census is not installed; the message has the command that installs it.
        CohortError: If the query returns no cell, or the Census has none of the genes.
    """
    try:
        import cellxgene_census
    except ImportError as error:
        raise MissingExtra("querying the Census", "cellxgene") from error
    with cellxgene_census.open_soma(census_version=census_version) as census:
        obs = cellxgene_census.get_obs(census, ORGANISM, value_filter=query, column_names=_OBS)
        cells = _draw(obs, query, cells_per_donor, seed)
        var = cellxgene_census.get_var(census, ORGANISM, column_names=["soma_joinid", "feature_name"])
        data = cellxgene_census.get_anndata(
            census,
            organism=ORGANISM,
            obs_coords=cells.tolist(),
            var_coords=_gene_ids(var, set(genes) or _hallmark_genes()).tolist(),
            obs_column_names=_OBS,
            var_column_names=["feature_name"],
        )
    return _write(data, Path(folder))


def _hallmark_genes() -> set[str]:
    for root in data_roots():
        path = root / FOLDER / HALLMARK
        if path.is_file():
            return {gene for members in read_gmt(path).values() for gene in members}
    raise CohortError("genes", f"{FOLDER}/{HALLMARK} is not on this machine", remedy="Give a list of genes.")


def _donors(obs: pd.DataFrame) -> pd.Series:
    return obs["dataset_id"].astype(str) + "/" + obs["donor_id"].astype(str)


def _draw(obs: pd.DataFrame, query: str, most: int, seed: int) -> NDArray[np.int64]:
    """Return the ids of at most ``most`` cells of each donor, ascending."""
    known = obs[~obs["donor_id"].astype(str).str.strip().str.lower().isin(_NOBODY)]
    if known.empty:
        raise CohortError("query", f"returns no cell of a known donor: {query}")
    order = np.random.default_rng(seed).permutation(len(known))
    shuffled = known.sort_values("soma_joinid").iloc[order]
    kept = shuffled.groupby(_donors(shuffled).to_numpy()).head(most)
    return np.sort(kept["soma_joinid"].to_numpy(dtype=np.int64))


def _gene_ids(var: pd.DataFrame, wanted: set[str]) -> NDArray[np.int64]:
    """Return the ids of the wanted genes; of a symbol that stands twice, the first."""
    found = var[var["feature_name"].astype(str).isin(wanted)].sort_values("soma_joinid")
    found = found[~found["feature_name"].astype(str).duplicated()]
    if found.empty:
        raise CohortError("genes", "the Census has none of them", sorted(wanted))
    return found["soma_joinid"].to_numpy(dtype=np.int64)


def _write(data: Any, folder: Path) -> Path:
    data.obs["donor"] = _donors(data.obs).to_numpy()
    data.obs = _as_objects(data.obs, [f"cell-{i}" for i in data.obs["soma_joinid"]])
    data.var = _as_objects(data.var, data.var["feature_name"].astype(str).tolist())
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{FILE}.part"
    data.write_h5ad(partial)
    partial.replace(folder / FILE)
    return folder / FILE


def _as_objects(table: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """Return the table with text as Python objects: anndata does not write the string arrays of pandas 3."""
    columns = [column for column in table if isinstance(table[column].dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(columns, object)).set_axis(pd.Index(index, dtype=object), axis=0)
