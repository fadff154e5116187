"""The square around one cell of a field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Cut a square of its own out of an image: around a point, and pushed into the image where it would stick out.

    Attributes:
        side: Side of the square in pixels, the same for all images of a dataset.
        column: Middle of the square in pixels from the left.
        row: Middle from the top.
    """

    side: int
    column: float
    row: float

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in pixels of an image of this size.

        Raises:
            ValueError: If the image does not hold the square.
        """
        if min(width, height) < self.side:
            raise ValueError(f"{width}x{height} pixels, smaller than the square of {self.side}")
        left = min(max(int(self.column - self.side / 2), 0), width - self.side)
        top = min(max(int(self.row - self.side / 2), 0), height - self.side)
        return left, top, left + self.side, top + self.side
