from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datasets.cohort import CohortError
from datasets.public import wbc_zheng
from datasets.read.duplicates import groups
from datasets.roots import DataMissing
from tests.datasets.cell_folders import keep_out, real_cohort
from tests.datasets.public.cell_files import zheng_files

real = pytest.mark.realdata
TABLE = "wbc-zheng/Class Labels of Dataset 1.csv"


@pytest.fixture
def root(tmp_path, monkeypatch):
    keep_out(tmp_path, monkeypatch)
    zheng_files(tmp_path)
    return tmp_path


def load(root):
    return wbc_zheng.load(data_root=root, image_size=20)


def test_two_domains_five_classes(root):
    cohort = load(root)
    assert cohort.classes == wbc_zheng.CLASSES
    assert cohort.domain.tolist() == ["Tecom"] * 5 + ["CellaVision"] * 5
    assert cohort.y.tolist() == [0, 1, 2, 3, 4] * 2
    assert cohort.specimen[[0, 5]].tolist() == ["Tecom-001", "CellaVision-001"]
    np.testing.assert_allclose(cohort.images.pixels.mean(axis=(1, 2, 3)), [30, 60, 90, 120, 150] * 2, atol=3)
    assert cohort.image_facts["width"].tolist() == [120] * 5 + [300] * 5


def test_an_image_that_is_too_small_is_named(root):
    assert load(root).provenance.skipped == ("Dataset 1/006.bmp",)


def test_masks_follow_the_crop_of_each_domain(root):
    cohort = load(root)[[7, 1]]
    masks = wbc_zheng.masks(cohort, root)
    assert (sum(m.astype(int) for m in masks.values()) == 1).all()
    for i, (side, crop) in enumerate(((300, 220), (120, 100))):
        for name, (inner, outer) in {"nucleus": (0, 0.15), "cytoplasm": (0.15, 0.3)}.items():
            area = np.pi * side**2 * (outer**2 - inner**2) / crop**2
            assert masks[name][i].mean() == pytest.approx(area, abs=0.03)


def test_masks_are_aligned_with_the_pixels(root):
    for dataset in ("Dataset 1", "Dataset 2"):  # draw the mask as the picture
        for path in sorted((root / "wbc-zheng" / dataset).glob("*.png")):
            Image.open(path).convert("RGB").save(path.with_suffix(".bmp"))
    cohort = load(root)
    nucleus = wbc_zheng.masks(cohort, root)["nucleus"]
    assert ((cohort.images.pixels[..., 0] >= 192) == nucleus).mean() > 0.97


def test_every_grey_of_a_mask_belongs_to_one_part(root):
    greys = np.resize(np.arange(256, dtype=np.uint8), (300, 300))
    Image.fromarray(greys).save(root / "wbc-zheng/Dataset 2/001.png")
    images = SimpleNamespace(pixels=np.zeros((1, 220, 220, 3)))  # the crop at its full size
    cohort = SimpleNamespace(specimen=["CellaVision-001"], images=images)
    masks, cut = wbc_zheng.masks(cohort, root), greys[40:260, 40:260]
    np.testing.assert_array_equal(masks["nucleus"][0], np.isin(cut, range(192, 256)))
    np.testing.assert_array_equal(masks["cytoplasm"][0], np.isin(cut, range(64, 192)))
    np.testing.assert_array_equal(masks["background"][0], np.isin(cut, range(64)))


def test_a_cohort_without_images_has_no_masks(root):
    with pytest.raises(ValueError, match="wbc-zheng has no images; masks belong to the images of wbc-zheng"):
        wbc_zheng.masks(SimpleNamespace(name="wbc-zheng", images=None), root)


