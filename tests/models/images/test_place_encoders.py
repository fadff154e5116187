"""Encoders of maps by formula, where they start, and parts that hand their settings on."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from datasets.features import Source
from models.images import pretrained, pretrained_attention, pretrained_regions, pretrained_tuned, pretrained_vit
from models.images.place_encoders import HybridTransformer, PlaceAttention
from models.images.tuned_blocks import TunedBlocks
from models.images.vit_tiny import VitTiny
from models.layers import ResidualMlp


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_attention_over_places_starts_even_and_is_the_formula():
    module, maps = PlaceAttention(5, 8, 0.5), torch.randn(2, 5, 3, 4)
    torch.testing.assert_close(module.weights(maps), torch.full((2, 3, 4), 1 / 12))
    assert module.dim == 8 and module.embed.dropout.p == 0.5
    nn.init.normal_(module.score.weight)
    score = torch.stack([module.score(torch.tanh(module.hidden(maps[:, :, i, j])))[:, 0]
                         for i in range(3) for j in range(4)], dim=1)  # fmt: skip
    weights = module.weights(maps)
    torch.testing.assert_close(weights.flatten(1), score.softmax(1))
    same = module.attention_map(maps, (3, 4))
    torch.testing.assert_close(same, weights / weights.flatten(1).max(dim=1).values[:, None, None])
    larger = F.interpolate(same[:, None], size=(9, 16), mode="bilinear")[:, 0]
    torch.testing.assert_close(module.attention_map(maps, (9, 16)), larger)


@pytest.mark.parametrize(("patch", "grid"), [(1, (3, 4)), (2, (2, 2)), (3, (1, 2))])
def test_the_hybrid_transformer_corrects_the_mean_over_places(patch, grid):
    module = HybridTransformer((5, 3, 4), 64, patch=patch, depth=3, heads=2, dropout=0.25).eval()
    maps, layers = torch.randn(2, 5, 3, 4), module.layers.layers
    told = {(x.linear1.out_features, x.self_attn.num_heads, x.norm_first, x.dropout.p) for x in layers}
    assert told == {(128, 2, True, 0.25)} and len(layers) == 3 and module.dim == 5
    assert module.place.shape == (grid[0] * grid[1], 64)
    weight = module.patches.weight.flatten(1)
    torch.testing.assert_close(weight.T @ weight, torch.eye(5 * patch**2))
    torch.testing.assert_close(module(maps), maps.mean(dim=(2, 3)))
    torch.testing.assert_close(module.train()(maps), maps.mean(dim=(2, 3)))
    nn.init.normal_(module.eval().bent.weight)
    padded = F.pad(maps, (0, 4, 0, 4))
    cut = [padded[:, :, i * patch : (i + 1) * patch, j * patch : (j + 1) * patch].flatten(1)
           for i in range(grid[0]) for j in range(grid[1])]  # fmt: skip
    patches = torch.stack([piece @ weight.T for piece in cut], dim=1)
    expected = maps.mean(dim=(2, 3)) + module.bent(module.layers(patches + module.place).mean(dim=1))
    torch.testing.assert_close(module(maps), expected, atol=1e-5, rtol=1e-5)
    wide = HybridTransformer((2, 30, 30), 8, patch=1, depth=1, heads=1, dropout=0)
    assert float(wide.place.detach().std()) == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize(
    ("module", "part", "read", "asked"),
    [
        (pretrained, pretrained.PretrainedFrozen(stages="b2", side=7, architecture="a", weights="w", sha256="s"),
         "pretrained_means", ("b2", 7, Source("a", "w", "s"))),
        (pretrained_regions, pretrained_regions.PretrainedRegions(block=2, side=7, architecture="a", sha256="s"),
         "region_features", (2, 7, Source("a", "", "s"))),
        (pretrained_attention, pretrained_attention.PretrainedAttention(block=2, side=7), "region_maps", (2, 7)),
        (pretrained_vit, pretrained_vit.PretrainedVit(block=2, side=7), "region_maps", (2, 7)),
        (pretrained_tuned, pretrained_tuned.PretrainedTuned(first=4, side=7), "packaged_maps", (3, 7)),
    ],
)  # fmt: skip
def test_parts_read_what_they_are_set_to(module, part, read, asked, monkeypatch):
    seen = []
    monkeypatch.setattr(module, read, lambda *given: seen.append(given) or np.zeros(1))
    part.features("images")
    assert seen == [("images", *asked)]


@pytest.mark.parametrize(
    "part",
    [pretrained.PretrainedFrozen(width=6, dropout=0.3), pretrained_regions.PretrainedRegions(width=6, dropout=0.3)],
)
def test_features_are_embedded_to_the_width(part):
    encoder = part.encoder((9,))
    assert isinstance(encoder, ResidualMlp) and encoder.dim == 6 and encoder.dropout.p == 0.3
    assert encoder(torch.randn(2, 9)).shape == (2, 6)


def test_maps_are_embedded_to_the_width_or_keep_their_channels():
    attention = pretrained_attention.PretrainedAttention(width=6, dropout=0.3).encoder((9, 2, 3))
    vit = pretrained_vit.PretrainedVit(width=6, depth=3, heads=2, dropout=0.3).encoder((9, 2, 3))
    for encoder, size in ((attention, 6), (vit, 9)):
        assert encoder.dim == size and encoder(torch.randn(2, 9, 2, 3)).shape == (2, size)
    assert (vit.patches.out_channels, vit.patches.kernel_size) == (6, (2, 2))
    assert attention.embed.dropout.p == 0.3 == vit.layers.layers[0].dropout.p and len(vit.layers.layers) == 3
    assert vit.layers.layers[0].self_attn.num_heads == 2
    tiny = VitTiny(patch=4, width=12, depth=2, heads=3).encoder((8, 6))
    assert tiny.dim == 12 and len(tiny.vit.blocks) == 2 and tiny.vit.blocks[0].attn.num_heads == 3
    assert tiny.vit.patch_embed.patch_size == (4, 4) and tiny.padding == [0, 2, 0, 0]


@pytest.mark.parametrize(("first", "last"), [(0, 3), (4, 3), (3, 7)])
def test_blocks_that_do_not_exist_are_refused_before_anything_is_read(first, last):
    part = pretrained_tuned.PretrainedTuned(first=first, last=last)
    for asked in (part.features, part.encoder):
        with pytest.raises(ValueError, match=rf"cells\.first={first}, cells\.last={last}: needs 1 <= first"):
            asked(None)


@pytest.mark.parametrize(("first", "last"), [(1, 6), (6, 6), (2, 3)])
def test_a_tuned_part_makes_the_blocks_that_it_names(first, last, monkeypatch):
    asked = []
    blocks = [nn.Conv2d(2, 2, 1), nn.Conv2d(2, 3, 1)]
    monkeypatch.setattr(pretrained_tuned, "packaged_blocks", lambda *given: asked.append(given) or (blocks, 3))
    part = pretrained_tuned.PretrainedTuned(first=first, last=last, rate=0.4, decay=0.5, dropout=0.3)
    encoder = part.encoder((2, 4, 4))
    assert asked == [(first, last)] and encoder.dim == 3 and encoder.dropout.p == 0.3
    assert [{p.rate for p in block.parameters()} for block in encoder.blocks] == [{0.2}, {0.4}]


def test_tuned_blocks_learn_slower_the_earlier_and_keep_their_statistics():
    blocks = [nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2)), nn.Conv2d(2, 2, 1), nn.Conv2d(2, 4, 1)]
    module = TunedBlocks(blocks, dim=4, rate=0.3, decay=0.5, dropout=0.5)
    assert [next(b.parameters()).rate for b in module.blocks] == pytest.approx([0.075, 0.15, 0.3])
    assert module.train() is module and module.training and not module.blocks[0][1].training
    assert module.blocks[1].training and not module.eval().training
    maps = torch.randn(3, 2, 5, 4, dtype=torch.float16)
    expected = module.blocks(maps.float()).mean(dim=3).mean(dim=2)
    torch.testing.assert_close(module(maps), expected)
    assert (module.train()(maps) == 0).any()
