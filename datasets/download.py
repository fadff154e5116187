"""Pinned, verified, resumable downloads, and the check of a folder against its manifest."""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

MANIFESTS = Path(__file__).parent / "manifests"
_CHUNK = 1 << 20
_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # HTTP states that a later attempt may cure

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class RemoteFile:
    """Name a file of a source; ``size`` in bytes and ``sha256`` are None where the original was never hashed."""

    path: str
    size: int | None = None
    sha256: bytes | None = None


@dataclass(frozen=True)
class Source:
    """Pin the files of a dataset to one commit of a public repository.

    Attributes:
        repository: "owner/name".
        commit: 40 hex digits.
        folder: Folder of the dataset below a data root.
        licence: What the source says about use.
        files: Files listed here.
        manifest: Parquet file in ``datasets/manifests`` (path, bytes, sha256) that lists more, or "".
        host: Where raw files are served, as ``<host>/<repository>/<commit>/<path>``.
    """

    repository: str
    commit: str
    folder: str
    licence: str
    files: tuple[RemoteFile, ...] = ()
    manifest: str = ""
    host: str = "https://raw.githubusercontent.com"

    def all_files(self) -> list[RemoteFile]:
        """Return every file of the source, those of the manifest last."""
        return [*self.files, *(read_manifest(self.manifest) if self.manifest else ())]

    def url(self, path: str) -> str:
        """Return the address of a file; blanks and letters outside ASCII are quoted."""
        return f"{self.host}/{self.repository}/{self.commit}/{urllib.parse.quote(path)}"


@dataclass(frozen=True)
class GetResult:
    """Say what ``get`` did: files fetched, files that were already right, files that nothing vouches for."""

    folder: Path
    fetched: int
    present: int
    unverified: tuple[str, ...]


@dataclass(frozen=True)
class CheckResult:
    """Compare a folder with its source; each field but ``ok`` holds paths relative to the folder.

    Attributes:
        ok: Number of files whose size and SHA-256 agree.
        modified: Files that differ from the source.
        missing: Files of the source that are not in the folder.
        extra: Files in the folder that the source does not have.
        unverified: Files that are there and for which no SHA-256 of the original is known.
    """

    folder: Path
    ok: int
    modified: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    unverified: tuple[str, ...]


class _Corrupt(Exception):
    """A body that is not the file: cut short, or with another hash."""


_FAILURES = (
    _Corrupt, urllib.error.URLError, http.client.HTTPException, ssl.SSLError, TimeoutError, ConnectionError
)  # fmt: skip


class DownloadError(OSError):
    """Say which file could not be fetched, why, and how to go on, without a network too."""

    def __init__(self, name: str, source: Source, folder: Path, path: str, reason: str) -> None:
        super().__init__(
            f"{name}: {source.url(path)} could not be fetched: {reason}. Run `python -m benchmark data get {name}` "
            f"again to go on from here. By hand: get commit {source.commit} of https://github.com/{source.repository}, "
            f"copy its files to {folder} with their folders, then run `python -m benchmark data check {name}`."
        )


