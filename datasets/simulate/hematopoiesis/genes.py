"""Genes of the generated haematopoiesis: abundance in each cell type, disease programs, batches, gene sets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.simulate.hematopoiesis import tables as tables
from datasets.simulate.shared import Stream, generator

_MODULE = 15
_DECOYS = 24


@dataclass(frozen=True)
class HemaGenes:
    """What every cell of a cohort has in common.

    Attributes:
        names: Real symbols for markers and mitochondrial genes, numbered names for the others, (n_genes,).
        profile: Share of each nuclear gene in a healthy cell's nuclear transcripts, float64 (n_types, n_genes);
            rows sum to 1.
        mitochondrial: Share of each gene in the mitochondrial transcripts, float64 (n_genes,), sums to 1.
        signal: Positions of the genes that differ between conditions, int64 (n_signal,): the common program first, the
            genes of the condition that is no class last.
        shift: ln fold change of the signal genes, float64 (n_conditions, n_types, n_signal), classes first.
        batch: ln factor of each batch, float64 (n_batches, n_genes).
        sets: Gene set -> members: programs of cell types, modules of the disease programs, decoys.
        common_sets: Names of the sets that make up the common disease program.
    """

    names: tuple[str, ...]
    profile: NDArray[np.float64]
    mitochondrial: NDArray[np.float64]
    signal: NDArray[np.int64]
    shift: NDArray[np.float64]
    batch: NDArray[np.float64]
    sets: dict[str, tuple[str, ...]]
    common_sets: tuple[str, ...]

    def of_classes(self) -> HemaGenes:
        """Return the genes as they are where every donor is of one of the classes."""
        n_signal = tables.COMMON_GENES + tables.SPECIFIC_GENES
        return replace(self, signal=self.signal[:n_signal], shift=self.shift[: len(tables.CLASSES), :, :n_signal])

    def abundance(self, y: int) -> NDArray[np.float64]:
        """Return the profile of class ``y`` without donor and batch, float64 (n_types, n_genes)."""
        shifted = self.profile.copy()
        shifted[:, self.signal] *= np.exp(self.shift[y])
        return shifted


def hema_genes(n_genes: int, seed: int, ood: bool = False) -> HemaGenes:
    """Return the genes of a cohort; with ``ood`` there is a fifth condition, of no class, with 60 genes of its own."""
    rng = generator(seed, Stream.HEMA_GENES)
    order = rng.permutation(n_genes)
    base = _base(order, rng)
    named = [gene for genes in tables.MARKERS.values() for gene in genes]
    n_signal = tables.COMMON_GENES + tables.SPECIFIC_GENES
    sizes = [len(named), len(tables.MITOCHONDRIAL), n_signal, tables.SPECIFIC_GENES]
    markers, mito, signal, other, free = np.split(order[: tables.EXPRESSED_GENES], np.cumsum(sizes))
    names = np.array([f"GENE{k + 1:05d}" for k in range(n_genes)])
    names[markers], names[mito] = named, tables.MITOCHONDRIAL
    programs = _programs(free, seed)
    profile = _profile(base, markers, mito, programs)
    share = np.zeros(n_genes)
    share[mito] = base[mito] + 0.1
    shift = disease_shift(seed, ood)
    sets, common = _sets(names, markers, signal, free, programs, seed)
    return HemaGenes(
        names=tuple(names.tolist()),
        profile=profile,
        mitochondrial=share / share.sum(),
        signal=np.concatenate([signal, other]) if ood else signal,
        shift=shift,
        batch=tables.BATCH_SD * generator(seed, Stream.HEMA_BATCH).standard_normal((tables.BATCHES, n_genes)),
        sets=sets,
        common_sets=common,
    )


def _base(order: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the abundance of each gene, float64 (n_genes,): the first of ``order`` expressed, the others faint."""
    base = rng.gamma(tables.BASE_SHAPE, 1.0, len(order))
    expressed, faint = np.split(order, [tables.EXPRESSED_GENES])
    if len(faint):
        share = tables.FAINT_SHARE / (1 - tables.FAINT_SHARE)
        base[faint] *= share * base[expressed].sum() / base[faint].sum()
    return base


