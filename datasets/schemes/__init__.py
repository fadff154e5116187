"""Deal specimens into folds and roles."""

from datasets.schemes import leaky, splitters
from datasets.schemes.explode import one_image_each
from datasets.schemes.fewer import with_train_patients
from datasets.schemes.splitters import kfold
from datasets.schemes.unseen import set_aside

__all__ = [
    "kfold",
    "leaky",
    "one_image_each",
    "set_aside",
    "splitters",
    "with_train_patients",
]
