"""Bags of cell images: ragged, memory-mapped, viewed without copying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.errors import CohortError


@dataclass(frozen=True, eq=False)
class ImageBags:
    """Hold 0..n cell images a specimen without copying pixels.

    Attributes:
        pixels: uint8 RGB, (m, H, W, 3), usually memory-mapped; never written to. A view shares the array of the
            whole dataset, other roles' images among it: read it through ``bag`` or ``all_rows`` only.
        starts: int64, (n + 1,); bag ``i`` is ``rows[starts[i]:starts[i + 1]]``.
        rows: int64, (starts[-1],), positions in ``pixels``; None means 0..m-1 in order.
        cell_type: str, (m,), the differential's name of each image of ``pixels``, or None.
    """

    pixels: NDArray[np.uint8]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64] | None = None
    cell_type: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[-1] != 3 or self.pixels.dtype != np.uint8:
            raise CohortError("images.pixels", f"is {self.pixels.dtype} {self.pixels.shape}, needs uint8 (m, H, W, 3)")
        starts = self.starts
        if starts.ndim != 1 or len(starts) == 0 or starts[0] != 0:
            raise CohortError("images.starts", "must be one-dimensional and begin with 0")
        falling = np.flatnonzero(np.diff(starts) < 0)
        if len(falling):
            raise CohortError(
                "images.starts", "bag offsets are out of order", falling, "Sort images by specimen before cutting bags."
            )
        end = len(self.pixels) if self.rows is None else len(self.rows)
        if starts[-1] != end:
            raise CohortError("images.starts", f"ends at {starts[-1]} but there are {end} images")
        if self.cell_type is not None and len(self.cell_type) != len(self.pixels):
            raise CohortError("images.cell_type", f"has {len(self.cell_type)} names for {len(self.pixels)} images")

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Return the number of images of each specimen, int64 (n,)."""
        return np.diff(self.starts)

    def bag_rows(self, i: int) -> NDArray[np.int64]:
        """Return positions in ``pixels`` of bag ``i``, int64 (bag size,)."""
        span = np.arange(self.starts[i], self.starts[i + 1])
        return span if self.rows is None else self.rows[span]

    def bag(self, i: int) -> NDArray[np.uint8]:
        """Return the images of bag ``i``, uint8 (bag size, H, W, 3)."""
        return self.pixels[self.bag_rows(i)]

    def all_rows(self) -> NDArray[np.int64]:
        """Return positions in ``pixels`` of every image, bag after bag, int64 (starts[-1],)."""
        return np.arange(self.starts[-1]) if self.rows is None else self.rows

    def __getitem__(self, indices: NDArray[np.int64]) -> ImageBags:
        bags = [self.bag_rows(int(i)) for i in indices]
        starts = np.concatenate([[0], np.cumsum([len(b) for b in bags], dtype=np.int64)]).astype(np.int64)
        rows = np.concatenate(bags) if bags else np.empty(0, np.int64)
        return ImageBags(self.pixels, starts, rows.astype(np.int64), self.cell_type)
