"""Genes of the generated haematopoiesis from the numbers drawn for them."""

import numpy as np
import pytest

from datasets.simulate.hematopoiesis import tables
from datasets.simulate.hematopoiesis.genes import disease_shift, hema_genes

SEED = 5
MARKERS = [gene for genes in tables.MARKERS.values() for gene in genes]
N_MARKERS, N_MITO = 18, 13
KEPT = np.array([1.0, 0.70, 0.35, 0.35, 0.35])


@pytest.fixture(scope="module", params=[1000, 2600])
def drawn(request):
    """Return the size, the genes with and without the fifth condition, and who is what by the first permutation."""
    n = request.param
    rng = np.random.default_rng([SEED, 80])
    order = rng.permutation(n)
    base = rng.gamma(0.6, 1.0, n)
    ends = np.cumsum([N_MARKERS, N_MITO, 120, 60])
    parts = np.split(order[:2000], ends)
    if n > 2000:  # genes beyond the first 2,000 are faint: a fifth of all transcripts together
        base[order[2000:]] *= 0.25 * base[order[:2000]].sum() / base[order[2000:]].sum()
        assert base[order[2000:]].sum() / base.sum() == pytest.approx(0.2)
    return n, hema_genes(n, SEED), hema_genes(n, SEED, ood=True), base, parts


def _programs(free):
    rng = np.random.default_rng([SEED, 81])
    return [(rng.choice(free, 60, replace=False), 1.0 * rng.standard_normal(60)) for _ in range(5)]


def test_markers_and_mitochondrial_genes_have_their_symbols_and_all_others_numbers(drawn):
    n, genes, _, base, (markers, mito, signal, _, _) = drawn
    names = [f"GENE{k:05d}" for k in range(1, n + 1)]
    for place, symbol in zip([*markers, *mito], [*MARKERS, *tables.MITOCHONDRIAL], strict=True):
        names[place] = symbol
    assert genes.names == tuple(names)
    np.testing.assert_array_equal(genes.signal, signal)
    share = np.zeros(n)
    share[mito] = base[mito] + 0.1
    np.testing.assert_allclose(genes.mitochondrial, share / share.sum())
    np.testing.assert_allclose(genes.batch, 0.10 * np.random.default_rng([SEED, 83]).standard_normal((3, n)))


def test_a_type_has_the_base_its_program_and_its_markers(drawn):
    _, genes, _, base, (markers, mito, _, _, free) = drawn
    owners = [k for k, (_, members) in enumerate(tables.MARKERS.items()) for _ in members]
    for k, (moved, change) in enumerate(_programs(free)):
        profile = base.copy()
        profile[moved] *= np.exp(change)
        profile[mito] = 0
        for place, owner in zip(markers, owners, strict=True):
            profile[place] = 2.0 if owner == k else 0.04
        np.testing.assert_allclose(genes.profile[k], profile / profile.sum())


def test_a_common_program_fades_between_types_and_specific_ones_act_in_mpp_only(drawn):
    _, genes, wide, _, (_, _, signal, other, _) = drawn
    rng = np.random.default_rng([SEED, 82])
    common, specific, own = rng.standard_normal(60), rng.standard_normal((4, 60)), rng.standard_normal(60)
    for y, k in np.ndindex(5, 5):
        wanted = np.zeros(180)
        if y in (1, 2, 3):
            wanted[:60] = 0.55 * KEPT[k] * common
            wanted[60:120] = 0.55 * specific[y] if k == 0 else 0
        if y == 4:
            wanted[120:] = 0.55 * KEPT[k] * own
        else:
            np.testing.assert_allclose(genes.shift[y, k], wanted[:120])
            np.testing.assert_allclose(genes.abundance(y)[k, signal], genes.profile[k, signal] * np.exp(wanted[:120]))
        np.testing.assert_allclose(wide.shift[y, k], wanted)
    np.testing.assert_array_equal(wide.signal, np.concatenate([signal, other]))
    known = wide.of_classes()
    np.testing.assert_array_equal(known.signal, signal)
    np.testing.assert_array_equal(known.shift, genes.shift)
    assert disease_shift(SEED, ood=False).shape == (4, 5, 120)


def test_sets_are_programs_that_rise_and_modules_among_decoys_in_random_order(drawn):
    _, genes, _, _, (_, _, signal, _, free) = drawn
    names, programs = np.array(genes.names), _programs(free)
    rng = np.random.default_rng([SEED, 84])
    idle = np.array(sorted(set(free.tolist()) - {g for moved, _ in programs for g in moved.tolist()}))
    picked = rng.permutation(idle)[: 24 * 15]
    groups = [*(signal[15 * k : 15 * k + 15] for k in range(8)), *(picked[15 * k : 15 * k + 15] for k in range(24))]
    order = rng.permutation(32)
    wanted = {
        f"{kind} program": (*tables.MARKERS[kind], *names[moved[change > 0]])
        for kind, (moved, change) in zip(tables.CELL_TYPES, programs, strict=True)
    }
    wanted |= {f"module_{k:02d}": tuple(names[groups[g]]) for k, g in enumerate(order, start=1)}
    assert genes.sets == wanted and list(genes.sets) == list(wanted)
    assert genes.common_sets == tuple(f"module_{k:02d}" for k, g in enumerate(order, start=1) if g < 4)
