"""What a user's file may name: a class of the contract, a scikit-learn estimator, or a function that returns one."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from benchmark.entries.contract import Entry
from benchmark.entries.parts import skeleton
from benchmark.entries.recipe_entry import built_parts, loaded
from benchmark.entries.resolve import resolve
from benchmark.entries.usage import UsageError
from datasets.modality_names import MODALITIES

DEFAULT = "logistic-regression"
"""The recipe whose tables an estimator learns from."""

TABLES = f"{DEFAULT}[combiner.calibrate=false]"
"""The same with the estimator's own probabilities."""

GIVEN = "baselines.classic.given_estimator:GivenEstimator"
"""The learner that stands in its place."""

_MEMBERS = {
    "needs": f'needs = frozenset({{"genes"}}) with what it cannot run without, of {", ".join(MODALITIES)}',
    "fit": "def fit(self, train, valid), which returns self",
    "predict_proba": "def predict_proba(self, cohort), which returns a row a specimen and a column a class",
}


def entry_of(found: Any, name: str, target: str) -> Callable[..., Entry]:
    """Return a class of the contract for what a file names.

    Raises:
        UsageError: Naming what it lacks.
    """
    if isinstance(found, type) and not _learns_from_tables(found):
        return contract_class(found, name, target)
    if not callable(found) and not hasattr(found, "fit"):
        raise UsageError(
            f"entry {name}: {target} is {type(found).__name__}; name a class of the contract, a scikit-learn estimator "
            "or pipeline, or a function that returns one"
        )
    make = _maker(found)
    if isinstance(found, type) or hasattr(found, "fit"):
        _check_probabilities(found, name)
    return _estimator_class(make, name)


def contract_class(found: type, name: str, target: str) -> Callable[..., Entry]:
    """Return a class after checking it against the contract.

    Raises:
        UsageError: Naming what the class lacks.
    """
    lacking = [part for part in _MEMBERS if not hasattr(found, part)]
    if lacking:
        write = "; ".join(f"write {_MEMBERS[part]}" for part in lacking)
        raise UsageError(f"entry {name}: {target} lacks {', '.join(lacking)}: {write}")
    if "seed" not in inspect.signature(found).parameters:
        raise UsageError(
            f"entry {name}: {target}.__init__ must take a keyword-only seed: write def __init__(self, *, seed: int = 0)"
        )
    check_needs(getattr(found, "needs"), name)  # noqa: B009  mypy does not see it on a bare type
    return found


def check_needs(needs: Any, name: str) -> None:
    """Raise UsageError unless ``needs`` is a set of modalities."""
    example = "write needs = frozenset({'clinical'}), or frozenset() for an entry that runs on anything"
    if not isinstance(needs, frozenset | set):
        raise UsageError(f"entry {name}: needs is {type(needs).__name__} {needs!r}, not a set of names; {example}")
    strangers = sorted(map(str, needs - set(MODALITIES)))
    if strangers:
        raise UsageError(f"entry {name}: needs names {', '.join(strangers)}; choose from {', '.join(MODALITIES)}")


def _learns_from_tables(found: type) -> bool:
    """Return whether a class is used as scikit-learn's are: ``fit(X, y)``, and no ``needs``."""
    if hasattr(found, "needs") or not hasattr(found, "fit"):
        return False
    taken = list(inspect.signature(found.fit).parameters)
    return hasattr(found, "get_params") or taken[1:3] == ["X", "y"]


def _maker(found: Any) -> Callable[..., Any]:
    """Return what makes a new, unfitted estimator each time."""
    if callable(found) and not hasattr(found, "fit"):
        return found
    if isinstance(found, type):
        return found
    if not hasattr(found, "get_params"):
        return lambda: copy.deepcopy(found)
    from sklearn.base import clone

    return lambda: clone(found)


def _check_probabilities(estimator: Any, name: str) -> None:
    if not hasattr(estimator, "predict_proba"):
        kind = estimator.__name__ if isinstance(estimator, type) else type(estimator).__name__
        raise UsageError(
            f"entry {name}: {kind} has no predict_proba; wrap it: "
            f"sklearn.calibration.CalibratedClassifierCV({kind}(...))"
        )


def _estimator_class(make: Callable[..., Any], name: str) -> Callable[..., Entry]:
    """Return the classic skeleton with the tables of ``TABLES`` and the given estimator as learner.

    It takes the estimator's parameters, so that a ``search_space`` beside it is tuned as that of a class is.
    """
    frame: type = loaded(skeleton("baselines").classes[0])
    learner = loaded(GIVEN)

    def checked(params: Mapping[str, Any]) -> Any:
        estimator = make()
        _check_probabilities(estimator, name)
        return estimator.set_params(**params) if params else estimator

    def __init__(self: Any, *, seed: int = 0, **params: Any) -> None:
        parts = {**built_parts(resolve(TABLES)), "blocks": learner(lambda: checked(params))}
        frame.__init__(self, name=name, parts=parts, seed=seed)  # type: ignore[misc]

    return type("GivenEntry", (frame,), {"__init__": __init__, "family": "own"})
