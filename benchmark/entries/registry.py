"""Names to things: datasets and entries of the tree, and models from a file outside it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from baselines import BASELINES
from benchmark.entries.contract import Entry
from benchmark.entries.estimators import entry_of
from benchmark.entries.from_source import FromSource, import_from_source
from benchmark.entries.grammar import parse
from benchmark.entries.recipe_entry import recipe_class
from benchmark.entries.recipes import recipes
from benchmark.entries.resolve import RECIPE, known_recipe, refuse_schemes, resolve
from benchmark.entries.source_facts import ROOT
from benchmark.entries.usage import UnknownName, UsageError
from datasets import DATASETS
from datasets.errors import CohortError
from datasets.roots import DataMissing
from models import MODELS

if TYPE_CHECKING:
    from datasets.cohort import Cohort

_FOLDERS: list[Path] = []
_EXAMPLES = ("fusion-vit", "logistic-regression")  # recipes


@dataclass(frozen=True)
class EntrySpec:
    """An entry before anything heavy is imported.

    Attributes:
        name: What the leaderboard calls it.
        target: "recipe:PRINTED FORM", "module:attribute" or "path/to/file.py:Thing".
    """

    name: str
    target: str

    @cached_property
    def path(self) -> Path | None:
        """Return the file of an entry outside the tree, else None."""
        file = self.target.rpartition(":")[0]
        return Path(file).resolve() if file.endswith(".py") else None


def entries() -> dict[str, str]:
    """Return every entry of the tree, name -> target."""
    named = {name: f"{RECIPE}{name}" for name in recipes()}
    classes = {**BASELINES, **MODELS}
    clash = sorted(set(classes) & set(named) | set(BASELINES) & set(MODELS))
    if clash:
        raise ValueError(f"entries registered twice: {', '.join(clash)}")
    return {**classes, **named}


def entry_spec(name: str) -> EntrySpec:
    """Return the entry that ``name`` means: a name of the tree, a recipe with changes, or ``path/to/file.py:Thing``.

    Raises:
        UnknownName: If no entry has this name.
        UsageError: If the file does not exist, nothing is named after it, or the changes cannot be made.
    """
    file, _, attribute = name.rpartition(":")
    if name.rstrip().endswith(".py") or file.endswith(".py"):
        return _outside(name, file, attribute)
    written = parse(name)
    if written.name not in entries():
        raise UnknownName("entry", written.name, entries())
    if written.name in recipes():
        printed = resolve(name).name
        return EntrySpec(printed, f"{RECIPE}{printed}")
    refuse_schemes(name, written.schemes)
    if written.overrides:
        raise UsageError(
            f"--entry {name!r}: {written.name} is no recipe and takes no parts; {' and '.join(_EXAMPLES)} do, see: "
            "python -m benchmark list entries"
        )
    return EntrySpec(written.name, entries()[written.name])


def _outside(name: str, file: str, attribute: str) -> EntrySpec:
    attribute, plus, scheme = attribute.partition("+")
    if not attribute.isidentifier():
        raise UsageError(f"--entry {name}: name what to run in it, as in {name.partition('.py')[0]}.py:MyModel")
    if not Path(file).is_file():
        raise UsageError(f"--entry {name}: there is no file {file}")
    if plus:
        refuse_schemes(name, (scheme,))
    if attribute in entries():
        raise UsageError(f"--entry {name}: {attribute} is the name of an entry of the tree; rename the class")
    return EntrySpec(attribute, f"{Path(file).resolve()}:{attribute}")


def entry_module(spec: EntrySpec) -> ModuleType:
    """Import the module that holds the entry."""
    if spec.path is None:
        return importlib.import_module(spec.target.partition(":")[0])
    return _module_from_file(spec.path)


def _module_from_file(path: Path) -> ModuleType:
    """Import a file with its own folder first on the path, so that it finds its neighbours, also later.

    Neighbours of another file's folder are forgotten first: two folders may each have a helper of one name.
    """
    _forget_other_folders(path.parent)
    for name in (path.stem, _instead(path)):
        known = sys.modules.get(name)
        if known is not None and getattr(known, "__file__", None) == str(path):
            return known
    name = _module_name(path)
    import_from_source()
    loader = FromSource(name, str(path))
    loaded = importlib.util.spec_from_file_location(name, path, loader=loader)
    if loaded is None:
        raise UsageError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(loaded)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _FOLDERS.append(path.parent)
    return module


def _module_name(path: Path) -> str:
    """Return the file's own name, by which processes that the entry starts find it too, unless it is taken."""
    name = path.stem
    known = sys.modules.get(name)
    if known is not None:
        taken = getattr(known, "__file__", None) != str(path)
    else:
        elsewhere = [folder for folder in sys.path if os.path.realpath(folder) != str(path.parent)]
        taken = "." in name or name in sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere) is not None
    return _instead(path) if taken else name


