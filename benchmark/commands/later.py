"""Libraries that are imported when they are first used: what a module says of itself needs few of its imports."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def import_later(library: str) -> None:
    """Let ``import library`` cost nothing in this process until an attribute of it is asked for."""
    sys.modules.setdefault(library, _Later(library))


class _Later(ModuleType):
    """Stand for a library; whoever has imported it finds everything in it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
