"""Segmentation of one image at a time with scipy and scikit-image, and Otsu's threshold by trying every cut."""

import numpy as np
import pytest
import scipy.ndimage as ndi
from skimage import measure
from skimage.draw import disk as drawn_disk
from skimage.morphology import disk

from datasets.morphology import cell_segmentation
from datasets.morphology.cell_segmentation import optical_density, segment

CONTRAST = 1.35
GROUNDS = [(247, 237, 240), (232, 152, 165), (155, 163, 209), (95, 58, 148)]


def smear(height, width, seed):
    """Draw cells with nuclei of one to three lobes, that touch each other and the edges, red cells and noise."""
    rng, side = np.random.default_rng(seed), min(height, width)
    image = np.full((height, width, 3), GROUNDS[0], float)
    middles = [(height * 0.5, width * 0.45), *(rng.random((5, 2)) * (height, width))]
    for k, middle in enumerate(middles):
        image[drawn_disk(middle, side * rng.uniform(0.2, 0.3), shape=image.shape[:2])] = GROUNDS[2 if k < 4 else 1]
    for middle in middles[:4]:
        for _ in range(rng.integers(1, 4)):
            lobe = middle + rng.normal(0, side * 0.07, 2)
            image[drawn_disk(lobe, side * rng.uniform(0.07, 0.12), shape=image.shape[:2])] = GROUNDS[3]
    image[:, : side // 16] = rng.choice([0, 12, 60, 240])  # a bar: black, almost black, dark, none
    return (image + rng.normal(0, 5, image.shape)).clip(0, 255).astype(np.uint8)


def threshold(green, inside):
    """Return the best of all cuts between 64 bins, by the variance between the two classes."""
    width = max(green.max(), 1e-6) / 64
    binned = np.minimum(green[inside] / width, 63).astype(int) + 0.5
    best, found = 0.0, 0.0
    for cut in range(1, 64):
        pale, dense = binned[binned < cut], binned[binned > cut]
        if len(pale) and len(dense):
            between = len(pale) * len(dense) * (dense.mean() - pale.mean()) ** 2
            if between > best:
                best, found = between, cut * width if dense.mean() > CONTRAST * pale.mean() else 0.0
    return found


def central(mask):
    height, width = mask.shape
    side = min(height, width)
    labels = measure.label(mask | ndi.binary_closing(mask, disk(max(1, side // 20))), connectivity=2)
    weights = [
        sum(
            np.exp(-((i - (height - 1) / 2) ** 2 + (j - (width - 1) / 2) ** 2) / (2 * (side / 5) ** 2))
            for i, j in np.argwhere(labels == k)
        )
        for k in range(1, labels.max() + 1)
    ]
    return mask & (labels == 1 + np.argmax(weights)) if weights else mask


def segmented(density):
    side = min(density.shape[:2])
    red, green, blue = (ndi.gaussian_filter(density[..., c], side / 90, truncate=2) for c in range(3))
    excess, frame = red + green - 2 * blue, ndi.binary_dilation(density[..., 2] > 1, np.ones((5, 5)))
    stained = ~frame & (excess > 0.05) & (excess > 0.3 * (red + green + blue))
    cells = ndi.binary_opening(ndi.binary_fill_holes(stained), disk(max(1, side // 24)))
    nuclei = ndi.binary_opening(cells & (green > threshold(green, cells)), disk(max(1, side // 48)))
    nucleus = ndi.binary_fill_holes(central(nuclei))
    others = ndi.binary_opening(nuclei & ~nucleus, disk(max(1, side // 12)))
    own = nucleus.copy()
    for _ in range(side // 3):
        reached, taken = (ndi.binary_dilation(m, np.ones((3, 3))) & cells & ~own & ~others for m in (own, others))
        own, others = own | (reached & ~taken), others | taken
    return nucleus, ndi.binary_fill_holes(own)


@pytest.mark.parametrize(("height", "width"), [(18, 22), (40, 32), (97, 120)])
def test_masks_are_those_of_the_steps_one_image_at_a_time(height, width):
    images = np.stack([smear(height, width, seed) for seed in range(12)])
    density = optical_density(images)
    nuclei, cells = segment(density)
    assert nuclei.any(axis=(1, 2)).all() and (cells.sum(axis=(1, 2)) > nuclei.sum(axis=(1, 2))).all()
    for k in range(len(images)):
        nucleus, cell = segmented(density[k])
        assert np.array_equal(nuclei[k], nucleus), k
        assert np.array_equal(cells[k], cell), k


def test_density_is_light_lost_to_the_95th_percentile():
    images = np.random.default_rng(1).integers(0, 256, (3, 10, 14, 3), dtype=np.uint8)
    found = optical_density(images)
    for image, density in zip(images, found, strict=True):
        for c in range(3):
            white = sorted(image[..., c].ravel().tolist())[round(0.95 * 139)]
            lost = np.log10((white + 1) / (image[..., c] + 1.0))
            assert density[..., c] == pytest.approx(lost.clip(0), abs=1e-6)
    assert found.dtype == np.float32


def test_threshold_is_the_best_of_all_cuts():
    rng, contrast = np.random.default_rng(2), np.linspace(1.0, 1.6, 60)[:, None, None]
    green = np.where(rng.random((60, 9, 13)) < 0.4, 0.3 * contrast, 0.3) + rng.normal(0, 0.01, (60, 9, 13))
    inside = rng.random(green.shape) < 0.8
    green[:, 4, 4:6] = 0.7  # the darkest, sometimes outside
    inside[7] = False
    found = cell_segmentation._nucleus_threshold(green.astype(np.float32), inside)
    assert found == pytest.approx([threshold(g.astype(np.float32), m) for g, m in zip(green, inside, strict=True)])


@pytest.mark.parametrize(("height", "width"), [(18, 30), (44, 41), (60, 24)])
def test_the_part_with_the_most_weight_near_the_centre_is_kept(height, width):
    rng = np.random.default_rng(height)
    masks = ndi.gaussian_filter(rng.normal(size=(40, height, width)), (0, 1.5, 1.5)) > 0.16
    masks[0] = False
    kept = cell_segmentation._central(masks)
    for mask, found in zip(masks, kept, strict=True):
        assert np.array_equal(found, central(mask))
