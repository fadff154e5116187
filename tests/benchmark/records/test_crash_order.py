"""What reaches the disk when: files before their record, each whole before its name, each name before the next file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmark.records.store import Identity, Record, Store, write_atomic

FRAME = pd.DataFrame({"role": ["test"], "specimen": ["a"], "y": [0], "p0": [0.1], "p1": [0.9]})
KEY = "k" * 64


class Disk:
    """Records every synchronisation (of a file: with the bytes that it had by then) and every rename."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, str, int]] = []
        real_sync, real_replace, real_rename = os.fsync, os.replace, os.rename

        def fsync(handle: int) -> None:
            path = Path(os.readlink(f"/proc/self/fd/{handle}"))
            self.events.append(("folder" if path.is_dir() else "file", path.name, os.fstat(handle).st_size))
            real_sync(handle)

        def moved(real: Any) -> Any:
            def replace(source: Any, target: Any) -> None:
                self.events.append(("name", f"{Path(source).name} {Path(target).name}", Path(source).stat().st_size))
                real(source, target)

            return replace

        patch.setattr(os, "fsync", fsync)
        patch.setattr(os, "replace", moved(real_replace))
        patch.setattr(os, "rename", moved(real_rename))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("reads /proc to see which file is synchronised")
    return Disk(monkeypatch)


def named(disk: Disk) -> list[str]:
    """Return the files in the order in which they got their names; each was durable when the next was begun."""
    order = []
    assert len(disk.events) % 3 == 0
    for file, name, folder in zip(*(iter(disk.events),) * 3, strict=True):
        hidden, shown = name[1].split()
        assert (file[0], name[0], folder[0]) == ("file", "name", "folder"), disk.events
        assert file[1] == hidden != shown
        assert file[2] == name[2] > 0, "synchronised before all bytes were handed over"
        order.append(shown)
    return order


def test_a_file_is_whole_on_disk_before_it_has_its_name_and_then_the_folder_is(tmp_path: Path, disk: Disk) -> None:
    write_atomic(tmp_path / "f.json", b"x" * 100_000)
    assert named(disk) == ["f.json"]
    assert disk.events[2][1] == tmp_path.name
    assert (tmp_path / "f.json").read_bytes() == b"x" * 100_000 and len(list(tmp_path.iterdir())) == 1


def test_the_record_comes_after_everything_that_it_speaks_of(tmp_path: Path, disk: Disk) -> None:
    record = Record(KEY, Identity("quick", "task", "entry", 0, 1), "done")
    Store(tmp_path, "suite").write(record, FRAME, FRAME[["specimen"]], FRAME.assign(modalities="genes"))
    order = named(disk)
    assert order[-1] == "trial.json" and order.count("trial.json") == 1
    assert set(order) == {"trace.csv", "predictions.parquet", "modality_predictions.parquet", "trial.json"}


def test_a_crash_at_any_event_leaves_no_record_of_files_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(KEY, Identity("quick", "task", "entry", 0, 1), "done")
    real, left = os.fsync, 0

    def dies(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", dies)
    for survives in range(6):
        left, store = survives, Store(tmp_path / str(survives), "suite")
        try:
            store.write(record, FRAME, None, FRAME.assign(modalities="genes"))
        except OSError:
            left = 100
        good, problems = store.records()
        assert problems == [] and [r.status for r in good] in ([], ["done"])
        for kept in good:
            pd.testing.assert_frame_equal(store.predictions(kept), FRAME)
