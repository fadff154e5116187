import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError
from datasets.public import aml_hehr
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from tests.datasets.cell_folders import picture, places  # noqa: F401

pytestmark = pytest.mark.usefixtures("places")
PATIENTS = 5
WRAPPER = "PKG - AML-Cytomorphology_MLL_Helmholtz_v1"


@pytest.fixture
def root(tmp_path):
    """Five patients of each subtype and five controls with bags of one to three cells."""
    rows = []
    for k, subtype in enumerate(aml_hehr.SUBTYPES):
        for i in range(PATIENTS):
            patient, n = f"{chr(65 + k)}{i}", 1 + i % 3
            for j in range(n):
                picture(tmp_path / "aml-hehr" / WRAPPER / "data" / subtype / patient / f"image_{j}.tif", 40 * k + i)
            rows.append((patient, 1 + i % 2, 50.5 + i, subtype, n, 4000 + i, 10))
    write(tmp_path, rows)
    return tmp_path


def write(root, rows):
    columns = ["patient_id", "sex_1f_2m", "age", "bag_label", "instance_count", "leucocytes_per_¬µl", "pb_promyelocyte"]
    table = pd.DataFrame(rows, columns=columns).sample(frac=1, random_state=0)
    table.to_csv(root / "aml-hehr" / WRAPPER / "metadata.csv", index=False)


def change(root, patient, **values):
    path = root / "aml-hehr" / WRAPPER / "metadata.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column, value in values.items():
        table.loc[table["patient_id"] == patient, column] = value
    table.to_csv(path, index=False)


def load(root, **options):
    return aml_hehr.load(data_root=root, image_size=8, crop=40, **options)


def test_rows_without_anything_are_none_and_a_number_may_be_nought(root):
    change(root, "A1", pb_promyelocyte="0", sex_1f_2m="", age="0")
    whole = load(root)
    i = whole.patient.tolist().index("A1")
    assert whole.clinical["sex"].isna().tolist() == [patient == "A1" for patient in whole.patient]
    path = root / "aml-hehr" / WRAPPER / "metadata.csv"
    path.write_text(path.read_text() + ",,,,,,\n,,,,,,\n")
    again = load(root)
    assert again.fingerprint == whole.fingerprint and again.clinical.notna().any(axis=1)[i]


def test_one_bag_a_patient_controls_left_out(root):
    cohort = load(root)
    assert cohort.classes == ("PML::RARA", "NPM1", "CBFB::MYH11", "RUNX1::RUNX1T1")
    assert len(cohort) == 4 * PATIENTS
    assert cohort.target_level == "patient"
    for i, patient in enumerate(cohort.patient):
        k, number = ord(patient[0]) - 65, int(patient[1:])
        assert cohort.y[i] == k
        assert cohort.images.sizes[i] == 1 + number % 3
        assert np.abs(cohort.images.bag(i).astype(int) - (40 * k + number)).max() <= 1
        assert cohort.clinical["age"][i] == 50.5 + number
        assert cohort.clinical["sex"][i] == ("female", "male")[number % 2]
        assert cohort.clinical["wbc"][i] == pytest.approx((4000 + number) / 1000)
    assert list(cohort.clinical) == ["age", "sex", "wbc"]
    assert cohort.units == {"age": "years", "wbc": "10^9/L"} and cohort.has("clinical").all()
    assert cohort.clinical.index.tolist() == list(range(len(cohort)))
    assert len(cohort.image_facts) == len(cohort.images.pixels)
    schemes.kfold(cohort, folds=aml_hehr.SPLIT["folds"])


def test_controls_and_the_question_of_pml_rara(root):
    everyone = load(root, controls=True)
    assert everyone.classes[-1] == "control"
    assert np.bincount(everyone.y).tolist() == [PATIENTS] * 5
    question = load(root, target="pml-rara")
    assert question.classes == ("other", "PML::RARA")
    assert np.bincount(question.y).tolist() == [3 * PATIENTS, PATIENTS]
    assert (load(root, target="pml-rara", controls=True).y == 0).sum() == 4 * PATIENTS
    with pytest.raises(ValueError, match="target needs to be 'subtype' or 'pml-rara', got 'fusion'"):
        load(root, target="fusion")


