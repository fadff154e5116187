"""Pinned, verified, resumable downloads, and the check of a folder against its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from datasets.fetch.archives import ArchiveError, member_state, need_space, read_receipt, receipt_path, unpack
from datasets.fetch.sources import (
    AnySource,
    Expected,
    FetchedSource,
    ManualSource,
    RemoteFile,
    file_state,
    paths_below,
)
from datasets.fetch.stray_files import is_left_behind
from datasets.fetch.transfer import Patience, TransferError, fetch

_SHOWN = 5

Progress = Callable[[int, int, str], None]


class DownloadError(OSError):
    """Say what could not be fetched, why, and how to go on, without a network too."""


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
        ok: Number of files whose size and digest agree.
        modified: Files that differ from the source.
        missing: Files of the source that are not in the folder; for a source that is known by counts only,
            a sentence for each count that differs.
        extra: Files in the folder that the source does not have.
        unverified: Files that are there and for which no digest of the original is known.
    """

    folder: Path
    ok: int
    modified: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    unverified: tuple[str, ...]


def get(
    name: str,
    source: FetchedSource,
    root: Path,
    *,
    on_progress: Progress | None = None,
    attempts: int = 4,
    timeout: float = 30.0,
    pause: float = 1.0,
    threads: int = 8,
) -> GetResult:
    """Fetch a dataset into ``root / source.folder``; run again to go on after a break.

    Files that are already right are not fetched again, half-fetched ones go on where they stopped. Zip archives
    are unpacked and then deleted. Nothing that is there is ever overwritten: where a file differs from the source,
    nothing is fetched at all.

    Args:
        name: Dataset name, for messages.
        source: What to fetch.
        root: A data root; created when it does not exist.
        on_progress: Called as (files done, files in all, path) after each file.
        attempts: Tries for each file; ``pause`` seconds before the second, doubled for each further one.
        timeout: Seconds without an answer before a try fails.
        threads: Files fetched at once.

    Raises:
        DownloadError: If a file cannot be fetched, or one that is there differs from the source.
    """
    folder, files = root / source.folder, source.all_files()
    with ThreadPoolExecutor(threads) as pool:
        wanted = _wanted(name, folder, files, list(pool.map(partial(_compare, folder), files)))
        jobs = {
            pool.submit(_fetch, name, source, folder, f, Patience(attempts, timeout, pause)): f.path for f in wanted
        }
        try:
            for done, job in enumerate(as_completed(jobs), start=len(files) - len(wanted) + 1):
                job.result()
                if on_progress is not None:
                    on_progress(done, len(files), jobs[job])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    unverified = tuple(f.path for f in files if f.digest is None)
    return GetResult(folder, len(wanted), len(files) - len(wanted), unverified)


def check(name: str, source: AnySource, folder: Path) -> CheckResult:
    """Compare every file in ``folder`` with the source, digests included.

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{name}: {folder} is no folder. Get it: python -m benchmark data get {name}")
    files = source.all_files()
    states: dict[str, list[str]] = {"ok": [], "modified": [], "missing": [], "unverified": []}
    for file in files:
        for path, state in _compare(folder, file):
            states[state].append(path)
    if isinstance(source, ManualSource):
        _count(folder, source.expected, states)
    known = {p for paths in states.values() for p in paths} | {receipt_path(folder / f.path).name for f in files}
    extra = sorted(p for p in paths_below(folder) if p not in known)
    modified, missing, unverified = (tuple(states[s]) for s in ("modified", "missing", "unverified"))
    return CheckResult(folder, len(states["ok"]), modified, missing, tuple(extra), unverified)


def _count(folder: Path, expected: Sequence[Expected], states: dict[str, list[str]]) -> None:
    for wanted in expected:
        found = sorted({p.relative_to(folder).as_posix() for p in folder.glob(wanted.pattern) if p.is_file()})
        found = [path for path in found if not is_left_behind(path)]
        states["unverified"] += found
        if wanted.count is not None and len(found) != wanted.count:
            states["missing"].append(f"{wanted.pattern}: {wanted.count:,} files expected, {len(found):,} found")


def _compare(folder: Path, file: RemoteFile) -> list[tuple[str, str]]:
    """Return (path, state) of a file, or of every file that an unpacked archive put into the folder."""
    members = None if file.unpack is None else read_receipt(folder / file.path)
    if members is not None:
        return [(m.path, member_state(m, folder)) for m in members]
    return [(file.path, file_state(file, folder / file.path))]


def _wanted(
    name: str, folder: Path, files: Sequence[RemoteFile], found: Sequence[Sequence[tuple[str, str]]]
) -> list[RemoteFile]:
    """Return the files to fetch.

    Raises:
        DownloadError: If a file differs from the source, or the rest does not fit on the disk.
    """
    differ = [path for parts in found for path, state in parts if state == "modified"]
    if differ:
        shown = ", ".join(differ[:_SHOWN]) + (", ..." if len(differ) > _SHOWN else "")
        raise DownloadError(
            f"{name}: {len(differ)} files in {folder} differ from the source ({shown}). They are left as they are and "
            f"nothing was fetched. Move them aside and run `python -m benchmark data get {name}` again, or fetch a "
            f"second copy: python -m benchmark data get {name} --data-root FOLDER"
        )
    wanted = [f for f, parts in zip(files, found, strict=True) if _lacks(f, folder, parts)]
    try:
        need_space(folder, sum(f.size or 0 for f in wanted), f"downloading {name}")
    except ArchiveError as error:
        raise DownloadError(f"{name}: {error}") from error
    return wanted


def _lacks(file: RemoteFile, folder: Path, parts: Sequence[tuple[str, str]]) -> bool:
    packed = file.unpack is not None and read_receipt(folder / file.path) is None
    return packed or any(state == "missing" for _, state in parts)


def _fetch(name: str, source: FetchedSource, folder: Path, file: RemoteFile, patience: Patience) -> None:
    target = folder / file.path
    try:
        if not target.is_file():
            fetch(source.url(file.path), file, target, patience)
        if file.unpack is not None:
            unpack(target, folder, file.unpack)
            target.unlink()
    except TransferError as error:
        raise DownloadError(
            f"{name}: {source.url(file.path)} could not be fetched: {error}. Run `python -m benchmark data get {name}` "
            f"again to go on from here. By hand: {source.by_hand(folder)}, then run "
            f"`python -m benchmark data check {name}`."
        ) from error
    except OSError as error:
        raise DownloadError(f"{name}: {target} could not be unpacked: {error}") from error