def test_blinded_specimens_have_no_masks(root):
    with pytest.raises(ValueError, match="is no specimen of wbc-zheng"):
        wbc_zheng.masks(load(root).blinded(labels=True), root)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("image ID,class\n1,1\n2,2\n3,3\n4,4\n5,5\n", r"do not name the same cells \(first: 006\).*data get wbc-zheng"),
        ("image ID,class\n1,1\n2,2\n3,3\n4,4\n5,5\n6,1\n7,1\n", r"do not name the same cells \(first: 007\)"),
        ("image ID,class\n1,1\n2,2\n3,3\n4,4\n5,5\n6,9\n", r"label 1 to 5, or repeat one \(first: 6\)"),
        ("image ID,class\n1,1\n1,2\n3,3\n4,4\n5,5\n6,1\n", r"label 1 to 5, or repeat one \(first: 1\)"),
        ("image ID,class\nx,1\n", r"label 1 to 5, or repeat one \(first: x\)"),
        ("id,class,more\n1,1,1\n", "needs the columns image ID and class"),
        ("id,class\n1,1\n", "needs the columns image ID and class"),
        ("image ID,class,more\n1,1,1\n", "needs the columns image ID and class"),
        ("image ID,class\n", r"do not name the same cells \(first: 001, 002, 003, 004"),
    ],
)
def test_table_and_images_must_agree(root, table, message):
    (root / TABLE).write_text(table)
    with pytest.raises(CohortError, match=message):
        load(root)


def test_no_data_names_the_command(root):
    with pytest.raises(DataMissing, match="python -m benchmark data get wbc-zheng"):
        wbc_zheng.load(data_root=root / "none")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    yield from real_cohort(tmp_path_factory, wbc_zheng.load, image_size=64)


@real
def test_counts_of_the_source(cohort):
    counts = pd.crosstab(cohort.domain, cohort.y)
    assert counts.loc["Tecom"].tolist() == [175, 52, 48, 22, 1]
    assert counts.loc["CellaVision"].tolist() == [33, 37, 15, 12, 3]
    assert cohort.provenance.skipped == ("Dataset 1/106.bmp", "Dataset 1/258.bmp")
    assert not cohort.provenance.modified


@real
def test_the_background_of_dataset_1_tells_the_type(cohort):
    rows = cohort.images.pixels[:, [0, 1, -2, -1]]
    rim = rows.reshape(len(cohort), -1, 3)
    white = (np.median(rim, axis=1) >= 250).all(axis=1)
    tecom = cohort.domain == "Tecom"
    share = [white[tecom & (cohort.y == k)].mean() for k in range(4)]
    assert not white[~tecom].any()
    assert min(share[0], share[3]) > 0.25 > max(share[1], share[2])


@real
def test_cells_of_both_domains_look_alike_in_size(cohort):
    masks = wbc_zheng.masks(cohort)
    for k in range(3):
        chosen = cohort.y == k
        width = np.sqrt(masks["nucleus"].mean(axis=(1, 2)))
        first, second = (np.median(width[chosen & (cohort.domain == d)]) for d in wbc_zheng.DOMAINS)
        assert 0.8 < second / first < 1.2


@real
def test_nuclei_are_darker_than_the_rest(cohort):
    masks = wbc_zheng.masks(cohort)
    green = cohort.images.pixels[..., 1].astype(float)
    inside = (green * masks["nucleus"]).sum(axis=(1, 2)) / masks["nucleus"].sum(axis=(1, 2))
    outside = (green * masks["background"]).sum(axis=(1, 2)) / masks["background"].sum(axis=(1, 2))
    assert (inside < outside).mean() > 0.99


@real
def test_copies_that_the_card_names_are_here(cohort):
    group = dict(zip(cohort.specimen.tolist(), groups(cohort.images), strict=True))
    for a, b in (("112", "139"), ("071", "084"), ("157", "158"), ("166", "171"), ("167", "169")):
        assert group[f"Tecom-{a}"] == group[f"Tecom-{b}"]
    again = ["019-075", "021-082", "026-089", "030-086", "051-073", "054-091", "056-092", "060-090", "070-072"]
    for a, b in (pair.split("-") for pair in again):  # one cell in two pictures, as an eye sees
        assert group[f"Tecom-{a}"] == group[f"Tecom-{b}"]
    assert len(set(group.values())) == len(cohort) - 5 - len(again)
