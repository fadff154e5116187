"""What the harness asks of an entry; structural, nobody inherits from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datasets.cohort import Cohort


@runtime_checkable
class Entry(Protocol):
    """A model that can be compared.

    ``__init__`` takes keyword-only hyper-parameters with published defaults and ``seed``; it may take
    ``device`` ("cpu" or "cuda") and is then given the run's device. Fitted state ends in ``_``. Optional:

    - module-level ``search_space(trial) -> dict`` beside the class: hyper-parameters to try, as Optuna suggestions;
    - ``report_``: dict of facts about the fit that JSON can hold (numpy scalars and arrays too), kept in the trial's
      record; ``n_parameters`` in it is shown as a cost: weights of a network, coefficients of a linear model, nodes of
      trees; ``kept_features`` in it, true where the entry reads features that are computed once and kept on disk,
      hides its seconds, which are not its own;
    - ``refit(cohort) -> Self``: called once after ``fit`` and after valid was predicted, with the specimens of train
      and valid in one cohort: learn anew from all of them with what ``fit`` chose (an epoch, a threshold). An entry
      without it has learned from train alone, and the tables say so;
    - ``family``: "control", "rule", "classic" or "deep"; by default "own";
    - ``reads``: the modalities that it may use, for the list of entries; by default all;
    - ``trace(cohort) -> DataFrame``: one readable row a specimen, its id in the column
      "specimen"; kept beside the predictions.

    Attributes:
        needs: Modalities without which the entry cannot run on a dataset at all. Any
            specimen may still lack any modality.
    """

    needs: frozenset[str]

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Learn from ``train``; ``valid`` may only choose when to stop, a threshold or a temperature."""
        ...

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1; float32, float16 and 0/1 are taken too."""
        ...