def test_per_bag_takes_a_seeded_part(root):
    some, same = load(root, per_bag=2, seed=3), load(root, per_bag=2, seed=3)
    assert some.images.sizes.max() == 2
    assert some.fingerprint == same.fingerprint
    with pytest.raises(ValueError, match="per_bag needs to be 1 or more"):
        load(root, per_bag=0)


def test_a_damaged_file_is_named_and_may_leave_an_empty_bag(root):
    victim = root / "aml-hehr" / WRAPPER / "data/NPM1/B0/image_0.tif"
    victim.write_bytes(b"II*\0")
    cohort = load(root)
    i = cohort.patient.tolist().index("B0")
    assert cohort.images.sizes[i] == 0
    assert not cohort.has("images")[i]
    assert cohort.provenance.skipped == (victim.relative_to(root / "aml-hehr").as_posix(),)


def test_counts_of_the_source_are_compared(root):
    (sentence,) = load(root).provenance.absent
    assert "the source has 81,214" in sentence
    change(root, "B2", instance_count="")  # it says nothing
    change(root, "C1", instance_count="77")
    assert "1 patients have another number of images than metadata.csv says, such as C1" in load(root).provenance.absent


def test_all_that_disagree_are_named_in_order(root):
    folder = root / "aml-hehr" / WRAPPER / "data"
    for i in range(PATIENTS):
        (folder / "NPM1" / f"B{i}").rename(folder / "NPM1" / f"X{4 - i}")
    with pytest.raises(CohortError, match=r"without a row in metadata\.csv \(first: X0, X1, X2, X3"):
        load(root)
    for i in range(PATIENTS):
        (folder / "NPM1" / f"X{i}").rename(root / f"X{i}")
    with pytest.raises(CohortError, match=r"patients without images \(first: B0, B1, B2, B3"):
        load(root)
    for i in range(PATIENTS):
        (root / f"X{i}").rename(folder / "control" / f"B{i}")
    with pytest.raises(CohortError, match=r"disagrees with the folder of the patient \(first: B0, B1, B2, B3"):
        load(root)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(1, 4) | st.none(), st.integers(0, 3))
def test_a_choice_goes_patient_after_patient_in_the_order_of_the_files(owners, most, seed):
    rows = aml_hehr._choose(np.array(owners), most, seed)
    assert sorted(rows, key=lambda i: (owners[i], i)) == rows.tolist()
    wanted = {p: min(owners.count(p), most or len(owners)) for p in set(owners)}
    assert {p: np.take(owners, rows).tolist().count(p) for p in set(owners)} == wanted


