from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError, Provenance
from datasets.public import bone_marrow_mll, matek_lmu, mll23, raabin
from datasets.read.class_folders import (
    Cells,
    ClassFolders,
    choose,
    class_root,
    find_classes,
    find_file,
    labelled_images,
    shortfall,
)
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from tests.datasets.cell_folders import picture, places  # noqa: F401

pytestmark = pytest.mark.usefixtures("places")

# Loader, suffix of its images, place of the class folders below the dataset's folder.
SINGLE = {
    matek_lmu: ("tiff", "PKG - AML-Cytomorphology_LMU/AML-Cytomorphology"),
    bone_marrow_mll: ("jpg", "PKG - Bone-Marrow/Bone-Marrow-Cytomorphology/jpgs/BM_cytomorphology_data"),
    mll23: ("tif", "."),
}
everyone = pytest.mark.parametrize("module", SINGLE, ids=lambda m: m.NAME)


def write(module, root, per_class=2):
    suffix, place = SINGLE[module]
    for k, name in enumerate(module.CLASSES):
        for i in range(per_class):
            between = "0001-1000/" if module is bone_marrow_mll and k % 2 else ""
            picture(root / module.NAME / place / name / f"{between}{name}_{i:04d}.{suffix}", 10 * k + i)
    return root / module.NAME / place


def load(module, root, **options):
    return module.load(data_root=root, image_size=8, crop=40, **options)


@everyone
def test_one_image_a_specimen_with_the_class_of_its_folder(module, tmp_path):
    write(module, tmp_path)
    cohort = load(module, tmp_path)
    assert cohort.classes == tuple(module.CLASSES.values())
    assert np.bincount(cohort.y).tolist() == [2] * len(module.CLASSES)
    assert cohort.images.sizes.tolist() == [1] * len(cohort)
    assert not cohort.patients_known
    assert cohort.target_level == "specimen"
    assert set(cohort.domain) == {module.DOMAIN}
    greys = [int(cohort.images.bag(i).mean().round()) for i in range(len(cohort))]
    codes = list(module.CLASSES)
    expected = [
        10 * codes.index(next(c for c in s.split("/") if c in codes)) + int(s[-6 - ("tiff" in s)])
        for s in cohort.specimen
    ]
    assert np.abs(np.array(greys) - expected).max() <= 1
    assert cohort.image_facts["width"].tolist() == [40] * len(cohort)


@everyone
def test_its_default_split_can_be_made_and_is_flagged(module, tmp_path):
    write(module, tmp_path, per_class=5)
    cohort = load(module, tmp_path)
    assert module.SPLIT["scheme"] == "images"
    plan = schemes.images(cohort, folds=module.SPLIT["folds"])
    assert "no patient ids" in plan.notes[0]


@everyone
def test_an_incomplete_copy_is_called_modified_and_says_what_lacks(module, tmp_path):
    place = write(module, tmp_path)
    first = next(iter(module.CLASSES))
    for path in (place / first).rglob("*.*"):
        path.unlink()
    cohort = load(module, tmp_path)
    assert cohort.provenance.modified
    assert f"class {module.CLASSES[first]} is not on this machine" in cohort.provenance.absent
    assert any("the source has" in sentence for sentence in cohort.provenance.absent)
    assert module.CLASSES[first] not in cohort.classes


@everyone
def test_a_copy_with_all_images_is_not_called_modified(module, tmp_path, monkeypatch):
    write(module, tmp_path)
    layout = next(value for value in vars(module).values() if isinstance(value, ClassFolders))
    name = next(name for name, value in vars(module).items() if value is layout)
    monkeypatch.setattr(module, name, replace(layout, published=2 * len(module.CLASSES)))
    assert not load(module, tmp_path).provenance.modified


@everyone
def test_stray_files_change_nothing(module, tmp_path):
    place = write(module, tmp_path)
    whole, first = load(module, tmp_path), place / next(iter(module.CLASSES))
    suffix = SINGLE[module][0]
    for path in (first / f"._a.{suffix}", first / "Thumbs.db", place / ".DS_Store", place / "desktop.ini"):
        path.write_bytes(b"junk")
    picture(place / f"__MACOSX/{first.name}/a.{suffix}")
    assert load(module, tmp_path).fingerprint == whole.fingerprint


