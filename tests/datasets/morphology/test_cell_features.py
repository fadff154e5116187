"""Hand-crafted cell features against scikit-image, drawn cells, generated truth and real masks."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import measure
from skimage.draw import disk, ellipse

from datasets.morphology.cell_features import FEATURES, cached_cell_features, cell_features
from datasets.morphology.cell_segmentation import optical_density, segment
from datasets.morphology.cell_shape import centroid, eccentricity, extent, feret, hull_area, lobes, perimeter, support

BACKGROUND, RED_CELL, CYTOPLASM, NUCLEUS = (247, 237, 240), (232, 152, 165), (155, 163, 209), (95, 58, 148)


def drawn_cell(nucleus=14, cell=22, side=64, centre=(0.5, 0.5)):
    """Draw one cell of known radii in pixels of a 64-pixel field, with a red cell in a corner."""
    image = np.full((side, side, 3), BACKGROUND, np.uint8)
    scale = side / 64
    middle = (centre[0] * (side - 1), centre[1] * (side - 1))
    for where, radius, colour in (((2, 2), 9, RED_CELL), (middle, cell, CYTOPLASM), (middle, nucleus, NUCLEUS)):
        image[disk(where, radius * scale, shape=(side, side))] = colour
    return image


def measured(*images):
    values = cell_features(np.stack(images))
    return {name: values[:, j].astype(float) for j, name in enumerate(FEATURES)}


def blobs():
    rng = np.random.default_rng(0)
    masks = np.zeros((12, 40, 44), bool)
    for mask in masks:
        r, c, a, b = rng.uniform(14, 24), rng.uniform(14, 28), rng.uniform(5, 12), rng.uniform(5, 12)
        mask[ellipse(r, c, a, b, shape=mask.shape, rotation=rng.uniform(0, 3))] = True
    masks[0, 5:15, 5:35] = True
    masks[1, 20:30, 3:12] = True
    return masks


def test_shape_agrees_with_scikit_image():
    masks = blobs()
    found = [measure.regionprops(m.astype(int))[0] for m in masks]
    assert np.allclose(eccentricity(masks), [r.eccentricity for r in found], atol=1e-6)
    assert np.allclose(extent(masks), [r.extent for r in found])
    assert np.allclose(perimeter(masks), [measure.perimeter_crofton(m, 4) for m in masks], rtol=1e-6)
    hull = hull_area(support(masks))
    assert np.allclose(hull, [r.area_convex for r in found], rtol=0.06)
    assert np.allclose(centroid(masks), np.transpose([r.centroid for r in found]))


def test_caliper_widths_of_a_rectangle():
    mask = np.zeros((1, 40, 40), bool)
    mask[0, 10:20, 5:35] = True
    narrow, wide = feret(support(mask))
    assert narrow[0] == pytest.approx(10) and wide[0] == pytest.approx(np.hypot(10, 30), rel=0.01)


def test_lobes_are_counted_however_they_are_joined():
    one, two, three = np.zeros((3, 48, 48), bool)
    one[disk((24, 24), 12)] = True
    for middle in ((24, 14), (24, 34)):
        two[disk(middle, 9)] = True
    two[22:26, 14:34] = True
    for middle in ((12, 12), (12, 34), (34, 24)):
        three[disk(middle, 7)] = True
    assert lobes(np.stack([one, two, three, np.zeros_like(one)])).tolist() == [1, 2, 3, 0]


def test_a_drawn_cell_has_its_own_measures():
    found = measured(drawn_cell(nucleus=14, cell=22))
    assert found["nucleus_area"][0] == pytest.approx(np.pi * 14**2 / 64**2, rel=0.08)
    assert found["nc_ratio"][0] == pytest.approx((14 / 22) ** 2, rel=0.08)
    assert found["cell_diameter"][0] == pytest.approx(44 / 64, rel=0.08)
    assert found["nucleus_lobes"][0] == 1 and found["nucleus_circularity"][0] > 0.9
    assert found["nucleus_green_mean"][0] > 2 * found["cytoplasm_green_mean"][0]


def test_red_cells_are_not_white_cells():
    image = np.full((64, 64, 3), BACKGROUND, np.uint8)
    image[disk((32, 32), 14)] = RED_CELL
    nucleus, cell = segment(optical_density(image[None]))
    assert not nucleus.any() and not cell.any()


def test_a_black_frame_is_not_a_nucleus():
    framed = drawn_cell()
    framed[:5] = 0
    plain, found = measured(drawn_cell()), measured(framed)
    assert found["nucleus_area"] == pytest.approx(plain["nucleus_area"], rel=0.05)


def test_the_same_cell_at_twice_the_resolution_measures_the_same():
    small, large = measured(drawn_cell(side=64)), measured(drawn_cell(side=128))
    for name in ("nucleus_area", "cell_area", "nc_ratio", "cell_diameter", "nucleus_solidity", "nucleus_green_mean"):
        assert small[name] == pytest.approx(large[name], rel=0.06), name


def test_dark_spots_and_lines_are_seen_in_the_cytoplasm():
    plain, spotted, rodded = (drawn_cell(nucleus=9, cell=26) for _ in range(3))
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        r, c = round(31.5 + 18 * np.sin(angle)), round(31.5 + 18 * np.cos(angle))
        spotted[r : r + 2, c : c + 2] = (151, 76, 164)
    rodded[24:40, 48] = (165, 69, 160)
    found = measured(plain, spotted, rodded)
    assert found["granule_density"][1] > 3 * found["granule_density"][0]
    assert found["rod_length"][2] > 10 / 64 > 2 * found["rod_length"][0]


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.integers(1, 20), st.integers(1, 20))
def test_an_image_of_one_colour_measures_zero(red, green, blue, height, width):
    image = np.full((1, height, width, 3), (red, green, blue), np.uint8)
    assert (cell_features(image) == 0).all()


@given(st.integers(0, 2**31), st.integers(1, 24), st.integers(1, 24))
def test_noise_of_any_size_measures_finite_numbers(seed, height, width):
    noise = np.random.default_rng(seed).integers(0, 256, (2, height, width, 3)).astype(np.uint8)
    values = cell_features(noise)
    assert values.shape == (2, len(FEATURES)) and values.dtype == np.float32 and np.isfinite(values).all()


def test_an_image_is_measured_without_its_neighbours():
    rng = np.random.default_rng(1)
    images = np.stack([drawn_cell(n, c) for n, c in zip(range(8, 16), range(18, 26), strict=True)])
    images = (images + rng.integers(-20, 8, images.shape)).clip(0, 255).astype(np.uint8)
    together = cell_features(images)
    assert np.array_equal(together, np.concatenate([cell_features(i[None]) for i in images]))
    assert np.array_equal(together[::-1], cell_features(images[::-1]))


def test_no_image_gives_no_row():
    assert cell_features(np.empty((0, 64, 64, 3), np.uint8)).shape == (0, len(FEATURES))


def test_features_are_computed_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    images = np.stack([drawn_cell(), drawn_cell(10, 20)])
    first = cached_cell_features(images)
    monkeypatch.setattr("datasets.morphology.cell_features.cell_features", lambda pixels: pytest.fail("computed again"))
    assert np.array_equal(first, cached_cell_features(images.copy()))


def test_features_follow_the_generated_truth():
    from datasets.generated.apl_sim import load

    cohort = load(patients=30, cells=6, image_size=64)
    values = cell_features(np.asarray(cohort.images.pixels))
    nucleus, cell = (np.asarray(cohort.truth.masks[part]).mean(axis=(1, 2)) for part in ("nucleus", "cell"))
    seen = cell > 0
    for name, truth, least in (
        ("nucleus_area", nucleus, 0.9),
        ("cell_area", cell, 0.9),
        ("nc_ratio", nucleus / np.maximum(cell, 1e-9), 0.6),  # granules in dense patches pass for nucleus
        ("nc_ratio", cohort.truth.traits["nc_ratio"].to_numpy(), 0.5),
        ("cell_diameter", cohort.truth.traits["diameter_um"].to_numpy(), 0.7),
    ):
        assert np.corrcoef(values[seen, FEATURES.index(name)], truth[seen])[0, 1] > least, name


@pytest.mark.realdata
def test_masks_agree_with_the_experts_on_real_cells():
    folder = Path(os.environ["HEMABENCH_DATA"]) / "wbc-zheng" / "Dataset 2"
    if not folder.exists():
        pytest.skip("wbc-zheng is not among the real files")
    files = sorted(folder.glob("*.bmp"))
    pixels = np.stack([np.asarray(Image.open(f).convert("RGB").resize((64, 64), Image.LANCZOS)) for f in files])
    drawn = np.stack([np.asarray(Image.open(f.with_suffix(".png")).convert("L").resize((64, 64), 0)) for f in files])
    nucleus, cell = segment(optical_density(pixels))
    assert np.median(dice(nucleus, drawn > 200)) > 0.95
    assert np.median(dice(cell, drawn > 90)) > 0.93


def dice(one, other):
    return 2 * (one & other).sum(axis=(1, 2)) / np.maximum(one.sum(axis=(1, 2)) + other.sum(axis=(1, 2)), 1)
