"""The one skeleton of classic learning, and what its parts are made of."""

from baselines.classic.blocks import Blocks, Fitted, FittedEstimator, Table, Transform, all_classes, join
from baselines.classic.parameter_count import counted
from baselines.classic.parts import Learner

__all__ = ["Blocks", "Fitted", "FittedEstimator", "Learner", "Table", "Transform", "all_classes", "counted", "join"]
