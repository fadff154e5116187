"""The one way to a file that a user names: there, ordinary, readable; a pipe or a device is never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from datasets.errors import CohortError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def plain_file(path: Path, mode: int = os.R_OK) -> os.stat_result:
    """Return the state of an ordinary file that can be read.

    Raises:
        CohortError: If there is none, it is a folder, pipe, socket or device, or it may not be read.
    """
    name = path.name or str(path)
    try:
        state = path.stat()
    except FileNotFoundError:
        said = f"is a link to nothing, {os.readlink(path)}" if path.is_symlink() else f"there is no file {path}"
        raise CohortError(name, said, remedy="Check the name; paths are relative to the file that names it.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise CohortError(name, f"cannot be reached ({reason})", remedy="Check the name and its folders.") from error
    if not stat.S_ISREG(state.st_mode):
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "no ordinary file")
        raise CohortError(name, f"is {kind}, not a file ({path})", remedy="Name an ordinary file.")
    if not os.access(path, mode):
        raise CohortError(name, f"may not be read ({path})", remedy="Ask for the right to read it.")
    return state


def read_bytes(path: Path) -> bytes:
    """Return the content of an ordinary file.

    Raises:
        CohortError: See ``plain_file``.
    """
    plain_file(path)
    return path.read_bytes()


def read_utf8(path: Path) -> str:
    """Return the text of a UTF-8 file, without its byte order mark.

    Raises:
        CohortError: If the file cannot be read, or is text of another kind; the message says how to save it.
    """
    content = read_bytes(path)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CohortError(path.name, "is UTF-16 text", remedy="Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = f"is not UTF-8: byte 0x{content[error.start]:02x} in line {line}"
        raise CohortError(path.name, said, remedy="Save it as UTF-8.") from error
