"""Hyper-parameters that are given beside an entry, as a profile of a suite does, checked against it and the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from benchmark.entries.grammar import Value
from benchmark.entries.registry import EntrySpec, entry_class
from benchmark.entries.resolve import RECIPE, checked, checked_together, known_recipe
from benchmark.entries.usage import UsageError, hint
from benchmark.entries.value_check import check_bounds, checked_value, class_settings

if TYPE_CHECKING:
    from datasets.cohort import Cohort


def checked_params(place: str, spec: EntrySpec, params: Mapping[str, Value], cohort: Cohort) -> dict[str, Value]:
    """Return hyper-parameters in the types that an entry takes; those of a file outside the tree as they are.

    Args:
        place: Who gives them.
        spec: The entry.
        params: What is given.
        cohort: The dataset, which may bound what the entry itself sets, too.

    Raises:
        UsageError: Naming place, key and value, and what it must be.
    """
    if spec.path is not None:
        return dict(params)
    if not spec.target.startswith(RECIPE):
        known = class_settings(entry_class(spec))
        for key in params:
            if key not in known:
                raise UsageError(f"{place}: unknown {key!r}; {hint(key, known)}")
        return {key: checked_value(place, key, known[key], value) for key, value in params.items()}
    resolved = known_recipe(spec.target)
    told = {key: checked(place, resolved, key, value) for key, value in params.items()}
    chosen = {**resolved.settings, **told}
    checked_together(place, resolved, chosen)
    check_bounds(f"entry {spec.name!r}", resolved.known(), chosen, cohort)
    return told
