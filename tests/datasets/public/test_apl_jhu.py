import hashlib
import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datasets.cohort import CohortError
from datasets.fetch import download
from datasets.public import apl_jhu
from datasets.roots import DataMissing
from tests.datasets.cell_folders import real_cohort

ROWS = [
    ("Patient_00", "APL", "Discovery", "29", "Female"),
    ("Patient_01", "AML", "Discovery", "28.5", "Male"),
    ("Patient_02", "AML", "Validation", "", "Male"),
]
real = pytest.mark.realdata


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch, request):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))
    if not request.node.get_closest_marker("realdata"):
        monkeypatch.delenv("HEMABENCH_DATA", raising=False)
        monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))


@pytest.fixture
def root(tmp_path):
    """A copy of the layout: three patients, two sizes of image, a deep slide, and things to pass over."""
    write_master(tmp_path, ROWS)
    picture(tmp_path, "Patient_00/123_p/Signed slides/Promyelocyte/PMY_1.JPG", 200)
    picture(tmp_path, "Patient_00/Signed slides/Blast, no lineage spec/BL_1.jpg", 100)
    picture(tmp_path, "Patient_00/Signed slides/Arifact/AR_1.jpg", 90)
    picture(tmp_path, "Patient_00/Unsigned slides/Monocyte/MO_1.jpg", 10)
    picture(tmp_path, "Patient_00/Signed slides/loose.jpg", 10)
    picture(tmp_path, "Patient_01/Signed slides/Monocyte/MO_1.jpg", 50, (182, 180))
    (tmp_path / "apl-jhu/Data/All/Patient_01/Signed slides/Monocyte/Thumbs.db").touch()
    picture(tmp_path, "Patient_02/Signed slides/Lymphocyte/LY_1.jpg", 150, (365, 400))
    (tmp_path / "apl-jhu/Data/All/Patient_02/Signed slides/Lymphocyte/LY_2.jpg").touch()
    return tmp_path


def write_master(root, rows, columns=apl_jhu._COLUMNS):
    folder = root / "apl-jhu/Data"
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=columns).to_csv(folder / "master.csv", index=False)


def picture(root, path, grey, size=(363, 360)):
    path = root / "apl-jhu/Data/All" / path
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), grey, np.uint8)).save(path, "JPEG", quality=95)


def load(root, **options):
    return apl_jhu.load(data_root=root, image_size=16, **options)


def test_one_bag_a_patient_whatever_the_depth(root):
    cohort = load(root)
    assert cohort.specimen.tolist() == cohort.patient.tolist() == ["Patient_00", "Patient_01", "Patient_02"]
    assert cohort.classes == ("AML", "APL")
    assert cohort.y.tolist() == [1, 0, 0]
    assert cohort.domain.tolist() == ["Discovery", "Discovery", "Validation"]
    assert cohort.images.sizes.tolist() == [3, 1, 1]
    greys = [np.unique(cohort.images.bag(i).mean(axis=(1, 2, 3)).round()).tolist() for i in range(3)]
    assert greys == [[90, 100, 200], [50], [150]]
    kinds = cohort.images.cell_type[cohort.images.bag_rows(0)].tolist()
    assert sorted(kinds) == ["Arifact", "Blast, no lineage spec", "Promyelocyte"]


def test_a_place_in_the_bag_tells_nothing_of_the_cell_type(root):
    """Cells stand in the order of the hashes of their paths, patient after patient."""
    for kind in ("Basophil", "Monocyte", "Smudge cell", "Lymphocyte"):
        picture(root, f"Patient_02/Signed slides/{kind}/X_1.jpg", 30)
    cohort = load(root)
    paths = [
        p.relative_to(root / "apl-jhu").as_posix()
        for p in (root / "apl-jhu/Data/All").glob("**/Signed slides/*/*.[jJ]*")
    ]
    for i, patient in enumerate(cohort.patient):
        hashed = sorted(
            (hashlib.sha256(p.encode()).hexdigest(), p) for p in paths if f"/{patient}/" in p and "LY_2" not in p
        )
        kinds = cohort.images.cell_type[cohort.images.bag_rows(i)].tolist()
        assert kinds == [p.split("/")[-2] for _, p in hashed]


@pytest.mark.parametrize(("age", "kept"), [("0", True), ("120", True), ("-1", False), ("121", False)])
def test_ages_are_those_that_a_person_can_have(root, age, kept):
    write_master(root, [*ROWS[:2], ("Patient_02", "AML", "Validation", age, "Male")])
    if kept:
        assert load(root).clinical["age"].tolist()[2] == float(age)
    else:
        with pytest.raises(CohortError, match=r"is no age in years \(first: Patient_02\)"):
            load(root)


