"""Names that become names of files and folders, checked once, where they enter."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST = 100
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))})


def plain_name(name: str) -> str:
    """Return a name of a suite, profile, task or cohort that can stand for a folder on any system.

    Raises:
        ValueError: If it could leave the output folder, hide, or name a device; says what a name may be.
    """
    device = name.partition(".")[0].lower() in _DEVICES
    if device or len(name) > _LONGEST or name.endswith(".") or not _PLAIN.fullmatch(name):
        raise ValueError(
            f"{name[:_LONGEST]!r} cannot name a folder on every system; use at most {_LONGEST} letters, digits, '.', "
            "'_' and '-', the first a letter or digit, the last no '.', and no name of a device such as 'nul'"
        )
    return name


Name = Annotated[str, AfterValidator(plain_name)]