@everyone
def test_a_damaged_file_is_named_and_left_out(module, tmp_path):
    place = write(module, tmp_path)
    victim = sorted(p for p in place.rglob("*.*") if p.is_file())[0]
    victim.write_bytes(victim.read_bytes()[:60])
    cohort = load(module, tmp_path)
    assert cohort.provenance.skipped == (victim.relative_to(tmp_path / module.NAME).as_posix(),)
    assert len(cohort) == 2 * len(module.CLASSES) - 1


@everyone
def test_an_unknown_folder_is_refused(module, tmp_path):
    place = write(module, tmp_path)
    picture(place / "XYZ" / f"a.{SINGLE[module][0]}")
    with pytest.raises(CohortError, match=r"outside the folders of known classes .*XYZ.*Known: "):
        load(module, tmp_path)


@everyone
def test_per_class_takes_a_seeded_part(module, tmp_path):
    write(module, tmp_path, per_class=6)
    some, same, other = (load(module, tmp_path, per_class=3, seed=s) for s in (1, 1, 2))
    assert np.bincount(some.y).tolist() == [3] * len(module.CLASSES)
    assert some.specimen.tolist() == same.specimen.tolist() != other.specimen.tolist()


@given(st.lists(st.sampled_from(["BAS", "EOS", "LYT"]), min_size=1, max_size=60), st.integers(1, 6), st.integers(0, 9))
def test_a_choice_keeps_the_order_of_the_images_and_as_many_of_each_class(names, most, seed):
    label = np.array(names)
    rows = choose(label, most, seed)
    assert (np.diff(rows) > 0).all()
    assert Counter(label[rows].tolist()) == {name: min(most, count) for name, count in Counter(names).items()}
    assert choose(label, None, seed).tolist() == list(range(len(names)))


def test_a_choice_of_none_is_refused():
    with pytest.raises(ValueError, match="per_class needs to be 1 or more, got 0"):
        choose(np.array(["BAS"]), 0, seed=0)


@everyone
def test_the_cohort_says_where_it_is_from_and_how_many_lack(module, tmp_path):
    write(module, tmp_path)
    layout = next(value for value in vars(module).values() if isinstance(value, ClassFolders))
    said = load(module, tmp_path).provenance
    assert (said.source, said.version, said.licence) == (layout.page, layout.version, layout.licence)
    published = {matek_lmu: "18,365", bone_marrow_mll: "171,374", mll23: "41,906"}[module]
    told = f"{2 * len(module.CLASSES)} images are on this machine, the source has {published}"
    assert told in said.absent and published in module.CARD.x
    versions = {matek_lmu: "TCIA version 1", bone_marrow_mll: "TCIA version 1", mll23: "record 14277609"}
    assert (layout.page, layout.version) == (module.SOURCE.page, versions[module])


def test_several_copies_and_several_strangers_are_named_in_order(tmp_path):
    for copy in ("two", "one", "three"):
        picture(tmp_path / copy / "BAS" / "a.png")
        picture(tmp_path / copy / "EOS" / "b.png")
    with pytest.raises(CohortError, match=r"in several places \(first: \S+/one, \S+/three, \S+/two\)"):
        class_root(tmp_path, ["BAS", "EOS"])
    picture(tmp_path / "one" / "Z" / "c.png")
    with pytest.raises(CohortError, match=r"first: one/EOS, one/Z\)\. Known: ALL, BAS, XYZ\."):
        labelled_images(tmp_path / "one", tmp_path, {"XYZ": "x", "BAS": "basophil", "ALL": "a"})


@everyone
def test_absent_data_name_the_command(module, tmp_path):
    with pytest.raises(DataMissing, match=f"data get {module.NAME}"):
        load(module, tmp_path)
    (tmp_path / module.NAME).mkdir()
    with pytest.raises(DataMissing):
        module.find(tmp_path)


@everyone
def test_the_page_says_what_was_not_verified(module):
    assert module.CARD.traps[0].startswith("The layout was not verified on the original files")
    assert module.CARD.licence == module.SOURCE.licence


ROWS = "BAS/BAS_0000.tiff BAS nan nan\nBAS/BAS_0001.tiff BAS BAS EOS\n"


def annotate(root, text):
    (root / matek_lmu.NAME / matek_lmu.ANNOTATIONS).write_text(text)


