"""The part ``blocks = "extra-trees"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier

from baselines.classic import Table
from baselines.learners.balanced_trees import CalibratedTrees


@dataclass(frozen=True, kw_only=True)
class ExtraTrees:
    """Trees that cut at random, on bootstrap samples of classes of equal weight.

    Votes are sharpened on out-of-bag ones and meet the class shares of train, as in a balanced forest. Missing values
    take the side of a split that serves training best.

    Args:
        n_estimators: Number of trees.
        max_features: Columns tried at a split: "sqrt", "log2" or a fraction.
        min_samples_leaf: Smallest leaf.

    Reference: Geurts et al., "Extremely randomized trees", Machine Learning 2006,
    https://doi.org/10.1007/s10994-006-6226-1
    Differs from the paper in: bootstrap samples, so that there are out-of-bag votes.
    """

    n_estimators: int = 500
    max_features: str | float = "sqrt"
    min_samples_leaf: int = 2

    def fit(self, train: Table, valid: Table, seed: int) -> CalibratedTrees:
        """Learn from ``train``; ``valid`` is not read."""
        trees = ExtraTreesClassifier(
            n_estimators=self.n_estimators,
            max_features=self.max_features,
            min_samples_leaf=self.min_samples_leaf,
            bootstrap=True,
            oob_score=True,
            random_state=seed,
            n_jobs=1,
        )
        return CalibratedTrees.of(trees, train)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``ExtraTrees``."""
    return {
        "max_features": trial.suggest_categorical("max_features", ["sqrt", "log2", 0.2]),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10),
    }
