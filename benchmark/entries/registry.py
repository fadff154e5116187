"""Names to things: datasets and entries of the tree, and models from a file outside it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from baselines import BASELINES
from benchmark.entries.contract import Entry
from datasets import DATASETS
from datasets.cohort import Cohort, CohortError
from datasets.roots import DataMissing
from models import MODELS

_TREE = Path(__file__).resolve().parents[2]
_FOLDERS: list[Path] = []


class UsageError(ValueError):
    """Report something that the user can put right; shown without a traceback."""


class UnknownName(UsageError):
    """Answer an unknown name with the nearest known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


@dataclass(frozen=True)
class EntrySpec:
    """An entry before anything heavy is imported.

    Attributes:
        name: What the leaderboard calls it.
        target: "module:attribute" or "path/to/file.py:Class".
    """

    name: str
    target: str

    @property
    def path(self) -> Path | None:
        """Return the file of an entry outside the tree, else None."""
        file = self.target.rpartition(":")[0]
        return Path(file).resolve() if file.endswith(".py") else None


def entries() -> dict[str, str]:
    """Return every entry of the tree, name -> target."""
    clash = sorted(set(BASELINES) & set(MODELS))
    if clash:
        raise ValueError(f"entries registered twice, in baselines and in models: {', '.join(clash)}")
    return {**BASELINES, **MODELS}


def entry_spec(name: str) -> EntrySpec:
    """Return the entry called ``name``, or the class of ``path/to/file.py:Class``.

    Raises:
        UnknownName: If no entry has this name.
        UsageError: If the file does not exist, or no class is named after it.
    """
    file, colon, attribute = name.rpartition(":")
    if name.endswith(".py") or file.endswith(".py"):
        if not colon or not attribute or attribute.endswith(".py"):
            raise UsageError(f"--entry {name}: name the class too, as in {name}:MyModel")
        if not Path(file).is_file():
            raise UsageError(f"--entry {name}: there is no file {file}")
        if attribute in entries():
            raise UsageError(f"--entry {name}: {attribute} is the name of an entry of the tree; rename the class")
        return EntrySpec(attribute, f"{Path(file).resolve()}:{attribute}")
    if name not in entries():
        raise UnknownName("entry", name, entries())
    return EntrySpec(name, entries()[name])


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
    name = _module_name(path)
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path):
        return known
    loaded = importlib.util.spec_from_file_location(name, path)
    if loaded is None or loaded.loader is None:
        raise UsageError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(loaded)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        loaded.loader.exec_module(module)
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
        elsewhere = [folder for folder in sys.path if Path(folder).resolve() != path.parent]
        taken = "." in name or name in sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere) is not None
    return f"hemabench_entry_{name}" if taken else name


def _forget_other_folders(folder: Path) -> None:
    for other in [f for f in _FOLDERS if f != folder]:
        _FOLDERS.remove(other)
        sys.path[:] = [entry for entry in sys.path if entry != str(other)]
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and _is_own(Path(file), other):
                del sys.modules[name]
    importlib.invalidate_caches()


def _is_own(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) and not file.is_relative_to(_TREE) and "site-packages" not in file.parts


def entry_class(spec: EntrySpec) -> Callable[..., Entry]:
    """Import the entry's class and check it against the contract.

    Raises:
        UsageError: Naming what the class lacks.
    """
    attribute = spec.target.rpartition(":")[2]
    found: Any = getattr(entry_module(spec), attribute, None)
    if not isinstance(found, type):
        raise UsageError(f"entry {spec.name}: {spec.target} is not a class")
    lacking = [name for name in ("needs", "fit", "predict_proba") if not hasattr(found, name)]
    if lacking:
        raise UsageError(
            f"entry {spec.name}: {spec.target} lacks {', '.join(lacking)}; see benchmark/entries/contract.py"
        )
    if "seed" not in inspect.signature(found).parameters:
        raise UsageError(f"entry {spec.name}: {spec.target}.__init__ must take a keyword-only seed")
    build: Callable[..., Entry] = found
    return build


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

        return OwnDataset(Path(name).resolve())
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
