import numpy as np
import pytest

from datasets.cohort import CohortError
from datasets.public import bccd
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from tests.datasets.cell_folders import places  # noqa: F401
from tests.datasets.public.cell_files import VOC, VOC_OBJECT, bccd_files

pytestmark = pytest.mark.usefixtures("places")
CELL = (100, 60, 140, 100)

# Number -> (what labels.csv says, boxes of white blood cells)
FIELDS = {
    0: ("NEUTROPHIL", [CELL]),
    1: ("EOSINOPHIL", [(0, 0, 30, 30)]),  # the square is pushed into the image
    2: ("LYMPHOCYTE", [(180, 100, 200, 150)]),
    3: ("MONOCYTE", [CELL]),
    4: ("BASOPHIL", [CELL]),
    5: ("NEUTROPHIL, EOSINOPHIL", [CELL]),  # which of the two?
    6: ("NEUTROPHIL, NEUTROPHIL", [CELL, (10, 10, 50, 50)]),
    7: ("", [CELL]),
    8: ("NEUTROPHIL", []),
}
ALONE = (0, 1, 2, 3)


@pytest.fixture
def root(tmp_path):
    bccd_files(tmp_path, FIELDS, (200, 150))
    return tmp_path


def load(root, **options):
    return bccd.load(data_root=root, image_size=40, side=40, **options)


def test_only_fields_with_one_cell_and_one_type_are_used(root):
    cohort = load(root)
    assert cohort.classes == ("neutrophil", "eosinophil", "lymphocyte", "monocyte")
    assert [int(s[-5:-4]) for s in cohort.specimen] == list(ALONE)
    assert cohort.y.tolist() == [0, 1, 2, 3]
    assert not cohort.patients_known
    assert "4 of 9 fields have exactly one white blood cell of a loaded type" in cohort.provenance.version
    assert cohort.provenance.absent == ("9 fields are here, the source has 364",)
    assert load(root, basophils=True).classes[-1] == "basophil"


def test_a_copy_with_all_fields_is_not_called_modified(root, monkeypatch):
    assert load(root).provenance.modified
    monkeypatch.setattr(bccd, "_FIELDS", len(FIELDS))
    provenance = load(root).provenance
    assert (provenance.modified, provenance.absent) == (False, ())


def test_the_square_lies_around_the_box_and_within_the_image(root):
    cohort = load(root)
    corners = {0: (100, 60), 1: (0, 0), 2: (160, 105), 3: (100, 60)}
    for i, number in enumerate(ALONE):
        left, top = corners[number]
        square = cohort.images.bag(i)[0].astype(int)
        expected = np.stack([*np.meshgrid(np.arange(left, left + 40), np.arange(top, top + 40))], axis=-1)
        assert np.abs(square[..., :2] - expected).max() <= 4
        assert abs(square[..., 2].mean() - 20 * number) <= 3


def test_numbers_and_encodings_of_the_label_file_do_not_matter(root):
    path, whole = root / "bccd/labels.csv", load(root)
    plain = path.read_text()
    decimal = "".join(
        f',{number}.0,"{text.lower()} "\r\n' for number, (text, _) in FIELDS.items()
    )  # as pandas writes a column with blanks
    for content in (",Image,Category\r\n" + decimal, "\ufeff" + plain, plain + ",,\n\n"):
        path.write_text(content, newline="")
        assert load(root).fingerprint == whole.fingerprint
    for stray in ("JPEGImages/._BloodImage_00000.jpg", "JPEGImages/Thumbs.db", ".DS_Store"):
        (root / "bccd" / stray).write_bytes(b"junk")
    assert load(root).fingerprint == whole.fingerprint


def test_files_tell_their_facts(root):
    facts = load(root).image_facts
    assert facts[["format", "width", "height"]].drop_duplicates().to_numpy().tolist() == [["JPEG", 200, 150]]


def test_a_damaged_image_is_named(root):
    victim = root / "bccd/JPEGImages/BloodImage_00002.jpg"
    victim.write_bytes(victim.read_bytes()[:300])
    cohort = load(root)
    assert cohort.provenance.skipped == ("JPEGImages/BloodImage_00002.jpg",)
    assert cohort.classes == ("neutrophil", "eosinophil", "monocyte")


def test_the_second_load_reads_the_cache(root):
    first = load(root)
    assert load(root).fingerprint == first.fingerprint


def test_its_default_split_is_by_image(root):
    cohort = load(root)
    assert bccd.SPLIT["scheme"] == "images"
    with pytest.raises(schemes.SplitError, match="5 folds need 5 specimens of each class"):
        schemes.images(cohort, folds=5)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "Annotations/BloodImage_00003.xml").unlink(), "has no box file BloodImage_00003.xml"),
        (lambda f: (f / "Annotations/BloodImage_00003.xml").write_text("<a>"), "00003.xml: cannot be read"),
        (
            lambda f: (f / "Annotations/BloodImage_00003.xml").write_text(
                VOC.format("x", VOC_OBJECT.format("WBC", "left", 1, 2, 3))
            ),
            "00003.xml: cannot be read: could not convert",
        ),
        (lambda f: (f / "labels.csv").write_text("Image,Kind\n1,NEUTROPHIL\n"), r"lacks columns \['Category'\]"),
        (lambda f: (f / "labels.csv").write_text("Image,Category\n1,\none,\n"), r"is no number \(first: one\)"),
        (lambda f: (f / "labels.csv").write_text("Image,Category\n1,BLAST\n"), r"unknown \['BLAST'\].*Known: NEUTRO"),
        (
            lambda f: (f / "labels.csv").write_text('Image,Category\n1,"F,C,A"\n2,"D,E,B"\n'),
            r"unknown \['A', 'B', 'C', 'D', 'E', 'F'\]",
        ),
        (lambda f: (f / "labels.csv").write_text("Image,Category\n99,NEUTROPHIL\n"), "has no field with one white"),
        (lambda f: (f / "JPEGImages/BloodImage_00000.jpg").rename(f / "JPEGImages/cell.jpg"), "is not called Blood"),
    ],
)
def test_broken_files_are_named(root, break_it, message):
    break_it(root / "bccd")
    with pytest.raises(CohortError, match=message):
        load(root)


def test_a_square_larger_than_the_image_and_bad_sizes(root):
    with pytest.raises(CohortError, match=r"none of 4 files in .*could be read.*smaller than the square of 151"):
        bccd.load(data_root=root, image_size=8, side=151)
    assert bccd.load(data_root=root, image_size=8, side=150).images.sizes.tolist() == [1, 1, 1, 1]
    assert bccd.load(data_root=root, image_size=1, side=1).images.pixels.shape == (4, 1, 1, 3)
    for sizes in ({"side": 0}, {"image_size": 0}):
        with pytest.raises(ValueError, match="side and image_size need to be 1 or more"):
            bccd.load(data_root=root, **sizes)


def test_absent_data_name_the_command_and_the_page_the_trap(tmp_path):
    with pytest.raises(DataMissing, match="data get bccd"):
        load(tmp_path)
    assert any("augmented copies" in trap for trap in bccd.CARD.traps)
