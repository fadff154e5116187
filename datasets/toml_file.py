"""The one reader of TOML files that users write."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets.errors import CohortError
from datasets.plain_file import read_utf8

_LINE = re.compile(r"at line (\d+)")
_BACKSLASH = re.compile(r'"[^"]*\\[^"]*"?')
_BARE = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=\s*([^\s\"'\[{#][^\"'#\[{]*?)\s*(?:#.*)?")
_SAVED = "Correct that line; TOML is explained at https://toml.io"


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises:
        CohortError: If the file cannot be read, is not UTF-8 or not TOML, or a text in it has control characters.
    """
    text = read_utf8(path)
    try:
        told = tomllib.loads(text)
    except RecursionError as error:
        raise CohortError(path.name, "not valid TOML: it is nested too deeply", remedy=_SAVED) from error
    except ValueError as error:  # TOMLDecodeError, or a number of too many digits
        raise CohortError(path.name, f"not valid TOML: {error}", remedy=_meant(text, error)) from error
    odd = [key for key, value in _texts(told, "") if any(_is_control(c) for c in value)]
    if odd:
        raise CohortError(path.name, "has control characters in a text", odd, "Take them out.")
    return told


def _meant(text: str, error: ValueError) -> str:
    """Return what to write instead of a line that is no TOML: of a path with backslashes, of words without quotes."""
    found, lines = _LINE.search(str(error)), text.splitlines()
    line = lines[int(found[1]) - 1] if found and int(found[1]) <= len(lines) else ""
    if _BACKSLASH.search(line):
        return "Write / in paths, or single quotes around them."
    bare = _BARE.fullmatch(line)
    if bare:
        return f'Put text in quotes: {bare[1]} = "{bare[2]}".'
    return _SAVED


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Yield every key and text with the place where it stands."""
    if isinstance(value, str):
        yield key or "the file", value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield key or "the file", name
            yield from _texts(part, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _texts(part, f"{key}.{i}")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in "\t\n\r"
