"""ALL against AML across two microarrays: the genes that both chips measure, one domain a chip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.card import Card
from datasets.cohort import Cohort, CohortError, Provenance, presence
from datasets.fetch import ManualSource, provenance_of
from datasets.public import golub, leukemia_hgu95av2
from datasets.read import collapse_probes, hallmark, log2_thresholded, rank_scores

NAME = "leukemia-cross"
CLASSES = ("ALL", "AML")
DOMAINS = ("HuGeneFL", "HGU95Av2")
PARTS = (golub.NAME, leukemia_hgu95av2.NAME)
SPLIT = {"scheme": "leave-one-domain-out"}
# "FMR1 Fragile X mental retardation 1": a symbol in capitals before a description that is not.
_LEADING = re.compile(r"^([A-Z][A-Z0-9-]+)\s+[A-Z][a-z]")
# "Lymphoid-specific SP100 homolog (LYSP100-A) mRNA": a symbol in brackets before the kind of the sequence.
_BRACKETS = re.compile(r"\(([A-Z][A-Z0-9-]+)\)[^()]*\b(?:mRNA|gene)\b")

SOURCE = ManualSource(
    page=f"{golub.CARD.source}; {leukemia_hgu95av2.CARD.source}",
    folder=NAME,
    licence=f"HuGeneFL: {golub.CARD.licence}; HGU95Av2: {leukemia_hgu95av2.CARD.licence}",
    steps=tuple(f"python -m benchmark data get {part}" for part in PARTS),
)

CARD = Card(
    title="ALL against AML across two microarrays, HuGeneFL (72 patients) and HGU95Av2 (48 patients), 1,318 genes",
    source=SOURCE.page,
    doi=golub.CARD.doi,
    licence=SOURCE.licence,
    x="Normal score of a gene's rank within its sample (highest probe of a symbol, thresholds 100 and 16,000 first), "
    "for genes of both chips.",
    y="ALL or AML, per patient.",
    patient="Number or column of the source, prefixed with the chip.",
    domain="The chip: HuGeneFL (47 ALL, 25 AML; both sets of golub) and HGU95Av2 (24 ALL, 24 AML).",
    split="None published; leave one chip out.",
    traps=(
        "The two files share no probes but controls. Genes are matched by the symbols that stand in the HuGeneFL "
        "descriptions, at their head or in brackets: 1,516 of 7,129 probes, 1,318 genes. The remaining probes have no "
        "symbol in the file, or one that the other file does not use.",
        "Symbols of 1999 and of the other file may name other genes. Evidence that most do not: over the 1,318 genes "
        "the mean log2 levels of the chips correlate (Spearman .58), and so do the AML-ALL differences of rank scores "
        "(.54).",
        "Ranks are taken within a sample, so nothing is learned across samples; absolute levels are lost.",
        "The class mix differs between the chips (35 % and 50 % AML): methods that force equal feature "
        "distributions across domains are wrong here.",
        "Whether a patient is in both sources cannot be seen from the files.",
    ),
)


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the HGU95Av2 part; the HuGeneFL part must be there too.

    Raises:
        DataMissing: If either source is not on this machine; the message names its command.
    """
    golub.find(data_root)
    return leukemia_hgu95av2.find(data_root)


def load(*, data_root: Path | None = None) -> Cohort:
    """Load one row a patient: genes float32 (120, n_common), rank normal scores; domains are the chips.

    Args:
        data_root: Searched first; see ``datasets.roots``.

    Raises:
        DataMissing: If either source is not on this machine.
        CohortError: If the chips have no gene in common.
    """
    first, second = golub.find(data_root), leukemia_hgu95av2.find(data_root)
    tables = golub.read_tables(first)
    arrays = leukemia_hgu95av2.read_arrays(second)
    numbers = np.concatenate([t.numbers for t in tables.values()])
    symbols = symbols_of(tables["training"].descriptions, set(arrays.symbols))
    genes, names = _common(
        (np.concatenate([t.values for t in tables.values()]), symbols), (arrays.values, arrays.symbols)
    )
    specimen = np.concatenate(
        [np.char.add(f"{chip}-", ids) for chip, ids in zip(DOMAINS, (numbers, arrays.samples), strict=True)]
    )
    sets, note = hallmark(names, data_root)
    return Cohort(
        name=NAME,
        classes=CLASSES,
        y=np.concatenate(
            [golub.read_labels(first, numbers), leukemia_hgu95av2.read_labels(second, len(arrays.samples))]
        ),
        specimen=specimen,
        patient=specimen,
        domain=np.repeat(DOMAINS, [len(numbers), len(arrays.samples)]),
        provenance=_provenance(first, second, note),
        present=presence(len(specimen), genes_present=np.ones(len(specimen), dtype=bool)),
        genes=genes,
        gene_names=names,
        gene_sets=sets,
    )


def symbols_of(descriptions: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return the gene symbol in each description when it is one of ``known``, else ""."""

    def first(text: str) -> str:
        found = (pattern.search(text) for pattern in (_LEADING, _BRACKETS))
        return next((m.group(1) for m in found if m and m.group(1) in known), "")

    return tuple(first(text) for text in descriptions)


def _common(*chips: tuple[NDArray[np.float64], Sequence[str]]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    parts = [collapse_probes(log2_thresholded(values), symbols) for values, symbols in chips]
    names = sorted(set(parts[0][1]).intersection(*(n for _, n in parts[1:])))
    if not names:
        raise CohortError("genes", "the two chips have no gene in common")
    rows = [rank_scores(values[:, [here.index(n) for n in names]]) for values, here in parts]
    return np.concatenate(rows), tuple(names)


def _provenance(first: Path, second: Path, note: str) -> Provenance:
    parts = [provenance_of(first, golub.SOURCE), provenance_of(second, leukemia_hgu95av2.SOURCE)]
    return Provenance(
        source="; ".join(p.source for p in parts),
        version="; ".join(p.version for p in parts),
        licence=SOURCE.licence,
        modified=any(p.modified for p in parts),
        absent=(note,) if note else (),
    )
