"""Inner folds: the evidence of held-out specimens must not know what their labels had a part in."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import f_classif

from benchmark.entries.registry import entry_class, entry_spec
from models.network.fold_tokens import fold_tokens
from tests.toy import toy_cohort


def noise(n=60, n_genes=800, sets=None):
    """Return patients whose genes tell nothing; the best of so many tell their own classes apart all the same."""
    base = toy_cohort(n=n, images=False, clinical=False)
    genes = np.random.default_rng(7).normal(size=(n, n_genes)) * base.has("genes")[:, None]
    names = tuple(f"G{j}" for j in range(n_genes))
    return dataclasses.replace(base, genes=genes.astype(np.float32), gene_names=names, gene_sets=sets or {})


@pytest.mark.parametrize("part", ["set-means", "set-tokens", "graph", "gat", "mlp"])
def test_genes_of_noise_are_not_believed(part):
    cohort = noise()
    train, valid = cohort[np.arange(45)], cohort[np.arange(45, 60)]
    entry = entry_class(entry_spec(f"mlp-set-means[genes={part}, max_epochs=1]"))(seed=0).fit(train, valid)
    assert entry.starts_["genes"].share < 0.2


def anew(recipe, modality, train, learn):
    """Return the tokens of a modality that an entry makes in an inner fold."""
    entry = entry_class(entry_spec(recipe))(seed=0)
    return fold_tokens(modality, entry.fit_inputs, entry.encoders, 0, 32, train, torch.tensor(learn))


def test_tokens_of_a_fold_are_of_the_genes_that_scikit_learn_chooses_on_it():
    """The start of this encoder is a rotation, so inner products of tokens are those of scaled genes."""
    train = noise(n_genes=50)
    there = train.has("genes")
    learn = there & (np.arange(60) % 4 > 0)
    tokens = anew("mlp-set-means[clinical=none, genes.n_genes=5]", "genes", train, learn)
    best = np.argsort(-f_classif(train.genes[learn], train.y[learn])[0])[:5]
    seen, y = train.genes[learn][:, best].astype(np.float64), train.y[learn]
    within = LinearDiscriminantAnalysis(store_covariance=True).fit(seen, y).covariance_  # divided by n
    spread = np.sqrt(np.diag(within) * len(y) / (len(y) - len(np.unique(y))))
    scaled = (train.genes[there][:, best] - seen.mean(axis=0)) / spread
    found = tokens[torch.tensor(there)].numpy()
    np.testing.assert_allclose(found @ found.T, scaled @ scaled.T, atol=1e-3)


@pytest.mark.parametrize("modality", ["images", "genes", "clinical"])
def test_nothing_of_held_out_specimens_is_in_the_tokens_of_a_fold(modality):
    """Their labels and their values move nothing that the others say."""
    train = toy_cohort(n=30, missing=0.0)
    learn = np.arange(30) % 4 > 0
    turned = train.y.copy()
    turned[~learn] = np.roll(train.y[~learn], 1)
    genes = np.where(learn[:, None], train.genes, 3 * train.genes).astype(np.float32)
    clinical = train.clinical.assign(age=np.where(learn, train.clinical["age"], 99.0))
    pixels = train.images.pixels.copy()
    for i in np.flatnonzero(~learn):
        pixels[train.images.bag_rows(i)] //= 2
    images = dataclasses.replace(train.images, pixels=pixels)
    other = dataclasses.replace(train, y=turned, genes=genes, clinical=clinical, images=images)
    tokens = [anew("fusion-pretrained", modality, cohort, learn)[torch.tensor(learn)] for cohort in (train, other)]
    assert torch.equal(*tokens) and tokens[0].any()


def test_labels_of_held_out_specimens_do_not_make_noise_telling():
    """With labels of all, 130 features of 20 patients seem twice as good as they are."""
    cohort = noise(n=28, n_genes=130)
    entry = entry_class(entry_spec("mlp-set-means[clinical=none, genes=mlp, genes.n_genes=0, max_epochs=1]"))(seed=0)
    train = cohort[np.arange(20)]
    assert entry.fit(train, cohort[np.arange(20, 28)]).starts_["genes"].share < 0.15


@pytest.mark.parametrize("recipe", ["mlp-set-means", "transformer-sets"])
def test_odd_columns_and_far_values_leave_every_answer_a_number(recipe):
    """A column without categories, one that never varies, one never measured; a specimen beyond all of train."""
    base = toy_cohort(n=45, images=False, genes=False, missing=0.0)
    table = base.clinical.assign(
        none=pd.Categorical([None] * 45, categories=[]), same=2.5e11, never=np.nan, code=np.arange(45) % 2.0
    )
    cohort = dataclasses.replace(base, clinical=table, units={**base.units, "same": "", "never": "", "code": ""})
    train, valid = cohort[np.arange(30)], cohort[np.arange(30, 45)]
    entry = entry_class(entry_spec(f"{recipe}[genes=none, max_epochs=1]"))(seed=0).fit(train, valid)
    plain = entry.predict_proba(train)
    for name, value in (("age", 1e300), ("age", -1e30), ("wbc", 1e39), ("same", 0.0), ("never", 2e11)):
        asked = dataclasses.replace(train, clinical=train.clinical.assign(**{name: value}))
        found = entry.predict_proba(asked)
        assert np.isfinite(found).all()
        assert name in ("age", "wbc") or np.array_equal(found, plain)