def matek_of_one_class(root):
    for i in range(2):
        picture(root / "matek-lmu/BAS" / f"BAS_000{i}.tiff")
        picture(root / "matek-lmu/EOS" / f"EOS_000{i}.tiff")
    return root


def test_matek_annotations_are_compared_with_the_folders(tmp_path):
    root = matek_of_one_class(tmp_path)
    assert any("annotations.dat" in a for a in load(matek_lmu, root).provenance.absent)
    rows = ROWS + ROWS.replace("BAS", "EOS")
    annotate(root, rows)
    assert not any("annotations.dat" in a for a in load(matek_lmu, root).provenance.absent)
    annotate(root, ROWS)
    with pytest.raises(CohortError, match=r"annotations.dat: has no row for images \(first: EOS_0000.tiff"):
        load(matek_lmu, root)
    annotate(root, rows.replace("EOS_0001.tiff EOS", "EOS_0001.tiff MON"))
    with pytest.raises(
        CohortError, match=r"disagrees with the folders of images .*EOS_0001.tiff: monocyte, folder eos"
    ):
        load(matek_lmu, root)
    annotate(root, "\n \n")
    with pytest.raises(CohortError, match="needs path and call in each line"):
        load(matek_lmu, root)
    annotate(root, "BAS_0000.tiff\n")
    with pytest.raises(CohortError, match=r"needs path and call in each line, with blanks between \(first: BAS_0000"):
        load(matek_lmu, root)
    for text in (
        rows.replace("\n", " \r\n") + "\r\n",
        rows.replace(" ", "\t"),
        rows.replace("/", "\\"),
        rows.replace(" BAS", " bas"),
        "\ufeff" + rows,
    ):
        annotate(root, text)
        assert not any("annotations.dat" in a for a in load(matek_lmu, root).provenance.absent)


@pytest.fixture
def raabin_root(tmp_path):
    for part, names in {
        "Train": raabin.CLASSES,
        "TestA": raabin.CLASSES,
        "TestB": ("Lymphocyte", "Neutrophil"),
    }.items():
        for name in names:
            for i in range(6):
                between = "TestB/" if part == "TestB" else ""  # what unpacking into a folder of its own makes
                picture(tmp_path / "raabin" / part / between / name / f"{name}_{i}.jpg")
    return tmp_path


def test_raabin_parts_are_domains_and_roles(raabin_root):
    cohort = load(raabin, raabin_root)
    assert {(d, r) for d, r in zip(cohort.domain, cohort.official, strict=True)} == set(raabin.PARTS.items())
    shifted = cohort[cohort.domain == "TestB"]
    assert {cohort.classes[k] for k in shifted.y} == {"lymphocyte", "neutrophil"}
    assert cohort.provenance == Provenance(
        "https://raabindata.com/free-data/", "double-labelled crops", raabin.SOURCE.licence, modified=False
    )
    plan = schemes.official(cohort, train_domains=raabin.SPLIT["train_domains"], repeats=5)
    assert plan.test_roles == ("test:TestA", "test:TestB")
    assert "no patient ids" in plan.notes[0]


def test_raabin_without_what_systems_leave_behind(raabin_root):
    whole = load(raabin, raabin_root)
    for path in ("Train/Neutrophil/._a.jpg", "Thumbs.db", "TestB/TestB/.DS_Store", "__MACOSX/Train/Neutrophil/a.jpg"):
        (raabin_root / "raabin" / path).parent.mkdir(parents=True, exist_ok=True)
        (raabin_root / "raabin" / path).write_bytes(b"junk")
    assert load(raabin, raabin_root).fingerprint == whole.fingerprint


def test_raabin_takes_a_part_of_each_class_in_each_part(raabin_root):
    cohort = load(raabin, raabin_root, per_class=2)
    assert len(cohort) == 2 * (5 + 5 + 2)


def test_raabin_cells_outside_the_parts_are_refused(raabin_root):
    picture(raabin_root / "raabin/Neutrophil/x.jpg")
    with pytest.raises(CohortError, match=r"Neutrophil/x\.jpg: lies in none of the parts\. Known: Train, TestA, TestB"):
        load(raabin, raabin_root)


