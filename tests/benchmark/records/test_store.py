"""Records are whole or absent; what cannot be trusted is named, and the rest still read."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.records.store import Identity, Record, Store, StoreError
from datasets.sealed import write_atomic

FRAME = pd.DataFrame(
    {"role": ["test", "test"], "specimen": ["a", "b"], "y": [0, 1], "p0": [0.1, 0.7], "p1": [0.9, 0.3]}
)


def record(key: str = "k" * 64, status: str = "done", **more) -> Record:
    return Record(key, Identity("quick", "task", "entry", 0, 1), status, {"params": {"a": 1}}, **more)


def test_a_record_comes_back_as_it_was(tmp_path):
    store = Store(tmp_path, "suite")
    written = store.write(record(), FRAME)
    assert store.read("k" * 64) == written
    pd.testing.assert_frame_equal(store.predictions(written), FRAME)


@pytest.mark.parametrize("text", [["a", "b"], ["", "é, 细胞"]])
def test_columns_come_back_as_the_table_of_pandas_that_they_are(tmp_path, text):
    columns = {"specimen": np.array(text), "y": np.array([0, -1]), "p0": np.array([0.1, np.nextafter(1, 0)])}
    store = Store(tmp_path, "suite")
    pd.testing.assert_frame_equal(store.predictions(store.write(record(), columns)), pd.DataFrame(columns))


def test_no_record_without_trial_json(tmp_path):
    store = Store(tmp_path, "suite")
    store.write(record(), FRAME)
    (store.path("k" * 64) / "trial.json").unlink()
    assert store.read("k" * 64) is None
    assert store.records() == ([], [])


def test_a_success_replaces_a_failure(tmp_path):
    store = Store(tmp_path, "suite")
    store.write(record(status="failed", error="Traceback\nValueError: x"))
    store.write(record(), FRAME)
    assert store.read("k" * 64).status == "done"


@given(st.data())
def test_a_record_torn_at_any_byte_is_quarantined_and_named(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("s"), "suite")
    store.write(record(), FRAME)
    store.write(record("g" * 64), FRAME)
    name = data.draw(st.sampled_from(["trial.json", "predictions.parquet"]))
    victim = store.path("k" * 64) / name
    body = victim.read_bytes()
    victim.write_bytes(body[: data.draw(st.integers(0, len(body) - 1))])
    good, problems = store.records()
    assert [r.key[0] for r in good] == ["g"]
    assert len(problems) == 1 and problems[0].path == victim.parent


def test_edited_predictions_are_refused(tmp_path):
    store = Store(tmp_path, "suite")
    written = store.write(record(), FRAME)
    FRAME.assign(p0=[1.0, 0.0], p1=[0.0, 1.0]).to_parquet(store.path("k" * 64) / "predictions.parquet")
    with pytest.raises(StoreError, match="does not match its record"):
        store.predictions(written)


def test_a_foreign_record_is_refused(tmp_path):
    store = Store(tmp_path, "suite")
    store.write(record(), FRAME)
    other = store.folder / ("x" * 16)
    other.mkdir()
    write_atomic(other / "trial.json", (store.path("k" * 64) / "trial.json").read_bytes())
    assert "belongs to key" in str(store.records()[1][0])
    (other / "trial.json").write_text(json.dumps({"made": "elsewhere"}))
    assert "foreign" in str(store.records()[1][0])


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("datasets.sealed.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(tmp_path / "f", b"body")
    assert list(tmp_path.iterdir()) == []
