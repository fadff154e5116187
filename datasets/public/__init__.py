"""Load public datasets, a file each."""

from datasets.public import acevedo, apl_jhu

__all__ = [
    "acevedo",
    "apl_jhu",
]
