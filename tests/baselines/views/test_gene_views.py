"""Views of genes and cells: scikit-learn's answers from train alone."""

import dataclasses

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif
from sklearn.preprocessing import StandardScaler

from baselines.views.cells import HandcraftedCells
from baselines.views.f_test_genes import FTestGenes
from baselines.views.gene_components import GeneComponents
from baselines.views.gene_set_means import GeneSetMeans
from baselines.views.gene_values import centre_and_scale, measured_genes
from baselines.views.genes import AllGenes
from baselines.views.single_cells import SingleCells
from datasets.cohort import presence
from datasets.morphology.cell_features import FEATURES, cell_features
from tests.toy import toy_cohort

TRAIN = toy_cohort(n=45, missing=0.3)
TEST = toy_cohort(n=21, missing=0.3, seed=1)
MEASURED = TRAIN.genes[TRAIN.has("genes")].astype(float)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def test_the_f_test_is_scikit_learns_on_train():
    ratio = f_classif(MEASURED, TRAIN.y[TRAIN.has("genes")])[0]
    best = np.sort(np.argsort(-ratio)[:4])
    table = FTestGenes(n_genes=4).fit(TRAIN)(TEST)
    assert list(table.columns) == [f"genes:{TRAIN.gene_names[j]}" for j in best]
    assert np.array_equal(table.isna().all(axis=1), ~TEST.has("genes"))
    assert np.array_equal(table[TEST.has("genes")], TEST.genes[TEST.has("genes")][:, best])


def test_the_f_test_does_without_constant_genes_and_without_two_classes():
    flat = dataclasses.replace(TRAIN, genes=np.where(np.arange(12) == 3, np.float32(1), TRAIN.genes))
    flat.genes[~flat.has("genes")] = 0
    assert "genes:G3" not in FTestGenes(n_genes=11).fit(flat)(flat).columns
    one = TRAIN[TRAIN.y == 0]
    assert FTestGenes(n_genes=3).fit(one)(TEST).shape == (21, 3)


def test_set_means_are_means_of_standardised_genes():
    scale = StandardScaler().fit(MEASURED)
    expected = scale.transform(TEST.genes[TEST.has("genes")].astype(float))
    table = GeneSetMeans().fit(TRAIN)(TEST)
    assert list(table.columns) == ["genes:first", "genes:second"]
    found = table[TEST.has("genes")].to_numpy()
    assert np.allclose(found, np.column_stack([expected[:, :3].mean(axis=1), expected[:, 3:5].mean(axis=1)]))
    assert table[~TEST.has("genes")].isna().all(axis=None)
    assert GeneSetMeans().lacking(dataclasses.replace(TRAIN, gene_sets={})) == "gene sets"


def test_components_are_scikit_learns_up_to_sign():
    scale = StandardScaler().fit(MEASURED)
    pca = PCA(3, svd_solver="full").fit(scale.transform(MEASURED))
    there = TEST.has("genes")
    found = GeneComponents(n_components=3).fit(TRAIN)(TEST)[there].to_numpy()
    assert np.allclose(
        np.abs(found), np.abs(pca.transform(scale.transform(TEST.genes[there].astype(float)))), atol=1e-6
    )
    assert GeneComponents(n_components=99).fit(TRAIN)(TEST).shape[1] == 12


@pytest.mark.parametrize(("statistics", "width"), [("mean", 1), ("mean-sd", 2), ("quantiles", 5)])
def test_statistics_of_cells(statistics, width):
    table = HandcraftedCells(statistics=statistics).fit(TRAIN)(TEST)
    assert table.shape == (21, width * len(FEATURES))
    i = int(np.flatnonzero(TEST.has("images"))[0])
    cells = cell_features(TEST.images.bag(i)).astype(float)
    assert np.allclose(table.iloc[i, : len(FEATURES)], cells.mean(axis=0))
    assert statistics == "mean" or np.allclose(table.iloc[i, len(FEATURES) : 2 * len(FEATURES)], cells.std(axis=0))


def test_single_cells_keep_the_position_of_their_bag():
    some = TEST[np.array([4, 0, 9])]
    table = SingleCells().fit(TRAIN)(some)
    assert table.index.tolist() == np.repeat(np.arange(3), some.images.sizes).tolist()
    rows = np.concatenate([cell_features(some.images.bag(i)) for i in range(3)])
    assert np.allclose(table, rows)


def test_the_largest_loading_of_a_component_is_positive():
    scale = StandardScaler().fit(MEASURED)
    axes = PCA(3, svd_solver="full").fit(scale.transform(MEASURED)).components_
    axes = np.array([axis * np.sign(axis[np.abs(axis).argmax()]) for axis in axes])
    there = TEST.has("genes")
    table = GeneComponents(n_components=3).fit(TRAIN)(TEST)
    assert list(table.columns) == ["genes:component 1", "genes:component 2", "genes:component 3"]
    np.testing.assert_allclose(table[there], scale.transform(TEST.genes[there].astype(float)) @ axes.T, atol=1e-6)
    assert table[~there].isna().all(axis=None)


@pytest.mark.filterwarnings("error")
def test_genes_of_equal_worth_are_taken_in_their_order():
    """Genes that are alike have the same F, those that are constant none; of either the first are taken."""
    base = toy_cohort(n=30, missing=0, signal=3.0, images=False)
    genes = np.ones((30, 12), np.float32)
    genes[:, 8:11] = base.genes[:, :1]
    flat = dataclasses.replace(base, genes=genes)
    chosen = {n: FTestGenes(n_genes=n).fit(flat)(flat).columns.str.removeprefix("genes:G").tolist() for n in (2, 5)}
    assert chosen == {2: ["8", "9"], 5: ["0", "1", "8", "9", "10"]}
    one = base[base.y == 0]
    assert FTestGenes(n_genes=99).fit(one)(base).shape[1] == 12
    each = base[np.arange(3)]  # one specimen a class
    assert list(FTestGenes(n_genes=2).fit(each)(base).columns) == ["genes:G0", "genes:G1"]


def test_without_specimens_or_spread_genes_stay_as_they_are():
    gone = presence(45, TRAIN.images, np.zeros(45, bool), TRAIN.clinical)
    nothing = dataclasses.replace(TRAIN, present=gone, genes=TRAIN.genes * 0)
    mean, sd = centre_and_scale(measured_genes(nothing))
    assert mean.tolist() == [0] * 12 and sd.tolist() == [1] * 12
    mean, sd = centre_and_scale(np.array([[1.0, 2.0], [1.0, 4.0]]))
    assert mean.tolist() == [1, 3] and sd.tolist() == [1, 1]
    told = GeneSetMeans().fit(nothing)(TEST)[TEST.has("genes")]
    parts = np.split(TEST.genes[TEST.has("genes")], [3, 5], axis=1)
    np.testing.assert_allclose(told, np.column_stack([part.mean(axis=1) for part in parts[:2]]), rtol=1e-5)


@pytest.mark.parametrize("view", [FTestGenes(), GeneSetMeans(), GeneComponents(), AllGenes()])
def test_views_of_genes_say_what_a_dataset_lacks(view):
    assert view.lacking(TRAIN) == "" and view.lacking(toy_cohort(n=9, genes=False, images=False)) == "genes"
