"""Every random number of a cohort is addressed by its seed first and one known stream second."""

import numpy as np
import pytest

from datasets.generated import hematopoiesis_sim
from datasets.simulate.apl import difficulty
from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.render import render
from datasets.simulate.hematopoiesis import genes as hema_genes
from datasets.simulate.mito.world import sample_mito_world
from datasets.simulate.shared.draws import Stream

SEED = 1234


def _apl():
    world = sample_world(1.0, 12, 2, 0.3, SEED, mnar=True, ood=2, more_c=3)
    assert world.expression.shape[0] == len(world.patients)
    render(world.cells.bag(slice(0, 2)), world.patients.site[:2], 16, SEED, threads=1)


def _mito():
    sample_mito_world(0.6, 12, 2, 0.3, SEED, definitional=True)


def _hema():
    settings = hematopoiesis_sim.Settings(1000, 1, 2, True, False, 0.05, 0.5, SEED)
    hematopoiesis_sim._measure(settings, hema_genes.hema_genes(1000, SEED, ood=True))


def _difficulty():
    difficulty._simulated(1.0, 10, SEED)


@pytest.mark.parametrize("make", [_apl, _mito, _hema, _difficulty])
def test_seed_then_stream_then_patient(make, monkeypatch):
    keys, make_rng = [], np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda key: keys.append(key) or make_rng(key))
    make()
    streams = {int(stream) for stream in Stream}
    assert len(keys) > 4 and {key[0] for key in keys} == {SEED}
    assert {key[1] for key in keys} <= streams
    assert all(key[2] < 40 for key in keys if len(key) > 2)
