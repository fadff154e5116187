"""A learner that wraps a scikit-learn estimator, or what looks like one, that a user hands over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from baselines.classic.blocks import FittedEstimator, Table
from baselines.classic.parameter_count import counted


@dataclass(frozen=True)
class GivenEstimator:
    """Fit what ``make`` returns: it has ``fit(X, y)`` and ``predict_proba(X)``.

    Every ``random_state`` that is None gets the trial's seed. Each patient counts once where ``fit`` takes
    ``sample_weight``. An estimator that takes no missing values gets medians of train in their place.

    Args:
        make: Returns a new, unfitted estimator.
    """

    make: Callable[[], Any]

    def fit(self, train: Table, valid: Table, seed: int) -> FittedEstimator:
        """Learn from ``train``; ``valid`` is not read."""
        estimator = seeded(self.make(), seed)
        imputes = not takes_missing(estimator)
        if imputes:
            medians = SimpleImputer(strategy="median", keep_empty_features=True).set_output(transform="pandas")
            estimator = make_pipeline(medians, estimator)
        weights = dict.fromkeys(_weight_argument(estimator), train.weight)
        estimator.fit(train.X, train.y, **weights)
        facts = {**counted(_own(estimator, imputes)), "imputed": "medians of train" if imputes else "nothing"}
        return FittedEstimator(_WithClasses(estimator, np.unique(train.y)), train.n_classes, facts)


@dataclass(frozen=True)
class _WithClasses:
    """An estimator whose columns are the sorted classes of train where it does not say otherwise."""

    estimator: Any
    known: Any

    @property
    def classes_(self) -> Any:
        return getattr(self.estimator, "classes_", self.known)

    def predict_proba(self, X: Any) -> Any:
        return self.estimator.predict_proba(X)


def seeded(estimator: Any, seed: int) -> Any:
    """Give every ``random_state`` that is None the seed."""
    if hasattr(estimator, "get_params"):
        unset = [k for k, v in estimator.get_params().items() if k.endswith("random_state") and v is None]
        estimator.set_params(**dict.fromkeys(unset, seed))
    return estimator


def takes_missing(estimator: Any) -> bool:
    """Return whether NaN may be handed to an estimator: it says so, imputes first, or chooses columns itself."""
    if isinstance(estimator, Pipeline):
        for _, step in estimator.steps:
            if type(step).__module__.startswith("sklearn.impute"):
                return True
            if not takes_missing(step):
                return False
        return True
    if isinstance(estimator, ColumnTransformer | FeatureUnion | str):
        return True
    return not hasattr(estimator, "__sklearn_tags__") or bool(get_tags(estimator).input_tags.allow_nan)


def _own(estimator: Any, wrapped: bool) -> Any:
    return estimator.steps[-1][1] if wrapped else estimator


def _weight_argument(estimator: Any, path: str = "") -> list[str]:
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return _weight_argument(last, f"{path}{name}__")
    return [f"{path}sample_weight"] if has_fit_parameter(estimator, "sample_weight") else []
