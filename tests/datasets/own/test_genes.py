"""A user's gene tables: numbers are read as numbers, and what is none is named by gene and specimen."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
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
