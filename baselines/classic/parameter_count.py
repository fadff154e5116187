"""How many fitted numbers a scikit-learn estimator predicts with."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline


def counted(estimator: Any) -> dict[str, int]:
    """Return ``n_parameters`` of a fitted estimator for an entry's report: coefficients and intercepts, or tree nodes.

    Of a pipeline the last step counts. Nothing is returned of an estimator that has neither.
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if hasattr(last, "coef_"):
        return {"n_parameters": int(last.coef_.size + last.intercept_.size)}
    if hasattr(last, "estimators_"):
        return {"n_parameters": sum(int(tree.tree_.node_count) for tree in last.estimators_)}
    return {}
