import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError, Provenance
from datasets.public import all_chiaretti
from datasets.read.bioc_expression_set import read_expression_set
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from tests.datasets.public.r_ascii import data_frame, environment, integers, matrix, rda, s4, strings

real = pytest.mark.realdata
SAMPLES = pd.DataFrame(
    {
        "sample": ["s1", "s2", "s3", "s4", "s5", "s6"],
        "diagnosis": ["5/21/1997", "3/9/2000", "", "1/1/1998", "2/2/1999", "3/3/1999"],
        "sex": ["M", "F", "", "M", "F", "F"],
        "age": ["53", "-2147483648", "19", "", "40", "41"],
        "mol.biol": ["NEG", "BCR/ABL", "ALL1/AF4", "E2A/PBX1", "NUP-98", "NEG"],
        "t(9;22)": ["False", "True", "False", "False", "False", "False"],
    }
)


def write(root, samples=SAMPLES, expression_of=None):
    folder = root / all_chiaretti.NAME
    folder.mkdir(parents=True, exist_ok=True)
    ids = SAMPLES["sample"][::-1] if expression_of is None else expression_of
    values = np.arange(2 * len(ids), dtype=np.float32).reshape(len(ids), 2)
    pd.DataFrame(values, index=pd.Index(ids, name="sample"), columns=["p1_at", "p2_at"]).to_parquet(
        folder / all_chiaretti.CONVERTED[0]
    )
    samples.to_csv(folder / all_chiaretti.CONVERTED[1], index=False)
    return root


def test_rows_are_matched_by_sample_and_single_patients_left_out_by_name(tmp_path):
    cohort = all_chiaretti.load(data_root=write(tmp_path))
    assert cohort.specimen.tolist() == ["s6", "s4", "s3", "s2", "s1"]
    assert [cohort.classes[k] for k in cohort.y] == ["no fusion", "E2A/PBX1", "ALL1/AF4", "BCR/ABL", "no fusion"]
    assert cohort.genes[:, 0].tolist() == [0, 4, 6, 8, 10]
    assert cohort.clinical.index.tolist() == [0, 1, 2, 3, 4]
    assert "NUP-98 (1)" in cohort.provenance.absent[0]
    assert cohort.clinical["sex"].astype(object).where(cohort.clinical["sex"].notna(), None).tolist() == [
        "female", "male", None, "female", "male"
    ]  # fmt: skip
    assert cohort.has("genes").all() and cohort.units == {"age": "years"}
    assert cohort.provenance.modified and cohort.provenance.version.endswith(", converted to Parquet and CSV")


def test_classes_of_one_patient_are_named_in_order():
    kept, left_out = all_chiaretti._classes(pd.Series(["NEG", "z", "BCR/ABL", "m", "q", "b", "NEG", "ALL1/AF4"]))
    assert kept.tolist() == [True, False, True, False, False, False, True, True]
    said = all_chiaretti._provenance(True, left_out).absent
    assert said == ("classes with one patient cannot be split and are left out: b (1), m (1), q (1), z (1)",)


@pytest.mark.parametrize("gone", range(2))
def test_half_of_the_converted_copy_is_none(tmp_path, monkeypatch, gone):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / "user"))
    (write(tmp_path) / all_chiaretti.NAME / all_chiaretti.CONVERTED[gone]).unlink()
    with pytest.raises(DataMissing, match="data get all-chiaretti"):
        all_chiaretti.find(tmp_path)


