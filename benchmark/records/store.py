"""Records of trials on disk: one folder a key, ``trial.json`` written last, nothing half-read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmark.records.key import short
from datasets.sealed import Untrusted, read_document, write_atomic, write_document

Table = Mapping[str, NDArray[Any]] | pd.DataFrame

_STATUSES = ("done", "failed")
_FILES = {"predictions": "predictions.parquet", "modality": "modality_predictions.parquet"}


class StoreError(RuntimeError):
    """Report a file of a run that cannot be trusted, or cannot be read or written."""


@dataclass(frozen=True)
class Identity:
    """Say which cell of the plan a record belongs to, whatever code made it."""

    profile: str
    task: str
    entry: str
    seed: int
    fold: int


@dataclass(frozen=True)
class Record:
    """What is kept of one trial.

    Attributes:
        key: Content hash; see ``benchmark.records.key``.
        identity: Cell of the plan.
        status: "done" or "failed".
        details: Hyper-parameters, seconds, environment, entry's report.
        error: Traceback of a failed trial, else "".
        predictions_sha256: Hash of the predictions file, "" for a failed trial.
        modality_sha256: Hash of the file of predictions by modality, "" where there is none.
    """

    key: str
    identity: Identity
    status: str
    details: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    predictions_sha256: str = ""
    modality_sha256: str = ""


class Store:
    """Keep records under ``<root>/<suite>/<key>/``.

    A record is there when its ``trial.json`` is: every file is written under another name,
    synchronised, and renamed, and ``trial.json`` comes last. A kill at any byte loses at most the
    trial in flight. ``trial.json`` seals itself and carries the hashes of the tables.
    """

    def __init__(self, root: Path, suite: str) -> None:
        self.folder = root / suite

    def path(self, key: str) -> Path:
        return self.folder / short(key)

    def write(
        self,
        record: Record,
        predictions: Table | None = None,
        trace: pd.DataFrame | None = None,
        modality_predictions: Table | None = None,
    ) -> Record:
        """Write a record durably; a later record of the same key replaces it."""
        folder = self.path(record.key)
        folder.mkdir(parents=True, exist_ok=True)
        if trace is not None:
            write_atomic(folder / "trace.csv", trace.to_csv(index=False, lineterminator="\n").encode())
        tables = {"predictions": predictions, "modality": modality_predictions}
        for kind, table in tables.items():
            if table is not None:
                body = _to_parquet(table)
                write_atomic(folder / _FILES[kind], body)
                record = Record(**{**vars(record), f"{kind}_sha256": hashlib.sha256(body).hexdigest()})
        write_document(folder / "trial.json", {**vars(record), "identity": vars(record.identity)})
        return record

    def read(self, key: str) -> Record | None:
        """Return the record of a key, or None.

        Raises:
            StoreError: If the record is torn, foreign, or its predictions were changed.
        """
        path = self.path(key) / "trial.json"
        try:
            return _read(path) if path.is_file() else None
        except Untrusted as error:
            raise StoreError(f"{error}; run again to compute it") from error

    def predictions(self, record: Record) -> pd.DataFrame:
        """Return the predictions of a done record, checked against the hash that the record carries."""
        return self._table(record, "predictions", record.predictions_sha256)

    def modality_predictions(self, record: Record) -> pd.DataFrame | None:
        """Return the predictions by modality of a done record, checked as ``predictions``; None where it has none."""
        return self._table(record, "modality", record.modality_sha256) if record.modality_sha256 else None

    def _table(self, record: Record, kind: str, sha256: str) -> pd.DataFrame:
        path = self.path(record.key) / _FILES[kind]
        try:
            return pd.read_parquet(pa.BufferReader(_checked_bytes(path, sha256)))
        except Untrusted as error:
            raise StoreError(f"{error}; run again to compute it") from error

    def records(self) -> tuple[list[Record], list[Untrusted]]:
        """Return all sound records, and what is wrong with the folders of the others."""
        good: list[Record] = []
        bad: list[Untrusted] = []
        for path in sorted(self.folder.glob("*/trial.json")):
            try:
                good.append(_read(path))
            except Untrusted as error:
                bad.append(error)
        return good, bad


def _checked_bytes(path: Path, sha256: str) -> bytes:
    if not path.is_file():
        raise Untrusted(path.parent, f"lacks {path.name}")
    body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != sha256:
        raise Untrusted(path.parent, f"is torn or edited: {path.name} does not match its record")
    return body


def _read(path: Path) -> Record:
    """Return a sound record.

    Raises:
        Untrusted: Naming its folder.
    """
    folder = path.parent
    try:
        raw = read_document(path)
        record = Record(**{**raw, "identity": Identity(**raw["identity"])})
        named = short(record.key)
    except Untrusted as error:
        raise Untrusted(folder, f"has a record that {error.why}") from error
    except (TypeError, KeyError) as error:
        raise Untrusted(folder, f"is foreign: its record has other fields ({error})") from error
    if named != folder.name:
        raise Untrusted(folder, f"belongs to key {named}")
    if record.status not in _STATUSES or not isinstance(record.details, dict):
        raise Untrusted(folder, f"is foreign: its status is {record.status!r}")
    if record.status == "done":
        _checked_bytes(path.with_name(_FILES["predictions"]), record.predictions_sha256)
        if record.modality_sha256:
            _checked_bytes(path.with_name(_FILES["modality"]), record.modality_sha256)
    return record


def _to_parquet(table: Table) -> bytes:
    sink = pa.BufferOutputStream()
    columns = {str(name): np.asarray(column) for name, column in table.items()}  # without pandas' notes: half the time
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()
