"""The control that sees what was measured, but no value."""

from __future__ import annotations

from baselines.classic import RandomForestEntry


class MissingnessOnly(RandomForestEntry):
    """Grow a random forest on which values, modalities and how many images each specimen has.

    Above chance, the class shows in how the data were collected: other entries may read that too.
    """

    family = "control"
    groups = ("missingness",)

    def __init__(self, *, seed: int = 0, n_estimators: int = 500) -> None:
        super().__init__(seed=seed, n_estimators=n_estimators)
