"""The cohorts of a process, each loaded once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.entries.registry import load_dataset

if TYPE_CHECKING:
    from datasets.cohort import Cohort

# What the harness does with a cohort. No loader has an option with a dot.
PER_PATIENT, UNSEEN, GRID = "view.images_per_patient", "view.unseen", "predict.modality_grid"


@dataclass
class DataShelf:
    """Load each dataset once.

    Attributes:
        data_root: First place to look for real files.
        around: Called with name and options of a dataset that is loaded; what it returns surrounds the loading.
    """

    data_root: Path | None = None
    around: Callable[[str, Mapping[str, Any]], AbstractContextManager[None]] = lambda *_: nullcontext()
    _loaded: dict[str, Cohort] = field(default_factory=dict)

    def cohort(self, dataset: str, settings: Mapping[str, Any]) -> Cohort:
        """Return the cohort as ``Task.settings`` want it; raises ``DataMissing`` when its files are not here."""
        from datasets.schemes import one_image_each, set_aside  # here: what only names entries needs no pandas

        options = {name: value for name, value in settings.items() if "." not in name}
        name = json.dumps([dataset, options], sort_keys=True)
        if name not in self._loaded:
            with self.around(dataset, options):
                self._loaded[name] = load_dataset(dataset, self.data_root, options)
        if UNSEEN in settings:
            whole, name = name, f"{name}, without {json.dumps(settings[UNSEEN])}"
            if name not in self._loaded:
                self._loaded[name] = set_aside(self._loaded[whole], settings[UNSEEN])
        if PER_PATIENT in settings:
            whole, name = name, f"{name}, {settings[PER_PATIENT]} images of a patient"
            if name not in self._loaded:
                self._loaded[name] = one_image_each(self._loaded[whole], per_patient=settings[PER_PATIENT])
        return self._loaded[name]
