"""The control that sees the edge of the images, where no cell is."""

from __future__ import annotations

from baselines.classic import RandomForestEntry


class BorderOnly(RandomForestEntry):
    """Grow a random forest on the colour of a 2-pixel frame around each image, averaged over the bag.

    Above chance, the class shows in stain, scanner or crop: other entries that see images may read that too.
    """

    needs = frozenset({"images"})
    family = "control"
    groups = ("border",)

    def __init__(self, *, seed: int = 0, n_estimators: int = 500) -> None:
        super().__init__(seed=seed, n_estimators=n_estimators)
