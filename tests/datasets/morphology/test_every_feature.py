"""Every cell feature against what its name says, measured of one image at a time."""

import numpy as np
import pytest
import scipy.ndimage as ndi
from scipy.spatial import ConvexHull, HalfspaceIntersection
from skimage import measure, morphology
from skimage.draw import disk, ellipse, line

from datasets.morphology import cell_features as module
from datasets.morphology.cell_features import FEATURES, OUTLINES, cached_cell_features, cell_features
from datasets.morphology.cell_segmentation import optical_density, segment
from datasets.morphology.cell_shape import hull_area, support

CHANNELS = ("red", "green", "blue")
STANDS_OUT = 0.02


def marrow_cell(height, width, seed):
    """Draw a noisy cell that is cut by an edge, with a nucleus to one side, granules and a rod."""
    rng, scale = np.random.default_rng(seed), min(height, width) / 64
    image = np.full((height, width, 3), (247, 237, 240), float)
    middle = (height * 0.5, width - 24 * scale)
    image[ellipse(*middle, 22 * scale, 30 * scale, image.shape[:2], rotation=0.2)] = (155, 163, 209)
    image[disk((middle[0] + 4 * scale, middle[1] - 8 * scale), 11 * scale, shape=image.shape[:2])] = (95, 58, 148)
    for angle in np.linspace(-1.2, 1.2, 6):
        r, c = middle[0] + 14 * scale * np.sin(angle), middle[1] + 17 * scale * np.cos(angle)
        image[disk((r, c), max(1.0, 1.2 * scale), shape=image.shape[:2])] = (140, 76, 164)
    start = (int(middle[0] - 17 * scale), int(middle[1] - 4 * scale))
    image[line(*start, start[0] + int(5 * scale), start[1] + int(14 * scale))] = (150, 60, 150)
    return (image + rng.normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)


def calipers(mask):
    """Return the widths of the pixels of a mask, as squares, along sixteen directions."""
    corners = np.concatenate([np.argwhere(mask) + d for d in ((0, 0), (0, 1), (1, 0), (1, 1))])
    angles = np.pi * np.arange(16) / 16
    along = corners @ np.stack([np.sin(angles), np.cos(angles)])
    return np.ptp(along, axis=0)


def polygon(mask):
    """Return the area within the lines that touch a mask from 32 sides."""
    corners = np.concatenate([np.argwhere(mask) + d for d in ((0, 0), (0, 1), (1, 0), (1, 1))])
    angles = 2 * np.pi * np.arange(32) / 32
    normals = np.column_stack([np.sin(angles), np.cos(angles)])
    inside = np.argwhere(mask).mean(axis=0) + 0.5
    edges = HalfspaceIntersection(np.column_stack([normals, -(corners @ normals.T).max(axis=0)]), inside)
    return ConvexHull(edges.intersections).volume


def outline(name, mask):
    region, widths = measure.regionprops(mask.astype(int))[0], calipers(mask)
    yield f"{name}_area", mask.mean()
    yield f"{name}_circularity", 4 * np.pi * mask.sum() / measure.perimeter_crofton(mask, 4) ** 2
    yield f"{name}_eccentricity", region.eccentricity
    yield f"{name}_solidity", min(mask.sum() / polygon(mask), 1)
    yield f"{name}_extent", region.extent
    yield f"{name}_diameter", widths.max() / min(mask.shape)
    yield f"{name}_aspect", widths.min() / widths.max()


def layout(nucleus, cell):
    height, width = cell.shape
    apart = np.argwhere(nucleus).mean(axis=0) - np.argwhere(cell).mean(axis=0)
    frame = [cell[0, j] for j in range(width)] + [cell[i, 0] for i in range(height)]
    frame += [cell[height - 1, j] for j in range(width)] + [cell[i, width - 1] for i in range(height)]
    yield "nc_ratio", nucleus.sum() / cell.sum()
    yield "nucleus_offset", np.linalg.norm(apart) / cell.sum() ** 0.5
    yield "cell_at_border", np.mean(frame)


