"""The text of a table in its encoding; what is none names the line, the text around it and the encoding that fits."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

from datasets.errors import CohortError
from datasets.plain_file import read_bytes
from datasets.read.file_kinds import no_text_table

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_AROUND = 24  # characters of the line before and after a wrong byte


def written(key: str, value: str, section: str, *more: tuple[str, str]) -> str:
    """Return what to write: 'Write separator = ";" under [specimens].'; without a section only the key."""
    pairs = " and ".join(f"{name} = {json.dumps(said, ensure_ascii=False)}" for name, said in ((key, value), *more))
    return f"Write {pairs}{f' under [{section}]' if section else ''}."


def decoded(path: Path, encoding: str, section: str) -> str:
    """Return the text of a table.

    Raises:
        CohortError: If the file is missing, is of another kind, or is no text of ``encoding``.
    """
    content = read_bytes(path)
    kind = no_text_table(content)
    if kind is not None:
        raise CohortError(path.name, f"is {kind.name}, not a text table", remedy=kind.remedy)
    try:
        plain = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        text = content.decode(plain)
    except UnicodeError as error:
        raise _wrong_encoding(path, content, encoding, section, getattr(error, "start", 0)) from error
    except (LookupError, ValueError) as error:
        remedy = f"Name a known one. {written('encoding', 'cp1252', section)}"
        raise CohortError(path.name, f"unknown encoding: {encoding}", remedy=remedy) from error
    if "\x00" in text:
        raise _wrong_encoding(path, content, encoding, section, 0)
    return text


def _wrong_encoding(path: Path, content: bytes, encoding: str, section: str, start: int) -> CohortError:
    """Return the error of a file whose bytes are not text of ``encoding``, with the one that they are text of."""
    marked = content[:2] in _UTF16
    wide = ("utf-16", "utf-32") if marked else ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
    guesses = wide if marked or b"\x00" in content else ("utf-8", "cp1252", "latin-1")
    fits = [guess for guess in guesses if guess != codecs.lookup(encoding).name and _is_text(content, guess)]
    said = f"is not {encoding}: {_shown(content, start, fits[0] if fits else '')}"
    return CohortError(path.name, said, remedy=written("encoding", fits[0], section) if fits else "Save it as UTF-8.")


def _shown(content: bytes, start: int, guess: str) -> str:
    """Return the line of a wrong byte and the readable text around it."""
    if b"\x00" in content:
        return f"it is text in {guess}" if guess else "it holds zero bytes"
    begin, end = content.rfind(b"\n", 0, start) + 1, content.find(b"\n", start)
    before, after = content[max(begin, start - _AROUND) : start], content[start : end if end >= 0 else None]
    text = (before + after[:_AROUND]).decode(guess or "ascii", errors="replace").strip()
    line = content.count(b"\n", 0, start) + 1
    return f'line {line} has a letter of another encoding in "{text}"' + (f", as {guess} reads it" if guess else "")


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        text = content.decode(encoding)
    except UnicodeError:
        return False
    return "\x00" not in text and any(mark in text for mark in "\r\n")
