"""The part ``blocks = "forest"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from sklearn.ensemble import RandomForestClassifier

from baselines.classic import FittedEstimator, Table


@dataclass(frozen=True, kw_only=True)
class Forest:
    """A random forest; missing values take the side of a split that serves training best.

    Args:
        n_estimators: Number of trees.
        max_features: Columns tried at a split: "sqrt", "log2" or a fraction.
        min_samples_leaf: Smallest leaf.

    Reference: Breiman, "Random forests", Machine Learning 2001, https://doi.org/10.1023/A:1010933404324
    """

    n_estimators: Annotated[int, "[1, 100000]"] = 500
    max_features: Annotated[float | Literal["sqrt", "log2"], "(0, 1]"] = "sqrt"
    min_samples_leaf: Annotated[int, "[1, 1000000]"] = 1

    def fit(self, train: Table, valid: Table, seed: int) -> FittedEstimator:
        """Learn from ``train``; ``valid`` is not read."""
        forest = RandomForestClassifier(
            n_estimators=self.n_estimators,
            max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf,
            random_state=seed,
            n_jobs=1,
        )
        return FittedEstimator.of(forest.fit(train.X, train.y, sample_weight=train.weight), train.n_classes)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``Forest``."""
    return {
        "max_features": trial.suggest_categorical("max_features", ["sqrt", "log2", 0.2]),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10),
    }
