"""Classes set aside from a cohort, so that what entries say of the unknown can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from datasets.cohort import Cohort, Truth
from datasets.errors import CohortError


def set_aside(cohort: Cohort, names: Sequence[str]) -> Cohort:
    """Return the cohort with some classes unseen: they leave ``classes``, their specimens get y = -1.

    A posterior is renormalised over the classes that are left. One whose error was estimated, or that rounds to 0 for
    all of them, is left out, and so is the evidence of traits, which compares with classes that are gone.

    A patient may not have specimens of both kinds: an entry would learn from the patient's other specimens what this
    patient looks like. Nothing is dropped silently; such a cohort is refused.

    Args:
        cohort: Any cohort.
        names: Classes to set aside.

    Raises:
        CohortError: If a name is unknown or given twice, fewer than two classes are left, or a patient has both.
    """
    _check_names(cohort, names)
    left = [k for k, name in enumerate(cohort.classes) if name not in names]
    place = np.full(cohort.n_classes + 1, -1, dtype=np.int64)  # the last is that of y = -1
    place[left] = np.arange(len(left))
    y, unseen = place[cohort.y], np.where(np.isin(cohort.label, list(names)), cohort.label, "")
    if cohort.unseen is not None:
        unseen = np.where(cohort.known, unseen, cohort.unseen)
    torn = np.unique(cohort.patient[(y < 0) & np.isin(cohort.patient, cohort.patient[y >= 0])])
    if len(torn):
        raise CohortError(
            "patient", f"has specimens of {', '.join(names)} and of classes that are learned", torn,
            "Set aside a class whose patients have no other, or leave these patients out.",
        )  # fmt: skip
    truth = None if cohort.truth is None else _truth(cohort.truth, left, place)
    return replace(cohort, classes=tuple(cohort.classes[k] for k in left), y=y, unseen=unseen, truth=truth)


def _check_names(cohort: Cohort, names: Sequence[str]) -> None:
    strangers = sorted(set(names) - set(cohort.classes))
    if strangers or not names:
        raise CohortError("unseen", f"cannot be {list(names)}", strangers, f"Choose of {', '.join(cohort.classes)}.")
    if len(set(names)) != len(names):
        raise CohortError("unseen", f"names a class twice: {list(names)}", remedy="Name each once.")
    if cohort.n_classes - len(names) < 2:
        raise CohortError(
            "unseen", f"leaves fewer than two of {cohort.n_classes} classes", list(names), "Set fewer aside."
        )


def _truth(truth: Truth, left: list[int], place: np.ndarray) -> Truth:
    parts = {name: p[:, left] for name, p in truth.posterior.items() if name not in truth.posterior_error}
    return replace(
        truth,
        posterior={k: p / p.sum(axis=1, keepdims=True) for k, p in parts.items() if p.sum(axis=1).all()},
        posterior_error={},
        y=None if truth.y is None else place[truth.y],
        evidence=None,
    )
