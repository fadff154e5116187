"""Classic entries: the contract on gaps, an independent pipeline, and nothing learned from valid or test."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from baselines.classic.blocks import all_classes
from baselines.classic.classic_entry import ClassicEntry
from baselines.classic.given_estimator import GivenEstimator
from baselines.combiners.early import Early
from baselines.controls.prior import Prior
from baselines.learners.tables import MissingPatterns
from baselines.views.clinical import ClinicalColumns
from benchmark.entries.registry import entry_class, entry_spec
from datasets.errors import NotApplicable
from tests.toy import toy_cohort

LEARNERS = (
    "logistic-regression",
    "random-forest",
    "random-forest-differential",
    "xgboost",
    "xgboost-cells",
    "xgboost-tabular",
    "lightgbm",
)
DETERMINISTIC_OF_VALID = LEARNERS[:3]


def make(name, **settings):
    return entry_class(entry_spec(name))(**settings)


def tables(train, cohort):
    """Return the table that an entry on everything learns from."""
    entry = make("logistic-regression")
    return pd.concat([view.fit(train)(cohort) for view in entry.views.values() if not view.lacking(train)], axis=1)


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMABENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def small(name, seed=0):
    return make(name, seed=seed, **({"blocks.C": 1} if name == "logistic-regression" else {"blocks.n_estimators": 25}))


def thirds(cohort):
    positions = np.arange(len(cohort)) % 5
    return cohort[positions < 3], cohort[positions == 3], cohort[positions == 4]


@pytest.mark.parametrize("build", LEARNERS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_on_gaps(build, n_classes):
    train, valid, test = thirds(toy_cohort(n=45, n_classes=n_classes, missing=0.5))
    proba = small(build).fit(train, valid).predict_proba(test)
    assert proba.shape == (9, n_classes) and proba.dtype == np.float64
    assert np.allclose(proba.sum(axis=1), 1, atol=1e-12) and (proba >= 0).all()
    assert small(build).fit(train, valid).predict_proba(test[np.array([], dtype=int)]).shape == (0, n_classes)


@pytest.mark.parametrize("build", LEARNERS)
def test_a_class_that_training_lacks_gets_zero(build):
    cohort = toy_cohort(n=45)
    train, valid, test = thirds(cohort)
    proba = small(build).fit(train[train.y != 1], valid).predict_proba(test)
    assert (proba[:, 1] == 0).all() and np.allclose(proba.sum(axis=1), 1)


@pytest.mark.parametrize("build", LEARNERS)
def test_rows_of_test_do_not_know_each_other(build):
    train, valid, test = thirds(toy_cohort(n=60))
    entry = small(build).fit(train, valid)
    order = np.random.default_rng(0).permutation(len(test))[:7]
    assert np.array_equal(entry.predict_proba(test)[order], entry.predict_proba(test[order]))


@pytest.mark.parametrize("build", LEARNERS)
def test_same_seed_same_bytes(build):
    train, valid, test = thirds(toy_cohort(n=60))
    first, second = (small(build, seed=3).fit(train, valid).predict_proba(test) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("build", ["logistic-regression", "random-forest", "xgboost", "lightgbm"])
def test_learners_beat_the_prior_where_there_is_a_signal(build):
    train, valid, test = thirds(toy_cohort(n=90, signal=2.5))
    proba = small(build).fit(train, valid).predict_proba(test)
    assert log_loss(test.y, proba) < log_loss(test.y, Prior().fit(train, valid).predict_proba(test)) - 0.3


@pytest.mark.parametrize("build", DETERMINISTIC_OF_VALID)
def test_valid_labels_change_nothing(build):
    train, valid, test = thirds(toy_cohort(n=60))
    turned = dataclasses.replace(toy_cohort(n=60))[np.arange(60) % 5 == 3]
    object.__setattr__(turned, "y", (valid.y + 1) % 3)
    one, other = (small(build).fit(train, v).predict_proba(test) for v in (valid, turned))
    assert np.array_equal(one, other)


def test_valid_only_chooses_when_boosting_stops():
    train, valid, test = thirds(toy_cohort(n=60))
    settings = {"blocks.n_estimators": 60, "blocks.patience": 5, "combiner.calibrate": False}
    entry = make("xgboost", **settings).fit(train, valid)
    X = tables(train, train).to_numpy()
    plain = XGBClassifier(
        n_estimators=entry.report_["rounds"], learning_rate=0.1, max_depth=6, colsample_bytree=0.5, reg_lambda=1.0,
        tree_method="hist", n_jobs=1, random_state=0,
    ).fit(X, train.y)  # fmt: skip
    expected = plain.predict_proba(tables(train, test).to_numpy())
    assert entry.report_["rounds"] < 60
    assert np.allclose(entry.predict_proba(test), expected, atol=1e-6)


def test_boosting_without_valid_runs_all_rounds():
    train, valid, test = thirds(toy_cohort(n=45))
    entry = make("xgboost", **{"blocks.n_estimators": 7}).fit(train, valid[np.array([], dtype=int)])
    assert entry.report_["rounds"] == 7 and np.allclose(entry.predict_proba(test).sum(axis=1), 1)


def test_the_plain_forest_is_scikit_learns():
    train, valid, test = thirds(toy_cohort(n=60))
    forest = RandomForestClassifier(n_estimators=25, random_state=4)
    forest.fit(tables(train, train), train.y, sample_weight=np.ones(len(train)))
    expected = forest.predict_proba(tables(train, test))
    plain = make("random-forest", seed=4, **{"blocks.n_estimators": 25, "combiner.calibrate": False})
    assert np.allclose(plain.fit(train, valid).predict_proba(test), expected)


@pytest.mark.parametrize("block_scaling", [False, True])
def test_logistic_regression_is_a_pipeline_written_by_hand(block_scaling):
    train, valid, test = thirds(toy_cohort(n=60, images=False))
    blocks = []
    for group in ("clinical", "genes"):
        raw, new = (tables(train, c).filter(regex=f"^{group}:").to_numpy() for c in (train, test))
        impute = SimpleImputer(strategy="median").fit(raw)
        patterns = np.unique(np.isnan(raw), axis=1, return_index=True)[1]
        patterns = np.sort([j for j in patterns if 0 < np.isnan(raw[:, j]).sum() < len(raw)])
        both = [np.hstack([impute.transform(x), np.isnan(x)[:, patterns]]) for x in (raw, new)]
        scale = StandardScaler().fit(both[0])
        width = np.sqrt(both[0].shape[1]) if block_scaling else 1
        blocks.append([scale.transform(x).clip(-4, 4) / width for x in both])
    X, X_test = (np.hstack([b[k] for b in blocks]) for k in (0, 1))
    expected = LogisticRegression(C=1, max_iter=20_000, tol=1e-10).fit(X, train.y).predict_proba(X_test)
    settings = {"blocks.C": 1, "blocks.block_scaling": block_scaling, "combiner.calibrate": False}
    entry = make("logistic-regression", **settings).fit(train, valid)
    assert np.allclose(entry.predict_proba(test), expected, atol=1e-6)


def test_logistic_regression_converges_with_far_more_genes_than_patients():
    base = toy_cohort(n=60, images=False, clinical=False)
    noise = np.random.default_rng(0).normal(8, 3, (60, 2000)).astype(np.float32) * base.has("genes")[:, None]
    genes = np.hstack([base.genes, noise])
    names = tuple(f"G{j}" for j in range(genes.shape[1]))
    train, valid, test = thirds(dataclasses.replace(base, genes=genes, gene_names=names))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entry = make("logistic-regression", **{"blocks.C": 1, "blocks.block_scaling": False}).fit(train, valid)
    assert np.isfinite(entry.predict_proba(test)).all()


def test_missing_patterns_are_counted_once():
    X = np.array([[1, np.nan, np.nan, 1, np.nan], [1, np.nan, np.nan, np.nan, np.nan], [1, 1, 1, 1, np.nan]])
    patterns = MissingPatterns().fit(X)
    assert patterns.columns_.tolist() == [1, 3]
    assert patterns.transform(X).tolist() == [[1, 0], [1, 1], [0, 0]]


def test_specimens_of_one_patient_share_its_weight():
    cohort = toy_cohort(n=45, images=False)
    twice = cohort[np.concatenate([np.arange(45), np.flatnonzero(cohort.y == 0)])]
    dummy = GivenEstimator(lambda: DummyClassifier(strategy="prior"))
    given = ClassicEntry(parts={"clinical": ClinicalColumns(), "blocks": dummy, "combiner": Early()})
    for entry in (Prior(), given):
        assert np.allclose(entry.fit(twice, cohort).predict_proba(cohort), 1 / 3)
    assert np.bincount(twice.y)[0] / len(twice) == 0.5


def test_classes_are_placed_among_all():
    assert all_classes(np.array([[0.25, 0.75]]), np.array([0, 2]), 3).tolist() == [[0.25, 0, 0.75]]


def test_what_an_entry_reads_is_an_error_when_a_dataset_lacks_it():
    images = toy_cohort(n=30, genes=False, clinical=False)
    with pytest.raises(NotApplicable, match="has no clinical values, no genes, and this entry reads nothing else"):
        make("xgboost-tabular").fit(images, images)
    untyped = dataclasses.replace(images, images=dataclasses.replace(images.images, cell_type=None))
    with pytest.raises(ValueError, match=r"no images\.cell_type"):
        make("random-forest-differential").fit(untyped, untyped)
    assert make("xgboost-cells").needs == make("random-forest-differential").needs == {"images"}
    assert make("xgboost-tabular").needs == frozenset()


def test_only_the_differential_entry_reads_the_differential():
    cohort = toy_cohort(n=45)
    train, valid, test = thirds(cohort)
    shuffled = np.random.default_rng(0).permutation(cohort.images.cell_type)
    other = dataclasses.replace(cohort, images=dataclasses.replace(cohort.images, cell_type=shuffled))
    for build in LEARNERS:
        one = small(build).fit(train, valid).predict_proba(test)
        two = small(build).fit(*thirds(other)[:2]).predict_proba(thirds(other)[2])
        assert np.array_equal(one, two) == (build != "random-forest-differential")
