import hashlib
from dataclasses import replace

import numpy as np
import pytest

from datasets.cohort import CohortError
from datasets.public import bloodmnist
from datasets.roots import DataMissing

PARTS = {"train": 16, "val": 8, "test": 9}


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))


def layout(size=28, **changes):
    """Return arrays as medmnist keeps them: images (n, size, size, 3), labels (n, 1), both uint8."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in PARTS.items():
        arrays[f"{part}_images"] = rng.integers(0, 255, (n, size, size, 3), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(n, dtype=np.uint8) % 8)[:, None]
    return {k: v for k, v in {**arrays, **changes}.items() if v is not None}


def written(root, arrays, name="bloodmnist.npz"):
    (root / "bloodmnist").mkdir(exist_ok=True)
    np.savez(root / "bloodmnist" / name, **arrays)
    return root / "bloodmnist" / name


def test_official_roles_labels_and_pixels(tmp_path):
    arrays = layout()
    written(tmp_path, arrays)
    cohort = bloodmnist.load(data_root=tmp_path)
    assert cohort.official.tolist() == ["train"] * 16 + ["valid"] * 8 + ["test"] * 9
    assert cohort.classes[3] == "ig"
    assert cohort.specimen[[0, 15, 16, 32]].tolist() == ["train-00000", "train-00015", "val-00016", "test-00032"]
    assert set(cohort.domain) == {"Barcelona"}
    assert (cohort.provenance.source, cohort.provenance.licence) == (bloodmnist.RECORD, "CC BY 4.0")
    assert cohort.provenance.version == "MedMNIST+ (v3)"
    for role, part in {"train": "train", "valid": "val", "test": "test"}.items():
        rows = np.flatnonzero(cohort.official == role)
        np.testing.assert_array_equal(cohort.y[rows], arrays[f"{part}_labels"][:, 0])
        np.testing.assert_array_equal(cohort.images.pixels[rows], arrays[f"{part}_images"])
    assert not cohort.patients_known
    assert isinstance(cohort.images.pixels, np.memmap)


def test_other_sizes_have_files_of_their_own(tmp_path):
    written(tmp_path, layout())
    written(tmp_path, layout(64), "bloodmnist_64.npz")
    assert bloodmnist.load(data_root=tmp_path, image_size=64).images.pixels.shape[1:3] == (64, 64)
    assert bloodmnist.load(data_root=tmp_path).images.pixels.shape[1:3] == (28, 28)
    with pytest.raises(CohortError, match=r"bloodmnist_128.npz is not on this machine.*zenodo.*MD5 adace1e0ed"):
        bloodmnist.load(data_root=tmp_path, image_size=128)
    with pytest.raises(CohortError, match=r"image_size: is 32.*28, 64, 128, 224"):
        bloodmnist.load(data_root=tmp_path, image_size=32)


def test_a_copy_across_roles_keeps_the_role_of_test_or_valid(tmp_path):
    arrays = layout()
    arrays["train_images"][3] = arrays["test_images"][2]
    arrays["val_images"][4] = arrays["test_images"][2]
    arrays["train_images"][5] = arrays["val_images"][6]
    arrays["train_images"][7] = arrays["train_images"][8]
    written(tmp_path, arrays)
    official = bloodmnist.load(data_root=tmp_path).official
    expected = np.array(["train"] * 16 + ["valid"] * 8 + ["test"] * 9)
    expected[[3, 5, 16 + 4]] = ""
    assert official.tolist() == expected.tolist()


def test_a_file_with_another_md5_is_a_modified_copy(tmp_path, monkeypatch):
    path = written(tmp_path, layout())
    assert bloodmnist.load(data_root=tmp_path).provenance.modified
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "other"))
    known = replace(bloodmnist.FILES[28], md5=hashlib.md5(path.read_bytes()).digest())
    monkeypatch.setitem(bloodmnist.FILES, 28, known)
    assert not bloodmnist.load(data_root=tmp_path).provenance.modified


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"val_labels": None}, r"lacks \['val_labels'\]"),
        ({"val_images": np.zeros((8, 28, 28), np.uint8)}, r"val: is uint8 \(8, 28, 28\)"),
        ({"val_images": np.zeros((8, 28, 28, 3))}, "val: is float64"),
        ({"val_labels": np.zeros((7, 1), np.uint8)}, r"with labels \(7, 1\)"),
        ({"test_labels": np.full((9, 1), 8, np.uint8)}, r"test_labels: are not 0\.\.7 \(first: 0, 1, 2"),
        ({"test_labels": np.full((9, 1), -1, np.int8)}, r"test_labels: are not 0\.\.7"),
        ({"test_labels": np.zeros(9, np.uint8)}, r"with labels \(9,\)"),
        ({"val_labels": np.array([[None]] * 8, dtype=object)}, "damaged or no npz file .*pickle"),
    ],
)
def test_another_layout_is_refused(tmp_path, changes, message):
    written(tmp_path, layout(**changes))
    with pytest.raises(CohortError, match=message):
        bloodmnist.load(data_root=tmp_path)


@pytest.mark.parametrize("cut", [0.0, 0.5, 0.999])
def test_a_truncated_file_is_refused_and_leaves_no_cache(tmp_path, cut):
    path = written(tmp_path, layout())
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(CohortError, match=r"bloodmnist.npz: is damaged or no npz file .*get it again"):
        bloodmnist.load(data_root=tmp_path)
    assert [p for p in (tmp_path / "cache").iterdir() if p.is_dir()] == []


def test_no_data_names_the_command(tmp_path):
    with pytest.raises(DataMissing, match="python -m benchmark data get bloodmnist"):
        bloodmnist.find(tmp_path)


def test_the_card_says_that_the_original_was_not_seen():
    assert any("not verified on the original" in trap for trap in bloodmnist.CARD.traps)
    assert bloodmnist.SOURCE.url("bloodmnist.npz").startswith("https://zenodo.org/records/10519652/files/")
