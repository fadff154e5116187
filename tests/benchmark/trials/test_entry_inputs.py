"""Each fit starts from data of its own and from generators that are seeded alike."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
import torch

from benchmark.trials.entry_inputs import fresh, seed_globals
from tests.toy import toy_cohort


def test_a_view_has_arrays_and_tables_of_its_own_and_pixels_that_cannot_be_written():
    cohort = toy_cohort(n=12, missing=0)
    view = fresh(cohort)
    assert view is not cohort and view.fingerprint == cohort.fingerprint
    for name in ("y", "specimen", "patient", "domain", "present", "genes"):
        assert not np.shares_memory(getattr(view, name), getattr(cohort, name))
        assert np.array_equal(getattr(view, name), getattr(cohort, name))
    assert view.clinical is not cohort.clinical and view.clinical.equals(cohort.clinical)
    assert view.units is not cohort.units and view.gene_sets is not cohort.gene_sets
    mine, shared = view.images, cohort.images
    assert np.shares_memory(mine.pixels, shared.pixels) and not mine.pixels.flags.writeable
    assert shared.pixels.flags.writeable
    assert not np.shares_memory(mine.starts, shared.starts) and not np.shares_memory(mine.cell_type, shared.cell_type)
    assert (mine.cell_type == shared.cell_type).all() and mine.rows is None
    part = cohort[np.array([3, 1, 7])]
    mine = fresh(part).images
    assert (mine.all_rows() == part.images.all_rows()).all() and not np.shares_memory(mine.rows, part.images.rows)
    bare = fresh(toy_cohort(n=6, images=False, genes=False, clinical=False))
    assert bare.images is None and bare.genes is None and bare.clinical is None


@pytest.mark.parametrize("seed", [0, 7, 2**32 + 7])
def test_generators_of_the_process_are_seeded(seed, monkeypatch):
    def draws():
        return random.random(), np.random.rand(), float(torch.rand(1))  # noqa: NPY002  the global generator is meant

    seed_globals(seed)
    first = draws()
    draws()
    seed_globals(seed)
    assert draws() == first
    state = np.random.RandomState(seed % 2**32).rand()
    assert first[:2] == (random.Random(seed).random(), state)
    assert first[2] == float(torch.rand(1, generator=torch.Generator().manual_seed(seed)))
    monkeypatch.setitem(sys.modules, "torch", None)
    seed_globals(seed)
    assert random.random() == first[0]
