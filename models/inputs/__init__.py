"""From a cohort to the batches that a network reads."""

from models.inputs.batch import Batch, Tokens
from models.inputs.gene_scaler import TrainGenes, set_members
from models.inputs.inputs import Inputs
from models.inputs.resident import Resident

__all__ = ["Batch", "Inputs", "Resident", "Tokens", "TrainGenes", "set_members"]
