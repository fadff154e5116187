import sys
import types
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from datasets.cohort import CohortError, Provenance
from datasets.public import cellxgene
from datasets.roots import DataMissing

GENES = ["MPO", "CD33", "ACTB", "MPO"]


def observations():
    """Two studies; a donor id recurs across them; one is nobody."""
    donors = [("s1", "d1", "normal", 5), ("s2", "d1", "acute myeloid leukemia", 4), ("s1", "pooled", "normal", 3)]
    rows = [(s, d, disease) for s, d, disease, n in donors for _ in range(n)]
    table = pd.DataFrame(rows, columns=["dataset_id", "donor_id", "disease"])
    return table.assign(
        soma_joinid=np.arange(len(table)) + 100, assay="10x 3' v3", cell_type="blast", sex="male", tissue="marrow"
    )


@pytest.fixture
def census(monkeypatch):
    """Stand in for cellxgene-census with the signatures of its documentation."""
    anndata = pytest.importorskip("anndata", reason="needs the extra singlecell")
    asked = {}
    module = types.ModuleType("cellxgene_census")

    @contextmanager
    def open_soma(*, census_version):
        asked["version"] = census_version
        yield "census"

    def get_obs(census, organism, *, value_filter=None, column_names=None):
        asked["query"] = value_filter
        return observations()[column_names]

    def get_var(census, organism, *, column_names=None):
        return pd.DataFrame({"soma_joinid": range(4), "feature_name": GENES})[column_names]

    def get_anndata(census, organism, *, obs_coords, var_coords, obs_column_names, var_column_names):
        obs = observations().set_index("soma_joinid", drop=False).loc[obs_coords, obs_column_names]
        asked["cells"] = obs_coords
        values = sparse.csr_matrix(np.array(obs_coords)[:, None] + np.array(var_coords)[None, :], dtype=np.float32)
        var = pd.DataFrame({"feature_name": [GENES[k] for k in var_coords]})
        return anndata.AnnData(values, obs=obs.reset_index(drop=True).rename(index=str), var=var.rename(index=str))

    for function in (open_soma, get_obs, get_var, get_anndata):
        setattr(module, function.__name__, function)
    monkeypatch.setitem(sys.modules, "cellxgene_census", module)
    return asked


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_pinned_query_becomes_a_cohort(census, tmp_path):
    cellxgene.fetch(tmp_path / "cellxgene", genes=["MPO", "CD33", "NOT"], cells_per_donor=4)
    cohort = cellxgene.load(data_root=tmp_path)
    assert census["version"] == cellxgene.CENSUS_VERSION
    assert "is_primary_data == True" in census["query"]
    assert cohort.classes == ("acute myeloid leukemia", "normal")
    assert sorted(set(cohort.patient)) == ["s1/d1", "s2/d1"]
    assert np.unique(cohort.patient, return_counts=True)[1].tolist() == [4, 4]
    assert set(cohort.domain) == {"s1", "s2"}
    assert cohort.gene_names == ("MPO", "CD33")
    assert cohort.target_level == "patient"
    first = int(cohort.specimen[0].removeprefix("cell-"))
    expected = np.log1p(np.array([first, first + 1]) / (2 * first + 1) * 1e4)
    np.testing.assert_allclose(cohort.genes[0], expected, rtol=1e-5)
    assert not list((tmp_path / "cellxgene").glob("*.part"))


@pytest.mark.parametrize("most", [1, 3, 4, 5, 200])
def test_of_each_donor_at_most_so_many_cells_are_drawn_and_of_nobody_none(most):
    table = observations()
    cells = cellxgene._draw(table, "q", most, seed=0)
    drawn = table.set_index("soma_joinid").loc[cells].groupby(["dataset_id", "donor_id"]).size()
    assert drawn.to_dict() == {("s1", "d1"): min(most, 5), ("s2", "d1"): min(most, 4)}
    assert (np.diff(cells) > 0).all()


@pytest.mark.parametrize(
    ("wanted", "ids"), [({"MPO"}, [3]), ({"MPO", "ACTB"}, [3, 7]), ({"CD33", "NOT"}, [5]), (set(GENES), [3, 5, 7])]
)
def test_of_a_symbol_that_stands_twice_the_first_is_taken(wanted, ids):
    var = pd.DataFrame({"soma_joinid": [9, 5, 7, 3], "feature_name": pd.Categorical(GENES)})
    assert cellxgene._gene_ids(var, wanted).tolist() == ids


def test_genes_that_the_census_lacks_are_named_in_order():
    var = pd.DataFrame({"soma_joinid": range(4), "feature_name": GENES})
    with pytest.raises(CohortError, match=r"genes: the Census has none of them \(first: A, B, C\)"):
        cellxgene._gene_ids(var, set("CAB"))


def test_genes_are_those_of_the_hallmark_sets_where_none_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    with pytest.raises(CohortError, match=r"genes: \S+ is not on this machine. Give a list of genes"):
        cellxgene._hallmark_genes()
    (tmp_path / cellxgene.FOLDER).mkdir()
    (tmp_path / cellxgene.FOLDER / cellxgene.HALLMARK).write_text("A\tx\tMPO\tCD33\nB\tx\tACTB\tMPO\n")
    assert cellxgene._hallmark_genes() == {"MPO", "CD33", "ACTB"}


