"""Keep trials on disk under the hash of all that determines them."""

from benchmark.records.entry_code import entry_code, entry_files
from benchmark.records.imports import PACKAGES, ROOT
from benchmark.records.key import closure, code_parts, digest, short
from benchmark.records.locks import board_lock, run_lock
from benchmark.records.refusal import refusal
from benchmark.records.specimen_facts import keep_facts, kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError
from benchmark.records.watched import differing, start_watching, watched_files

__all__ = [
    "PACKAGES",
    "ROOT",
    "Identity",
    "Record",
    "Store",
    "StoreError",
    "board_lock",
    "closure",
    "code_parts",
    "differing",
    "digest",
    "entry_code",
    "entry_files",
    "keep_facts",
    "kept_facts",
    "refusal",
    "run_lock",
    "short",
    "start_watching",
    "watched_files",
]
