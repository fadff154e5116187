"""How an entry is written: ``NAME``, ``NAME[slot=part, slot.key=value, key=value]``, ``NAME+scheme+scheme``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmark.entries.usage import UsageError

Value = bool | int | float | str

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_WHOLE = re.compile(rf"\s*(?P<name>{_NAME})\s*(?P<body>\[[^\[\]]*\])?(?P<schemes>(?:\s*\+\s*{_NAME})*)\s*")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?")
_VALUE = re.compile(r"[A-Za-z0-9_.+-]+")
_WHOLE_PART = r"(0|[1-9][0-9]*)"  # "007" is a word: it may begin a hash
_INTEGER = re.compile(rf"[+-]?{_WHOLE_PART}")
_NUMBER = re.compile(rf"[+-]?({_WHOLE_PART}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LONGEST = 300  # digits of a whole number; one that has more is read as a float, whose largest has 309
_EXAMPLE = "'NAME[cells=vit-tiny, max_epochs=8]+scheme' (in quotes: the shell reads brackets)"


@dataclass(frozen=True)
class Written:
    """An entry as it is written; ``str`` gives the printed form, and ``parse`` of that gives this again.

    Attributes:
        name: Of the entry.
        overrides: (key, value) pairs in brackets, in their order; a key is "slot", "slot.name" or "name".
        schemes: Names after "+".
    """

    name: str
    overrides: tuple[tuple[str, Value], ...] = ()
    schemes: tuple[str, ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={printed(value)}" for key, value in self.overrides)
        return "+".join((f"{self.name}[{inside}]" if inside else self.name, *self.schemes))


def parse(text: str) -> Written:
    """Read an entry.

    Raises:
        UsageError: Naming the place that cannot be read.
    """
    whole = _WHOLE.match(text)
    if whole is None:
        raise UsageError(f"--entry {text!r}: an entry starts with a name; write {_EXAMPLE}")
    if whole.end() != len(text):
        place, rest = whole.end() + 1, text[whole.end() :]
        raise UsageError(f"--entry {text!r}: cannot read {rest!r} at character {place}; write {_EXAMPLE}")
    words = whole["body"][1:-1].split(",") if whole["body"] else []
    overrides = tuple(_override(text, word) for word in words)
    keys = [key for key, _ in overrides]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise UsageError(f"--entry {text!r}: {', '.join(twice)} is given twice")
    return Written(whole["name"], overrides, tuple(re.findall(_NAME, whole["schemes"])))


def _override(text: str, word: str) -> tuple[str, Value]:
    key, equals, value = (part.strip() for part in word.partition("="))
    if not equals or not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
        raise UsageError(f"--entry {text!r}: cannot read {word.strip()!r} in the brackets; write KEY=VALUE, {_EXAMPLE}")
    return key, read_value(value)


def read_value(text: str) -> Value:
    """Return the truth value, whole number, number or word that a text means."""
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST:
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def printed(value: Value) -> str:
    """Return how a value is written."""
    return str(value).lower() if isinstance(value, bool) else str(value)
