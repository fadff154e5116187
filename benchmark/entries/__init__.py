"""Turn names into entries and datasets."""

from benchmark.entries.contract import Entry
from benchmark.entries.effective import Effective, effective
from benchmark.entries.estimators import DEFAULT, GIVEN
from benchmark.entries.given_params import checked_params
from benchmark.entries.grammar import printed
from benchmark.entries.parts import part_settings, skeleton
from benchmark.entries.recipe_entry import recipe_space
from benchmark.entries.recipes import PACKAGES, recipes
from benchmark.entries.registry import (
    EntrySpec,
    dataset_module,
    entries,
    entry_class,
    entry_module,
    entry_spec,
    is_own,
    load_dataset,
)
from benchmark.entries.resolve import RECIPE, Resolved, known_recipe, resolve
from benchmark.entries.shelf import GRID, PER_PATIENT, UNSEEN, DataShelf
from benchmark.entries.source_facts import ROOT, class_facts, literal_arguments, source_file
from benchmark.entries.usage import UnknownName, UsageError

__all__ = [
    "DEFAULT",
    "GIVEN",
    "GRID",
    "PACKAGES",
    "PER_PATIENT",
    "RECIPE",
    "ROOT",
    "UNSEEN",
    "DataShelf",
    "Effective",
    "Entry",
    "EntrySpec",
    "Resolved",
    "UnknownName",
    "UsageError",
    "checked_params",
    "class_facts",
    "dataset_module",
    "effective",
    "entries",
    "entry_class",
    "entry_module",
    "entry_spec",
    "is_own",
    "known_recipe",
    "literal_arguments",
    "load_dataset",
    "part_settings",
    "printed",
    "recipe_space",
    "recipes",
    "resolve",
    "skeleton",
    "source_file",
]