def disease_shift(seed: int, ood: bool) -> NDArray[np.float64]:
    """Return ln fold changes of the signal genes, float64 (n_classes, n_types, n_signal).

    The common program is the same in every disease and kept by each cell type as far as
    ``RETENTION`` says; the specific one differs between diseases and acts in MPP only.
    """
    rng = generator(seed, Stream.HEMA_DISEASE)
    n_classes = len(tables.CLASSES)
    common = tables.DISEASE_SD * rng.standard_normal(tables.COMMON_GENES)
    specific = tables.DISEASE_SD * rng.standard_normal((n_classes, tables.SPECIFIC_GENES))
    shift = np.zeros((n_classes, len(tables.CELL_TYPES), tables.COMMON_GENES + tables.SPECIFIC_GENES))
    shift[1:, :, : tables.COMMON_GENES] = np.array(tables.RETENTION)[:, None] * common
    shift[1:, 0, tables.COMMON_GENES :] = specific[1:]
    if not ood:
        return shift
    own = tables.DISEASE_SD * rng.standard_normal(tables.SPECIFIC_GENES)
    wider = np.zeros((n_classes + 1, len(tables.CELL_TYPES), shift.shape[2] + tables.SPECIFIC_GENES))
    wider[:n_classes, :, : shift.shape[2]] = shift
    wider[n_classes, :, shift.shape[2] :] = np.array(tables.RETENTION)[:, None] * own
    return wider


def _programs(free: NDArray[np.int64], seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return for each cell type the genes that move in it and by how much (ln)."""
    rng = generator(seed, Stream.HEMA_PROGRAMS)
    count = tables.PROGRAM_GENES
    return [
        (rng.choice(free, count, replace=False), tables.PROGRAM_SD * rng.standard_normal(count))
        for _ in tables.CELL_TYPES
    ]


def _profile(
    base: NDArray[np.float64],
    markers: NDArray[np.int64],
    mito: NDArray[np.int64],
    programs: list[tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> NDArray[np.float64]:
    owner = np.repeat(np.arange(len(tables.MARKERS)), [len(genes) for genes in tables.MARKERS.values()])
    profile = np.tile(base, (len(tables.CELL_TYPES), 1))
    for row, (genes, change) in zip(profile, programs, strict=True):
        row[genes] *= np.exp(change)
    profile[:, markers] = tables.MARKER_BASE * tables.MARKER_OFF
    profile[owner, markers] = tables.MARKER_BASE
    profile[:, mito] = 0
    return profile / profile.sum(axis=1, keepdims=True)


def _sets(
    names: NDArray[np.str_],
    markers: NDArray[np.int64],
    signal: NDArray[np.int64],
    free: NDArray[np.int64],
    programs: list[tuple[NDArray[np.int64], NDArray[np.float64]]],
    seed: int,
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return gene sets and which are the common program; neither names nor overlaps tell modules from decoys."""
    rng = generator(seed, Stream.HEMA_SETS)
    modules = np.split(signal, range(_MODULE, len(signal), _MODULE))
    idle = np.setdiff1d(free, np.concatenate([genes for genes, _ in programs]))
    groups = [*modules, *rng.permutation(idle)[: _DECOYS * _MODULE].reshape(_DECOYS, _MODULE)]
    order = rng.permutation(len(groups))
    sets = {
        f"{cell_type} program": (*tables.MARKERS[cell_type], *names[genes[change > 0]].tolist())
        for cell_type, (genes, change) in zip(tables.CELL_TYPES, programs, strict=True)
    }
    sets |= {f"module_{k + 1:02d}": tuple(names[groups[g]].tolist()) for k, g in enumerate(order)}
    n_common = tables.COMMON_GENES // _MODULE
    return sets, tuple(f"module_{k + 1:02d}" for k, g in enumerate(order) if g < n_common)
