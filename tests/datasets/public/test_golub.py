import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.public import golub
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from datasets.splits import check_patients

real = pytest.mark.realdata


def write(root, *, train=None, labels=None):
    """Write small files as the source lays them out, call columns between the patients'."""
    folder = root / "golub"
    folder.mkdir(parents=True, exist_ok=True)
    for domain, numbers in (("training", ["1", "2"]), ("independent", ["3", "4"])):
        header = [golub.DESCRIPTION, golub.ACCESSION, *(x for n in numbers for x in (n, "call"))]
        rows = [
            [f"gene {k}", f"P{k}_at", *(x for n in numbers for x in (str(100 * int(n) + k), "A"))] for k in range(3)
        ]
        text = "\n".join(",".join(row) for row in [header, *rows])
        (folder / golub.FILES[domain]).write_text(train if domain == "training" and train else text)
    (folder / golub.LABELS_FILE).write_text(labels or "patient,cancer\n1,ALL\n2,AML\n3,AML\n4,ALL\n")
    return root


def test_columns_named_call_are_not_expression(tmp_path):
    cohort = golub.load(data_root=write(tmp_path))
    assert cohort.specimen.tolist() == ["1", "2", "3", "4"]
    assert cohort.domain.tolist() == ["training"] * 2 + ["independent"] * 2
    assert cohort.y.tolist() == [0, 1, 1, 0]
    assert cohort.gene_names == ("P0_at", "P1_at", "P2_at") and cohort.has("genes").all()
    np.testing.assert_allclose(cohort.genes[:, 1], np.log2([101, 201, 301, 401]), rtol=1e-6)
    assert cohort.provenance.modified  # sizes are not those of the source


def test_numbers_of_patients_may_be_decimal(tmp_path):
    whole = golub.load(data_root=write(tmp_path))
    decimal = "Gene Description ,Gene Accession Number,1.0,call,2.0,call\r\n"
    rows = "".join(f"gene {k},P{k}_at,{100 + k},A,{200 + k},A\r\n" for k in range(3))
    labels = "\ufeffpatient,cancer\r\n1.0,ALL \r\n2.0,aml\r\n3.0,AML\r\n4.0,ALL\r\n,\r\n"
    other = golub.load(data_root=write(tmp_path, train=decimal + rows + ",,,,,\r\n", labels=labels))
    assert other.fingerprint == whole.fingerprint


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"labels": "patient,cancer\n1,ALL\n2,MDS\n3,AML\n4,ALL\n"}, r"actual.csv: cancer: unknown \['MDS'\]"),
        ({"labels": "patient,cancer\n1,ALL\n1,AML\n"}, "more than once"),
        ({"labels": "patient,cancer\n7,ALL\n8,AML\n"}, r"no label of some patients \(first: 1, 2, 3, 4\)"),
        ({"labels": "id,cancer\n1,ALL\n"}, "lacks columns"),
        ({"train": "Gene Description,Gene Accession Number,1,call\na,P0_at,x,A\n"}, "line 2 has 'x'"),
        (
            {"train": "Gene Description,Gene Accession Number,1,call\na,P9_at,5,A\n"},
            r"list other probes \(first: P9_at\)",
        ),
        ({"train": "Gene Description,Gene Accession Number,one\na,P9_at,5\n"}, "no column of a patient"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, files, message):
    with pytest.raises(CohortError, match=message):
        golub.load(data_root=write(tmp_path, **files))


def test_patients_without_a_label_are_named_in_order(tmp_path):
    folder = write(tmp_path) / "golub"
    with pytest.raises(CohortError, match=r"no label of some patients \(first: a, b, c, d"):
        golub.read_labels(folder, np.array([*"hcafgbed1"]))


def test_the_way_to_get_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    with pytest.raises(DataMissing, match="data get golub"):
        golub.load()


@pytest.mark.parametrize("domain", golub.FILES)
def test_a_missing_file_is_a_missing_dataset(tmp_path, monkeypatch, domain):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    write(tmp_path)
    (tmp_path / "golub" / golub.FILES[domain]).unlink()
    with pytest.raises(DataMissing, match="data get golub"):
        golub.find(tmp_path)


@real
def test_real_counts():
    cohort = golub.load()
    assert cohort.genes.shape == (72, 7129)
    counts = pd.crosstab(cohort.domain, cohort.y)
    assert counts.loc["training"].tolist() == [27, 11]
    assert counts.loc["independent"].tolist() == [20, 14]
    assert not cohort.provenance.modified


@real
def test_real_values_are_those_of_the_file():
    raw = pd.read_csv(golub.find() / golub.FILES["independent"])
    cohort = golub.load()
    row, probe = cohort.specimen.tolist().index("50"), 1881
    assert cohort.gene_names[probe] == raw[golub.ACCESSION][probe]
    assert cohort.genes[row, probe] == pytest.approx(np.log2(np.clip(raw["50"][probe], 100, 16000)))


@real
def test_the_official_split_never_trains_on_independent_patients():
    cohort = golub.load()
    plan = schemes.official(cohort, train_domains=golub.SPLIT["train_domains"], repeats=golub.SPLIT["folds"])
    check_patients(cohort, plan)
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        assert set(cohort.domain[roles["test:independent"]]) == {"independent"}
        assert len(roles["test:independent"]) == 34
        assert set(cohort.domain[np.concatenate([roles["train"], roles["valid"]])]) == {"training"}
