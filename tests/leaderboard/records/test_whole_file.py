"""A file is under its name only when all of it is on disk; a folder that is set aside can be set aside again."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from leaderboard.records.whole_file import replace_bytes, set_aside


def test_content_and_then_the_name_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        told.append("folder" if is_folder else os.fstat(handle).st_size)
        fsync(handle)

    def renamed(old: str, new: Path) -> None:
        told.append(Path(old).name)
        replace(old, new)

    monkeypatch.setattr("os.fsync", synced)
    monkeypatch.setattr("os.replace", renamed)
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 80)
    handles = len(os.listdir("/proc/self/fd"))
    path = tmp_path / ("n" * 150)
    assert replace_bytes(path, b"12345") == path
    size, part, last = told
    assert (size, last) == (5, "folder")
    assert str(part).startswith(f".{'n' * 100}.{os.getpid()}@{'h' * 60}.") and str(part).endswith(".part")
    assert path.read_bytes() == b"12345" and stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == [path.name] and len(os.listdir("/proc/self/fd")) == handles


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_bytes(tmp_path / "a", b"old")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        replace_bytes(tmp_path / "a", b"new")
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_is_set_aside_more_than_once_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for content in ("first", "second"):
        folder = tmp_path / "part"
        folder.mkdir()
        (folder / content).write_text(content)
        with caplog.at_level(logging.WARNING, "hemabench"):
            set_aside(folder, "is torn")
        assert not folder.exists() and os.listdir(tmp_path / "quarantine" / "part") == [content]
    to = tmp_path / "quarantine" / "part"
    said = f"Quarantined: {tmp_path / 'part'} is torn; moved to {to}, to be made again"
    assert [record.getMessage() for record in caplog.records] == [said] * 2