def test_all_that_disagree_are_named_in_order(root):
    for i in (7, 5, 9, 6, 8):
        picture(root, f"Patient_0{i}/Signed slides/Monocyte/MO_1.jpg", 50)
    with pytest.raises(CohortError, match=r"without a row .*first: Patient_05, Patient_06, Patient_07, Patient_08"):
        load(root)


def test_facts_of_the_files_follow_the_images(root):
    cohort = load(root)
    facts = cohort.image_facts
    brightness = cohort.images.pixels.mean(axis=(1, 2, 3)).round()
    assert dict(zip(brightness, facts["height"], strict=True)) == {90: 363, 100: 363, 200: 363, 50: 182, 150: 365}
    assert set(facts["format"]) == {"JPEG"}


def test_clinical_is_age_and_sex(root):
    clinical = load(root).clinical
    np.testing.assert_array_equal(clinical["age"], [29, 28.5, np.nan])
    assert clinical["sex"].tolist() == ["female", "male", "male"]
    assert load(root).has("clinical").all() and load(root).units == {"age": "years"}
    assert clinical["sex"].cat.categories.tolist() == ["female", "male"]


def test_provenance_names_what_differs(root):
    provenance = load(root).provenance
    assert provenance.modified
    (absent,) = provenance.absent
    assert "images of these patients are not on this machine" in absent
    assert provenance.skipped == ("Data/All/Patient_02/Signed slides/Lymphocyte/LY_2.jpg",)
    assert provenance.version == apl_jhu.SOURCE.commit


@pytest.mark.parametrize(
    "change",
    ["none", "a file is lost", "a file is longer", "a file is not listed", "no file of theirs is lost"],
)
def test_only_the_files_of_the_manifest_are_not_called_modified(root, monkeypatch, change):
    folder = root / "apl-jhu"
    paths = [p for p in (folder / "Data/All").rglob("*") if p.is_file()]
    listed = [download.RemoteFile(p.relative_to(folder).as_posix(), p.stat().st_size) for p in paths]
    first = next(i for i, file in enumerate(listed) if file.path.endswith("Patient_01/Signed slides/Monocyte/MO_1.jpg"))
    other = download.RemoteFile(listed[first].path, listed[first].size - 1)
    lost = download.RemoteFile(listed[first].path.replace("MO_1", "MO_9"), 1)
    rest = [*listed[:first], *listed[first + 1 :]]
    of_theirs, place = "Data/All/Patient_01/", "Signed slides/Monocyte/MO_9.jpg"
    others = (f"Data/All/Patient_77/{place}", f"{of_theirs}Un{place.lower()}", f"{of_theirs}{place}.txt")
    not_theirs = [*listed, *(download.RemoteFile(path, 1) for path in others)]
    manifest = {
        "none": listed,
        "a file is lost": [*listed, lost],
        "a file is longer": [*rest, other],
        "a file is not listed": rest,
        "no file of theirs is lost": not_theirs,
    }[change]
    monkeypatch.setattr(apl_jhu, "read_manifest", lambda _: manifest)
    provenance = load(root).provenance
    assert provenance.modified == (not change.startswith("no"))
    assert len(provenance.absent) == (change == "a file is lost")


def test_absent_validation_is_named(root):
    write_master(root, ROWS[:2])
    (root / "apl-jhu/Data/All/Patient_02").rename(root / "elsewhere")
    assert "domain Validation is not on this machine" in load(root).provenance.absent


def test_a_copy_of_half_size_shows_the_same_field(root):
    y, x = np.mgrid[:363, :360] // 8
    full = Image.fromarray(np.stack([x * 5, y * 5, x + y], axis=-1).astype(np.uint8))
    folder = root / "apl-jhu/Data/All/Patient_01/Signed slides/Monocyte"
    full.save(folder / "MO_2.jpg", quality=100, subsampling=0)
    full.resize((180, 182), Image.Resampling.LANCZOS).save(folder / "MO_3.jpg", quality=100, subsampling=0)
    bag = load(root).images.bag(1).astype(int)
    apart = [np.abs(a - b).max() for a, b in itertools.combinations(bag, 2)]
    assert min(apart) <= 8


