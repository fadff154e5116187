import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.fetch.sources import RemoteFile
from datasets.public import wbcatt
from datasets.roots import DataMissing
from tests.datasets.cell_folders import keep_out
from tests.datasets.public.cell_files import acevedo_files

real = pytest.mark.realdata
CELLS = {
    "train": [("BA_1.jpg", "Basophil"), ("EO_2.jpg", "Eosinophil"), ("LY_8.jpg", "Lymphocyte")],
    "val": [("MO_9.jpg", "Monocyte")],
    "test": [("BNE_10.jpg", "Neutrophil"), ("SNE_11.jpg", "Neutrophil")],
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    keep_out(tmp_path, monkeypatch)
    acevedo_files(tmp_path)
    for part in CELLS:
        write(tmp_path, part, CELLS[part])
    return tmp_path


def write(root, part, rows, **columns):
    table = pd.DataFrame(rows, columns=["img_name", "label"])
    table = table.assign(**{**dict.fromkeys(wbcatt.ATTRIBUTES, "round"), **columns})
    path = root / f"wbcatt/submission/pbc_attr_v1_{part}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)


def test_the_official_roles(root):
    cohort = wbcatt.load(data_root=root, image_size=8)
    roles = dict(zip(cohort.specimen, cohort.official, strict=True))
    assert roles == {
        "BA_1": "train", "EO_2": "train", "LY_8": "train", "MO_9": "valid", "BNE_10": "test", "SNE_11": "test"
    }  # fmt: skip
    assert cohort.classes == wbcatt.CLASSES
    assert np.array(cohort.classes)[cohort.y].tolist() == [
        "basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil", "neutrophil"
    ]  # fmt: skip
    assert not cohort.patients_known


def test_attributes_are_aligned_by_specimen_and_no_input(root):
    write(root, "val", CELLS["val"], nucleus_shape="unsegmented-indented")
    cohort = wbcatt.load(data_root=root, image_size=8)
    table = wbcatt.attributes(root).loc[cohort.specimen]
    assert table.loc["MO_9", "nucleus_shape"] == "unsegmented-indented"
    assert table["label"].tolist() == np.array(cohort.classes)[cohort.y].tolist()
    assert cohort.clinical is None
    assert cohort.images.cell_type is None


def test_copies_of_test_images_play_no_role(root, monkeypatch):
    twins = ("basophil/BA_1", "monocyte/MO_9", "neutrophil/SNE_11")
    listed = [RemoteFile(f"PBC_dataset_normal_DIB/{name}.jpg", 1, b"t" * 32) for name in twins]
    monkeypatch.setattr("datasets.fetch.sources.read_manifest", lambda _: listed)
    cohort = wbcatt.load(data_root=root, image_size=8)
    roles = dict(zip(cohort.specimen, cohort.official, strict=True))
    assert [roles[name] for name in ("BA_1", "MO_9", "SNE_11", "EO_2")] == ["", "", "test", "train"]


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([("MO_404.jpg", "Monocyte")], {}, r"are not in acevedo \(first: MO_404\).*data get acevedo"),
        ([("MO_9.jpg", "Basophil")], {}, r"label differs from the folder of the image \(first: MO_9\)"),
        ([("BA_1.jpg", "Basophil")], {}, r"occur more than once \(first: BA_1\)"),
        ([("MO_9.jpg", "Monocyte")], {"cell_size": ""}, r"pbc_attr_v1_val.csv: has blank cells \(first: MO_9.jpg\)"),
        (
            [("MO_8.jpg", "Monocyte"), ("MO_9.jpg", "Monocyte")],
            {"cell_size": ["big", ""]},
            r"has blank cells \(first: MO_9.jpg\)",
        ),
    ],
)
def test_tables_and_images_must_agree(root, rows, columns, message):
    write(root, "val", rows, **columns)
    with pytest.raises(CohortError, match=message):
        wbcatt.load(data_root=root, image_size=8)


def test_a_missing_column_is_named(root):
    path = root / "wbcatt/submission/pbc_attr_v1_test.csv"
    pd.read_csv(path).drop(columns="granularity").to_csv(path, index=False)
    with pytest.raises(CohortError, match=r"pbc_attr_v1_test.csv: lacks columns \['granularity'\]"):
        wbcatt.attributes(root)


@pytest.mark.parametrize("gone", ["acevedo", "wbcatt"])
def test_what_is_missing_is_named(root, gone):
    shutil.rmtree(root / gone)
    with pytest.raises(DataMissing, match=f"data get {gone}"):
        wbcatt.find(root)


@real
def test_counts_and_pairs_of_the_source():
    table = wbcatt.attributes()
    assert table["role"].value_counts().to_dict() == {"train": 6169, "test": 3099, "valid": 1030}
    assert table["label"].value_counts().to_dict() == {
        "neutrophil": 3329, "eosinophil": 3117, "monocyte": 1420, "basophil": 1218, "lymphocyte": 1214
    }  # fmt: skip
    stems = {}
    for file in wbcatt.acevedo.SOURCE.all_files():
        stems.setdefault(file.sha256, []).append(Path(file.path).stem)
    pairs = [names for names in stems.values() if len(names) > 1 and set(names) <= set(table.index)]
    roles = [tuple(sorted(table.loc[names, "role"])) for names in pairs]
    assert len(pairs) == 14
    assert roles.count(("test", "train")) == 4
    assert roles.count(("test", "valid")) == 2


@real
def test_the_tables_are_those_of_the_source():
    folder = wbcatt.find()
    for file in wbcatt.SOURCE.files:
        assert (folder / file.path).stat().st_size == file.size


@real
def test_every_annotated_cell_is_in_acevedo_under_its_type():
    table = wbcatt.attributes()
    files = wbcatt._annotated(wbcatt.acevedo.cell_files(wbcatt.acevedo.find()), table)
    assert sorted(Path(f.path).stem for f in files) == sorted(table.index)
