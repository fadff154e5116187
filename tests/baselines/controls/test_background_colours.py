"""The empty field, one pixel at a time in plain loops, on pictures with noise, frames and a cell."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from baselines.controls.background_colours import background_colours, background_masks, background_table
from datasets.cohort import ImageBags
from tests.toy import toy_cohort

NAMES = ["background:red", "background:green", "background:blue"]


def pictures(n, height, width, seed=0, white=230):
    """Return a noisy field with spots of stain, uint8 (n, height, width, 3)."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(white, 3, (n, height, width, 3))
    pixels[rng.random(pixels.shape[:3]) < 0.01] *= 0.5
    return pixels.clip(0, 255).astype(np.uint8)


def empty(picture):
    """Return where the field is empty: far from the centre, bright in every channel, and so are all neighbours."""
    height, width, _ = picture.shape
    far = np.zeros((height, width), bool)
    for i in range(height):
        for j in range(width):
            away = ((i - (height - 1) / 2) ** 2 + (j - (width - 1) / 2) ** 2) ** 0.5
            far[i, j] = away > min(height, width) / 2
    white = np.percentile(picture[far], 95, axis=0)
    bright = np.ones((height, width), bool)
    for c in range(3):
        bright &= (picture[..., c] >= 0.88 * white[c]) & (white[c] >= 100)
    reach = max(1, min(height, width) // 32)
    found = np.zeros((height, width), bool)
    for i, j in np.argwhere(far):
        # scipy continues a picture beyond its edge by its mirror image, which holds no other neighbours
        found[i, j] = bright[max(i - reach, 0) : i + reach + 1, max(j - reach, 0) : j + reach + 1].all()
    return found


@pytest.mark.parametrize(("height", "width"), [(20, 20), (31, 24), (70, 66)])
def test_the_field_is_empty_where_a_loop_finds_it_so(height, width):
    pixels = pictures(3, height, width)
    pixels[1, :, :, 2] = pixels[1, :, :, 2] // 3  # a channel without any light is a frame, not glass
    masks = background_masks(pixels)
    assert masks.any(axis=(1, 2)).tolist() == [True, False, True]
    for picture, mask in zip(pixels, masks, strict=True):
        np.testing.assert_array_equal(mask, empty(picture))


def test_a_field_of_a_hundred_is_glass_and_darker_ones_are_not():
    pixels = np.full((3, 12, 12, 3), 100, np.uint8)
    pixels[1] = 99
    pixels[2, 0, 0] = 89  # of 100, which is above 0.88
    shown = background_masks(pixels)
    assert shown[0].any() and not shown[1].any() and np.array_equal(shown[2], shown[0])
    pixels[2, 0, 0] = 87
    assert not background_masks(pixels)[2, :2, :2].any()
    exact = np.full((1, 12, 12, 3), 200, np.uint8)
    exact[0, 0, 0] = 176  # 0.88 of white
    assert background_masks(exact)[0, 0, 0]


def test_colours_are_those_of_evenly_spaced_empty_pixels():
    """More pictures than are looked at in one go, of which some have no background."""
    pixels = pictures(300, 12, 12, seed=1)
    pixels[::7] = 20
    found = background_colours(pixels)
    for picture, row in zip(pixels, found, strict=True):
        inside = picture[empty(picture)].astype(float)
        if len(inside) < 4:
            assert np.isnan(row).all()
            continue
        chosen = inside[[round(k * (len(inside) - 1) / 3) for k in range(4)]]
        np.testing.assert_allclose(row, [np.percentile(chosen[:, channel], 50) for channel in range(3)])
    assert np.isnan(found[::7]).all() and np.isfinite(found[1]).all()


def test_a_hundredth_of_a_picture_is_measured():
    pixels = pictures(1, 50, 50, seed=2)
    inside = pixels[0][empty(pixels[0])].astype(float)
    chosen = inside[np.linspace(0, len(inside) - 1, 25).round().astype(int)]
    np.testing.assert_allclose(background_colours(pixels)[0], np.percentile(chosen, 50, axis=0))


def test_the_halo_of_a_cell_in_a_jpeg_file_does_not_show_its_size():
    """Colour is stored in blocks of 16 pixels, so a wide cell changes corners that it does not touch."""
    rng, radius = np.random.default_rng(0), np.repeat([12, 21], 60)
    y, x = np.ogrid[:64, :64]
    spread, found = [], []
    for r in radius:
        picture = np.where((np.hypot(y - 32, x - 32) < r)[..., None], (120, 60, 150), (253, 226, 201))
        file = BytesIO()
        noisy = (picture + rng.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(file, "JPEG", quality=80)
        seen = np.asarray(Image.open(file))
        spread.append(seen[empty(seen)][:, 2].std())
        found.append(background_colours(seen[None])[0])
    assert roc_auc_score(radius > 15, spread) > 0.9  # what the spread of blue would tell
    for channel in np.transpose(found):
        assert abs(roc_auc_score(radius > 15, channel) - 0.5) < 0.2  # four standard errors


def test_a_specimen_has_the_mean_of_its_pictures_with_a_background():
    cohort = toy_cohort(n=3, genes=False, clinical=False, missing=0)
    pixels = pictures(300, 12, 12, seed=3)
    pixels[[1, 298, 299]] = 20
    bags = ImageBags(pixels, np.array([0, 2, 298, 300]))
    table = background_table(with_bags(cohort, bags))
    each = background_colours(pixels)
    assert list(table.columns) == NAMES
    np.testing.assert_allclose(table.iloc[0], each[0])
    np.testing.assert_allclose(table.iloc[1], np.nanmean(each[2:298], axis=0))
    assert table.iloc[2].isna().all()
    assert background_table(cohort[np.array([], dtype=int)]).shape == (0, 3)
    with pytest.raises(ValueError, match="cohort 'toy' has no images"):
        background_table(toy_cohort(n=3, images=False))


def with_bags(cohort, bags):
    from dataclasses import replace

    from datasets.cohort import presence

    return replace(cohort, images=bags, present=presence(len(cohort), bags, None, None))
