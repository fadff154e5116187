import sys
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from datasets.cohort import CohortError, Provenance
from datasets.public import pbmc68k
from datasets.read import anndata_cohort, h5ad
from datasets.roots import DataMissing
from datasets.schemes import splitters as schemes
from datasets.splits import SplitError

ORIGIN = Provenance(source="here", version="1", licence="none")


@pytest.fixture
def anndata():
    return pytest.importorskip("anndata", reason="needs the extra singlecell")


def table(n=12):
    return pd.DataFrame(
        {
            "kind": ["B", "T"] * (n // 2),
            "donor": [f"d{i // 4}" for i in range(n)],
            "site": "north",
            "age": [str(20 + i // 4) for i in range(n)],
            "sex": ["f", "unknown"] * (n // 2),
        },
        index=pd.Index([f"cell{i}" for i in range(n)], dtype=object),
    ).astype(object)


@pytest.fixture
def counts():
    return np.random.default_rng(0).poisson(2.0, (12, 5)).astype(np.float32)


@pytest.fixture
def write(anndata, tmp_path, counts):
    def call(x=None, obs=None, genes="abcde", layers=None):
        data = anndata.AnnData(
            sparse.csr_matrix(counts) if x is None else x,
            obs=table() if obs is None else obs,
            var=pd.DataFrame(index=pd.Index(list(genes), dtype=object)),
        )
        for name, values in (layers or {}).items():
            data.layers[name] = values
        data.write_h5ad(tmp_path / "x.h5ad")
        return tmp_path / "x.h5ad"

    return call


def test_counts_become_log_shares_of_their_own_cell(write, counts):
    cohort = h5ad.cohort_from_h5ad(write(), label="kind", patient="donor", normalise="log1p-cp10k")
    expected = np.log1p(counts / counts.sum(1, keepdims=True) * 1e4)
    np.testing.assert_allclose(cohort.genes, expected, rtol=1e-5)
    assert cohort.gene_names == tuple("abcde")
    assert (cohort.classes, cohort.y.tolist()) == (("B", "T"), [0, 1] * 6)
    assert cohort.patient.tolist() == [f"d{i // 4}" for i in range(12)]
    assert cohort.target_level == "specimen"
    assert cohort.patients_known


def test_a_label_of_the_donor_is_per_patient(write):
    obs = table().assign(kind=["sick"] * 8 + ["well"] * 4).astype(object)
    cohort = h5ad.cohort_from_h5ad(write(obs=obs), label="kind", patient="donor", normalise="log1p-cp10k")
    assert cohort.target_level == "patient"


def test_without_donors_no_split_by_patient_is_made(write):
    cohort = h5ad.cohort_from_h5ad(write(), label="kind", normalise="log1p-cp10k")
    assert not cohort.patients_known
    with pytest.raises(SplitError, match="patient"):
        schemes.kfold(cohort, folds=3)


def test_layers_columns_and_rows_can_be_chosen(write, counts):
    path = write(x=np.zeros((12, 5), np.float32) + 0.5, layers={"counts": counts})
    cohort = h5ad.cohort_from_h5ad(
        path, label="kind", patient="donor", domain="site", layer="counts", normalise="log1p-cp10k",
        where={"donor": ["d0", "d2"]}, clinical={"age": "years", "sex": "category"},
    )  # fmt: skip
    assert cohort.specimen.tolist() == [f"cell{i}" for i in (0, 1, 2, 3, 8, 9, 10, 11)]
    assert cohort.clinical["age"].tolist() == [20] * 4 + [22] * 4
    assert cohort.clinical["sex"].isna().sum() == 4
    assert cohort.units == {"age": "years"}
    assert set(cohort.domain) == {"north"}
    np.testing.assert_array_equal(h5ad.cohort_from_h5ad(path, label="kind").genes, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "cell_type"}, "has no column 'cell_type'; has kind, donor, site, age, sex"),
        ({"label": "kind"}, "X: holds counts. Say normalise='log1p-cp10k'"),
        ({"label": "kind", "layer": "scaled", "normalise": "log1p-cp10k"}, "there is no 'scaled'; there are"),
        ({"label": "kind", "layer": "raw", "normalise": "log1p-cp10k"}, "has no raw part"),
        ({"label": "kind", "normalise": "zscore"}, "unknown 'zscore'"),
        ({"label": "kind", "gene_column": "symbol", "normalise": "log1p-cp10k"}, "var: has no column 'symbol'"),
        ({"label": "kind", "where": {"donor": ["d9"]}}, "no row has"),
        ({"label": "kind", "clinical": {"site": ""}, "normalise": "log1p-cp10k"}, "cell0 has 'north'"),
    ],
)
def test_what_is_wrong_is_named(write, arguments, message):
    with pytest.raises(CohortError, match=message):
        h5ad.cohort_from_h5ad(write(), **arguments)


def test_a_folder_is_no_file(anndata, tmp_path):
    (tmp_path / "x.h5ad").mkdir()
    with pytest.raises(CohortError, match="is no file"):
        h5ad.cohort_from_h5ad(tmp_path / "x.h5ad", label="kind")


@pytest.mark.parametrize("kept", [0, 1, 8, 100, 600, 2048, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_named(write, kept):
    path = write()
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(CohortError, match=r"x\.h5ad: cannot be read as \.h5ad"):
        h5ad.cohort_from_h5ad(path, label="kind", normalise="log1p-cp10k")


def without(name):
    def change(file):
        del file[name]

    return change


def instead(name, values):
    def change(file):
        del file[name]
        file[name] = values

    return change


HOSTILE = {
    "no X": without("X"),
    "no obs": without("obs"),
    "no var": without("var"),
    "no column that obs lists": without("obs/kind"),
    "no row names": without("obs/_index"),
    "no data of the sparse matrix": without("X/data"),
    "sparse matrix of texts": instead("X/data", np.array(["a"] * 3, "S1")),
    "text in X": instead("X", np.array([["a"] * 5] * 12, "S1")),
    "a cube in X": instead("X", np.zeros((12, 5, 2), np.float32)),
    "another number of rows in X": instead("X", np.ones((7, 5), np.float32)),
    "another number of genes in X": instead("X", np.ones((12, 3), np.float32)),
    "complex numbers in X": instead("X", np.ones((12, 5), np.complex64)),
    "numbers beside text in obs": instead("obs/kind", np.arange(3)),
    "a number instead of obs": instead("obs", 5.0),
    "indices beyond the columns": instead("X/indices", np.full(60, 99, np.int32)),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_file_of_another_shape_is_refused(write, change):
    h5py = pytest.importorskip("h5py")
    path = write()
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(CohortError):
        h5ad.cohort_from_h5ad(path, label="kind", patient="donor", normalise="log1p-cp10k")


def test_values_that_are_no_counts_are_not_normalised_again(write):
    path = write(x=np.full((12, 5), 1.5, dtype=np.float32))
    with pytest.raises(CohortError, match="holds no counts"):
        h5ad.cohort_from_h5ad(path, label="kind", normalise="log1p-cp10k")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_genes_that_stand_twice_are_named(write):
    with pytest.raises(CohortError, match=r"gene names occur more than once \(first: a\)"):
        h5ad.cohort_from_h5ad(write(genes="abcda"), label="kind", normalise="log1p-cp10k")


def test_rows_without_a_label_or_donor_are_counted(write):
    obs = table()
    obs.loc[["cell3", "cell5"], "donor"] = ""
    with pytest.raises(CohortError, match=r"obs\['donor'\]: is empty in 2 rows \(first: cell3, cell5\)"):
        h5ad.cohort_from_h5ad(write(obs=obs), label="kind", patient="donor", normalise="log1p-cp10k")


def test_a_file_that_is_none_is_named(anndata, tmp_path):
    (tmp_path / "x.h5ad").write_bytes(b"no HDF5")
    for path, message in ((tmp_path / "x.h5ad", "cannot be read"), (tmp_path / "y.h5ad", "is no file")):
        with pytest.raises(CohortError, match=message):
            h5ad.open_h5ad(path)


def test_what_does_not_fit_is_refused_before_it_is_made(write, monkeypatch):
    monkeypatch.setattr(anndata_cohort, "_MOST_VALUES", 59)
    with pytest.raises(CohortError, match="12 x 5 values"):
        h5ad.cohort_from_h5ad(write(), label="kind", normalise="log1p-cp10k")


def test_a_file_is_loaded_by_name(write, tmp_path):
    write()
    cohort = h5ad.load(data_root=tmp_path, path="x.h5ad", label="kind", patient="donor", normalise="log1p-cp10k")
    assert (cohort.name, len(cohort)) == ("x", 12)
    with pytest.raises(CohortError, match="--option label"):
        h5ad.load(path="x.h5ad")
    with pytest.raises(DataMissing, match="data get h5ad"):
        h5ad.load()


def test_a_missing_extra_is_said_with_the_command(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "anndata", None)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[singlecell\]'"):
        h5ad.open_h5ad(tmp_path / "x.h5ad")


def test_pbmc68k_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path))
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    with pytest.raises(DataMissing, match="data get pbmc68k"):
        pbmc68k.load()
    assert any("pip install" in step for step in pbmc68k.SOURCE.instructions(tmp_path))


@pytest.mark.parametrize(("longer", "modified"), [(0, False), (1, True), (-1, True)])
def test_pbmc68k_of_another_size_is_a_modified_copy(monkeypatch, tmp_path, longer, modified):
    (tmp_path / pbmc68k.NAME).mkdir()
    (tmp_path / pbmc68k.NAME / pbmc68k.FILE).write_bytes(b"1234")
    source = replace(pbmc68k.SOURCE, files=(replace(pbmc68k.SOURCE.files[0], size=4 + longer),))
    monkeypatch.setattr(pbmc68k, "SOURCE", source)
    asked = []
    monkeypatch.setattr(pbmc68k, "cohort_from_h5ad", lambda _, *, provenance, **more: asked.append(more) or provenance)
    assert pbmc68k.load(data_root=tmp_path).modified == modified
    assert asked == [{"name": "pbmc68k", "label": "bulk_labels", "layer": "raw"}]


def test_pbmc68k_is_found_in_the_installed_package_where_no_root_has_it(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / "user"))
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path / "data"))
    package = SimpleNamespace(origin=None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: package)
    with pytest.raises(DataMissing):
        pbmc68k.find()
    package.origin = str(tmp_path / "scanpy" / "__init__.py")
    for folder in (tmp_path / "scanpy" / "datasets", tmp_path / "data" / pbmc68k.NAME):
        folder.mkdir(parents=True)
        (folder / pbmc68k.FILE).touch()
        assert pbmc68k.find() == folder  # a root goes before the package


