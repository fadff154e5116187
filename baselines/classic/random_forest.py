"""Random forest on clinical values, genes and cell features."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import RandomForestClassifier

from baselines.classic.estimator import EstimatorEntry


class RandomForestEntry(EstimatorEntry):
    """Grow 500 trees; missing values take the side of a split that serves training best.

    Args:
        seed: Seed of bootstrap and column draws.
        n_estimators: Number of trees.
        max_features: Columns tried at a split: "sqrt", "log2" or a fraction.
        min_samples_leaf: Smallest leaf.
        class_weight: None, "balanced" or "balanced_subsample".

    Reference: Breiman, "Random forests", Machine Learning 2001, https://doi.org/10.1023/A:1010933404324
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        n_estimators: int = 500,
        max_features: str | float = "sqrt",
        min_samples_leaf: int = 1,
        class_weight: str | None = None,
    ) -> None:
        self.seed = seed
        forest = RandomForestClassifier(
            n_estimators=n_estimators,
            max_features=max_features,
            min_samples_leaf=min_samples_leaf,
            class_weight=class_weight,
            random_state=seed,
            n_jobs=1,
        )
        super().__init__(forest)


def search_space(trial: Any) -> dict[str, Any]:
    """Suggest hyper-parameters of ``RandomForestEntry``."""
    return {
        "max_features": trial.suggest_categorical("max_features", ["sqrt", "log2", 0.2]),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 10),
        "class_weight": trial.suggest_categorical("class_weight", [None, "balanced_subsample"]),
    }
