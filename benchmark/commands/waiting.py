"""Say on stderr which cohort is being made or read, where that takes long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from benchmark.commands.console import console
from benchmark.entries import load_dataset
from datasets.cohort import Cohort

_PATIENCE = 2.0  # seconds before the line


@contextmanager
def told_when_long(dataset: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Say on stderr what is waited for, while it is made, unless it is there soon."""
    patients = options.get("patients")
    what = f"{dataset}, {patients:,} patients" if isinstance(patients, int) else dataset
    teller = Timer(_PATIENCE, lambda: console(stderr=True).print(f"Preparing {what} ...", soft_wrap=True))
    teller.daemon = True
    teller.start()
    try:
        yield
    finally:
        teller.cancel()


def load_told(dataset: str, data_root: Path | None, options: Mapping[str, Any]) -> Cohort:
    """Load a dataset as ``load_dataset`` does, and say so where it takes long."""
    with told_when_long(dataset, options):
        return load_dataset(dataset, data_root, options)