def colour(density, nucleus, cytoplasm):
    means = {name: density[mask].mean(axis=0) for name, mask in (("nucleus", nucleus), ("cytoplasm", cytoplasm))}
    for name, mask in (("nucleus", nucleus), ("cytoplasm", cytoplasm)):
        for c, channel in enumerate(CHANNELS):
            yield f"{name}_{channel}_mean", means[name][c]
            yield f"{name}_{channel}_sd", density[mask][:, c].std()
        yield f"{name}_red_share", means[name][0] / means[name].sum()
        yield f"{name}_blue_share", means[name][2] / means[name].sum()
    for c, channel in enumerate(CHANNELS):
        yield f"cytoplasm_to_nucleus_{channel}", means["cytoplasm"][c] / means["nucleus"][c]


def pairs_differ_by(green, mask, down, right):
    """Return the mean squared difference of pixels of a mask that lie so far apart."""
    height, width = mask.shape
    squares = [
        (green[i + down, j + right] - green[i, j]) ** 2
        for i in range(height - down)
        for j in range(width - right)
        if mask[i, j] and mask[i + down, j + right]
    ]
    return np.mean(squares)


def texture(name, green, mask, side):
    for step in (1, 2):
        pixels = max(1, round(step * side / 64))
        across, down = pairs_differ_by(green, mask, 0, pixels), pairs_differ_by(green, mask, pixels, 0)
        yield f"{name}_contrast_{step}", np.mean([across, down])
    for label, sigma in (("fine", side / 64), ("coarse", side / 32)):
        band = ndi.gaussian_filter(green, sigma / 2) - ndi.gaussian_filter(green, sigma)
        yield f"{name}_{label}_grain", np.sqrt(np.mean(band[mask] ** 2))


def granules(spots, inner):
    height, width = spots.shape
    peaks = [
        spots[i, j]
        for i, j in np.argwhere(inner & (spots > STANDS_OUT))
        if spots[i, j] == spots[max(i - 1, 0) : min(i + 2, height), max(j - 1, 0) : min(j + 2, width)].max()
    ]
    assert len(peaks) > 3
    yield "granule_density", len(peaks) / inner.sum()
    yield "granule_strength", np.mean(peaks)


def rods(bent, inner, side):
    """Measure by the eigenvalues of minus the second derivatives, (H, W, 2, 2)."""
    along, across = np.moveaxis(np.linalg.eigvalsh(bent), -1, 0)
    ridge = np.where(inner, (across - 2 * np.abs(along)).clip(0), 0)
    parts = measure.label(ridge > STANDS_OUT, connectivity=2)
    assert parts.max() > 1
    yield "rod_strength", ridge.max()
    yield "rod_share", (ridge > STANDS_OUT).sum() / inner.sum()
    yield "rod_length", max(np.bincount(parts.ravel())[1:]) / side


def bends(green, sigma):
    bent = np.empty((*green.shape, 2, 2))
    for i, j, order in ((0, 0, (2, 0)), (1, 1, (0, 2)), (0, 1, (1, 1)), (1, 0, (1, 1))):
        bent[..., i, j] = -(sigma**2) * ndi.gaussian_filter(green, sigma, order=order)
    return bent