def _instead(path: Path) -> str:
    return f"hemabench_entry_{path.stem}"


def _forget_other_folders(folder: Path) -> None:
    others = [known for known in _FOLDERS if known != folder]
    for other in others:
        _FOLDERS.remove(other)
        sys.path[:] = [entry for entry in sys.path if entry != str(other)]
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and _is_own(Path(file), other):
                del sys.modules[name]
    if others:
        importlib.invalidate_caches()


def _is_own(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) and not file.is_relative_to(ROOT) and "site-packages" not in file.parts


def entry_class(spec: EntrySpec) -> Callable[..., Entry]:
    """Return the entry's class, checked against the contract.

    Raises:
        UsageError: Naming what is wrong.
    """
    if spec.target.startswith(RECIPE):
        return recipe_class(known_recipe(spec.target))
    attribute = spec.target.rpartition(":")[2]
    found: Any = getattr(entry_module(spec), attribute, None)
    if found is None:
        raise UsageError(f"entry {spec.name}: there is no {attribute} in {spec.target.rpartition(':')[0]}")
    return entry_of(found, spec.name, spec.target)


def dataset_module(name: str) -> Any:
    """Return what describes a dataset: it has ``load``, ``CARD``, ``SPLIT`` and, when it can be fetched, ``SOURCE``.

    Args:
        name: A registered name, or the path of a user's cohort.toml.

    Raises:
        UnknownName: If there is no such dataset.
        CohortError: If the user's file is wrong.
    """
    if is_own(name):
        from datasets.own import OwnDataset

        if not Path(name).is_absolute() and not os.path.lexists(name):
            remedy = f"Paths are relative to the working directory, {Path.cwd()}."
            raise CohortError(name, "there is no such file", remedy=remedy)
        return OwnDataset(Path(name).resolve())
    if name not in DATASETS and (Path(name) / "cohort.toml").is_file():
        raise UsageError(f"{name} is a folder; did you mean {Path(name) / 'cohort.toml'}?")
    if name not in DATASETS:
        raise UnknownName("dataset (a user's own is named by its .toml file)", name, DATASETS)
    return importlib.import_module(DATASETS[name].partition(":")[0])


def is_own(name: str) -> bool:
    """Return whether a dataset is a user's own, named by its file."""
    return name.endswith(".toml")


def _loader(name: str) -> Callable[..., Cohort]:
    module = dataset_module(name)
    loader: Callable[..., Cohort] = module.load if is_own(name) else getattr(module, DATASETS[name].partition(":")[2])
    return loader


def load_dataset(name: str, data_root: Path | None, options: Mapping[str, Any]) -> Cohort:
    """Load a dataset with options that its loader takes.

    Raises:
        UnknownName: If the loader has no such option.
        DataMissing: If the files are not on this machine.
    """
    loader = _loader(name)
    known = set(inspect.signature(loader).parameters) - {"data_root"}
    for option in options:
        if option not in known:
            raise UnknownName(f"option of dataset {name}:", option, known)
    try:
        return loader(data_root=data_root, **options)
    except (CohortError, DataMissing):
        raise
    except (TypeError, ValueError) as error:
        if options:
            raise UsageError(f"dataset {name} with options {dict(options)}: {error}") from error
        raise
