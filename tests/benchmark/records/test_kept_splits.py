"""A split is kept once under its checksum, read once in a process, and read again when its file changes."""

import os

import pandas as pd
import pytest

from benchmark.records.kept_splits import keep_split, kept_split
from benchmark.records.store import Store
from datasets.splits import SplitError, SplitPlan


def test_a_split_is_read_once_until_its_file_changes(tmp_path):
    store, told = Store(tmp_path, "s"), pd.DataFrame({"specimen": list("abc"), "fold": 0, "role": "train"})
    plan = SplitPlan(told, ("a note",))
    keep_split(plan, store)
    path = tmp_path / "s" / "splits" / f"{plan.checksum[:16]}.csv"
    before = path.stat()
    keep_split(plan, store)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    first = kept_split(store, plan.checksum)
    assert first is kept_split(store, plan.checksum) and first.checksum == plan.checksum
    os.utime(path, (1, 1))
    assert kept_split(store, plan.checksum) is not first
    path.unlink()
    with pytest.raises(SplitError):
        kept_split(store, plan.checksum)