@pytest.mark.parametrize("nobody", ["", "NA", "nan", " Unknown", "pooled", "Pooled Donors"])
def test_cells_of_nobody_are_no_answer(nobody):
    table = observations().assign(donor_id=nobody)
    with pytest.raises(CohortError, match="returns no cell of a known donor: q"):
        cellxgene._draw(table, "q", 3, seed=0)


def test_cells_are_drawn_whatever_their_order_in_the_answer():
    table = observations()
    cells = cellxgene._draw(table, "q", 2, seed=4)
    assert cellxgene._draw(table.iloc[::-1], "q", 2, seed=4).tolist() == cells.tolist()


def test_what_is_written_has_ids_donors_and_symbols(tmp_path):
    """A stand-in that is written as text, whole or not at all, without the extra."""
    obs, var = observations().iloc[[1, 6]], pd.DataFrame({"feature_name": pd.array(["MPO", "CD33"], dtype="string")})
    data = types.SimpleNamespace(obs=obs.copy(), var=var, write_h5ad=lambda path: path.write_text("whole"))
    cellxgene._write(types.SimpleNamespace(**vars(data)), tmp_path / "new" / "folder")
    path = cellxgene._write(data, tmp_path / "new" / "folder")  # over what was there
    assert path == tmp_path / "new" / "folder" / cellxgene.FILE
    assert [p.name for p in path.parent.iterdir()] == [cellxgene.FILE] and path.read_text() == "whole"
    assert data.obs.index.tolist() == ["cell-101", "cell-106"]
    assert data.obs["donor"].tolist() == ["s1/d1", "s2/d1"]
    assert data.var.index.tolist() == ["MPO", "CD33"]
    assert not any(isinstance(kind, pd.StringDtype) for kind in (*data.obs.dtypes, *data.var.dtypes))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_draw_of_cells_follows_the_seed(census, tmp_path):
    drawn = []
    for seed in (0, 0, 1):
        cellxgene.fetch(tmp_path, genes=["MPO"], cells_per_donor=2, seed=seed)
        drawn.append(census["cells"])
    assert drawn[0] == drawn[1] != drawn[2]


def test_nothing_found_is_an_error(census, tmp_path):
    with pytest.raises(CohortError, match="the Census has none of them"):
        cellxgene.fetch(tmp_path, genes=["NOT"])


def test_the_census_is_asked_for_the_release_the_query_the_cells_and_the_genes(monkeypatch, tmp_path):
    asked = {}

    def told(name, answer):
        def call(*arguments, **options):
            asked[name] = (*arguments, options)
            return answer

        return call

    var = pd.DataFrame({"soma_joinid": [4, 5, 6], "feature_name": ["MPO", "CD33", "ACTB"]})
    answers = {"open_soma": nullcontext("census"), "get_obs": observations(), "get_var": var, "get_anndata": "cells"}
    for name, answer in answers.items():
        asked[name] = None
        monkeypatch.setitem(answers, name, told(name, answer))
    monkeypatch.setitem(sys.modules, "cellxgene_census", SimpleNamespace(**answers))
    monkeypatch.setattr(cellxgene, "_write", lambda data, folder: (data, folder))
    monkeypatch.setattr(cellxgene, "_hallmark_genes", lambda: {"ACTB"})
    obs = ["soma_joinid", "dataset_id", "assay", "donor_id", "disease", "cell_type", "sex", "tissue"]
    for genes, rows in ((["MPO", "CD33"], [4, 5]), ((), [6])):
        options = {"genes": genes, "query": "q", "census_version": "v", "cells_per_donor": 1, "seed": 3}
        assert cellxgene.fetch(str(tmp_path), **options) == ("cells", tmp_path)
        cells = cellxgene._draw(observations(), "q", 1, 3).tolist()
        assert asked["open_soma"] == ({"census_version": "v"},)
        assert asked["get_obs"] == ("census", "homo_sapiens", {"value_filter": "q", "column_names": obs})
        assert asked["get_var"] == ("census", "homo_sapiens", {"column_names": ["soma_joinid", "feature_name"]})
        assert asked["get_anndata"] == ("census", {
            "organism": "homo_sapiens", "obs_coords": cells, "var_coords": rows, "obs_column_names": obs,
            "var_column_names": ["feature_name"],
        })  # fmt: skip


def test_the_file_is_read_with_the_columns_that_were_written(monkeypatch, tmp_path):
    (tmp_path / cellxgene.NAME).mkdir()
    (tmp_path / cellxgene.NAME / cellxgene.FILE).touch()
    monkeypatch.setattr(cellxgene, "cohort_from_h5ad", lambda path, **said: (path, said))
    path, said = cellxgene.load(data_root=tmp_path)
    origin = Provenance(cellxgene.SOURCE.page, "2025-11-08", "CC BY 4.0 (Census); each study has its own citation")
    columns = {"label": "disease", "patient": "donor", "domain": "dataset_id", "normalise": "log1p-cp10k"}
    assert (path.name, said) == ("query.h5ad", {"name": "cellxgene", "provenance": origin, **columns})


def test_a_missing_package_is_said_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cellxgene_census", None)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[cellxgene\]'"):
        cellxgene.fetch(tmp_path)


def test_the_steps_are_printed_where_it_is_not_here(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    with pytest.raises(DataMissing, match="data get cellxgene"):
        cellxgene.load()
    assert any(f"fetch('{tmp_path}')" in step for step in cellxgene.SOURCE.instructions(tmp_path))