def test_a_file_is_opened_in_silence_and_what_cannot_be_read_is_said(monkeypatch, tmp_path):
    def read_h5ad(path):
        warnings.warn("moved", FutureWarning, stacklevel=1)
        for failure in failures:
            raise failure
        return path

    monkeypatch.setitem(sys.modules, "anndata", SimpleNamespace(read_h5ad=read_h5ad))
    (tmp_path / "x.h5ad").touch()
    failures: list[Exception] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert h5ad.open_h5ad(tmp_path / "x.h5ad") == tmp_path / "x.h5ad"
    assert not told
    for kind in (OSError, KeyError, ValueError, AttributeError, TypeError):
        failures[:] = [kind("torn")]
        with pytest.raises(CohortError, match=r"x\.h5ad: cannot be read as \.h5ad: .*torn"):
            h5ad.open_h5ad(tmp_path / "x.h5ad")
    with pytest.raises(CohortError, match=r"y\.h5ad: is no file"):
        h5ad.open_h5ad(tmp_path / "y.h5ad")


def test_without_a_file_or_a_label_nothing_is_loaded(monkeypatch, tmp_path):
    monkeypatch.setenv("HEMABENCH_DATA", str(tmp_path))
    with pytest.raises(DataMissing, match="data get h5ad"):
        h5ad.load(label="kind")
    with pytest.raises(CohortError, match=r"label: no column is named\. Say --option label=COLUMN"):
        h5ad.load(path="x.h5ad")


