"""The size of a small vision transformer in closed form, and cells whose sides are no multiple of a patch."""

import pytest
import torch

from models.images.vision_transformer import CellVisionTransformer


@pytest.mark.parametrize(("height", "width", "patch"), [(32, 32, 8), (30, 20, 8), (9, 16, 4)])
def test_weights_are_those_of_blocks_twice_as_wide_inside(height, width, patch):
    dim, depth = 24, 3
    model = CellVisionTransformer(image_shape=(height, width), patch=patch, dim=dim, depth=depth, heads=4)
    tokens = -(-height // patch) * -(-width // patch)
    attention = (dim + 1) * 3 * dim + (dim + 1) * dim
    inside = (dim + 1) * 2 * dim + (2 * dim + 1) * dim
    whole = (3 * patch**2 + 1) * dim + tokens * dim + depth * (attention + inside + 4 * dim) + 2 * dim
    assert sum(weight.numel() for weight in model.parameters()) == whole
    cells = torch.rand(2, 3, height, width)
    assert model(cells).shape == (2, dim) and model.dim == dim


def test_the_border_is_empty_and_lies_right_and_below():
    model = CellVisionTransformer(image_shape=(13, 18), patch=8, dim=12, depth=1, heads=2).eval()
    cells = torch.rand(2, 3, 13, 18)
    padded = torch.zeros(2, 3, 16, 24)
    padded[:, :, :13, :18] = cells
    with torch.no_grad():
        assert torch.equal(model(cells), model.vit(padded))
