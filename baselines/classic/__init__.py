"""Classic machine learning on tables of features."""

from baselines.classic.estimator import all_classes
from baselines.classic.parameter_count import counted
from baselines.classic.random_forest import RandomForestEntry

__all__ = ["RandomForestEntry", "all_classes", "counted"]
