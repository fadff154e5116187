"""The SHA-256 of an array; a memory map that nobody can write is read once."""

from __future__ import annotations

import hashlib
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 1 << 25  # bytes
_KNOWN: dict[tuple[Any, ...], tuple[weakref.ref[np.ndarray], str]] = {}


def array_digest(values: NDArray[Any]) -> str:
    """Return the digest of shape, type and bytes in C order.

    Every fold of every trial asks for the features of the same pixels, of which there may be gigabytes.
    """
    owner = _owner(values)
    if owner is None:
        return _read(values)
    place = (values.__array_interface__["data"][0], values.shape, values.strides, values.dtype.str)
    known = _KNOWN.get(place)
    if known is None or known[0]() is not owner:
        known = _KNOWN[place] = (weakref.ref(owner), _read(values))
    return known[1]


def _owner(values: NDArray[Any]) -> np.ndarray | None:
    """Return the memory map in which the values lie; None where they lie elsewhere, or can be written on the way."""
    while not values.flags.writeable and isinstance(values.base, np.ndarray):
        values = values.base
    return values if isinstance(values, np.memmap) and not values.flags.writeable else None


def _read(values: NDArray[Any]) -> str:
    digest = hashlib.sha256(repr((values.shape, values.dtype.str)).encode())
    step = max(1, _AT_ONCE // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        digest.update(np.ascontiguousarray(values[start : start + step]).data)
    return digest.hexdigest()
