import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.public import c_nmc
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from datasets.splits import check_patients
from tests.datasets.cell_folders import picture, places  # noqa: F401

pytestmark = pytest.mark.usefixtures("places")

# Preliminary test: renamed file -> original name.
RENAMED = {f"{i}.bmp": f"UID_{who}_1_{i}_{kind}.bmp" for i, (who, kind) in enumerate([("57", "all"), ("H40", "hem")])}


@pytest.fixture
def root(tmp_path):
    """Three folds of six subjects, each of one class, and a preliminary test of two more."""
    folder = tmp_path / "c-nmc/PKG - C-NMC 2019"
    for k in range(3):
        for subject, kind in (
            (f"{2 * k + 1}", "all"),
            (f"{2 * k + 2}", "all"),
            (f"H{2 * k + 1}", "hem"),
            (f"H{2 * k + 2}", "hem"),
        ):
            for i in range(2):
                name = f"UID_{subject}_{i}_1_{kind}.bmp"
                picture(folder / "C-NMC_training_data" / f"fold_{k}" / kind / name, 200 if kind == "all" else 50)
    for name in RENAMED:
        picture(folder / c_nmc.PRELIMINARY / c_nmc.PRELIMINARY / name, 90)
    picture(folder / c_nmc.FINAL / c_nmc.FINAL / "1.bmp", 10)
    label(tmp_path)
    return tmp_path


def label(root, **changed):
    table = pd.DataFrame({"Patient_ID": RENAMED.values(), "new_names": RENAMED.keys(), "labels": [1, 0]}).assign(
        **changed
    )
    table.to_csv(root / "c-nmc" / c_nmc.LABELS, index=False)


def load(root, **options):
    return c_nmc.load(data_root=root, image_size=8, crop=40, **options)


def test_cells_carry_subject_class_and_role(root):
    cohort = load(root)
    assert cohort.classes == ("normal", "ALL")
    assert len(cohort) == 24 + 2
    assert np.bincount(cohort.y).tolist() == [13, 13]
    assert cohort.patients_known
    assert sorted(set(cohort.patient)) == sorted(
        [f"subject-{i}" for i in range(1, 7)] + [f"subject-H{i}" for i in range(1, 7)] + ["subject-57", "subject-H40"]
    )
    assert (np.array(["H" in p for p in cohort.patient]) == (cohort.y == 0)).all()
    assert dict(zip(*np.unique(cohort.official, return_counts=True), strict=True)) == {"train": 24, "test": 2}
    bright = np.array([cohort.images.bag(i).mean() for i in range(len(cohort))])
    assert (bright[(cohort.official == "train") & (cohort.y == 1)] > 190).all()
    assert not any(c_nmc.FINAL in s for s in cohort.specimen)


def test_its_own_split_keeps_subjects_apart(root):
    cohort = load(root)
    plan = schemes.published(cohort, repeats=c_nmc.SPLIT["folds"])
    check_patients(cohort, plan)
    assert set(plan.table["role"]) == {"train", "valid", "test"}
    check_patients(cohort, schemes.kfold(cohort, folds=5))


def test_an_incomplete_copy_says_so(root):
    assert "26 images are on this machine, the source has 12,528" in load(root).provenance.absent
    (root / "c-nmc/PKG - C-NMC 2019" / c_nmc.PRELIMINARY).rename(root / "away")
    (root / "c-nmc" / c_nmc.LABELS).unlink()
    cohort = load(root)
    assert f"{c_nmc.PRELIMINARY} is not on this machine" in cohort.provenance.absent
    assert set(cohort.official) == {"train"}


def test_a_copy_with_all_images_is_not_called_modified(root, monkeypatch):
    assert load(root).provenance.modified
    monkeypatch.setattr(c_nmc, "_IMAGES", 26)
    provenance = load(root).provenance
    assert (provenance.modified, provenance.absent) == (False, ())


def test_a_damaged_file_is_named(root):
    victim = root / "c-nmc/PKG - C-NMC 2019/C-NMC_training_data/fold_0/all/UID_1_0_1_all.bmp"
    victim.write_bytes(b"BM")
    cohort = load(root)
    assert cohort.provenance.skipped == (victim.relative_to(root / "c-nmc").as_posix(),)
    assert len(cohort) == 25


def test_per_class_takes_a_part(root):
    assert np.bincount(load(root, per_class=4).y).tolist() == [4, 4]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": [0, 0]}, r"labels: disagree with Patient_ID \(first: UID_57_1_0_all.bmp\)"),
        ({"labels": [1, 2]}, r"labels: unknown \['2'\] \(first: line 3\).*Known: 1, 0"),
        ({"new_names": ["0.bmp", "7.bmp"]}, r"has no row for an image \(first: .*/1.bmp\)"),
        ({"Patient_ID": ["57_all.bmp", "UID_H40_1_1_hem.bmp"]}, "carry no subject .*0.bmp.*Names are UID_"),
    ],
)
def test_labels_and_files_must_agree(root, changed, message):
    label(root, **changed)
    with pytest.raises(CohortError, match=message):
        load(root)


def test_labels_are_codes_and_stray_files_none(root):
    whole, path = load(root), root / "c-nmc" / c_nmc.LABELS
    table = pd.read_csv(path, dtype=str)
    table["labels"] += ".0"
    path.write_bytes((table.to_csv(index=False, lineterminator="\r\n") + ",,\r\n\r\n").encode("utf-8-sig"))
    (root / "c-nmc/._stray.bmp").write_bytes(b"junk")
    (root / "c-nmc/__MACOSX").mkdir()
    (root / "c-nmc/__MACOSX" / c_nmc.LABELS).write_bytes(b"junk")
    assert load(root).fingerprint == whole.fingerprint


def test_letters_of_a_name_may_be_of_either_case(root):
    whole = load(root)
    for path in list((root / "c-nmc").rglob("UID_*.bmp")):
        path.rename(path.with_name(path.name.upper()))
    again = load(root)
    assert again.patient.tolist() == whole.patient.tolist() and again.y.tolist() == whole.y.tolist()


def test_the_cohort_says_where_it_is_from(root):
    said = load(root).provenance
    assert (said.source, said.version, said.licence) == (c_nmc.SOURCE.page, "TCIA version 1", c_nmc.SOURCE.licence)
    assert set(load(root).domain) == {"C-NMC"}


def test_missing_label_file_and_columns_are_named(root):
    path = root / "c-nmc" / c_nmc.LABELS
    path.write_text("a,b\n")
    with pytest.raises(CohortError, match=r"lacks columns \['Patient_ID', 'new_names', 'labels'\]"):
        load(root)
    path.unlink()
    with pytest.raises(CohortError, match=r"is not below .*data get c-nmc"):
        load(root)


def test_a_file_in_the_wrong_folder_or_without_subject_is_refused(root):
    place = root / "c-nmc/PKG - C-NMC 2019/C-NMC_training_data/fold_0"
    odd = picture(place / "hem/UID_1_9_9_all.bmp")
    with pytest.raises(CohortError, match=r"disagree with the folder of the class .*UID_1_9_9_all.bmp"):
        load(root)
    odd.rename(place / "hem/cell.bmp")
    with pytest.raises(CohortError, match=r"carry no subject .*cell.bmp"):
        load(root)


def test_absent_data_name_the_command(tmp_path):
    with pytest.raises(DataMissing, match="data get c-nmc"):
        load(tmp_path)
