"""Naive Bayes: Bayes' rule by hand, and what is missing integrated out."""

import numpy as np
import pandas as pd
import pytest
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


def test_numbers_are_those_of_a_loop_over_patients_in_parts():
    """Specimens of one patient share its weight; one class has a share of a patient, one nothing measured at all."""
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1, 2, 3], [12, 8, 1, 3])
    patient = np.array([f"P{i // 3}" for i in range(12)] + [f"Q{i}" for i in range(8)] + ["P0", "R0", "R1", "R2"])
    x = rng.normal(size=24) * 0.03 - 1
    x[[3, 14]] = np.nan
    x[y == 3] = np.nan
    table = Table(pd.DataFrame({"genes:a": x}), y, patient, 5)
    (found,) = NaiveBayes(pooling=2.0).fit(table, table, 0).variables
    share = 1 / np.array([(patient == p).sum() for p in patient])
    there = ~np.isnan(x)
    usual = (share[there] * x[there]).sum() / share[there].sum()
    counts = np.array([share[there & (y == k)].sum() for k in range(4)])
    means = np.array([(share * x)[there & (y == k)].sum() / counts[k] if counts[k] else usual for k in range(4)])
    squares = np.array([(share * (x - means[k]) ** 2)[there & (y == k)].sum() for k in range(4)])
    common = squares.sum() / (counts.sum() - 4)
    assert 0 < counts[2] < 1 and counts[3] == 0
    np.testing.assert_allclose(found.mean, means)
    np.testing.assert_allclose(found.sd, np.sqrt((squares + 2 * common) / (np.maximum(counts - 1, 0) + 2)))
    few = table._replace(X=table.X.iloc[10:14], y=np.array([0, 0, 1, 2]), patient=np.array(list("abcd")))
    values = few.X["genes:a"].to_numpy()
    (small,) = NaiveBayes(pooling=2.0).fit(few, few, 0).variables
    squares = ((values[:2] - values[:2].mean()) ** 2).sum()  # over one degree of freedom
    np.testing.assert_allclose(small.sd, np.sqrt([(squares + 2 * squares) / 3, squares, squares]))


@pytest.mark.filterwarnings("error")
def test_what_is_a_number_a_logarithm_or_a_category():
    """Skewed columns with a value that is not positive stay as they are; three values are enough to be skewed."""
    columns = {
        "clinical:zero": [0, 1, 1, 2, 90, 2],
        "clinical:negative": [-1, 1, 1, 2, 90, 2],
        "clinical:three": [1, 1, 1, 10, 10, 100],
        "clinical:two": [2, 2, 2, 2, 2, 90],
        "clinical:even": [5, 6, 7, 7, 6, 5],
        "clinical:none": [np.nan] * 6,
    }
    X = pd.DataFrame(columns, dtype=float).assign(**{"clinical:s=a": [1, 0, 1, 0, 1.0, 1], "clinical:s=b": 0.0})
    X.loc[5, "clinical:s=b"] = np.nan
    table = Table(X, np.array([0, 2] * 3), np.array(list("abcdef")), 3)
    fitted = NaiveBayes(class_prior="flat", smoothing=1.0).fit(table, table, 0)
    *numbers, none, sex = fitted.variables
    assert [v.logarithm for v in numbers] == [False, False, True, False, False]
    assert none.columns == ["clinical:none"] and none.log_proba.shape == (2, 2)  # nothing says that it is a number
    counts = np.array([[3, 0], [0, 0]])  # the last row is not known
    common = (counts.sum(axis=0) + 1) / 5
    np.testing.assert_allclose(np.exp(sex.log_proba), (counts + common) / (counts.sum(axis=1, keepdims=True) + 1))
    assert fitted.facts == {"n_parameters": 5 * 4 + 4 + 4 + 2}
    np.testing.assert_allclose(fitted.predict_proba(X.iloc[:1] * np.nan), [[0.5, 0, 0.5]])


def test_a_number_that_nobody_has_in_training_says_nothing():
    table = drawn(n=9)
    X = table.X.assign(**{"clinical:hb": np.nan, "clinical:wbc": [5.0, *[np.nan] * 8]})
    fitted = NaiveBayes().fit(table._replace(X=X), table, 0)
    told = fitted.predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X.assign(**{"clinical:wbc": 99.0})), told)
    wbc = fitted.variables[1]
    assert wbc.mean.tolist() == [5] * 3 and wbc.sd.tolist() == [1] * 3
