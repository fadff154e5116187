"""Which pixel belongs to which component of a generated image, one bit each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

COMPONENTS = ("cell", "nucleus", "nucleoli", "hof", "blebs", "granules", "auer", "rbc", "artefact")


class ComponentMasks(Mapping[str, NDArray[np.bool_]]):
    """Read ``COMPONENTS``, and the derived "cytoplasm" and "background", from packed bits.

    Args:
        bits: uint16 (m, H, W), bit k set where component ``COMPONENTS[k]`` is; usually memory-mapped.

    Each item is made when asked for: bool (m, H, W). ``rows`` reads a few images only.
    """

    def __init__(self, bits: NDArray[np.uint16]) -> None:
        self.bits = bits

    def __getitem__(self, name: str) -> NDArray[np.bool_]:
        return self._of(name, self.bits)

    def __iter__(self) -> Iterator[str]:
        return iter((*COMPONENTS, "cytoplasm", "background"))

    def __len__(self) -> int:
        return len(COMPONENTS) + 2

    def rows(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return the mask of some images, bool (len(rows), H, W)."""
        return self._of(name, self.bits[rows])

    def _of(self, name: str, bits: NDArray[np.uint16]) -> NDArray[np.bool_]:
        if name == "cytoplasm":
            return _has(bits, "cell") & ~_has(bits, "nucleus")
        if name == "background":
            return ~(_has(bits, "cell") | _has(bits, "rbc") | _has(bits, "artefact"))
        if name not in COMPONENTS:
            raise KeyError(name)
        return _has(bits, name)


def pack(masks: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.uint16]:
    """Return the bits of the given components; those that are not given are nowhere."""
    parts = [masks[name].astype(np.uint16) << k for k, name in enumerate(COMPONENTS) if name in masks]
    return np.bitwise_or.reduce(parts)


def _has(bits: NDArray[np.uint16], name: str) -> NDArray[np.bool_]:
    return (bits >> COMPONENTS.index(name)) & 1 == 1
