"""What a process says in which an entry has run: JSON of one form, or no word; nothing else of it is trusted."""

from __future__ import annotations

import json
from typing import Any

MOST = 1 << 20  # bytes; a failure's text is much shorter

encoded = json.JSONEncoder().encode  # as it was before an entry could change ``json.dumps``


def lines_of(said: bytes) -> list[dict[str, Any]]:
    """Return the words of a trial: none, that it has begun, or that and its last word, when nothing else was said."""
    *whole, rest = said.split(b"\n", 3)
    begun = _read(whole[0]) if whole else None
    if not isinstance(begun, dict) or begun.keys() != {"begun"} or not isinstance(begun["begun"], int):
        return []
    last = _read(whole[1]) if len(whole) == 2 and not rest else {}
    return [begun, dict(last)] if is_last(last) else [begun]


def is_last(word: object) -> bool:
    """Return whether a word tells the error of a trial, as text that can be kept, and whether a record is written."""
    if not isinstance(word, dict) or word.keys() != {"error", "written"}:
        return False
    return _is_text(word["error"]) and isinstance(word["written"], bool)


def answer_of(body: bytes) -> dict[str, Any] | None:
    """Return an answer of ``fork_server.serve``, None for anything else."""
    word = _read(body)
    return word if isinstance(word, dict) and (_is_start(word) or _is_end(word)) else None


def _is_start(word: dict[str, Any]) -> bool:
    return word.keys() == {"slot", "begun"} and all(type(value) is int for value in word.values())


def _is_end(word: dict[str, Any]) -> bool:
    number = (int, float)
    forms: dict[str, Any] = {"slot": int, "begun": bool, "code": int, "limit": str}
    forms |= {"seconds": number, "processor": number}
    if word.keys() != {*forms, "word"} or not all(isinstance(word[name], form) for name, form in forms.items()):
        return False
    return word["word"] is None or is_last(word["word"])


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if len(body) <= MOST else None
    except (ValueError, RecursionError):
        return None


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(value.encode() or True)
    except UnicodeEncodeError:
        return False
