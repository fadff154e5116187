"""Read a user's own cohort."""

from datasets.own.dataset import OwnDataset
from datasets.own.problems import OwnCohortError, counted

__all__ = [
    "OwnCohortError",
    "OwnDataset",
    "counted",
]
