"""Preprocessing and batches against scikit-learn, pandas and plain loops."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_selection import f_classif
from sklearn.preprocessing import StandardScaler

from datasets.cohort import ImageBags, presence
from models.inputs.augmentation import jitter_stain, random_orientation
from models.inputs.cell_sampling import even_cells, random_cells
from models.inputs.class_spread import class_spread
from models.inputs.clinical_table import ClinicalTable, NumericColumn
from models.inputs.gene_scaler import GeneScaler, GeneSelection, f_statistic, set_members
from models.inputs.inputs import FeatureScaler, Inputs
from models.inputs.resident import Resident
from tests.toy import toy_cohort

COHORT = toy_cohort(n=40, missing=0.3, side=12)
ALL = ("images", "genes", "clinical")


def test_genes_are_standardised_as_scikit_learn_does_on_rows_that_have_them():
    scaler = GeneScaler.fit(COHORT, GeneSelection(5))
    rows = COHORT.has("genes")
    expected = StandardScaler().fit(COHORT.genes[rows])
    chosen = np.argsort(-expected.var_)[:5]
    assert set(scaler.chosen) == set(chosen)
    got = scaler.transform(COHORT)
    np.testing.assert_allclose(got[rows], expected.transform(COHORT.genes[rows])[:, scaler.chosen], atol=1e-4)
    assert not got[~rows].any()
    assert scaler.names == tuple(COHORT.gene_names[j] for j in scaler.chosen)


def test_genes_asked_for_are_kept_first():
    members = set_members(COHORT)
    assert members == {g for genes in COHORT.gene_sets.values() for g in genes}
    assert set(GeneScaler.fit(COHORT, GeneSelection(len(members), members)).names) == members
    assert members < set(GeneScaler.fit(COHORT, GeneSelection(len(members) + 2, members)).names)


def test_the_f_test_orders_genes_as_scikit_learn_does():
    rows = COHORT.has("genes")
    expected = f_classif(COHORT.genes[rows].astype(np.float64), COHORT.y[rows])[0]
    np.testing.assert_allclose(f_statistic(COHORT.genes[rows].astype(np.float64), COHORT.y[rows]), expected)
    chosen = GeneScaler.fit(COHORT, GeneSelection(4, choice="f-test")).chosen
    np.testing.assert_array_equal(chosen, np.argsort(-expected)[:4])
    assert not f_statistic(np.ones((6, 2)), np.array([0, 0, 0, 1, 1, 1])).any()


def test_a_constant_gene_becomes_zero():
    genes = COHORT.genes.copy()
    genes[:, 3] = 7
    scaler = GeneScaler.fit(dataclasses.replace(COHORT, genes=genes), GeneSelection(0))
    out = scaler.transform(dataclasses.replace(COHORT, genes=genes))
    assert not out[:, list(scaler.chosen).index(3)].any()


def pooled(values, y):
    """Return the standard deviation within classes that a one-way analysis of variance has, class after class."""
    groups = pd.DataFrame({"x": np.asarray(values, dtype=float), "y": y}).dropna().groupby("y")["x"]
    squares = (groups.var().fillna(0) * (groups.size() - 1)).sum()
    return np.sqrt(squares / (groups.size() - 1).sum())


def test_the_spread_within_classes_is_that_of_an_analysis_of_variance():
    rng = np.random.default_rng(3)
    y = np.array([0] * 7 + [1] * 12 + [4] * 5)
    values = rng.normal(size=(24, 3)) * [1, 5, 0.1] + y[:, None] * [0, 3, 2]
    np.testing.assert_allclose(class_spread(values, y), [pooled(column, y) for column in values.T])


def test_a_column_that_is_the_class_keeps_its_whole_spread_as_do_all_without_two_of_a_class():
    y = np.array([0, 0, 1, 1, 2, 2])
    np.testing.assert_allclose(class_spread(y[:, None] * 1.5, y), (y * 1.5).std())
    np.testing.assert_allclose(class_spread(np.eye(3), np.arange(3)), np.eye(3).std(axis=0))
    assert class_spread(np.full((6, 1), 2.0), y) == 0


@given(st.integers(0, 99), st.integers(3, 30), st.floats(0.01, 100))
def test_the_spread_within_classes_forgets_shifts_of_classes_and_follows_units(seed, n, unit):
    rng = np.random.default_rng(seed)
    y, values = rng.integers(0, 3, n), rng.normal(size=(n, 4))
    shifted = values + rng.normal(size=(3, 4))[y] * 10
    if n > len(np.unique(y)):
        np.testing.assert_allclose(class_spread(shifted * unit, y), class_spread(values, y) * unit, rtol=1e-6)


def test_genes_that_labels_choose_are_scaled_within_classes():
    rows = COHORT.has("genes")
    scaler = GeneScaler.fit(COHORT, GeneSelection(4, choice="f-test"))
    spread = [pooled(COHORT.genes[rows, j], COHORT.y[rows]) for j in scaler.chosen]
    np.testing.assert_allclose(scaler.scale, spread, rtol=1e-5)


def test_clinical_columns_are_filled_logged_and_scaled():
    table = ClinicalTable.fit(COHORT)
    age, wbc, _ = table.columns
    assert age.floor is None and wbc.floor is not None
    rows = COHORT.clinical[COHORT.has("clinical")]
    seen = np.log(rows["wbc"])
    y = COHORT.y[COHORT.has("clinical")]
    expected = ((seen - seen.mean()) / pooled(seen[seen.notna()], y[seen.notna()])).fillna(0)
    first = age.width
    np.testing.assert_allclose(table.transform(COHORT)[COHORT.has("clinical"), first], expected, atol=1e-5)
    onehot = table.transform(COHORT)[COHORT.has("clinical"), -2:]
    np.testing.assert_array_equal(onehot, pd.get_dummies(rows["sex"]).to_numpy(dtype=np.float32))
    assert not table.transform(COHORT)[~COHORT.has("clinical")].any()


def test_what_is_fitted_does_not_move_when_other_rows_do():
    train, few = COHORT[np.arange(20)], COHORT[np.arange(5)]
    table, scaler = ClinicalTable.fit(train), GeneScaler.fit(train, GeneSelection(4))
    np.testing.assert_array_equal(scaler.transform(COHORT)[:5], scaler.transform(few))
    np.testing.assert_array_equal(table.transform(COHORT)[:5], table.transform(few))


def test_a_column_that_is_never_measured_on_train_is_harmless():
    column = NumericColumn.fit(pd.Series([np.nan, np.nan], name="x"), np.array([0, 1]), np.array(["a", "b"]))
    assert np.isfinite(column.transform(pd.Series([1.0, np.nan]))).all()


def test_other_categories_and_lost_columns_are_refused():
    table = ClinicalTable.fit(COHORT)
    other = COHORT.clinical.assign(sex=COHORT.clinical["sex"].cat.rename_categories(["f", "m"]))
    with pytest.raises(ValueError, match="sex"):
        table.transform(dataclasses.replace(COHORT, clinical=other))
    fewer = COHORT.clinical[["age", "sex"]]
    present = presence(40, COHORT.images, COHORT.has("genes"), fewer)
    with pytest.raises(ValueError, match="wbc"):
        table.transform(dataclasses.replace(COHORT, clinical=fewer, present=present))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 12), st.integers(0, 99))
def test_drawn_cells_are_different_cells_of_the_bag(sizes, count, seed):
    generator = torch.Generator().manual_seed(seed)
    for positions, mask in (
        random_cells(torch.tensor(sizes), count, generator),
        even_cells(torch.tensor(sizes), count),
    ):
        for row, held, size in zip(positions, mask, sizes, strict=True):
            cells = row[held].tolist()
            assert len(cells) == len(set(cells)) == min(size, count) and all(0 <= c < size for c in cells)


def test_every_cell_is_drawn_equally_often():
    generator = torch.Generator().manual_seed(0)
    positions, _ = random_cells(torch.full((6000,), 6), 2, generator)
    np.testing.assert_allclose(positions.flatten().bincount() / 12000, 1 / 6, atol=0.015)


def test_a_batch_holds_the_cells_of_its_specimens():
    inputs = Inputs.fit(COHORT, ALL)
    data = Resident.load(COHORT, inputs, "cpu")
    index = torch.tensor([4, 1, 7])
    batch = data.evaluation_batch(index, 8)
    flat = [p for i in index.tolist() for p in COHORT.images.bag(i)]
    expected = (np.stack(flat) / 255 - inputs.images.mean) / inputs.images.scale
    np.testing.assert_allclose(batch.cells.permute(0, 2, 3, 1), expected, atol=1e-5)
    np.testing.assert_array_equal(batch.cell_mask.sum(1), COHORT.images.sizes[index])
    np.testing.assert_array_equal(batch.present, COHORT.present[index])


def test_a_view_of_a_cohort_loads_the_rows_of_the_view():
    inputs = Inputs.fit(COHORT, ALL)
    view = Resident.load(COHORT[[5, 2]], inputs, "cpu").evaluation_batch(torch.tensor([1]), 8)
    whole = Resident.load(COHORT, inputs, "cpu").evaluation_batch(torch.tensor([2]), 8)
    assert torch.equal(view.cells, whole.cells) and torch.equal(view.genes, whole.genes)
    taken = Resident.load(COHORT, inputs, "cpu").take(torch.tensor([5, 2]))
    again = taken.evaluation_batch(torch.tensor([1]), 8)
    assert torch.equal(again.cells, whole.cells) and torch.equal(again.clinical, whole.clinical)
    assert taken.y.tolist() == COHORT.y[[5, 2]].tolist() and len(taken) == 2


def test_poses_are_the_eight_of_the_square_and_all_occur():
    cell = torch.arange(27, dtype=torch.uint8).view(1, 3, 3, 3)
    poses = random_orientation(cell.repeat(400, 1, 1, 1), torch.Generator().manual_seed(0))
    turned = [torch.rot90(c, k, (1, 2)) for c in (cell, cell.flip(1)) for k in range(4)]
    counts = [int((poses == pose).all(dim=(1, 2, 3)).sum()) for pose in turned]
    assert sum(counts) == 400 and min(counts) > 25


def test_stain_jitter_keeps_white_and_without_strength_everything():
    generator = torch.Generator().manual_seed(0)
    cells = torch.rand(5, 3, 4, 4)
    assert torch.equal(jitter_stain(torch.ones(5, 3, 4, 4), 0.5, generator), torch.ones(5, 3, 4, 4))
    torch.testing.assert_close(jitter_stain(cells, 0.0, generator), cells)


def test_a_feature_that_hardly_ever_differs_is_left_out():
    values = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    values[:, 1] = 0
    values[:3, 1] = 5.0  # three of forty
    values[:, 2] = 7.0
    bags = ImageBags(np.zeros((40, 2, 2, 3), np.uint8), np.arange(0, 41, 4))
    y = np.arange(10) % 2
    scaler = FeatureScaler.fit(bags, lambda images: values, y)
    read = scaler.read(bags)
    assert not read[:, 1:].any()
    squashed = np.tanh((values[:, 0] - values[:, 0].mean()) / values[:, 0].std())
    means = squashed.reshape(10, 4).mean(axis=1)
    np.testing.assert_allclose(read[:, 0], (squashed - squashed.mean()) / pooled(means, y), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("unscaled", [True, False])
def test_features_of_a_frozen_encoder_are_standardised_unless_a_network_goes_on_from_them(unscaled):
    def read(images):
        rows = images.pixels[images.all_rows()].astype(np.float16)
        return np.moveaxis(rows, -1, 1)[:, :, :4, :4] / 16

    inputs = Inputs.fit(COHORT, ("images",), features=read, unscaled=unscaled)
    held, raw = Resident.load(COHORT, inputs, "cpu").pixels, read(COHORT.images)
    assert inputs.images.shape == (3, 4, 4) and tuple(held.shape) == raw.shape
    if unscaled:
        np.testing.assert_array_equal(held.numpy(), raw)
        assert held.dtype == torch.float16  # maps are large
    else:
        bags = [held[s : s + n].mean(dim=(0, 2, 3)) for s, n in zip(*_filled(COHORT.images), strict=True)]
        y = COHORT.y[COHORT.images.sizes > 0]
        np.testing.assert_allclose([pooled(column, y) for column in torch.stack(bags).T], 1, atol=1e-2)
        np.testing.assert_allclose(held.mean(dim=(0, 2, 3)), 0, atol=1e-2)


def _filled(images):
    return images.starts[:-1][images.sizes > 0], images.sizes[images.sizes > 0]
