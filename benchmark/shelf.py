"""The cohorts of a process, each loaded once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmark.registry import load_dataset
from benchmark.suite import PER_PATIENT
from datasets.cohort import Cohort
from datasets.explode import one_image_each


@dataclass
class DataShelf:
    """Load each dataset once.

    Attributes:
        data_root: First place to look for real files.
    """

    data_root: Path | None = None
    _loaded: dict[str, Cohort] = field(default_factory=dict)

    def cohort(self, dataset: str, settings: Mapping[str, Any]) -> Cohort:
        """Return the cohort as ``Task.settings`` want it; raises ``DataMissing`` when its files are not here."""
        options = {name: value for name, value in settings.items() if "." not in name}
        name = json.dumps([dataset, options], sort_keys=True)
        if name not in self._loaded:
            self._loaded[name] = load_dataset(dataset, self.data_root, options)
        if PER_PATIENT not in settings:
            return self._loaded[name]
        view = f"{name}, {settings[PER_PATIENT]} images of a patient"
        if view not in self._loaded:
            self._loaded[view] = one_image_each(self._loaded[name], per_patient=settings[PER_PATIENT])
        return self._loaded[view]