def read_manifest(name: str) -> list[RemoteFile]:
    """Return the files of a committed manifest."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(MANIFESTS / name)
    columns = (table[c].to_pylist() for c in ("path", "bytes", "sha256"))
    return [RemoteFile(*row) for row in zip(*columns, strict=True)]


def get(
    name: str,
    source: Source,
    root: Path,
    *,
    on_progress: Progress | None = None,
    attempts: int = 4,
    timeout: float = 30.0,
    pause: float = 1.0,
    threads: int = 8,
) -> GetResult:
    """Fetch a dataset into ``root / source.folder``; run again to go on after a break.

    A file gets its name only after size and SHA-256 agree. Files that are already right are not fetched
    again, half-fetched ones go on where they stopped, differing ones are replaced.

    Args:
        name: Dataset name, for messages.
        source: What to fetch.
        root: A data root; created when it does not exist.
        on_progress: Called as (files done, files in all, path) after each file.
        attempts: Tries for each file; ``pause`` seconds before the second, doubled for each further one.
        timeout: Seconds without an answer before a try fails.
        threads: Files fetched at once.

    Raises:
        DownloadError: If a file cannot be fetched.
    """
    folder, files = root / source.folder, source.all_files()
    fetch = partial(_ensure, name, source, folder, attempts=attempts, timeout=timeout, pause=pause)
    fetched = 0
    with ThreadPoolExecutor(threads) as pool:
        jobs = {pool.submit(fetch, file): file for file in files}
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                fetched += job.result()
                if on_progress is not None:
                    on_progress(done, len(files), jobs[job].path)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return GetResult(folder, fetched, len(files) - fetched, tuple(f.path for f in files if f.sha256 is None))


def check(name: str, source: Source, folder: Path) -> CheckResult:
    """Compare every file in ``folder`` with the source, SHA-256 included.

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{name}: {folder} is no folder. Get it: python -m benchmark data get {name}")
    files = source.all_files()
    states: dict[str, list[str]] = {"ok": [], "modified": [], "missing": [], "unverified": []}
    for file in files:
        states[_state(file, folder / file.path)].append(file.path)
    known = {f.path for f in files}
    extra = sorted(p for p in _paths(folder) if p not in known)
    modified, missing, unverified = (tuple(states[s]) for s in ("modified", "missing", "unverified"))
    return CheckResult(folder, len(states["ok"]), modified, missing, tuple(extra), unverified)


def _state(file: RemoteFile, path: Path) -> str:
    if not path.is_file():
        return "missing"
    if file.size is not None and path.stat().st_size != file.size:
        return "modified"
    if file.sha256 is None:
        return "unverified"
    return "ok" if _sha256(path) == file.sha256 else "modified"


def _paths(folder: Path) -> list[str]:
    return [Path(at, n).relative_to(folder).as_posix() for at, _, names in os.walk(folder) for n in names]


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _ensure(
    name: str, source: Source, folder: Path, file: RemoteFile, *, attempts: int, timeout: float, pause: float
) -> bool:
    """Return whether the file had to be fetched."""
    target = folder / file.path
    if _state(file, target) in ("ok", "unverified"):
        return False
    part = target.with_name(target.name + ".part")
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _transfer(source.url(file.path), part, timeout)
            _verify(file, part)
            part.replace(target)
            return True
        except urllib.error.HTTPError as error:
            reason, final = f"the server answered {error.code} {error.reason}", error.code not in _AGAIN
        except _FAILURES as error:
            reason, final = str(error) or type(error).__name__, False
        except OSError as error:  # this machine: a full disk, a folder that may not be written
            reason, final = str(error), True
        if final:
            break
    raise DownloadError(name, source, folder, file.path, reason)


def _transfer(url: str, part: Path, timeout: float) -> None:
    """Append the rest of the body to ``part``; begin anew where the server cannot go on."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise _Corrupt(f"the server has no more than the {have} bytes that were fetched before") from error
        raise
    with answer, part.open("ab" if answer.status == http.client.PARTIAL_CONTENT else "wb") as file:
        got = 0
        while block := answer.read(_CHUNK):
            file.write(block)
            got += len(block)
    promised = answer.headers.get("Content-Length")
    if promised is not None and got != int(promised):
        raise _Corrupt(f"the transfer broke off after {got} of {promised} bytes")


def _verify(file: RemoteFile, part: Path) -> None:
    size = part.stat().st_size
    if file.size is not None and size < file.size:
        raise _Corrupt(f"{size} of {file.size} bytes arrived")
    if (file.size is not None and size != file.size) or (file.sha256 is not None and _sha256(part) != file.sha256):
        part.unlink()
        raise _Corrupt(f"{size} bytes arrived whose SHA-256 or size is not that of the manifest")
