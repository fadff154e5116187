"""Say in text what an entry raised, whatever it raised."""

from __future__ import annotations

import re
import traceback

_MODULE = re.compile(r"^(?:[^\W\d]\w*\.)+(?=[^\W\d]\w*(?::|$))")
_LONGEST = 20_000


def failure_line(text: str) -> str:
    """Return the last line of a traceback, which says what was raised, without the module of the exception."""
    return _MODULE.sub("", text.strip().rpartition("\n")[2])


def failure_text(error: BaseException) -> str:
    """Return the traceback of an exception; its last line begins with the name of the exception.

    The text can be kept: no lone surrogates, and the middle of an endless one is left out. An exception whose own
    ``__str__`` fails is named all the same.
    """
    name = type(error).__name__
    try:
        text = "".join(traceback.format_exception(error))
        said = str(error).strip().partition("\n")[0]
    except Exception as second:  # noqa: BLE001  an exception may be unable to say anything
        text, said = "", f"(its own text cannot be shown: {type(second).__name__})"
    text = text.encode("utf-8", "backslashreplace").decode().rstrip()
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}\n...\n{text[-_LONGEST // 2 :]}"
    last = text.rpartition("\n")[2]
    if name not in last.partition(":")[0]:  # several lines of message, notes, or a group of exceptions
        text += f"\n{name}: {said}".encode("utf-8", "backslashreplace").decode()
    return f"{text.lstrip()}\n"
