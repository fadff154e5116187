"""Keep trials on disk under the hash of all that determines them."""

from benchmark.records.content import differing
from benchmark.records.entry_code import codes, entry_files
from benchmark.records.imports import PACKAGES
from benchmark.records.kept_splits import keep_split, kept_split
from benchmark.records.key import closure, digest, short
from benchmark.records.locks import board_lock, run_lock
from benchmark.records.refusal import refusal
from benchmark.records.specimen_facts import keep_facts, kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError
from benchmark.records.watched import note_loaded, start_watching, watched_files

__all__ = [
    "PACKAGES",
    "Identity",
    "Record",
    "Store",
    "StoreError",
    "board_lock",
    "closure",
    "codes",
    "differing",
    "digest",
    "entry_files",
    "keep_facts",
    "keep_split",
    "kept_facts",
    "kept_split",
    "note_loaded",
    "refusal",
    "run_lock",
    "short",
    "start_watching",
    "watched_files",
]
