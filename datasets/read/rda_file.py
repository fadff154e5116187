"""Read the objects of an .rda file without R; nothing in the file is executed."""

from __future__ import annotations

import lzma
import warnings
import zlib
from pathlib import Path
from typing import Any

from datasets.errors import CohortError

# What rdata, and what unpacks for it, raise of files that are damaged or of another kind.
BROKEN = (
    NotImplementedError, ValueError, TypeError, AttributeError, LookupError, AssertionError, OSError, EOFError,
    lzma.LZMAError, zlib.error,
)  # fmt: skip


def read_rda(path: Path) -> dict[str, Any]:
    """Return the objects of the file by name, tables as pandas.

    Raises:
        CohortError: If the file is no .rda file, or is damaged.
    """
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # files of old R do not say their encoding
        try:
            return rdata.read_rda(path)
        except BROKEN as error:
            raise CohortError(path.name, f"cannot be read as {path.suffix}: {error!r}") from error
