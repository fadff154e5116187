"""Entries that are told to be one model on a dataset predict the same bytes there, and those of one model are found."""

from dataclasses import replace

import pandas as pd
import pytest

from benchmark.entries import effective, entry_class, entry_spec, recipes, resolve
from benchmark.trials.trial import run_trial
from datasets.cohort import MODALITIES
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

GRAPHS = ["fusion-gnn", "gnn-sets"]
NETWORKS = [
    ["fusion-cnn-attention", "fusion-vit"],
    ["fusion-experts", "fusion-pretrained", "mlp-set-means"],
    ["fusion-transformer", "transformer-sets"],
    GRAPHS,
]
WITHOUT_GENES = [*NETWORKS[:-1], ["fusion-gnn", "gat-sets", "gnn-sets"]]
TREES = ["xgboost", "xgboost-tabular"]
SUMS = ["product-of-experts", "product-of-experts-genes"]
GROUPS = {
    "images+genes+clinical": [],
    "images+genes": [],
    "images+clinical": [["gat-sets", "gnn-sets"], SUMS],
    "genes+clinical": [*NETWORKS, TREES],
    "images": [["lda-cells", *SUMS], ["xgboost", "xgboost-cells"]],
    "genes": [*NETWORKS, ["lda-sets", SUMS[0]], ["nearest-centroid", SUMS[1]], TREES],
    "clinical": [*WITHOUT_GENES, ["naive-bayes-clinical", *SUMS], TREES],
}
QUICK = {"blocks.n_estimators": 20}


def cohort_of(parts):
    return toy_cohort(n=30, **{m: m in parts.split("+") for m in MODALITIES})


def left_of(text, cohort, **params):
    return effective(resolve(text), params, cohort)


def groups(cohort):
    """Return the entries of the tree that are one model on a cohort, two or more each."""
    found = {}
    for name in recipes():
        if (left := left_of(name, cohort)) is not None:
            found.setdefault(left.told, []).append(name)
    return sorted(sorted(names) for names in found.values() if len(names) > 1)


@pytest.mark.parametrize("parts", GROUPS)
def test_entries_that_differ_in_what_a_dataset_lacks_are_one_model(parts):
    assert groups(cohort_of(parts)) == sorted(GROUPS[parts])


def test_a_part_that_finds_no_gene_sets_counts_as_lacking():
    cohort = replace(cohort_of("images+genes"), gene_sets={})
    assert groups(cohort) == [["lda-cells", "product-of-experts"]]


def outcome(name, cohort):
    quick = {k: v for k, v in QUICK.items() if k in resolve(name).known()}
    params = {**left_of(name, cohort).params, **quick}
    roles = kfold(cohort, folds=3).roles(cohort, 0)
    return run_trial(entry_class(entry_spec(name)), cohort, roles, params=params, seed=5)


@pytest.mark.parametrize(
    ("parts", "alike"),
    [(parts, alike) for parts, found in GROUPS.items() for alike in found if alike not in [*NETWORKS, *WITHOUT_GENES]]
    + [("genes+clinical", alike) for alike in NETWORKS],
    ids=lambda value: value if isinstance(value, str) else "=".join(value),
)
def test_one_model_predicts_the_same_bytes(parts, alike, cache_of_module):
    cohort = cohort_of(parts)
    first, *others = (outcome(name, cohort) for name in alike)
    for other in others:
        assert pd.DataFrame(first.predictions).equals(pd.DataFrame(other.predictions))
        curves = ("train_loss", "valid_nll", "refit_loss")  # where valid chose no step predictions show no training
        assert all(first.details["report"].get(c) == other.details["report"].get(c) for c in curves)


@pytest.mark.parametrize(
    ("one", "two", "parts", "same"),
    [
        ("fusion-vit", "fusion-cnn-attention[cells_per_bag=4]", "genes+clinical", True),
        ("fusion-vit[cells.depth=3, stain_jitter=0.1]", "fusion-cnn-attention", "genes", True),
        ("fusion-vit[cells.depth=3]", "fusion-vit", "images", False),
        ("fusion-vit[dropout=0.1]", "fusion-cnn-attention", "genes+clinical", False),
        ("fusion-vit[max_epochs=20]", "fusion-cnn-attention", "genes+clinical", False),
        ("fusion-vit[max_epochs=20]", "fusion-cnn-attention[max_epochs=20]", "genes+clinical", True),
        ("fusion-vit[cells=none]", "fusion-cnn-attention[cells=none]", "images+genes+clinical", True),
        ("mlp-set-means", "fusion-pretrained[cells=none]", "images+genes+clinical", True),
        ("xgboost", "xgboost-tabular[cells=handcrafted]", "images+genes+clinical", True),
        ("late-mean[combiner=product]", "product-of-experts", "images+genes+clinical", True),
        ("product-of-experts", "product-of-experts[blocks=forest]", "clinical", True),
        ("product-of-experts", "product-of-experts[blocks=forest]", "genes", False),
        ("lda-sets", "product-of-experts[combiner.calibrate=false]", "genes", False),
    ],
)
def test_what_counts_is_what_is_left(one, two, parts, same):
    cohort = cohort_of(parts)
    assert (left_of(one, cohort).told == left_of(two, cohort).told) is same


def test_given_hyper_parameters_count_too():
    cohort = cohort_of("genes+clinical")
    usual = left_of("fusion-cnn-attention", cohort).told
    assert left_of("fusion-vit", cohort, max_epochs=16).told != usual  # asked for, not the recipe's own any more
    assert left_of("fusion-vit", cohort, **{"cells.depth": 3}).told == usual
    assert left_of("fusion-cnn-attention", cohort, max_epochs=40).told == usual


def test_slots_that_read_what_is_not_there_are_counted():
    assert left_of("mlp-set-means", cohort_of("genes+clinical")).lacking == 0
    assert [left_of("fusion-pretrained", cohort_of(parts)).lacking for parts in GROUPS] == [0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("name", "parts"),
    [("lda-genes", "images"), ("mlp-set-means", "images"), ("random-forest-differential", "genes+clinical")],
)
def test_nothing_is_left_of_an_entry_that_cannot_judge_the_dataset(name, parts):
    assert left_of(name, cohort_of(parts)) is None
