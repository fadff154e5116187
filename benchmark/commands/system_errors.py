"""What the operating system refuses, as one sentence with what to do about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from benchmark.entries import ROOT

_ELSEWHERE = "choose another place (--out, --to or HEMABENCH_CACHE)"
_REMEDIES = {
    errno.ENOSPC: f"free some space or {_ELSEWHERE}; what was computed is kept",
    errno.EDQUOT: f"free some space or {_ELSEWHERE}; what was computed is kept",
    errno.EFBIG: _ELSEWHERE,
    errno.EROFS: _ELSEWHERE,
    errno.EACCES: f"ask for the right to use it or {_ELSEWHERE}",
    errno.EPERM: f"ask for the right to use it or {_ELSEWHERE}",
    errno.ENOTDIR: "a part of the path is a file; name a folder",
    errno.EEXIST: "a file stands where a folder is needed, or the other way round; choose another name",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTEMPTY: "empty the folder or choose another one",
    errno.ENOENT: "check the name, and make the folder first",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "the link leads back to itself; remove it",
    errno.ENXIO: "name an ordinary file",
    errno.ENODEV: "name an ordinary file",
    errno.EBUSY: "another program uses it; try again",
    errno.ETXTBSY: "another program uses it; try again",
    errno.EMFILE: "too many files are open; use fewer --jobs, or raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open; use fewer --jobs",
    errno.EIO: "the disk or the network drive does not answer; check it",
    errno.ESTALE: "the network drive does not answer; check it",
    errno.ENOTSUP: f"the file system cannot do this; {_ELSEWHERE}",
    errno.ENOLCK: f"the file system cannot lock files; {_ELSEWHERE}",
}


def sentence(error: OSError) -> str | None:
    """Return what to say of an error that a user's files or machine caused, or None of any other."""
    if error.errno not in _REMEDIES or (error.errno == errno.ENOENT and _is_ours(error.filename)):
        return None
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    place = f"{' -> '.join(names)}: " if names else ""
    return f"{place}{error.strerror or type(error).__name__}; {_REMEDIES[error.errno]}"


def _is_ours(name: object) -> bool:
    """Return whether a missing file is one of the program's own, or has no name: then the program is at fault."""
    if not isinstance(name, str | bytes):
        return True
    path = Path(os.fsdecode(name)).absolute()
    return any(path.is_relative_to(ROOT / part) for part in ("benchmark", "baselines", "models", "datasets"))
