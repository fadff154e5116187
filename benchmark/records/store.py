"""Records of trials on disk: one folder a key, ``trial.json`` written last, nothing half-read."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmark.records.key import short

_FILES = {"predictions": "predictions.parquet", "modality": "modality_predictions.parquet"}


class StoreError(RuntimeError):
    """Report a record that cannot be trusted."""


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
    trial in flight.
    """

    def __init__(self, root: Path, suite: str) -> None:
        self.folder = root / suite

    def path(self, key: str) -> Path:
        return self.folder / short(key)

    def write(
        self,
        record: Record,
        predictions: pd.DataFrame | None = None,
        trace: pd.DataFrame | None = None,
        modality_predictions: pd.DataFrame | None = None,
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
        text = json.dumps({**vars(record), "identity": vars(record.identity)}, indent=1, ensure_ascii=False)
        write_atomic(folder / "trial.json", text.encode())
        return record

    def read(self, key: str) -> Record | None:
        """Return the record of a key, or None.

        Raises:
            StoreError: If the record is torn, foreign, or its predictions were changed.
        """
        path = self.path(key) / "trial.json"
        return _read(path) if path.is_file() else None

    def predictions(self, record: Record) -> pd.DataFrame:
        """Return the predictions of a done record, checked against the hash that the record carries."""
        return self._table(record, "predictions", record.predictions_sha256)

    def modality_predictions(self, record: Record) -> pd.DataFrame | None:
        """Return the predictions by modality of a done record, checked as ``predictions``; None where it has none."""
        return self._table(record, "modality", record.modality_sha256) if record.modality_sha256 else None

    def _table(self, record: Record, kind: str, sha256: str) -> pd.DataFrame:
        return pd.read_parquet(pa.BufferReader(_checked_bytes(self.path(record.key) / _FILES[kind], sha256)))

    def records(self) -> tuple[list[Record], list[str]]:
        """Return all readable records and one sentence for each that is not: torn or foreign ones are quarantined."""
        good: list[Record] = []
        bad: list[str] = []
        for path in self._record_files():
            try:
                good.append(_read(path))
            except StoreError as error:
                bad.append(str(error))
        return good, bad

    def _record_files(self) -> Iterator[Path]:
        return iter(sorted(self.folder.glob("*/trial.json")))


def _checked_bytes(path: Path, sha256: str) -> bytes:
    if not path.is_file():
        raise StoreError(f"{path} is missing; run again to compute it")
    body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != sha256:
        raise StoreError(f"{path} does not match its record (torn or edited); delete {path.parent} and run again")
    return body


def _read(path: Path) -> Record:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        record = Record(**{**raw, "identity": Identity(**raw["identity"])})
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is torn or foreign ({error}); delete {path.parent} and run again") from error
    if short(record.key) != path.parent.name:
        raise StoreError(f"{path} belongs to key {short(record.key)}; delete {path.parent} and run again")
    if record.status == "done":
        _checked_bytes(path.with_name(_FILES["predictions"]), record.predictions_sha256)
        if record.modality_sha256:
            _checked_bytes(path.with_name(_FILES["modality"]), record.modality_sha256)
    return record


def _to_parquet(frame: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def write_atomic(path: Path, body: bytes) -> None:
    """Write a file that is whole or absent, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