def test_a_missing_integer_of_r_is_missing(tmp_path):
    cohort = all_chiaretti.load(data_root=write(tmp_path))
    ages = dict(zip(cohort.specimen, cohort.clinical["age"], strict=True))
    assert ages["s1"] == 53
    assert np.isnan([ages["s2"], ages["s4"]]).all()
    assert cohort.era.tolist() == ["1999", "1998", "", "2000", "1997"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": SAMPLES.drop(columns="mol.biol")}, "lacks columns"),
        (
            {"samples": SAMPLES.drop(columns="sample")},
            r"samples\.csv: has no column 'sample'; has \['diagnosis', 'sex'",
        ),
        ({"expression_of": [f"x{k}" for k in range(9)]}, r"the same samples \(first: s1, s2, s3, s4"),
        ({"samples": SAMPLES.iloc[:-1]}, r"do not name the same samples \(first: s6\)"),
        ({"samples": SAMPLES.assign(sample="s1")}, "more than once"),
        ({"samples": SAMPLES.assign(age="old")}, "samples: age: is no number"),
        ({"samples": SAMPLES.assign(**{"mol.biol": "TEL/AML1"})}, r"mol.biol: unknown \['TEL/AML1'\]"),
        (
            {"samples": SAMPLES.assign(**{"mol.biol": list("BABACC")})},
            r"mol.biol: unknown \['A', 'B', 'C'\]\. Known: NEG",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    with pytest.raises(CohortError, match=message):
        all_chiaretti.load(data_root=write(tmp_path, **change))


def write_original(root, probes=("p1_at", "p2_at"), samples=("s1", "s2", "s3", "s4")):
    """Write an ExpressionSet as Bioconductor packs it: probes in rows."""
    described = data_frame(
        {
            "mol.biol": strings(["NEG", "BCR/ABL", "ALL1/AF4", "E2A/PBX1"]),
            "age": integers([53, "NA", 19, 40]),
            "sex": strings(["M", "F", "F", "M"]),
            "diagnosis": strings(["5/21/1997", "3/9/2000", "1/1/1998", "2/2/1999"]),
        },
        ["s1", "s2", "s3", "s4"],
    )
    measured = matrix([[k, k + 0.5] for k in range(4)], probes, samples)
    slots = {"assayData": environment({"exprs": measured}), "phenoData": s4({"data": described})}
    path = root / all_chiaretti.NAME / all_chiaretti.ORIGINAL
    path.parent.mkdir(parents=True)
    path.write_text(rda("ALL", s4(slots)))
    return root


def test_the_original_file_is_read_without_r(tmp_path):
    cohort = all_chiaretti.load(data_root=write_original(tmp_path))
    assert cohort.specimen.tolist() == ["s1", "s2", "s3", "s4"]
    assert cohort.gene_names == ("p1_at", "p2_at")
    assert cohort.genes.tolist() == [[0, 0.5], [1, 1.5], [2, 2.5], [3, 3.5]]
    assert cohort.clinical["age"].isna().tolist() == [False, True, False, False]
    assert cohort.y.tolist() == [0, 1, 2, 3]
    assert cohort.provenance == Provenance(
        "https://bioconductor.org/packages/ALL", "ALL 1.40.0", "Artistic-2.0", modified=False
    )


def test_an_original_file_with_other_samples_is_refused(tmp_path):
    with pytest.raises(CohortError, match="not of the same patients"):
        all_chiaretti.load(data_root=write_original(tmp_path, samples=("s2", "s1", "s3", "s4")))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("content", [b"", b"not an R file", b"RDX2\nX\n\0\0\0\2"])
def test_a_broken_rda_file_is_named(tmp_path, content):
    (tmp_path / "ALL.rda").write_bytes(content)
    with pytest.raises(CohortError, match=r"ALL\.rda: cannot be read"):
        read_expression_set(tmp_path / "ALL.rda")


def test_absence_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    with pytest.raises(DataMissing, match="data get all-chiaretti"):
        all_chiaretti.load()


@real
def test_real_counts():
    cohort = all_chiaretti.load()
    assert cohort.genes.shape == (126, 12625)
    assert np.bincount(cohort.y).tolist() == [74, 37, 10, 5]
    assert list(cohort.clinical) == ["age", "sex"]
    assert cohort.clinical.isna().sum().tolist() == [5, 3]
    assert cohort.provenance.absent == (
        "classes with one patient cannot be split and are left out: NUP-98 (1), p15/p16 (1)",
    )
    assert schemes.kfold(cohort, folds=5).folds == (0, 1, 2, 3, 4)


@real
def test_what_the_card_says_about_lineage_is_so():
    samples = pd.read_csv(all_chiaretti.find() / all_chiaretti.CONVERTED[1], dtype=str)
    kept = samples[~samples["mol.biol"].isin(["NUP-98", "p15/p16"])]
    assert set(kept["BT"][kept["mol.biol"] == "ALL1/AF4"]) == {"B1"}
    t_cell = kept["BT"].str.startswith("T")
    assert (int(t_cell.sum()), set(kept["mol.biol"][t_cell])) == (32, {"NEG"})
