"""Naive Bayes: Bayes' rule by hand, and what is missing integrated out."""

import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.naive_bayes import GaussianNB

from baselines.classic import Table
from baselines.learners.naive_bayes import NaiveBayes, variables_of


def drawn(n=90, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    sex = rng.random(n) < np.array([0.2, 0.5, 0.8])[y]
    X = pd.DataFrame(
        {
            "clinical:hb": rng.normal(90, 15, n) + 10 * y,
            "clinical:wbc": np.exp(rng.normal(1, 1, n) + y),
            "clinical:sex=female": (~sex).astype(float),
            "clinical:sex=male": sex.astype(float),
            "clinical:flag": (rng.random(n) < np.array([0.1, 0.3, 0.6])[y]).astype(float),
        }
    )
    return Table(X, y, np.array([f"P{i}" for i in range(n)]), 3)


def holes(table, share=0.3, seed=5):
    rng = np.random.default_rng(seed)
    X = table.X.copy()
    for columns in variables_of(X):
        X.loc[rng.random(len(X)) < share, columns] = np.nan
    return table._replace(X=X)


def likelihoods(fitted, row):
    """Return variable -> density or probability in each class, from the fitted numbers by the textbook."""
    hb, wbc, sex, flag = fitted.variables
    return {
        "hb": lambda v: norm(hb.mean, hb.sd).pdf(v),
        "wbc": lambda v: norm(wbc.mean, wbc.sd).pdf(np.log(v)) / v,
        "sex": lambda v: np.exp(sex.log_proba[:, int(v)]),
        "flag": lambda v: np.exp(flag.log_proba[:, int(v)]),
    }


def test_it_is_bayes_rule_with_what_is_missing_integrated_out():
    train = holes(drawn())
    fitted = NaiveBayes().fit(train, train, 0)
    row = pd.DataFrame({c: [np.nan] for c in train.X.columns})
    row["clinical:hb"], row["clinical:flag"] = 101.0, 1.0
    part = likelihoods(fitted, row)
    everything = np.exp(fitted.log_prior) * part["hb"](101.0) * part["flag"](1)
    over_sex = part["sex"](0) + part["sex"](1)
    over_wbc = np.array([quad(lambda v, k=k: part["wbc"](v)[k], 0, np.inf, limit=200)[0] for k in range(3)])
    joint = everything * over_sex * over_wbc
    assert np.allclose(over_sex, 1) and np.allclose(over_wbc, 1, atol=1e-4)
    assert np.allclose(fitted.predict_proba(row)[0], joint / joint.sum(), atol=1e-4)


def test_without_pooling_it_is_scikit_learns_gaussian():
    train = drawn()
    X = train.X[["clinical:hb"]].assign(**{"clinical:log": np.log(train.X["clinical:wbc"]) - 50})
    plain = train._replace(X=X)
    expected = GaussianNB(var_smoothing=0).fit(X, train.y)
    fitted = NaiveBayes(pooling=0).fit(plain, plain, 0)
    assert np.allclose([v.mean for v in fitted.variables], expected.theta_.T)
    size = np.bincount(train.y)
    assert np.allclose([v.sd**2 for v in fitted.variables], expected.var_.T * size / (size - 1))


def test_much_pooling_gives_every_class_the_variance_within_classes():
    train = drawn()
    hb = NaiveBayes(pooling=1e9).fit(train, train, 0).variables[0]
    within = train.X["clinical:hb"] - train.X["clinical:hb"].groupby(train.y).transform("mean")
    assert np.allclose(hb.sd, np.sqrt((within**2).sum() / (len(train.y) - 3)), rtol=1e-4)


def test_frequencies_are_smoothed_counts():
    train = holes(drawn())
    fitted = NaiveBayes(smoothing=4.0).fit(train, train, 0)
    flag = train.X["clinical:flag"]
    there = flag.notna()
    common = (flag[there].sum() + 1) / (there.sum() + 2)
    expected = [
        (flag[there & (train.y == k)].sum() + 4 * common) / ((there & (train.y == k)).sum() + 4) for k in range(3)
    ]
    assert np.allclose(np.exp(fitted.variables[3].log_proba[:, 1]), expected)


def test_positive_skewed_numbers_are_taken_in_the_logarithm_and_one_that_is_not_positive_is_missing():
    train = drawn()
    fitted = NaiveBayes().fit(train, train, 0)
    assert [v.logarithm for v in fitted.variables[:2]] == [False, True]
    rows = train.X.iloc[[0, 0]].reset_index(drop=True)
    rows.loc[0, "clinical:wbc"], rows.loc[1, "clinical:wbc"] = 0.0, np.nan
    proba = fitted.predict_proba(rows)
    assert np.array_equal(proba[0], proba[1])


def test_nothing_measured_gives_the_shares_of_patients():
    train = drawn()
    twice = Table(train.X, train.y, np.where(train.y == 0, "same", train.patient), 3)
    empty = train.X.iloc[[0]] * np.nan
    size = np.bincount(train.y)
    assert np.allclose(NaiveBayes().fit(train, train, 0).predict_proba(empty)[0], size / size.sum())
    expected = np.array([1, size[1], size[2]]) / (1 + size[1] + size[2])
    assert np.allclose(NaiveBayes().fit(twice, twice, 0).predict_proba(empty)[0], expected)


def test_what_never_varied_in_training_and_no_or_yes_that_is_neither_say_nothing():
    """The sd of equal numbers is 1e-14, not 0: a new value must not be worth 1e13 of them."""
    table = drawn(n=77)
    told = NaiveBayes().fit(table, table, 0).predict_proba(table.X)
    more = table.X.assign(**{"clinical:fever": 37.2})
    fitted = NaiveBayes().fit(table._replace(X=more), table, 0)
    assert np.allclose(fitted.predict_proba(more.assign(**{"clinical:fever": 39.0})), told)
    neither = fitted.predict_proba(more.assign(**{"clinical:flag": 7.0}))
    assert np.allclose(neither, fitted.predict_proba(more.assign(**{"clinical:flag": np.nan})))


def test_a_patient_who_was_seen_twice_is_one_patient():
    """Pooling and smoothing are in patients: the same specimens again are no new evidence."""
    once = drawn()
    twice = Table(pd.concat([once.X] * 3, ignore_index=True), np.tile(once.y, 3), np.tile(once.patient, 3), 3)
    said = [NaiveBayes().fit(table, table, 0).predict_proba(once.X) for table in (once, twice)]
    np.testing.assert_allclose(*said, atol=1e-12)
