"""Read a user's own cohort."""

from datasets.own.dataset import OwnDataset
from datasets.own.problems import OwnCohortError

__all__ = [
    "OwnCohortError",
    "OwnDataset",
]