def test_bags_of_patients_without_a_readable_image_are_empty_also_at_the_end(root):
    damaged = ("C4", "D4", "A0", "D0")
    for path in (root / "aml-hehr" / WRAPPER / "data").rglob("*.tif"):
        if path.parent.name in damaged:
            path.write_bytes(b"II*\0")
    cohort = load(root)
    sizes = dict(zip(cohort.patient.tolist(), cohort.images.sizes.tolist(), strict=True))
    assert sizes == {p: 0 if p in damaged else 1 + int(p[1]) % 3 for p in sizes}
    pixels = np.arange(3, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    assert aml_hehr._bags(np.array([1, 1, 2]), pixels, 5).sizes.tolist() == [0, 2, 1, 0, 0]


def test_a_copy_with_all_images_is_not_called_modified(root, monkeypatch):
    assert load(root).provenance.modified
    monkeypatch.setattr(aml_hehr, "_IMAGES", 5 * (1 + 2 + 3 + 1 + 2))
    provenance = load(root).provenance
    assert (provenance.modified, provenance.absent) == (False, ())
    change(root, "C1", instance_count="77")
    assert load(root).provenance.modified


def test_blanks_are_missing(root):
    change(root, "A1", age="", sex_1f_2m="", **{"leucocytes_per_¬µl": "nan"})
    cohort = load(root)
    assert cohort.clinical.iloc[cohort.patient.tolist().index("A1")].isna().all()


@pytest.mark.parametrize(
    ("sheets", "message"),
    [({"dictionary": ["column"]}, "has 0 sheets with a column patient_id"),
     ({"one": ["patient_id"], "two": ["patient_id"]}, "has 2 sheets with a column patient_id, expected one")],
)  # fmt: skip
def test_a_workbook_has_one_sheet_of_patients(root, sheets, message):
    path = root / "aml-hehr" / WRAPPER / "metadata.csv"
    path.unlink()
    with pd.ExcelWriter(path.with_name(aml_hehr.METADATA[2])) as book:
        for name, columns in sheets.items():
            pd.DataFrame(columns=columns).to_excel(book, sheet_name=name, index=False)
    with pytest.raises(CohortError, match=message):
        load(root)


@pytest.mark.parametrize("name", aml_hehr.METADATA)
def test_the_table_may_have_each_of_its_names_and_spellings(root, name):
    change(root, "A1", sex_1f_2m="", instance_count="")
    whole, path = load(root), root / "aml-hehr" / WRAPPER / "metadata.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[table["sex_1f_2m"] != "", "sex_1f_2m"] += ".0"
    table["age"] = table["age"].str.replace(".", ",")
    table["bag_label"] += " "
    table.loc[len(table)] = ""
    table = table.rename(columns={table.columns[5]: "leucocytes_per_µl"})
    path.unlink()
    if name.endswith("xlsx"):
        with pd.ExcelWriter(path.with_name(name)) as book:
            pd.DataFrame({"column": ["age"], "meaning": ["years"]}).to_excel(book, sheet_name="dictionary")
            table.to_excel(book, sheet_name="metadata", index=False)
    else:
        path.with_name(name).write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode("cp1252"))
    for stray in ("._metadata.csv", "Thumbs.db", "data/NPM1/B0/._image_0.tif", "__MACOSX/metadata.csv"):
        (path.parent / stray).parent.mkdir(exist_ok=True)
        (path.parent / stray).write_bytes(b"junk")
    assert load(root).fingerprint == whole.fingerprint


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bag_label": "NPM1"}, r"bag_label: disagrees with the folder of the patient \(first: A1\)"),
        ({"bag_label": "BCR_ABL"}, r"bag_label: unknown \['BCR_ABL'\] \(first: A1\).*Known: PML_RARA"),
        ({"sex_1f_2m": "f"}, r"sex_1f_2m: unknown \['f'\]"),
        ({"age": "old"}, r"age: is no number \(first: A1 has 'old'\)"),
        ({"age": "-3"}, r"metadata\.csv: age: is negative \(first: A1\)"),
        ({"leucocytes_per_¬µl": "-0.5"}, r"leucocytes_per_¬µl: is negative \(first: A1\)"),
        ({"instance_count": "-1"}, r"instance_count: is negative \(first: A1\)"),
        ({"patient_id": "A2"}, r"occur more than once \(first: A2\)"),
        ({"patient_id": "Q"}, r"patient folders: without a row in metadata.csv \(first: A1\)"),
    ],
)
def test_metadata_and_folders_must_agree(root, values, message):
    change(root, "A1", **values)
    with pytest.raises(CohortError, match=message):
        load(root)


def test_a_patient_without_images_a_stranger_folder_and_missing_columns(root):
    folder = root / "aml-hehr" / WRAPPER
    (folder / "data/NPM1/B0").rename(root / "B0")
    with pytest.raises(CohortError, match=r"patients without images \(first: B0\).*data get aml-hehr"):
        load(root)
    (root / "B0").rename(folder / "data/NPM1/B0")
    picture(folder / "data/FLT3/Z/image_0.tif")
    with pytest.raises(CohortError, match=r"outside the folders of known classes .*FLT3"):
        load(root)
    (folder / "data/FLT3").rename(root / "FLT3")
    (folder / "metadata.csv").write_text("patient_id,bag_label,age\n")
    with pytest.raises(CohortError, match=r"lacks columns \['sex_1f_2m', 'instance_count', 'leucocytes_per_µl'\]"):
        load(root)
    (folder / "metadata.csv").unlink()
    with pytest.raises(CohortError, match=r"metadata.csv: is not below"):
        load(root)


def test_absent_data_name_the_command(tmp_path):
    with pytest.raises(DataMissing, match="data get aml-hehr"):
        load(tmp_path)