def measures(image):
    density = optical_density(image[None])
    nucleus, cell = (mask[0] for mask in segment(density))
    density, side = density[0], min(image.shape[:2])
    green, cytoplasm = density[..., 1], cell & ~nucleus
    rim = np.ones((2 * max(1, side // 32) + 1,) * 2, bool)
    sigma = max(0.7, 0.8 * side / 64)
    inner = ndi.binary_erosion(cell, rim) & ~morphology.dilation(nucleus, rim)
    yield from outline("nucleus", nucleus)
    yield "nucleus_lobes", 1
    yield from outline("cell", cell)
    yield from layout(nucleus, cell)
    yield from colour(density.astype(float), nucleus, cytoplasm)
    yield from texture("nucleus", green, nucleus, side)
    yield from texture("cytoplasm", green, cytoplasm, side)
    yield from granules(-(sigma**2) * ndi.gaussian_laplace(green, sigma), inner)
    yield from rods(bends(green, sigma), inner, side)


@pytest.mark.parametrize(("height", "width"), [(96, 120), (160, 136), (40, 32)])
def test_every_feature_is_what_its_name_says(height, width):
    image = marrow_cell(height, width, seed=1)
    expected = dict(measures(image))
    found = dict(zip(FEATURES, cell_features(image[None])[0].tolist(), strict=True))
    assert list(found) == list(expected)
    assert found["cell_at_border"] > 0.02
    for name, value in expected.items():  # spreads are differences of sums of float32
        assert found[name] == pytest.approx(value, rel=5e-3 if name.endswith("_sd") else 2e-4), name


def test_layout_of_any_masks():
    rng = np.random.default_rng(4)
    nucleus, cell = rng.random((2, 5, 9, 14)) < np.array([0.2, 0.6])[:, None, None, None]
    found = dict(module._layout(nucleus, cell))
    for k in range(5):
        for name, value in layout(nucleus[k], cell[k]):
            assert found[name][k] == pytest.approx(value), name


def test_spots_and_lines_of_any_field():
    """Hundredths of density, so that peaks are level with neighbours and with what stands out."""
    rng = np.random.default_rng(5)
    yy, xx = rng.integers(-6, 3, (2, 40, 23)).astype(np.float32) / 100
    inner = rng.random((40, 23)) < 0.7
    flat = np.zeros_like(yy)
    bent = -np.stack([np.stack([yy, flat], -1), np.stack([flat, flat], -1)], -1)
    expected = {**dict(granules(-(yy + xx), inner)), **dict(rods(bent, inner, 23))}
    found = dict(module._granules(yy[None], xx[None], inner[None]))
    found |= dict(module._rods(yy[None], flat[None], flat[None], inner[None], 23))
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value), name


def test_hull_is_the_polygon_of_touching_lines():
    rng = np.random.default_rng(3)
    masks = np.stack([rng.random((30, 24)) < share for share in (0.01, 0.02, 0.2)])
    assert hull_area(support(masks)) == pytest.approx([polygon(mask) for mask in masks])


def test_outlines_are_sizes_and_shapes():
    shapes = ("area", "circularity", "eccentricity", "solidity", "extent", "diameter", "aspect")
    outlines = {f"{part}_{shape}" for part in ("nucleus", "cell") for shape in shapes}
    assert set(OUTLINES) == outlines | {"nucleus_lobes", "nc_ratio", "nucleus_offset"}


def test_many_images_are_measured_as_each_is():
    images = np.stack([marrow_cell(16, 18, seed) for seed in range(131)])
    assert np.array_equal(cell_features(images), np.concatenate([cell_features(image[None]) for image in images]))


@pytest.mark.parametrize("place", [(0, 0, 0, 0), (255, 1, 2, 1), (256, 0, 0, 0), (299, 3, 3, 2)])
def test_another_pixel_anywhere_is_another_key(place, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    monkeypatch.setattr("datasets.morphology.cell_features.cell_features", lambda pixels: pixels[:, 0, 0, :1] * 0.0)
    images = np.zeros((300, 4, 4, 3), np.uint8)
    other = images.copy()
    other[place] = 1
    for pixels in (images, other, images.reshape(300, 2, 8, 3), images):
        cached_cell_features(pixels)
    assert len({path.stem for path in tmp_path.rglob("cell-features-*")}) == 3
    monkeypatch.setattr("datasets.morphology.cell_features.CODE", b"another")
    cached_cell_features(images)
    assert len({path.stem for path in tmp_path.rglob("cell-features-*")}) == 4
