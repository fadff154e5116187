"""The one skeleton of classic learning, and what its parts are made of."""

from baselines.classic.blocks import Blocks, Fitted, FittedEstimator, Table, Transform, all_classes, join, measured
from baselines.classic.evidence import (
    FittedBlock,
    block_facts,
    calibrated,
    can_learn,
    fit_block,
    out_of_fold,
    posterior,
    prior_of,
    sharpness,
)
from baselines.classic.inner_folds import CHOSEN, FOLDS, least_loss, patient_folds
from baselines.classic.parameter_count import counted
from baselines.classic.parts import Learner, Learners

__all__ = [
    "CHOSEN",
    "FOLDS",
    "Blocks",
    "Fitted",
    "FittedBlock",
    "FittedEstimator",
    "Learner",
    "Learners",
    "Table",
    "Transform",
    "all_classes",
    "block_facts",
    "calibrated",
    "can_learn",
    "counted",
    "fit_block",
    "join",
    "least_loss",
    "measured",
    "out_of_fold",
    "patient_folds",
    "posterior",
    "prior_of",
    "sharpness",
]
