"""Turn names into entries and datasets."""

from benchmark.entries.contract import Entry
from benchmark.entries.registry import (
    EntrySpec,
    UnknownName,
    UsageError,
    dataset_module,
    entries,
    entry_class,
    entry_module,
    entry_spec,
    is_own,
    load_dataset,
)

__all__ = [
    "Entry",
    "EntrySpec",
    "UnknownName",
    "UsageError",
    "dataset_module",
    "entries",
    "entry_class",
    "entry_module",
    "entry_spec",
    "is_own",
    "load_dataset",
]
