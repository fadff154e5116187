"""Binary morphology of many masks at once against scipy, one mask at a time."""

import numpy as np
import pytest
import scipy.ndimage as ndi
from skimage import morphology

from datasets.morphology.cell_morphology import closed, dilated, disk, eroded, filled, grown, labelled, opened, square
from datasets.morphology.cell_shape import (
    area,
    centroid,
    circularity,
    eccentricity,
    extent,
    feret,
    hull_area,
    lobes,
    quotient,
    support,
)

CROSS, FULL = ndi.generate_binary_structure(2, 1), ndi.generate_binary_structure(2, 2)


def random_masks(share, size=(6, 17, 12), seed=0):
    masks = np.random.default_rng(seed).random(size) < share
    masks[0] = False
    return masks


def test_elements_are_disks_and_squares():
    for radius in range(7):
        assert np.array_equal(square(radius), np.ones((2 * radius + 1,) * 2, bool))
        assert np.array_equal(disk(radius), morphology.disk(radius).astype(bool))


@pytest.mark.parametrize(
    "element", [disk(1), square(1), disk(3), square(2), disk(0)], ids=["cross", "square", "disk", "wide", "point"]
)
def test_each_operation_is_that_of_scipy(element):
    masks = np.concatenate([random_masks(share, seed=k) for k, share in enumerate((0.2, 0.7, 0.95))])
    dilation, erosion = (
        np.stack([operate(mask, element) for mask in masks]) for operate in (ndi.binary_dilation, ndi.binary_erosion)
    )
    assert np.array_equal(dilated(masks, element), dilation) and np.array_equal(eroded(masks, element), erosion)
    assert np.array_equal(opened(masks, element), [ndi.binary_opening(mask, element) for mask in masks])
    joined = [ndi.binary_closing(mask, element) | mask for mask in masks]
    assert np.array_equal(closed(masks, element), joined)


@pytest.mark.parametrize(("options", "structure"), [({}, FULL), ({"neighbours": 8}, FULL), ({"neighbours": 4}, CROSS)])
def test_labels_are_unique_over_masks_and_know_their_mask(options, structure):
    masks = random_masks(0.4)
    labels, owner = labelled(masks, **options)
    assert len(owner) == 1 + sum(ndi.label(mask, structure)[1] for mask in masks) == labels.max() + 1
    for k, mask in enumerate(masks):
        alone, count = ndi.label(mask, structure)
        pairs = {(int(a), int(b)) for a, b in zip(alone[mask], labels[k][mask], strict=True)}
        assert len(pairs) == count and not labels[k][~mask].any()
        assert all(owner[label] == k for _, label in pairs)


def test_holes_are_what_no_path_of_sides_joins_to_the_outside():
    masks = np.concatenate([random_masks(share, seed=k) for k, share in enumerate((0.5, 0.6, 0.8))])
    assert np.array_equal(filled(masks), [ndi.binary_fill_holes(mask) for mask in masks])


@pytest.mark.parametrize("steps", [0, 1, 3, 50])
def test_seeds_grow_until_they_meet_their_rivals(steps):
    inside = random_masks(0.8)
    seeds, rivals = inside & random_masks(0.03, seed=1), inside & random_masks(0.03, seed=2)
    rivals &= ~seeds
    before = seeds.copy(), rivals.copy()
    expected = []
    for own, others, room in zip(seeds, rivals, inside, strict=True):
        own, others = own.copy(), others.copy()
        for _ in range(steps):
            near, far = (ndi.binary_dilation(mask, FULL) & room & ~own & ~others for mask in (own, others))
            own, others = own | (near & ~far), others | far
        expected.append(own)
    assert np.array_equal(grown(seeds, rivals, inside, steps), expected)
    assert np.array_equal(seeds, before[0]) and np.array_equal(rivals, before[1])


def lobes_of(mask):
    """Return the most parts of a hundredth of the mask, and of two pixels, on the way to nothing."""
    least, most = max(mask.sum() / 100, 2), 0
    while mask.any():
        labels, _ = ndi.label(mask, CROSS)
        most = max(most, int((np.bincount(labels.ravel())[1:] >= least).sum()))
        mask = ndi.binary_erosion(mask, CROSS)
    return most


def test_lobes_of_any_mask():
    rng = np.random.default_rng(0)
    smooth = ndi.gaussian_filter(rng.normal(size=(30, 40, 36)), (0, 2, 2))
    masks = np.concatenate([smooth > cut for cut in (-0.05, 0.0, 0.08)])
    assert lobes(masks).tolist() == [lobes_of(mask) for mask in masks]
    parts = np.zeros((6, 30, 30), bool)
    for k, size in enumerate((1, 2, 3)):
        parts[k, 0, :size] = True
    for k, size in enumerate((5, 6, 7), start=3):  # beside a part of 594 pixels: a hundredth is six
        parts[k, :22, :27] = True
        parts[k, 25, :size] = True
    assert lobes(parts).tolist() == [0, 1, 1, 1, 2, 2] == [lobes_of(mask) for mask in parts]


def test_an_empty_mask_measures_nothing_and_a_point_what_it_is():
    masks = np.zeros((2, 5, 7), bool)
    masks[1, 3, 4] = True
    reach = support(masks)
    assert (reach[0] == -np.inf).all() and reach.shape == (2, 32)
    assert area(masks).tolist() == [0, 1] and extent(masks).tolist() == [0, 1]
    assert np.transpose(centroid(masks)).tolist() == [[0, 0], [3, 4]] and eccentricity(masks).tolist() == [0, 0]
    assert circularity(masks)[0] == 0 and hull_area(reach)[0] == 0 and hull_area(reach)[1] == pytest.approx(1)
    narrow, wide = feret(reach)
    assert narrow.tolist() == [0, pytest.approx(1)] and wide.tolist() == [0, pytest.approx(2**0.5)]


def test_a_quotient_is_0_where_there_is_nothing_to_divide_by():
    found = quotient(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([[2.0], [0], [-1]]))
    assert found.tolist() == [[0.5, 1], [0, 0], [0, 0]]
