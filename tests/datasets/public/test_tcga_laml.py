import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from datasets.cohort import CohortError
from datasets.public import tcga_laml
from datasets.read import FOLDER, HALLMARK

real = pytest.mark.realdata


def parts(n=6, **clinical):
    """Return what rdata gives for a small file of the source's layout."""
    index = [f"TCGA-{i}" for i in range(n)]
    columns = {
        "SEX": ["Male", "Female"] * (n // 2),
        "FAB": "M3",
        "AGE": list(range(40, 40 + n)),
        "WBC": 5.5,
        "BM_BLAST_PERCENTAGE": 80,
        "PB_BLAST_PERCENTAGE": pd.array([None, *[10] * (n - 1)], dtype="Int32"),
        "HISTOLOGICAL_SUBTYPE": ["PML-RARA", "Normal Karyotype"] * (n // 2),
        "RISK_MOLECULAR": ["Good", "Intermediate", "Poor", "N.D.", "Poor", "Good"][:n],
    }
    values = np.arange(3 * n, dtype=float).reshape(n, 3)
    return {
        "laml.cli": pd.DataFrame(columns | clinical, index=index),
        "laml.exp": pd.DataFrame(values, index=index, columns=["MPO", "CD33", "MPO"]),
        "laml.mut": pd.DataFrame({"FLT3": [0, 1] * (n // 2)}, index=index),
    }


@pytest.fixture
def load(tmp_path, monkeypatch):
    def call(content, **arguments):
        (tmp_path / tcga_laml.NAME).mkdir(exist_ok=True)
        (tmp_path / tcga_laml.NAME / tcga_laml.FILE).touch()
        monkeypatch.setattr("rdata.read_rda", lambda path: content)
        return tcga_laml.load(data_root=tmp_path, **arguments)

    return call


def test_inputs_are_expression_five_measurements_and_mutations(load):
    cohort = load(parts())
    assert list(cohort.clinical) == ["age", "wbc", "blasts_marrow_pct", "blasts_blood_pct", "sex", "mut_FLT3"]
    assert cohort.clinical["mut_FLT3"].tolist() == ["no", "yes"] * 3
    assert np.isnan(cohort.clinical["blasts_blood_pct"][0])
    assert cohort.gene_names == ("CD33", "MPO")
    np.testing.assert_allclose(cohort.genes[1], np.log2([1 + 4, 1 + 5]), rtol=1e-6)
    assert cohort.y.tolist() == [1, 0] * 3
    assert (cohort.name, cohort.classes) == ("tcga-laml", ("other AML", "PML-RARA"))
    assert cohort.units == {"age": "years", "wbc": "10^9/L", "blasts_marrow_pct": "%", "blasts_blood_pct": "%"}
    assert cohort.clinical["sex"].tolist() == ["male", "female"] * 3


def test_without_the_file_of_pathways_the_cohort_says_so(load, tmp_path, monkeypatch):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))
    cohort = load(parts())
    assert any(said.startswith("no pathways: ") for said in cohort.provenance.absent) and cohort.gene_sets == {}
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / HALLMARK).write_text("A\tx\t" + "\t".join(f"G{k}" for k in range(6)) + "\n")
    wide = parts()
    wide["laml.exp"] = pd.DataFrame(np.ones((6, 6)), wide["laml.exp"].index, [f"G{k}" for k in range(6)])
    cohort = load(wide)
    assert "" not in cohort.provenance.absent and not any("pathways" in said for said in cohort.provenance.absent)
    assert cohort.gene_sets == {"A": tuple(f"G{k}" for k in range(6))}
    assert cohort.has("genes").all()


@pytest.mark.parametrize("content", [b"", b"no R", b"RDX3\nX\n", b"\x1f\x8b\x08cut"])
def test_a_file_that_is_none_of_r_is_named(tmp_path, content):
    (tmp_path / tcga_laml.NAME).mkdir()
    (tmp_path / tcga_laml.NAME / tcga_laml.FILE).write_bytes(content)
    with pytest.raises(CohortError, match=rf"{tcga_laml.FILE}: cannot be read as \.rda"):
        tcga_laml.load(data_root=tmp_path)


def test_risk_leaves_out_who_has_none(load):
    cohort = load(parts(), target="risk")
    assert (cohort.classes, cohort.y.tolist()) == (("good", "intermediate", "poor"), [0, 1, 2, 2, 0])
    assert cohort.specimen.tolist() == [f"TCGA-{i}" for i in (0, 1, 2, 4, 5)]
    assert cohort.provenance.absent[0].startswith("1 patients without")
    assert cohort.name == "tcga-laml-risk"
    assert cohort.has("genes").all() and cohort.has("clinical").all()
    assert cohort.clinical["age"].to_dict() == dict(enumerate([40, 41, 42, 44, 45]))
    assert cohort.clinical["mut_FLT3"].to_dict() == dict(enumerate(["no", "yes", "no", "no", "yes"]))


@pytest.mark.parametrize(
    ("name", "column", "high"),
    [("age", "AGE", 110), ("wbc", "WBC", 1000), ("blasts_marrow_pct", "BM_BLAST_PERCENTAGE", 100),
     ("blasts_blood_pct", "PB_BLAST_PERCENTAGE", 100)],
)  # fmt: skip
def test_values_on_the_edge_of_what_can_be_stay_and_those_beyond_are_named(load, name, column, high):
    low = 0
    cohort = load(parts(**{column: [low, high] * 3}))
    assert cohort.clinical[name].tolist() == [low, high] * 3
    for beyond in (low - 1, high + 1):
        with pytest.raises(CohortError, match=rf"{column}: cannot be in .*TCGA-5"):
            load(parts(**{column: [low] * 5 + [beyond]}))


@pytest.mark.parametrize(
    ("content", "target", "message"),
    [
        (parts(), "survival", "target: unknown 'survival'"),
        ({k: v for k, v in parts().items() if k != "laml.mut"}, "risk", r"lacks \['laml.mut'\]"),
        (parts(AGE=[40, 41, 42, 43, 44, 400]), "risk", r"AGE: cannot be in years \(first: TCGA-5\)"),
        (parts(RISK_MOLECULAR="Very poor"), "risk", r"unknown \['Very poor'\]"),
        (parts(HISTOLOGICAL_SUBTYPE=["PML-RARA", "", "a", "b", "c", "d"]), "pml-rara", "is empty .*TCGA-1"),
        (parts() | {"laml.mut": parts()["laml.mut"] + 1}, "risk", r"neither 0 nor 1 \(first: FLT3\)"),
        (parts() | {"laml.exp": parts()["laml.exp"][::-1]}, "risk", "same order"),
    ],
)
def test_what_is_wrong_is_named(load, content, target, message):
    with pytest.raises(CohortError, match=message):
        load(content, target=target)


@real
@pytest.mark.parametrize(("target", "counts"), [("pml-rara", [154, 16]), ("risk", [32, 92, 43])])
def test_real_counts(target, counts):
    cohort = tcga_laml.load(target=target)
    assert np.bincount(cohort.y).tolist() == counts
    assert cohort.genes.shape == (sum(counts), 498)
    assert sum(name.startswith("mut_") for name in cohort.clinical) == 156
    assert cohort.clinical.drop(columns="blasts_blood_pct").notna().all().all()
    assert len(cohort.gene_sets) == 23
    assert not cohort.provenance.modified


@real
def test_the_label_agrees_with_morphology_and_no_input_tells_it_alone():
    import rdata

    clinical = rdata.read_rda(tcga_laml.find() / tcga_laml.FILE)["laml.cli"]
    cohort = tcga_laml.load()
    assert ((clinical["FAB"] == "M3").to_numpy() == (cohort.y == 1)).all()
    for name, column in cohort.clinical.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            purity = pd.Series(cohort.y).groupby(column.astype(str)).agg(lambda y: y.value_counts().max()).sum()
            assert purity < len(cohort), name


@real
def test_one_gene_solves_apl_as_the_card_says():
    cohort = tcga_laml.load()
    level = cohort.genes[:, cohort.gene_names.index("IL17RE")]
    assert roc_auc_score(cohort.y, level) in (0.0, 1.0)
