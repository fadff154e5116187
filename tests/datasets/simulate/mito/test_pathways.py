"""Gene sets whose symbols are written as ranges: easily one too many or too few."""

from datasets.simulate.mito.pathways import DECOYS, PATHWAYS

FAMILIES = {  # HGNC symbols that begin so and go on with a number, as far as the sets name them: first, last
    "NDUFB": (1, 11), "NDUFS": (1, 8), "MT-CO": (1, 3), "PSMA": (1, 7), "PSMB": (1, 7), "PSMC": (1, 6), "MCM": (2, 7),
    "EIF2S": (1, 3), "EXOC": (1, 8), "INTS": (1, 14),
}  # fmt: skip


def test_numbered_families_are_whole():
    symbols = {gene for genes in (PATHWAYS | DECOYS).values() for gene in genes}
    for stem, (first, last) in FAMILIES.items():
        found = {gene for gene in symbols if gene.startswith(stem) and gene.removeprefix(stem).isdigit()}
        assert found == {f"{stem}{k}" for k in range(first, last + 1)}


def test_the_mitochondrial_genome_has_13_messages_2_ribosomal_and_22_transfer_genes():
    genes = PATHWAYS["mtdna_transcripts"]
    counts = [sum(gene.startswith(stem) for gene in genes) for stem in ("MT-RNR", "MT-T", "MT-")]
    assert counts == [2, 22, 37] and len(genes) == 37
