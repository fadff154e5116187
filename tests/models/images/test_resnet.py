"""The small residual network: its plan, its forward pass by hand, and when large images are pooled twice."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.images.cnn_attention import CnnAttention
from models.images.resnet import BasicBlock, ResNet
from models.images.spatial_attention import SpatialAttention


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def plan(conv):
    return conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride[0], conv.padding[0]


def block_by_hand(block, x):
    out = F.relu(block.norm1(block.conv1(x)))
    out = block.norm2(block.conv2(out))
    shortcut = x if isinstance(block.shortcut, nn.Identity) else block.shortcut[1](block.shortcut[0](x))
    return F.relu(out + shortcut)


def test_stages_have_one_two_four_and_six_times_the_width():
    network = ResNet(width=8, norm="group", attention=None)
    assert plan(network.stem[0]) == (3, 8, 5, 2, 2)
    blocks = [network.fine, *network.coarse]
    found = [(plan(b.conv1), plan(b.conv2)) for b in blocks]
    widths = [(8, 8, 1), (8, 16, 2), (16, 32, 2), (32, 48, 2)]
    assert found == [((i, o, 3, s, 1), (o, o, 3, 1, 1)) for i, o, s in widths] and network.dim == 48
    assert [isinstance(b.shortcut, nn.Identity) for b in blocks] == [True, False, False, False]
    assert [plan(b.shortcut[0]) for b in blocks[1:]] == [(i, o, 1, 2, 0) for i, o, _ in widths[1:]]
    wider, strided = BasicBlock(4, 6, 1, "layer"), BasicBlock(4, 4, 2, "layer")
    assert not isinstance(wider.shortcut, nn.Identity) and not isinstance(strided.shortcut, nn.Identity)


@pytest.mark.parametrize("attention", [None, SpatialAttention()])
@pytest.mark.parametrize("pooled", [True, False])
def test_an_embedding_is_the_mean_over_places_of_the_last_stage(attention, pooled):
    network, cells = ResNet(width=8, norm="layer", attention=attention, pooled=pooled), torch.randn(3, 3, 37, 30)
    x = F.relu(network.stem[1](network.stem[0](cells)))
    if pooled:
        x = F.max_pool2d(x, 2, ceil_mode=True)
    fine = block_by_hand(network.fine, x)
    x = fine if attention is None else fine * attention.attention(fine)
    for block in network.coarse:
        x = block_by_hand(block, x)
    assert x.shape[2:] == ((3, 2) if not pooled else (2, 1))
    torch.testing.assert_close(network(cells), x.mean(dim=3).mean(dim=2))
    if attention is not None:
        enlarged = F.interpolate(attention.attention(fine), size=(37, 30), mode="bilinear")[:, 0]
        torch.testing.assert_close(network.attention_map(cells), enlarged)


@pytest.mark.parametrize(("shape", "pooled"), [((96, 96), False), ((97, 97), True), ((300, 96), False)])
def test_images_above_96_pixels_are_halved_twice(shape, pooled):
    network = CnnAttention().encoder(shape)
    assert isinstance(network.stem[3], nn.MaxPool2d) == pooled and network.dim == 96
    assert isinstance(network.attention, SpatialAttention)


def test_the_attention_sees_seven_places_and_keeps_the_size():
    conv = SpatialAttention().conv
    assert (conv.in_channels, conv.out_channels, conv.kernel_size, conv.padding) == (2, 1, (7, 7), (3, 3))
