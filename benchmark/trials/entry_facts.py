"""What a plan asks of an entry before it runs: its class, what it tunes, what kind it is, where it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmark.entries import (
    RECIPE,
    Entry,
    EntrySpec,
    UsageError,
    entry_class,
    entry_module,
    known_recipe,
    recipe_space,
)
from benchmark.trials.trial import takes_device


def search_space(spec: EntrySpec) -> Callable[[Any], Mapping[str, Any]] | None:
    """Return the space of a recipe, or the ``search_space`` beside a class, or None when there is nothing to tune."""
    if spec.target.startswith(RECIPE):
        return recipe_space(known_recipe(spec.target))
    return getattr(entry_module(spec), "search_space", None)


@dataclass(frozen=True)
class EntryFacts:
    """What a plan knows of an entry.

    Attributes:
        needs: Modalities without which it cannot run.
        family: Its kind.
        tunes: Whether it has a search space.
        takes_device: Whether it computes on the run's device.
    """

    needs: frozenset[str] = frozenset()
    family: str = "own"
    tunes: bool = False
    takes_device: bool = False


def entry_facts(spec: EntrySpec) -> EntryFacts:
    """Return the facts of an entry; of one whose import raises the least, because its trials record the error.

    Raises:
        UsageError: If it breaks the contract, or is no Python.
    """
    build = _importable(spec)
    if build is None:
        return EntryFacts()
    needs = frozenset(getattr(build, "needs", frozenset()))
    return EntryFacts(needs, family(spec, build), search_space(spec) is not None, takes_device(build))


def _importable(spec: EntrySpec) -> Callable[..., Entry] | None:
    """Return the entry's class, or None when its import raises: the trial meets the error again and records it."""
    try:
        return entry_class(spec)
    except UsageError:
        raise
    except SyntaxError as error:
        place = f"{error.filename or spec.path}, line {error.lineno}"
        raise UsageError(f"entry {spec.name}: {place}: {error.msg}; mend it") from error
    except Exception:  # noqa: BLE001  whatever a module raises at import is recorded by its trials, with the traceback
        return None


def family(spec: EntrySpec, build: Any) -> str:
    """Return "control", "rule", "classic" or "deep" as the class says, "own" for a file that says nothing."""
    return str(getattr(build, "family", "own"))


def chosen_device(asked: str) -> str:
    """Return "cpu" or "cuda"; torch is asked only for entries that compute with it."""
    import torch

    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise UsageError("--device cuda: torch sees no CUDA device here; use --device cpu, or see doctor")
    return asked if asked != "auto" else ("cuda" if there else "cpu")
