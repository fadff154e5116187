"""Load public datasets, a file each."""

from datasets.public.acevedo import cell_files, find
from datasets.public.apl_jhu import cell_files, find

__all__ = [
    "cell_files",
    "find",
]
