"""Where the files of real datasets are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from datasets.errors import CohortError


class DataMissing(FileNotFoundError):
    """Say that a dataset is not on this machine, where it was looked for, and the command that gets it."""

    def __init__(self, dataset: str, looked: list[Path]) -> None:
        self.dataset = dataset
        self.command = f"python -m benchmark data get {dataset}"
        places = "; ".join(str(p) for p in looked)
        super().__init__(f"{dataset} is not on this machine (looked in {places}). Get it: {self.command}")


def data_roots(data_root: Path | None = None) -> list[Path]:
    """Return the folders searched, first wins: ``data_root``, ``HEMABENCH_DATA``, the per-user data folder."""
    named = os.environ.get("HEMABENCH_DATA")
    candidates = [data_root, Path(named) if named else None, Path(platformdirs.user_data_dir("hemabench"))]
    return [home_expanded(p) for p in candidates if p is not None]


def home_expanded(path: Path) -> Path:
    """Return a path with ~ or ~name replaced by that home folder.

    Raises:
        CohortError: If nobody is called so.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise CohortError(str(path), "no such home folder", remedy="Write the whole path.") from error


def find_dataset(dataset: str, marker: str, data_root: Path | None = None) -> Path:
    """Return the first ``<root>/<dataset>`` that holds ``marker`` (a relative file or folder).

    Raises:
        DataMissing: If no root has it.
    """
    looked = [root / dataset for root in data_roots(data_root)]
    for folder in looked:
        if (folder / marker).exists():
            return folder
    raise DataMissing(dataset, looked)
