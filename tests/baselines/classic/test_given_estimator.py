"""Estimators that a user hands over: seeds, weights, gaps, and which columns are which classes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from baselines.classic import Table, counted
from baselines.classic.given_estimator import GivenEstimator, seeded, takes_missing


def drawn(gaps=True):
    rng = np.random.default_rng(0)
    y = np.array([0, 0, 2] * 12)
    X = rng.normal(size=(36, 4)) + y[:, None] * [1, 0, 0.5, 0]
    X[rng.random(X.shape) < 0.2 * gaps] = np.nan
    patient = np.array([f"P{i // 3 if i < 12 else i}" for i in range(36)])
    return Table(pd.DataFrame(X, columns=[f"genes:{j}" for j in range(4)]), y, patient, 3)


class Plain:
    """Something with fit and predict_proba, and no more."""

    def fit(self, X, y):
        self.share = np.mean(y == 2)
        return self

    def predict_proba(self, X):
        return np.tile([1 - self.share, self.share], (len(X), 1))


@pytest.mark.parametrize(
    ("estimator", "takes"),
    [
        (LogisticRegression(), False),
        (HistGradientBoostingClassifier(), True),
        (make_pipeline(StandardScaler(), LogisticRegression()), False),
        (make_pipeline(StandardScaler(), HistGradientBoostingClassifier()), True),
        (make_pipeline(StandardScaler(), SimpleImputer(), LogisticRegression()), True),
        (make_pipeline(make_pipeline(SimpleImputer()), LogisticRegression()), False),
        (make_pipeline(ColumnTransformer([]), HistGradientBoostingClassifier()), True),
        (make_pipeline(FeatureUnion([]), LogisticRegression()), False),
        ("passthrough", True),
        (Plain(), True),
    ],
)
def test_who_takes_missing_values(estimator, takes):
    assert takes_missing(estimator) is takes


def test_a_seed_goes_where_none_is_and_nowhere_else():
    nested = seeded(BaggingClassifier(DecisionTreeClassifier(random_state=7)), 3)
    told = {k: v for k, v in nested.get_params().items() if k.endswith("random_state")}
    assert told == {"random_state": 3, "estimator__random_state": 7} and nested.get_params()["max_features"] == 1.0
    assert nested.get_params()["estimator__max_depth"] is None
    plain = Plain()
    assert seeded(plain, 3) is plain


@pytest.mark.parametrize(
    "make",
    [
        lambda: LogisticRegression(C=0.5),
        lambda: make_pipeline(StandardScaler(), SimpleImputer(), LogisticRegression()),
        lambda: make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), RandomForestClassifier(5))),
        lambda: KNeighborsClassifier(3),
        HistGradientBoostingClassifier,
    ],
)
def test_it_is_the_estimator_with_weights_of_patients_and_medians_of_train(make):
    train, test = drawn(), drawn().X.iloc[::-1]
    found = GivenEstimator(make).fit(train, train, 5)
    own = seeded(make(), 5)
    imputes = not takes_missing(own)
    if imputes:
        own = make_pipeline(SimpleImputer(strategy="median"), own)
    step, path = own, ""
    while hasattr(step, "steps"):
        name, step = step.steps[-1]
        path += f"{name}__"
    weights = {} if isinstance(step, KNeighborsClassifier) else {f"{path}sample_weight": train.weight}
    own.fit(train.X, train.y, **weights)
    expected = np.zeros((36, 3))
    expected[:, [0, 2]] = own.predict_proba(test)
    np.testing.assert_allclose(found.predict_proba(test), expected)
    assert found.facts["imputed"] == ("medians of train" if imputes else "nothing")
    if path.count("__") < 2:  # what a pipeline in a pipeline holds is not counted
        assert found.facts.get("n_parameters") == counted(step).get("n_parameters")


def test_columns_are_the_sorted_classes_where_the_estimator_does_not_say():
    train = drawn()
    found = GivenEstimator(Plain).fit(train, train, 0)
    np.testing.assert_allclose(found.predict_proba(train.X)[0], [2 / 3, 0, 1 / 3])
    empty = train._replace(X=train.X.assign(**{"genes:3": np.nan}))  # a column of gaps has no median
    proba = GivenEstimator(LogisticRegression).fit(empty, empty, 0).predict_proba(empty.X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_parameters_are_coefficients_and_intercepts_or_nodes():
    train = drawn(gaps=False)
    softmax = make_pipeline(StandardScaler(), LogisticRegression()).fit(train.X, np.arange(36) % 3)
    assert counted(softmax) == {"n_parameters": 3 * 4 + 3}
    forest = RandomForestClassifier(3, random_state=0).fit(train.X, train.y)
    assert counted(forest) == {"n_parameters": sum(len(tree.tree_.feature) for tree in forest.estimators_)}
    assert counted(Plain()) == {}
