"""Gene sets in the GMT format: name, description, genes, parted by tabs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from datasets.errors import CohortError
from datasets.plain_file import read_utf8
from datasets.roots import data_roots

HALLMARK = "h.all.v7.0.symbols.gmt"
FOLDER = "gene-sets"
SOURCE_PAGE = "https://github.com/zqfang/GSEApy/tree/08cb2b689def365f7dee1f5da50c49d3a149cf5a/tests/extdata"


def read_gmt(path: Path) -> dict[str, tuple[str, ...]]:
    """Return set name -> genes in the order of the file.

    Raises:
        CohortError: If the file cannot be read, a line has no gene, or a name occurs twice.
    """
    sets: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(read_utf8(path).splitlines(), start=1):
        if not line.strip():
            continue
        name, *rest = line.rstrip().split("\t")
        genes = tuple(dict.fromkeys(g for g in rest[1:] if g))
        if not genes:
            raise CohortError(path.name, "a gene set has no genes", [f"line {number}"])
        if name in sets:
            raise CohortError(path.name, "gene sets occur more than once", [f"{name}, line {number}"])
        sets[name] = genes
    if not sets:
        raise CohortError(path.name, "holds no gene set")
    return sets


def hallmark(gene_names: Iterable[str], data_root: Path | None = None) -> tuple[dict[str, tuple[str, ...]], str]:
    """Return the Hallmark sets among ``gene_names``, and a note "" or that the file is not on this machine.

    Sets of which fewer than five genes are measured are left out.
    """
    found = [p for root in data_roots(data_root) if (p := root / FOLDER / HALLMARK).is_file()]
    if not found:
        return {}, f"no pathways: {FOLDER}/{HALLMARK} ({SOURCE_PAGE}) is not on this machine"
    known = set(gene_names)
    measured = {name: tuple(g for g in genes if g in known) for name, genes in read_gmt(found[0]).items()}
    return {name: genes for name, genes in measured.items() if len(genes) >= 5}, ""
