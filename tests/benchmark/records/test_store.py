"""Records are whole or absent; what cannot be trusted is named, and the rest still read."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.records.store import Identity, Record, Store, StoreError
from datasets.sealed import read_document, write_atomic, write_document

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


def test_records_come_by_key_whatever_the_order_of_the_folder(tmp_path, monkeypatch):
    store, real = Store(tmp_path, "suite"), Path.glob
    for letter in "bac":
        store.write(record(letter * 64, status="failed", error="x"))
    for reverse in (False, True):
        monkeypatch.setattr(Path, "glob", lambda self, text, r=reverse: sorted(real(self, text), reverse=r))
        assert [r.key[0] for r in store.records()[0]] == ["a", "b", "c"]


def test_a_trace_is_a_table_without_row_numbers_and_the_same_bytes_on_every_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "linesep", "\r\n")
    store, trace = Store(tmp_path, "suite"), pd.DataFrame({"specimen": ["a", "b"], "rule": ["x", "y, z"]})
    store.write(record(), FRAME, trace)
    assert (store.path("k" * 64) / "trace.csv").read_bytes() == b'specimen,rule\na,x\nb,"y, z"\n'


@pytest.mark.parametrize("name", ["predictions.parquet", "modality_predictions.parquet"])
def test_a_table_that_is_lost_or_changed_makes_its_record_untrusted(tmp_path, name):
    store = Store(tmp_path, "suite")
    written = store.write(record(), FRAME, None, FRAME.assign(modalities="genes"))
    pd.testing.assert_frame_equal(store.modality_predictions(written), FRAME.assign(modalities="genes"))
    path = store.path(written.key) / name
    read = store.predictions if name == "predictions.parquet" else store.modality_predictions
    for change, said in (
        (lambda: path.write_bytes(b"x"), f"torn or edited: {name} does not match"),
        (path.unlink, f"lacks {name}"),
    ):
        change()
        good, (problem,) = store.records()
        assert good == [] and problem.path == path.parent and said in problem.why
        with pytest.raises(StoreError, match=f"{said}.*; run again to compute it"):
            store.read(written.key)
        with pytest.raises(StoreError, match=f"{said}.*; run again to compute it"):
            read(written)


def test_no_table_by_modality_is_none(tmp_path):
    store = Store(tmp_path, "suite")
    assert store.modality_predictions(store.write(record(), FRAME)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"more": 1}, "other fields"),
        ({"identity": {"task": "t"}}, "other fields"),
        ({"details": ["a"]}, "its status is 'failed'"),
        ({"key": 7}, "other fields"),
    ],
)
def test_a_sealed_record_of_another_form_is_foreign(tmp_path, change, said):
    store = Store(tmp_path, "suite")
    path = store.path(store.write(record(status="failed")).key) / "trial.json"
    write_document(path, {**read_document(path), **change})
    good, (problem,) = store.records()
    assert good == [] and "is foreign: " in problem.why and said in problem.why
