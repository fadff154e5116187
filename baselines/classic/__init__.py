"""The one skeleton of classic learning, and what its parts are made of."""

from baselines.classic.blocks import Blocks, Fitted, FittedEstimator, Table, Transform, all_classes, join, measured
from baselines.classic.calibration import UNCHANGED, Calibration, among, fit_calibration, log_ratios
from baselines.classic.evidence import (
    FittedBlock,
    block_facts,
    calibrated,
    can_learn,
    fit_block,
    out_of_fold,
    posterior,
    prior_of,
)
from baselines.classic.inner_folds import CHOSEN, FOLDS, held_out_ratios, least_loss, patient_folds
from baselines.classic.parameter_count import counted
from baselines.classic.parts import Learner, Learners

__all__ = [
    "CHOSEN",
    "FOLDS",
    "UNCHANGED",
    "Blocks",
    "Calibration",
    "Fitted",
    "FittedBlock",
    "FittedEstimator",
    "Learner",
    "Learners",
    "Table",
    "Transform",
    "all_classes",
    "among",
    "block_facts",
    "calibrated",
    "can_learn",
    "counted",
    "fit_block",
    "fit_calibration",
    "held_out_ratios",
    "join",
    "least_loss",
    "log_ratios",
    "measured",
    "out_of_fold",
    "patient_folds",
    "posterior",
    "prior_of",
]
