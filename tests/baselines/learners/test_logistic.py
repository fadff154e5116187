"""The softmax in the space of rows is scikit-learn's on the columns, whichever are more."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from baselines.classic import Table
from baselines.learners.logistic import Logistic
from baselines.learners.tables import scaled_columns


@pytest.mark.parametrize(("n", "genes", "classes"), [(60, 200, 3), (60, 200, 2), (90, 8, 3)])
def test_it_is_scikit_learns_softmax_on_the_same_columns(n, genes, classes):
    rng = np.random.default_rng(n + genes)
    y = np.arange(n) % classes
    columns = {f"genes:g{j}": rng.normal(size=n) + (j < 5) * y for j in range(genes)}
    columns |= {f"clinical:c{j}": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)) for j in range(4)}
    patient = np.array([f"P{i // 2}" for i in range(n)])  # two specimens a patient: weights of one half
    table = Table(pd.DataFrame(columns), y, patient, classes)
    ours = Logistic(C=0.3).fit(table, table, seed=0)
    softmax = LogisticRegression(C=0.3, max_iter=20_000, tol=1e-8)
    theirs = make_pipeline(scaled_columns(table.X, True), softmax)
    theirs.fit(table.X, y, logisticregression__sample_weight=table.weight)
    np.testing.assert_allclose(ours.predict_proba(table.X), theirs.predict_proba(table.X), atol=1e-5)
    assert ours.facts["n_parameters"] == softmax.coef_.size + softmax.intercept_.size
