"""Tables in memory, with the parts of AnnData that the reader asks for: so the reader is tested without the extra."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from datasets.cohort import CohortError, Provenance
from datasets.read import anndata_cohort
from datasets.read.anndata_cohort import cohort_from_anndata, dense

ORIGIN = Provenance(source="here", version="1", licence="none")
COUNTS = np.random.default_rng(0).poisson(2.0, (12, 5)).astype(np.float32)
DONORS = ["d0"] * 4 + ["d1"] * 4 + ["d2"] * 4


@dataclass
class Raw:
    of: Tables

    def to_adata(self) -> Tables:
        return self.of


@dataclass
class Tables:
    """Observations by genes, as ``anndata.AnnData`` holds them."""

    X: Any
    obs: pd.DataFrame
    var: pd.DataFrame
    layers: dict[str, Any] = field(default_factory=dict)
    raw: Raw | None = None

    @property
    def n_obs(self) -> int:
        return len(self.obs)

    @property
    def var_names(self) -> pd.Index:
        return self.var.index

    def __getitem__(self, rows: np.ndarray) -> Tables:
        assert rows.dtype == bool and rows.shape == (self.n_obs,)
        kept = {name: values[rows] for name, values in self.layers.items()}
        return Tables(None if self.X is None else self.X[rows], self.obs[rows], self.var, kept, self.raw)


def tables(x=COUNTS, **changes):
    obs = pd.DataFrame(
        {
            "kind": ["B", "T"] * 6,
            "donor": DONORS,
            "site": ["north"] * 8 + ["south"] * 4,
            "age": [str(20 + i // 4) for i in range(12)],
            "sex": ["f", "unknown", "m", "", "f", "NaN"] * 2,
        },
        index=[f"cell{i}" for i in range(12)],
    )
    var = pd.DataFrame({"symbol": list("vwxyz")}, index=list("abcde"))
    return replace(Tables(x, obs, var), **changes)


def cohort(data, **options):
    return cohort_from_anndata(
        data, **{"name": "x", "provenance": ORIGIN, "label": "kind", "normalise": "log1p-cp10k", **options}
    )


def log_shares(counts):
    return [[np.log1p(value / sum(row) * 10_000 if sum(row) else 0.0) for value in row] for row in counts.tolist()]


def test_what_stands_in_the_tables_stands_in_the_cohort():
    made = cohort(tables(), patient="donor", domain="site", clinical={"age": "years", "sex": "category"})
    assert (made.classes, made.y.tolist()) == (("B", "T"), [0, 1] * 6)
    assert made.specimen.tolist() == [f"cell{i}" for i in range(12)]
    assert made.patient.tolist() == DONORS
    assert made.domain.tolist() == ["north"] * 8 + ["south"] * 4
    assert (made.gene_names, made.units) == (tuple("abcde"), {"age": "years"})
    assert made.clinical["age"].tolist() == [20.0] * 4 + [21.0] * 4 + [22.0] * 4
    assert made.clinical["sex"].astype(object).where(made.clinical["sex"].notna(), None).tolist() == [
        "f", None, "m", None, "f", None,
    ] * 2  # fmt: skip
    assert made.genes == pytest.approx(np.array(log_shares(COUNTS)), rel=1e-5)
    assert made.present.tolist() == [[False, True, True]] * 12
    assert (made.target_level, made.patients_known, made.provenance) == ("specimen", True, ORIGIN)


def test_without_columns_each_row_stands_alone():
    made = cohort(tables())
    assert made.patient.tolist() == made.specimen.tolist()
    assert (set(made.domain), made.patients_known, made.target_level) == ({"x"}, False, "specimen")
    assert (made.clinical, made.units) == (None, {})


@pytest.mark.parametrize(
    ("kinds", "level"),
    [(["B"] * 8 + ["T"] * 4, "patient"), (["B"] * 7 + ["T"] * 5, "specimen"), (["T", "B"] * 6, "specimen")],
)
def test_the_label_is_the_donors_where_no_donor_has_two(kinds, level):
    data = tables()
    data.obs["kind"] = kinds
    assert cohort(data, patient="donor").target_level == level
    assert cohort(data, patient="donor").classes == ("B", "T")
    assert cohort(data).target_level == "specimen"


@pytest.mark.parametrize("pack", [np.asarray, sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix])
def test_matrices_of_any_kind_are_the_same(pack):
    counts = COUNTS.copy()
    counts[3] = 0  # a cell without counts
    counts[4] = [0, 0, 1, 0, 0]
    assert cohort(tables(pack(counts))).genes == pytest.approx(np.array(log_shares(counts)), rel=1e-5)
    for kind in (np.float32, np.float64, np.int64, np.uint8, bool):
        assert dense(tables(pack(counts.astype(kind)))).dtype == np.float32


def test_x_a_layer_or_the_raw_part():
    shown = np.full((12, 5), 0.5, np.float32)
    data = tables(shown, layers={"counts": COUNTS}, raw=Raw(tables(COUNTS + 1)))
    assert cohort(data, normalise="none").genes.tolist() == shown.tolist()
    assert cohort(data, layer="counts").genes == pytest.approx(np.array(log_shares(COUNTS)), rel=1e-5)
    assert cohort(data, layer="raw").genes == pytest.approx(np.array(log_shares(COUNTS + 1)), rel=1e-5)
    only = tables(None, layers={"counts": COUNTS})
    assert cohort(only, layer="counts").genes.shape == (12, 5)
    with pytest.raises(CohortError, match=r"the file has no X; there are layers \['counts'\]"):
        cohort(only)


def test_rows_are_those_that_have_one_of_the_values_in_each_column():
    data = tables()
    data.obs.loc["cell9", "donor"] = ""  # left out, so it may be empty
    made = cohort(data, patient="donor", where={"donor": ["d0", "d2"], "sex": ["f", "unknown"]})
    kept = [0, 1, 10]
    assert made.specimen.tolist() == [f"cell{i}" for i in kept]
    assert made.genes == pytest.approx(np.array(log_shares(COUNTS[kept])), rel=1e-5)


def test_names_of_genes_are_a_column_where_one_is_said():
    assert cohort(tables(), gene_column="symbol").gene_names == tuple("vwxyz")


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"label": "type"}, r"obs: has no column 'type'; has kind, donor, site, age, sex"),
        ({}, {"patient": "type"}, r"obs: has no column 'type'"),
        ({}, {"domain": "type"}, r"obs: has no column 'type'"),
        ({}, {"clinical": {"type": ""}}, r"obs: has no column 'type'"),
        ({}, {"where": {"type": ["a"]}}, r"obs: has no column 'type'"),
        ({}, {"where": {"kind": ["A"]}}, r"where: no row has \{'kind': \['A'\]\}"),
        ({}, {"gene_column": "type"}, r"var: has no column 'type'; has symbol"),
        ({}, {"layer": "scaled"}, r"layer: there is no 'scaled'; there are \[\].*is X"),
        ({"layers": {"a": COUNTS}}, {"layer": "raw"}, r"layer: the file has no raw part.*there are \['a'\]"),
        ({}, {"normalise": "none"}, r"X: holds counts"),
        ({"layers": {"a": COUNTS}}, {"layer": "a", "normalise": "none"}, r"^a: holds counts"),
        ({"x": COUNTS + 0.5}, {}, r"X: holds no counts"),
        ({"x": COUNTS - 1}, {}, r"X: holds no counts"),
        ({"x": np.where(np.eye(12, 5) > 0, 0.5, COUNTS)}, {}, r"X: holds no counts"),
        ({}, {"normalise": "zscore"}, r"normalise: unknown 'zscore'"),
        ({"x": COUNTS.astype("U3")}, {}, r"X: holds <U3, not numbers"),
        ({}, {"clinical": {"site": ""}}, r"obs\['site'\].*cell0 has 'north'"),
        ({"var": pd.DataFrame(index=list("abcda"))}, {}, r"names occur more than once \(first: a\).*var has none"),
        ({"var": pd.DataFrame(index=list("01234"))}, {}, r"var: has no gene names, only their places"),
    ],
)
def test_what_is_wrong_is_named(changes, options, message):
    with pytest.raises(CohortError, match=message):
        cohort(tables(**changes), **options)


@pytest.mark.parametrize(("column", "option"), [("kind", "label"), ("donor", "patient"), ("site", "domain")])
@pytest.mark.parametrize("blank", ["", "nan", "NaN", " "])
def test_rows_that_say_nothing_are_counted(column, option, blank):
    data = tables()
    data.obs.loc[["cell3", "cell5"], column] = blank
    place = rf"obs\['{column}'\]: is empty in 2 rows \(first: cell3, cell5\)"
    with pytest.raises(CohortError, match=place):
        cohort(data, **{option: column})


def test_two_rows_of_one_name_are_refused():
    data = tables()
    data.obs.index = ["cell0", *data.obs.index[:-1]]
    with pytest.raises(CohortError, match="obs index"):
        cohort(data)


def test_a_sparse_matrix_that_points_outside_itself_is_refused():
    broken = sparse.csr_matrix(COUNTS)
    broken.indices[3] = 99
    with pytest.raises(CohortError, match="X: is a broken sparse matrix"):
        cohort(tables(broken))


def test_what_does_not_fit_in_memory_is_said_in_gigabytes(monkeypatch):
    monkeypatch.setattr(anndata_cohort, "_MOST_VALUES", 60)
    assert len(cohort(tables())) == 12
    monkeypatch.setattr(anndata_cohort, "_MOST_VALUES", 59)
    with pytest.raises(CohortError, match="12 x 5 values are 0 GB"):
        cohort(tables())
    huge = sparse.coo_matrix((60_000, 50_000), dtype=np.float32)
    with pytest.raises(CohortError, match="60000 x 50000 values are 12 GB"):
        dense(tables(huge))