def test_crop_is_in_pixels_of_the_originals(root):
    with pytest.raises(CohortError, match="smaller than the crop of 370"):
        load(root, crop=370)
    assert len(load(root, crop=360).images.pixels) == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, ("Patient_03", *ROWS[1][1:])], "patients without images .*Patient_03.*data get"),
        (ROWS[:2], r"patient folders without a row in Data/master.csv \(first: Patient_02\)"),
        ([*ROWS, ROWS[0]], r"occur more than once \(first: Patient_00\)"),
        (
            [*ROWS[:2], ("Patient_02", "ALL", "Validation", "", "Male")],
            r"Diagnosis: unknown \['ALL'\].*Known: AML, APL",
        ),
        ([*ROWS[:2], ("Patient_02", "AML", "Third", "", "Male")], r"Cohort: unknown \['Third'\]"),
        ([*ROWS[:2], ("Patient_02", "AML", "Validation", "", "M")], r"Gender: unknown \['M'\]"),
        (
            [*ROWS[:2], ("Patient_02", "AML", "Validation", "old", "Male")],
            "Age at Diagnosis: is no number.*Patient_02 has 'old'",
        ),
        ([*ROWS[:2], ("Patient_02", "AML", "Validation", "290", "Male")], "no age in years.*Patient_02"),
    ],
)
def test_master_and_folders_must_agree(root, rows, message):
    write_master(root, rows)
    with pytest.raises(CohortError, match=message):
        load(root)


def test_a_missing_column_is_named(root):
    write_master(root, ROWS, ("Patient_ID", "Diagnosis", "Cohort", "Years", "Gender"))
    with pytest.raises(CohortError, match=r"lacks columns \['Age at Diagnosis'\]"):
        load(root)


def test_no_data_names_the_command(tmp_path):
    with pytest.raises(DataMissing, match="python -m benchmark data get apl-jhu"):
        apl_jhu.load(data_root=tmp_path)


def test_card_names_the_source():
    assert apl_jhu.SOURCE.commit in apl_jhu.CARD.source
    assert len(apl_jhu.SOURCE.all_files()) == 15_810


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    yield from real_cohort(tmp_path_factory, apl_jhu.load, image_size=24)


@real
def test_discovery_is_whole(cohort):
    discovery = cohort[cohort.domain == "Discovery"]
    assert np.bincount(discovery.y).tolist() == [60, 22]
    assert discovery.images.sizes.min() == 52
    assert discovery.images.starts[-1] == 12_153
    assert np.bincount(discovery.clinical["sex"].cat.codes).tolist() == [29, 53]
    assert discovery.clinical["age"].median() == 61.5


@real
def test_facts_are_those_of_the_files(cohort):
    folder = apl_jhu.find()
    sizes = {os.path.getsize(p) for p in folder.glob("Data/All/Patient_07/Signed slides/*/*.jpg")}
    rows = cohort.images.bag_rows(cohort.patient.tolist().index("Patient_07"))
    assert set(cohort.image_facts["bytes"].to_numpy()[rows]) <= sizes
    assert len(cohort.image_facts) == len(cohort.images.pixels)


@real
def test_truncated_originals_are_skipped(cohort):
    names = {p.split("/")[-1] for p in cohort.provenance.skipped}
    assert names >= {"BL_7821735.jpg", "SMU_8371935.jpg", "BL_7744281.jpg", "BL_6611696.jpg", "LY_8338724.jpg"}
    assert len(names) == 6 + ("Validation" in cohort.domain)


@real
def test_patients_with_a_deeper_folder_are_apl_and_there(cohort):
    folder = apl_jhu.find()
    deep = {p.relative_to(folder).parts[2] for p in folder.glob("Data/All/*/*/Signed slides")}
    assert len(deep) == 9 + 2 * ("Validation" in cohort.domain)
    rows = np.isin(cohort.patient, list(deep))
    assert (cohort.y[rows] == 1).all()
    assert (cohort.images.sizes[rows] >= 50).all()


@real
def test_cells_agree_with_the_folder_and_the_picture(cohort):
    folder = apl_jhu.find() / "Data/All/Patient_07/Signed slides"
    unreadable = {Path(p).name for p in cohort.provenance.skipped}
    paths = sorted(p for p in folder.rglob("*.jpg") if p.name not in unreadable)
    i = cohort.patient.tolist().index("Patient_07")
    assert sorted(cohort.images.cell_type[cohort.images.bag_rows(i)]) == sorted(p.parent.name for p in paths)
    with Image.open(paths[3]) as image:
        side = 150 if image.width < 270 else 300
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = np.asarray(image.crop((left, top, left + side, top + side)), float)
    mean = square.mean(axis=(0, 1))
    rows = cohort.images.bag_rows(i)[cohort.images.cell_type[cohort.images.bag_rows(i)] == paths[3].parent.name]
    colours = cohort.images.pixels[rows].mean(axis=(1, 2))
    assert np.abs(colours - mean).max(axis=1).min() <= 1.5
