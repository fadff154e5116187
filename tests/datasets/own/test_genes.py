"""A user's gene tables: numbers are read as numbers, and what is none is named by gene and specimen."""

from __future__ import annotations

import warnings
from dataclasses import astuple
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.own.cohort_file import Genes
from datasets.own.genes import read_genes
from datasets.own.problems import Problems
from tests.datasets.own.test_dataset import TOML, problems_of, write_cohort

PLAIN = TOML + '\n[genes]\ntable = "genes.csv"\n'


def found_in(home, text, toml=PLAIN):
    (home / "genes.csv").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return problems_of(write_cohort(home, toml))


@pytest.mark.parametrize("orientation", ["rows", "columns"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_values_are_those_of_the_file(tmp_path, orientation, decimal, kind):
    values = np.random.default_rng(0).normal(size=(16, 5)).round(6)
    table = pd.DataFrame(values, columns=list("ABCDE"), index=pd.Index([f"S{i}" for i in range(16)], name="id"))
    table = table.T.rename_axis("id") if orientation == "columns" else table
    if kind == "parquet":
        table.reset_index().to_parquet(tmp_path / "genes.parquet")
    else:
        table.to_csv(tmp_path / "genes.csv", sep=";", decimal=decimal)
    toml = PLAIN.replace("genes.csv", f"genes.{kind}")
    toml += f'specimen = "id"\norientation = "{orientation}"\nseparator = ";"\ndecimal = "{decimal}"\n'
    cohort = write_cohort(tmp_path, toml).load()
    assert cohort.gene_names == tuple("ABCDE")
    np.testing.assert_array_equal(cohort.genes, values.astype(np.float32))


def test_two_genes_of_one_name_are_named(tmp_path):
    (tmp_path / "genes.csv").write_text("specimen,A,A\nS0,1,2\n")
    with pytest.raises(CohortError, match=r"genes.csv: has columns of one name \(first: A\)"):
        write_cohort(tmp_path, PLAIN).load()


@pytest.mark.parametrize("header", ["diagnosis", "patient", "hospital"])
def test_a_column_of_the_label_is_no_gene(tmp_path, header):
    found = found_in(tmp_path, f"specimen,A,{header}\nS0,1,1\nS1,2,0\n")
    assert len(found) == 1 and f"genes.csv, {header}: is the " in found[0] and "not a gene" in found[0]


def test_cells_that_are_no_number_are_named_one_by_one(tmp_path):
    found = found_in(tmp_path, "specimen,A,B,C,D\nS0,1,x,NA,True\nS1,1_0,2,inf,True\n")
    assert [line.split(" Impute")[0].split(" Correct")[0] for line in found[:5]] == [
        "genes.csv, B of S0: 'x' is no number.",
        "genes.csv, C of S0: is blank.",
        "genes.csv, D of S0: 'True' is no number.",
        "genes.csv, A of S1: '1_0' is no number.",
        "genes.csv, C of S1: 'inf' is no number.",
    ]


def test_a_wrong_decimal_mark_is_told_a_thousand_times_at_most(tmp_path):
    header = ",".join(f"G{k}" for k in range(200))
    rows = "\n".join(f"S{i}," + ",".join(['"1,5"'] * 200) for i in range(16))
    found = found_in(tmp_path, f"specimen,{header}\n{rows}\n")
    assert len(found) == 1001 and 'decimal = ","' in found[0] and "more such cells" in found[-1]


@pytest.mark.parametrize("transform", ["log2p1", "log1p-cp10k"])
def test_negative_values_under_a_logarithm_are_named(tmp_path, transform):
    found = found_in(tmp_path, "specimen,A,B\nS0,1,-3\nS1,1,2\n", PLAIN + f'transform = "{transform}"\n')
    assert len(found) == 1 and found[0].startswith("genes.csv, B of S0: '-3' is negative.")


@pytest.mark.parametrize("transform", ["none", "log2p1", "log1p-cp10k"])
def test_values_too_large_for_32_bits_are_named(tmp_path, transform):
    found = found_in(tmp_path, "specimen,A,B\nS0,1,1e300\nS1,1,2\n", PLAIN + f'transform = "{transform}"\n')
    assert found == ["genes.csv, B of S0: '1e+300' is too large for 32 bits. Correct it."]


def test_a_stranger_among_columns_is_called_a_column(tmp_path):
    toml = PLAIN + 'orientation = "columns"\nspecimen = "gene"\n'
    found = found_in(tmp_path, "gene,S0,X9\nA,1,2\nB,1,2\n", toml)
    assert found == ["genes.csv, column X9: is no specimen of the specimen table, or repeats. Take it out."]


def test_sets_that_share_no_gene_or_are_not_there_are_refused(tmp_path):
    toml = PLAIN + 'sets = "s.gmt"\n'
    (tmp_path / "s.gmt").write_text("ONE\tx\tENSG01\nTWO\tx\tENSG02\n")
    found = found_in(tmp_path, "specimen,A,B\nS0,1,2\n", toml)
    assert (
        len(found) == 1 and "none of its 2 gene sets has a gene of the table: it says ENSG01, the table A" in found[0]
    )
    (tmp_path / "s.gmt").write_bytes("ONE\tü\tA\n".encode("latin-1"))
    with pytest.raises(CohortError, match=r"s.gmt: is not UTF-8: byte 0xfc in line 1\. Save it as UTF-8"):
        write_cohort(tmp_path, toml).load()
    (tmp_path / "s.gmt").unlink()
    with pytest.raises(CohortError, match=r"s.gmt: there is no file"):
        write_cohort(tmp_path, toml).load()


def test_sets_without_a_measured_gene_are_said(tmp_path):
    (tmp_path / "s.gmt").write_text("ONE\tx\tA\nTWO\tx\tZ\n")
    (tmp_path / "genes.csv").write_text("specimen,A,B\n" + "".join(f"S{i},1,2\n" for i in range(16)))
    notes = write_cohort(tmp_path, PLAIN + 'sets = "s.gmt"\n').load().provenance.notes
    assert notes == ("1 of 2 gene sets have no measured gene, left out: TWO",)


def read(home, text, specimens, taken=None, **spec):
    """Return what a gene table holds and its problems, each as a tuple."""
    (home / "g.csv").write_text(text)
    problems = Problems()
    found = read_genes(Genes(table="g.csv", **spec), np.array(specimens), taken or {}, home, problems)
    return found, [astuple(problem) for problem in problems.found]


FINITE = ("is no finite number", "Impute it, or leave the specimen out of the file.")
COUNTS = 'transform = "log2p1" is for counts; write "none" where the values are logarithms.'


def test_everything_wrong_with_genes_is_told_in_order(tmp_path):
    text = "specimen,A,diagnosis,B\nS0,0,1,-3\nS1,1e300,1,2\nX9,1,1,1\nS1,1,1,1\n"
    found, problems = read(tmp_path, text, ["S0", "S1"], {"label": "diagnosis", "patient": "who"}, transform="log2p1")
    assert found is None and problems == [
        ("g.csv", 0, "diagnosis", "", "is the label of the specimen table, not a gene", "Take it out."),
        ("g.csv", 5, "specimen", "S1", "occurs before", "Keep one row a specimen."),
        ("g.csv", 4, "specimen", "X9", "is no specimen of the specimen table", "Add it there, or correct the id."),
        ("g.csv", 0, "B of S0", "-3", "is negative", COUNTS),
        ("g.csv", 0, "A of S1", "1e+300", "is too large for 32 bits", "Correct it."),
    ]  # fmt: skip
    text = "gene,S0,S0 ,X\nA,1,2,3\nB,1,2,3\nA,x,2,3\n"
    _, problems = read(tmp_path, text, ["S0", "S1"], orientation="columns", specimen="gene")
    said = ("is no specimen of the specimen table, or repeats", "Take it out.")
    assert problems == [
        ("g.csv", 0, "A of S0", "x", "is no number", "Correct it, leave it empty, or name the text in missing."),
        ("g.csv", 0, "A", "", "occurs more than once", "Aggregate probes of one gene first."),
        ("g.csv", 0, "column S0", "", *said),
        ("g.csv", 0, "column X", "", *said),
    ]
    _, problems = read(tmp_path, "specimen\nS0\n", ["S0"])
    assert problems == [("g.csv", 0, "", "", "holds no gene", "Check orientation and separator.")]
    with pytest.raises(
        CohortError,
        match=r'g.csv: has no column "specimen", and genes.specimen is not given\. Write specimen = "header',
    ):
        read(tmp_path, "id,A\nS0,1\n", ["S0"])


@pytest.mark.parametrize(("value", "said"), [("-1", "is negative"), ("1e300", "is too large for 32 bits")])
def test_a_thousand_cells_are_told_at_most(tmp_path, value, said):
    text = "\n".join([",".join(["specimen", *(f"G{k}" for k in range(1001))]), ",".join(["S0", *[value] * 1001])])
    _, problems = read(tmp_path, text + "\n", ["S0"], transform="log2p1")
    assert [problem[4] for problem in problems] == [said] * 1000


def test_specimens_without_a_row_have_no_genes_and_the_others_theirs(tmp_path):
    counts = np.array([[3.0, 0, 5], [0, 0, 0], [1, 2, 7]])
    rows = [f"{name}," + ",".join(map(str, row)) for name, row in zip("zxy", counts, strict=True)]
    text = "\n".join(["specimen,A,B,C", *rows]) + "\n"
    share = counts * 1e4 / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for transform, expected in {"none": counts, "log2p1": np.log2(counts + 1), "log1p-cp10k": np.log1p(share)}.items():
        found, problems = read(tmp_path, text, ["x", "u", "y", "z"], transform=transform)
        assert problems == [] and found.measured.tolist() == [True, False, True, True]
        np.testing.assert_allclose(found.values, np.insert(expected[[1, 2, 0]], 1, 0, axis=0), rtol=1e-6)
        assert found.values.dtype == np.float32 and found.names == ("A", "B", "C") and found.sets == {}


def test_sets_are_cut_and_the_first_five_that_are_lost_are_named(tmp_path):
    (tmp_path / "s.gmt").write_text("ONE\tx\tB\tA\tZ\n" + "".join(f"L{k}\tx\tY{k}\n" for k in range(7)))
    found, problems = read(tmp_path, "specimen,A,B\nS0,1,2\n", ["S0"], sets="s.gmt")
    assert problems == [] and found.sets == {"ONE": ("B", "A")}
    assert found.notes == ("7 of 8 gene sets have no measured gene, left out: L0, L1, L2, L3, L4",)
    (tmp_path / "s.gmt").write_text("ONE\tx\tA\n")
    assert read(tmp_path, "specimen,A,B\nS0,1,2\n", ["S0"], sets="s.gmt")[0].notes == ()
    (tmp_path / "s.gmt").write_text("ONE\tx\tQ\tR\n")
    said = "none of its 1 gene sets has a gene of the table: it says Q, the table A"
    remedy = "Name genes alike in both (symbols or Ensembl ids), or take sets away."
    assert read(tmp_path, "specimen,A,B\nS0,1,2\n", ["S0"], sets="s.gmt")[1] == [("s.gmt", 0, "", "", said, remedy)]


def test_an_h5ad_file_names_specimens_in_its_index_or_a_column(tmp_path, monkeypatch):
    values = np.arange(6.0).reshape(3, 2)
    obs = pd.DataFrame({"who": ["S2", "S0", "S9"]}, index=["a", "b", "c"])
    data = SimpleNamespace(obs=obs, var_names=pd.Index(["A", "B"]), X=values, layers={"log": values + 10})
    monkeypatch.setattr("datasets.own.genes.open_h5ad", lambda path: data if path == tmp_path / "g.H5AD" else None)

    def load(ids, **spec):
        problems = Problems()
        found = read_genes(Genes(table="g.H5AD", **spec), np.array(ids), {}, tmp_path, problems)
        return found, [astuple(problem) for problem in problems.found]

    found, problems = load(["S0", "S2", "S9"], specimen="who", layer="log", orientation="columns")
    assert problems == [] and found.values.tolist() == [[12, 13], [10, 11], [14, 15]]
    assert load(["c", "a", "b"])[0].values.tolist() == [[4, 5], [0, 1], [2, 3]]
    stranger = ("is no specimen of the specimen table", "Add it there, or correct the id.")
    assert load(["S0", "S2"], specimen="who")[1] == [("g.H5AD", 3, "who", "S9", *stranger)]
    values[1, 1], values[2, 0] = np.nan, np.inf
    assert load(["a", "b", "c"])[1] == [
        ("g.H5AD", 0, "B of b", "nan", *FINITE), ("g.H5AD", 0, "A of c", "inf", *FINITE),
    ]  # fmt: skip
    data.X, data.obs, data.var_names = np.full((1, 1001), np.nan), obs[:1], pd.Index(np.arange(1001).astype(str))
    assert len(load(["a"])[1]) == 1000


def test_only_texts_that_are_named_mean_missing(tmp_path):
    _, problems = read(tmp_path, "specimen,A,B\nS0,null,NA\nS1,n/a,\n", ["S0", "S1"])
    blank = ("is blank", "Impute it, or leave the specimen out of the table.")
    none = ("is no number", "Correct it, leave it empty, or name the text in missing.")
    assert problems == [
        ("g.csv", 0, "A of S0", "null", *none), ("g.csv", 0, "B of S0", "", *blank),
        ("g.csv", 0, "A of S1", "n/a", *none), ("g.csv", 0, "B of S1", "", *blank),
    ]  # fmt: skip
