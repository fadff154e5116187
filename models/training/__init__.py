"""The one fit loop, and what it weighs and scores."""

from models.training.class_prior import ClassPrior
from models.training.outputs import Outputs
from models.training.patient_score import patients_in_classes
from models.training.training import (
    FitLoop,
    TrainingSettings,
    evaluation_batches,
    predict,
    reproducible,
    specimen_weights,
    train_again,
    train_network,
)

__all__ = [
    "ClassPrior",
    "FitLoop",
    "Outputs",
    "TrainingSettings",
    "evaluation_batches",
    "patients_in_classes",
    "predict",
    "reproducible",
    "specimen_weights",
    "train_again",
    "train_network",
]
