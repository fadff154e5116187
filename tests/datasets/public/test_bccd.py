import numpy as np
import pytest
from PIL import Image

from datasets.cohort import CohortError
from datasets.public import bccd
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from tests.datasets.cell_folders import places  # noqa: F401

pytestmark = pytest.mark.usefixtures("places")
XML = "<annotation><filename>{0}.jpg</filename>{1}</annotation>"
OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
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
    folder = tmp_path / "bccd"
    (folder / "JPEGImages").mkdir(parents=True)
    (folder / "Annotations").mkdir()
    for number, (_, boxes) in FIELDS.items():
        name = f"BloodImage_{number:05d}"
        y, x = np.mgrid[:150, :200]
        pixels = np.stack([x, y, np.full_like(x, 20 * number)], axis=-1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "JPEGImages" / f"{name}.jpg", quality=100, subsampling=0)
        objects = "".join(OBJECT.format("WBC", *box) for box in boxes) + OBJECT.format("RBC", 1, 1, 9, 9)
        (folder / "Annotations" / f"{name}.xml").write_text(XML.format(name, objects))
    label(tmp_path, {number: text for number, (text, _) in FIELDS.items()})
    return tmp_path


def label(root, texts):
    rows = "".join(f',{number},"{text}"\n' for number, text in texts.items())
    (root / "bccd/labels.csv").write_text(",Image,Category\n" + rows)


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


def test_the_square_lies_around_the_box_and_within_the_image(root):
    cohort = load(root)
    corners = {0: (100, 60), 1: (0, 0), 2: (160, 105), 3: (100, 60)}
    for i, number in enumerate(ALONE):
        left, top = corners[number]
        square = cohort.images.bag(i)[0].astype(int)
        expected = np.stack([*np.meshgrid(np.arange(left, left + 40), np.arange(top, top + 40))], axis=-1)
        assert np.abs(square[..., :2] - expected).max() <= 4
        assert abs(square[..., 2].mean() - 20 * number) <= 3


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
    with pytest.raises(schemes.SplitError, match="fewer specimens than the 5 parts"):
        schemes.images(cohort, folds=5)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "Annotations/BloodImage_00003.xml").unlink(), "has no box file BloodImage_00003.xml"),
        (lambda f: (f / "Annotations/BloodImage_00003.xml").write_text("<a>"), "00003.xml: cannot be read"),
        (
            lambda f: (f / "Annotations/BloodImage_00003.xml").write_text(
                XML.format("x", OBJECT.format("WBC", "left", 1, 2, 3))
            ),
            "00003.xml: cannot be read: invalid literal",
        ),
        (lambda f: (f / "labels.csv").write_text("Image,Kind\n1,NEUTROPHIL\n"), r"lacks columns \['Category'\]"),
        (lambda f: (f / "labels.csv").write_text("Image,Category\none,NEUTROPHIL\n"), r"is no number \(first: one\)"),
        (lambda f: (f / "labels.csv").write_text("Image,Category\n1,BLAST\n"), r"unknown \['BLAST'\].*Known: NEUTRO"),
        (lambda f: (f / "labels.csv").write_text("Image,Category\n99,NEUTROPHIL\n"), "has no field with one white"),
        (lambda f: (f / "JPEGImages/BloodImage_00000.jpg").rename(f / "JPEGImages/cell.jpg"), "is not called Blood"),
    ],
)
def test_broken_files_are_named(root, break_it, message):
    break_it(root / "bccd")
    with pytest.raises(CohortError, match=message):
        load(root)


def test_a_square_larger_than_the_image_and_bad_sizes(root):
    with pytest.raises(CohortError, match="none of 4 files could be read"):
        bccd.load(data_root=root, image_size=8, side=151)
    with pytest.raises(ValueError, match="side and image_size need to be 1 or more"):
        bccd.load(data_root=root, side=0)


def test_absent_data_name_the_command_and_the_page_the_trap(tmp_path):
    with pytest.raises(DataMissing, match="data get bccd"):
        load(tmp_path)
    assert any("augmented copies" in trap for trap in bccd.CARD.traps)
