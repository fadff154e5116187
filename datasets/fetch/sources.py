"""Where the files of a dataset come from: a pinned commit, fixed addresses, or a person's own hands."""

from __future__ import annotations

import hashlib
import os
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

MANIFESTS = Path(__file__).parent / "manifests"


@dataclass(frozen=True)
class RemoteFile:
    """Name a file of a source; ``size`` in bytes and the digests are None where the original was never hashed.

    Attributes:
        path: Place below the dataset's folder; of an archive that is unpacked, its name there while it is fetched.
        url: Address of the file; "" where the source knows it.
        unpack: None for a file that stays as it is; k for a zip archive whose content is put into the dataset's
            folder without its first k folder levels.
    """

    path: str
    size: int | None = None
    sha256: bytes | None = None
    md5: bytes | None = None
    url: str = ""
    unpack: int | None = None

    @property
    def digest(self) -> tuple[str, bytes] | None:
        """Return the algorithm and value of the strongest known digest."""
        if self.sha256 is not None:
            return "sha256", self.sha256
        return None if self.md5 is None else ("md5", self.md5)


@dataclass(frozen=True)
class Source:
    """Pin the files of a dataset to one commit of a public repository.

    Attributes:
        repository: "owner/name".
        commit: 40 hex digits.
        folder: Folder of the dataset below a data root.
        licence: What the source says about use.
        files: Files listed here.
        manifest: Parquet file in ``datasets/fetch/manifests`` (path, bytes, sha256) that lists more, or "".
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

    def by_hand(self, folder: Path) -> str:
        """Say how a person gets the files without this program."""
        repository = f"https://github.com/{self.repository}"
        return f"get commit {self.commit} of {repository}, copy its files to {folder} with their folders"

    def absent(self, command: str) -> str:
        """Return the state of the dataset where it is not on this machine, with the command that helps."""
        return f"needs download: {command}"


@dataclass(frozen=True)
class UrlSource:
    """List files that are served at fixed addresses, zip archives among them.

    Attributes:
        page: Public page of the source, for a reader.
        folder: Folder of the dataset below a data root.
        licence: What the source says about use.
        files: Files with their ``url``.
    """

    page: str
    folder: str
    licence: str
    files: tuple[RemoteFile, ...]

    def all_files(self) -> list[RemoteFile]:
        """Return every file of the source."""
        return list(self.files)

    def url(self, path: str) -> str:
        """Return the address of a file."""
        return next(f.url for f in self.files if f.path == path)

    def by_hand(self, folder: Path) -> str:
        """Say how a person gets the files without this program."""
        return f"get the files that {self.page} lists, put them into {folder} and unpack the archives there"

    def absent(self, command: str) -> str:
        """Return the state of the dataset where it is not on this machine, with the command that helps."""
        return f"needs download: {command}"


@dataclass(frozen=True)
class Expected:
    """Say which files a copy has, and how many when it is complete, None where nobody says.

    ``pattern`` is as for ``Path.glob``, below the dataset's folder.
    """

    pattern: str
    count: int | None = None


@dataclass(frozen=True)
class ManualSource:
    """Tell a person how to get files that no program may fetch: a registration, a plugin, an archive format.

    Attributes:
        page: Public page of the source.
        folder: Folder of the dataset below a data root.
        licence: What the source says about use.
        steps: What to do, in order; ``{folder}`` stands for the dataset's folder.
        registration: Whether the steps need an account or an agreement.
        expected: Files of a copy, by pattern, with their number in a complete one.
        files: Single files with what is known of their size and digest.
        own: Option that names the user's own file, as in "path=FILE.h5ad", where there is nothing to get; else "".
    """

    page: str
    folder: str
    licence: str
    steps: tuple[str, ...]
    registration: bool = False
    expected: tuple[Expected, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    own: str = ""

    def all_files(self) -> list[RemoteFile]:
        """Return the files that are known one by one."""
        return list(self.files)

    def instructions(self, folder: Path) -> list[str]:
        """Return the numbered steps for a folder on this machine."""
        told = (step.replace("{folder}", str(folder)) for step in self.steps)
        return [f"{number}. {step}" for number, step in enumerate(told, start=1)]

    def absent(self, command: str) -> str:
        """Return the state of the dataset where it is not on this machine, with the command that helps."""
        if self.own:
            return f"your own file: --option {self.own}"
        what = "registration" if self.registration else "download by hand"
        return f"needs {what}: {command} prints the steps"


FetchedSource = Source | UrlSource
AnySource = Source | UrlSource | ManualSource


def read_manifest(name: str) -> list[RemoteFile]:
    """Return the files of a committed manifest."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(MANIFESTS / name)
    columns = (table[c].to_pylist() for c in ("path", "bytes", "sha256"))
    return [RemoteFile(*row) for row in zip(*columns, strict=True)]


def file_state(file: RemoteFile, path: Path) -> str:
    """Return "missing", "modified", "unverified" (nothing vouches for the content) or "ok"."""
    if not path.is_file():
        return "missing"
    if file.size is not None and path.stat().st_size != file.size:
        return "modified"
    return "ok" if matches(file, path) else "unverified" if file.digest is None else "modified"


def matches(file: RemoteFile, path: Path) -> bool:
    """Return whether the content has the digest of the source; False when none is known."""
    if file.digest is None:
        return False
    name, value = file.digest
    with path.open("rb") as content:
        return hashlib.file_digest(content, name).digest() == value


def paths_below(folder: Path) -> list[str]:
    """Return every file below a folder, relative to it, with slashes."""
    return [Path(at, n).relative_to(folder).as_posix() for at, _, names in os.walk(folder) for n in names]