def test_raabin_without_train_is_refused_and_without_testb_flagged(raabin_root):
    (raabin_root / "raabin/TestB").rename(raabin_root / "away")
    assert load(raabin, raabin_root).provenance.absent == ("TestB is not on this machine",)
    (raabin_root / "raabin/Train").rename(raabin_root / "gone")
    with pytest.raises(CohortError, match="has no images in Train"):
        load(raabin, raabin_root)


@pytest.mark.parametrize("depth", range(6))
def test_class_folders_lie_at_most_four_folders_down(tmp_path, depth):
    place = tmp_path / "set" / "/".join(["in"] * depth)
    picture(place / "A" / "a.png")
    (tmp_path / "set" / "B").touch()  # no folder
    if depth > 4:
        with pytest.raises(DataMissing, match="data get set"):
            find_classes("set", ("A", "B"), tmp_path)
    else:
        assert find_classes("set", ("A", "B"), tmp_path) == tmp_path / "set"
        assert class_root(tmp_path / "set", ("A", "B")) == place
        picture(place / "in" / "B" / "b.png")  # the uppermost folder counts
        assert class_root(tmp_path / "set", ("A", "B")) == place


def test_the_class_is_that_of_the_first_folder_below_the_place(tmp_path):
    files = {"B/A/pkg/A/x.png": "a", "B/A/pkg/B/A/y.png": "b", "B/A/pkg/B/B.png": "b", "B/A/pkg/in/A/z.png": "a"}
    for path in files:
        picture(tmp_path / path)
    found, label = labelled_images(tmp_path / "B/A/pkg", tmp_path, {"A": "a", "B": "b"})
    assert {f.path: str(name) for f, name in zip(found, label, strict=True)} == files
    (tmp_path / "none").mkdir()
    with pytest.raises(CohortError, match="none: has no image"):
        labelled_images(tmp_path / "none", tmp_path, {"A": "a"})


def test_a_file_is_taken_where_it_lies_least_deep_then_first(tmp_path):
    assert find_file(tmp_path, "t.csv") is None
    for below in ("a/b/c", "z/b", "y/b", "__MACOSX", "x"):
        place = tmp_path / below
        place.mkdir(parents=True)
        (place / "t.csv").touch() if below != "x" else (place / "t.csv").mkdir()
    assert find_file(tmp_path, "t.csv") == tmp_path / "y/b/t.csv"


def test_rows_of_cells_are_taken_together():
    names = np.array(["a", "b", "c"])
    whole = Cells(list("xyz"), names, np.char.add(names, "d"), np.char.add(names, "p"), np.char.add(names, "o"))
    some, rows = whole.take(np.array([2, 0])), [2, 0]
    assert (len(whole), len(some), some.files) == (3, 2, ["z", "x"])
    for name in ("label", "domain", "patient", "official"):
        assert getattr(some, name).tolist() == getattr(whole, name)[rows].tolist()
    assert replace(whole, patient=None, official=None).take(np.array([1])).patient is None


@pytest.mark.parametrize(("found", "said"), [(5, ()), (4, ("4 images are on this machine, the source has 5",))])
def test_another_number_of_images_is_said(found, said):
    assert shortfall(found, 5) == said


def test_two_copies_side_by_side_are_refused(tmp_path):
    picture(tmp_path / "one/A/a.png")
    picture(tmp_path / "two/A/a.png")
    with pytest.raises(CohortError, match=r"in several places .*Keep one copy"):
        class_root(tmp_path, ("A",))
    with pytest.raises(CohortError, match="in no place"):
        class_root(tmp_path, ("B",))


def test_what_macos_adds_is_no_image(tmp_path):
    picture(tmp_path / "A/a.png")
    picture(tmp_path / "__MACOSX/A/a.png")
    (tmp_path / "A/._a.png").write_bytes(b"Mac")
    files, label = labelled_images(class_root(tmp_path, ("A",)), tmp_path, {"A": "a"})
    assert [f.path for f in files] == ["A/a.png"]
    assert label.tolist() == ["a"]


def test_choice_is_checked_and_leaves_rare_classes_whole():
    label = np.array(["a"] * 5 + ["b"])
    assert choose(label, None, 0).tolist() == list(range(6))
    chosen = choose(label, 2, 0)
    assert len(chosen) == 3
    assert 5 in chosen
    assert (np.diff(chosen) > 0).all()
    with pytest.raises(ValueError, match="per_class needs to be 1 or more"):
        choose(label, 0, 0)
