"""From a cohort to the batches that a network reads."""

from models.inputs.batch import Batch, Tokens
from models.inputs.class_spread import class_spread
from models.inputs.gene_scaler import GeneChoice, GeneSelection, TrainGenes, set_selection
from models.inputs.inputs import Inputs, ReadFeatures
from models.inputs.resident import Resident

__all__ = [
    "Batch",
    "GeneChoice",
    "GeneSelection",
    "Inputs",
    "ReadFeatures",
    "Resident",
    "Tokens",
    "TrainGenes",
    "class_spread",
    "set_selection",
]
