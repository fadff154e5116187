"""Zip archives unpacked without trust: nothing outside the folder, nothing overwritten, every byte checked."""

from __future__ import annotations

import io
import json
import secrets
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from datasets.fetch.stray_files import is_left_behind

_CHUNK = 1 << 20


class ArchiveError(OSError):
    """Say why an archive cannot be unpacked."""


class Member(NamedTuple):
    """Name a file that an archive put into a dataset's folder: its place, bytes and CRC-32."""

    path: str
    size: int
    crc: int


def receipt_path(archive: Path) -> Path:
    """Return where the list of an archive's files is kept once it is unpacked."""
    return archive.with_name(f".{archive.name}.unpacked")


def read_receipt(archive: Path) -> list[Member] | None:
    """Return what an archive put into the folder, or None where it was never unpacked."""
    path = receipt_path(archive)
    if not path.is_file():
        return None
    return [Member(*row) for row in json.loads(path.read_text(encoding="utf-8"))]


def member_state(member: Member, folder: Path) -> str:
    """Return "missing", "modified" or "ok"."""
    path = folder / member.path
    if not path.is_file():
        return "missing"
    return "ok" if path.stat().st_size == member.size and _crc(path) == member.crc else "modified"


def unpack(archive: Path, folder: Path, strip: int = 0) -> list[Member]:
    """Unpack a zip archive into ``folder`` and leave a receipt; identical files that are there already are kept.

    Args:
        archive: The zip file.
        folder: Where its content goes.
        strip: Folder levels of the names inside that are left out.

    Raises:
        ArchiveError: If it is damaged, would write outside the folder or over another file, is encrypted,
            or does not fit on the disk.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            infos = [info for info in content.infolist() if not _passed_over(info)]
            members = _members(archive, infos, strip)
            need_space(folder, sum(m.size for m in members), f"unpacking {archive.name}")
            for info, member in zip(infos, members, strict=True):
                _unpack_one(content, info, member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ArchiveError(
            f"{archive.name} is damaged or no zip archive ({error}); delete {archive}, then run the command again"
        ) from error
    receipt = receipt_path(archive)
    _write(receipt, io.BytesIO(json.dumps(members).encode()))
    return members


def need_space(folder: Path, needed: int, purpose: str) -> None:
    """Check that a disk has room.

    Raises:
        ArchiveError: With the bytes that are needed and free.
    """
    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ArchiveError(
            f"{purpose} needs {needed / 1e6:,.1f} MB, {place} has {free / 1e6:,.1f} MB free; "
            "free some, or choose a folder on another disk with --data-root"
        )


def _passed_over(info: zipfile.ZipInfo) -> bool:
    return info.is_dir() or is_left_behind(info.filename)


def _members(archive: Path, infos: Sequence[zipfile.ZipInfo], strip: int) -> list[Member]:
    members = [Member(_safe_path(archive, info, strip), info.file_size, info.CRC) for info in infos]
    folded = [m.path.casefold() for m in members]
    if len(set(folded)) != len(folded):
        twice = next(p for p in folded if folded.count(p) > 1)
        raise ArchiveError(f"{archive.name} has two files for {twice}")
    return members


def _safe_path(archive: Path, info: zipfile.ZipInfo, strip: int) -> str:
    # zipfile cuts names at a NUL and may turn backslashes into slashes: judge the name as it stands in the archive.
    name = info.orig_filename
    parts = PurePosixPath(name).parts
    bad = name.startswith("/") or ".." in parts or any(c in name for c in "\\:\0")
    if bad or stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveError(f"{archive.name} holds {name!r}, which would be written outside the folder; not unpacked")
    if info.flag_bits & 1:
        raise ArchiveError(f"{archive.name} is encrypted")
    if len(parts) <= strip:
        raise ArchiveError(f"{archive.name} holds {name!r}, expected {strip} folder levels above every file")
    return PurePosixPath(*parts[strip:]).as_posix()


def _unpack_one(content: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member, folder: Path) -> None:
    state = member_state(member, folder)
    if state == "ok":
        return
    target = folder / member.path
    if state == "modified":
        raise ArchiveError(f"{target} differs from the file in the archive; move it aside, then run the command again")
    target.parent.mkdir(parents=True, exist_ok=True)
    with content.open(info) as packed:
        _write(target, packed)


def _write(target: Path, content: IO[bytes]) -> None:
    """Write beside the target under a name of our own, then rename: nothing that is there is touched before."""
    partial = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with partial.open("xb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            crc = zlib.crc32(block, crc)
    return crc
