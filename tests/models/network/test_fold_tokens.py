"""Genes that labels chose: the evidence of held-out specimens must not know that they helped to choose."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.feature_selection import f_classif
from sklearn.preprocessing import StandardScaler

from benchmark.entries.registry import entry_class, entry_spec
from models.genes.graph import GeneGraph
from models.genes.mlp import GeneMlp
from models.genes.set_means import SetMeans
from models.genes.set_tokens import SetTokens
from models.inputs import GeneSelection, Inputs, Resident
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
    assert entry.shares_["genes"] < 0.2


def test_tokens_of_a_fold_are_of_the_genes_that_scikit_learn_chooses_on_it():
    """The start of this encoder is a rotation, so inner products of tokens are those of standardised genes."""
    train = noise(n_genes=50)
    inputs = Inputs.fit(train, ("genes",), GeneSelection(5, choice="f-test"))
    learn = train.has("genes") & (np.arange(60) % 4 > 0)
    tokens = fold_tokens(SetMeans(n_genes=5), 16, 0, train, Resident.load(train, inputs, "cpu"), torch.tensor(learn))
    best = np.argsort(-f_classif(train.genes[learn], train.y[learn])[0])[:5]
    scaled = StandardScaler().fit(train.genes[learn][:, best]).transform(train.genes[train.has("genes")][:, best])
    found = tokens[torch.tensor(train.has("genes"))].numpy()
    np.testing.assert_allclose(found @ found.T, scaled @ scaled.T, atol=1e-3)


def test_labels_choose_nothing_where_sets_or_all_genes_are_read():
    given = noise(sets={"first": ("G0", "G1", "G2")})
    for part in (SetMeans(), SetTokens(), GeneGraph()):
        assert not part.selection(given).reads_labels(given.gene_names)
        assert part.selection(noise()).reads_labels(given.gene_names)
    assert GeneMlp().selection(given).reads_labels(given.gene_names)
    for part in (GeneMlp(choice="variance"), GeneMlp(n_genes=0), GeneMlp(n_genes=800)):
        assert not part.selection(given).reads_labels(given.gene_names)
