import os

import numpy as np
import pytest

from datasets.cohort import CohortError
from datasets.fetch.sources import RemoteFile
from datasets.public import acevedo
from datasets.roots import DataMissing
from tests.datasets.cell_folders import keep_out
from tests.datasets.public.cell_files import acevedo_files, picture

real = pytest.mark.realdata
FOLDER = "acevedo/PBC_dataset_normal_DIB"


@pytest.fixture
def root(tmp_path, monkeypatch):
    keep_out(tmp_path, monkeypatch)
    acevedo_files(tmp_path)
    return tmp_path


def load(root, **options):
    return acevedo.load(data_root=root, image_size=8, **options)


def test_one_specimen_an_image_and_no_patients(root):
    cohort = load(root)
    assert cohort.classes == acevedo.CLASSES
    assert np.bincount(cohort.y).tolist() == [1, 1, 1, 4, 1, 1, 2, 1]
    assert cohort.specimen[:2].tolist() == ["BA_1", "EO_2"]
    assert not cohort.patients_known
    assert cohort.target_level == "specimen"
    assert cohort.images.cell_type is None  # the file's prefix is the label
    greys = cohort.images.pixels.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(greys, 20 * np.arange(12), atol=2)
    assert cohort.image_facts["width"].tolist() == [180, 366] * 6


def test_stages_of_immature_granulocytes(root):
    cohort = load(root, subtypes=True)
    assert cohort.classes[3:6] == ("promyelocyte", "myelocyte", "metamyelocyte")
    named = dict(zip(cohort.specimen, np.array(cohort.classes)[cohort.y], strict=True))
    assert {k: v for k, v in named.items() if k.split("_")[0] in ("MMY", "MY", "PMY")} == {
        "MMY_5": "metamyelocyte", "MY_6": "myelocyte", "PMY_7": "promyelocyte"
    }  # fmt: skip
    assert "IG_4" not in named
    assert len(cohort) == 11


def test_unusable_images_are_named_and_the_rest_stays_aligned(root):
    (root / FOLDER / "basophil/BA_0.jpg").touch()
    picture(root / FOLDER / "ig/MY_99.jpg", 250, (180, 80))
    cohort = load(root)
    assert cohort.provenance.skipped == (
        "PBC_dataset_normal_DIB/basophil/BA_0.jpg", "PBC_dataset_normal_DIB/ig/MY_99.jpg"
    )  # fmt: skip
    assert "BA_0" not in cohort.specimen
    assert len(cohort.image_facts) == len(cohort) == 12


def test_a_copy_that_differs_is_flagged_and_absent_images_are_counted(root, monkeypatch):
    provenance = load(root).provenance
    assert provenance.modified
    assert "17092 images are not on this machine" in provenance.absent[0]
    files = acevedo.cell_files(root / "acevedo")
    whole = [RemoteFile(f.path, f.size) for f in files]
    monkeypatch.setattr("datasets.fetch.sources.read_manifest", lambda _: whole)
    assert not load(root).provenance.modified
    assert load(root).provenance.absent == ()
    monkeypatch.setattr("datasets.fetch.sources.read_manifest", lambda _: [*whole[:-1], RemoteFile(files[-1].path, 1)])
    assert load(root).provenance.modified


def test_a_folder_that_is_no_class_is_refused(root):
    picture(root / FOLDER / "blast/BL_1.jpg", 10)
    with pytest.raises(CohortError, match=r"folders that are no class \(first: blast\).*Known: basophil"):
        load(root)
    for kind in ("smudge", "Basophil", "plasma cell", "artefact"):
        picture(root / FOLDER / kind / "X_1.jpg", 10)
    with pytest.raises(CohortError, match=r"\(first: Basophil, artefact, blast, plasma cell"):
        load(root)


def test_no_data_names_the_command(root):
    with pytest.raises(DataMissing, match="python -m benchmark data get acevedo"):
        acevedo.load(data_root=root / "none")


def test_the_manifest_has_the_counts_and_the_pairs_of_the_card():
    listed = acevedo.SOURCE.all_files()
    digests = {}
    for file in listed:
        digests.setdefault(file.sha256, []).append(acevedo.cell_type(file.path))
    pairs = [kinds for kinds in digests.values() if len(kinds) > 1]
    assert len(listed) == 17_092
    assert [len(kinds) for kinds in pairs] == [2] * 17
    assert [set(kinds) for kinds in pairs if len(set(kinds)) > 1] == [{"eosinophil", "neutrophil"}]


@pytest.fixture(scope="module")
def files():
    if "HEMABENCH_DATA" not in os.environ:
        pytest.skip("HEMABENCH_DATA is not set")
    return acevedo.cell_files(acevedo.find())


@real
def test_counts_of_the_classes_and_stages(files):
    kinds = [acevedo.cell_type(f.path) for f in files]
    assert {k: kinds.count(k) for k in acevedo.CLASSES} == {
        "basophil": 1218, "eosinophil": 3117, "erythroblast": 1551, "ig": 2895, "lymphocyte": 1214, "monocyte": 1420,
        "neutrophil": 3329, "platelet": 2348,
    }  # fmt: skip
    stages = [acevedo._stage(f.path) for f in files]
    assert [stages.count(k) for k in ("promyelocyte", "myelocyte", "metamyelocyte", "ig")] == [592, 1137, 1015, 151]


@real
def test_the_files_are_those_of_the_manifest(files):
    assert {f.path for f in files} == {f.path for f in acevedo.SOURCE.all_files()}


@real
def test_pairs_of_the_manifest_are_identical_here_too():
    folder, first = acevedo.find(), {}
    for file in acevedo.SOURCE.all_files():
        twin = first.setdefault(file.sha256, file.path)
        if twin != file.path:
            assert (folder / twin).read_bytes() == (folder / file.path).read_bytes()


@real
def test_real_cells_decode_and_size_goes_with_the_class(files, tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(acevedo, "cell_files", lambda _: files[::8])
    cohort = acevedo.load(image_size=16)
    assert len(cohort) == len(files[::8])
    assert cohort.provenance.skipped == ()
    width = cohort.image_facts["width"].to_numpy()
    large = width >= 1.01 * np.median(width)
    assert {cohort.classes[k] for k in cohort.y[large]} == {
        "basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil"
    }  # fmt: skip