def test_a_file_says_its_own_name_unless_another_is_given(monkeypatch, tmp_path):
    monkeypatch.setattr(h5ad, "open_h5ad", lambda path: path)
    monkeypatch.setattr(h5ad, "cohort_from_anndata", lambda path, **said: (path, said))
    path, said = h5ad.cohort_from_h5ad(tmp_path / "cells.h5ad", label="kind")
    own = Provenance(source="cells.h5ad", version="", licence="not stated")
    assert (path, said) == (tmp_path / "cells.h5ad", {"name": "cells", "provenance": own, "label": "kind"})
    _, said = h5ad.cohort_from_h5ad(path, name="n", provenance=ORIGIN)
    assert said == {"name": "n", "provenance": ORIGIN}
    columns = {"label": "l", "patient": "p", "domain": "d", "layer": "y", "gene_column": "g", "normalise": "none"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "x.h5ad").touch()
    for root, place in ((None, "x.h5ad"), (tmp_path / "below", tmp_path / "below" / "x.h5ad"), (tmp_path, "x.h5ad")):
        path, said = h5ad.load(data_root=root, path="x.h5ad", **columns)
        assert str(path) == str(place) and {k: said[k] for k in columns} == columns


def test_pbmc68k_real_counts(anndata):
    try:
        pbmc68k.find()
    except DataMissing as missing:
        pytest.skip(str(missing))
    cohort = pbmc68k.load()
    assert cohort.genes.shape == (700, 765)
    assert np.bincount(cohort.y).tolist() == [129, 95, 13, 68, 8, 19, 31, 54, 43, 240]
    assert cohort.genes.min() == 0  # the scaled X of the file has negatives
    assert not cohort.patients_known
    assert not cohort.provenance.modified
