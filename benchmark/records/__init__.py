"""Keep trials on disk under the hash of all that determines them."""

from benchmark.records.key import ROOT, code_parts, digest, short
from benchmark.records.locks import board_lock, run_lock
from benchmark.records.specimen_facts import keep_facts, kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError, write_atomic

__all__ = [
    "ROOT",
    "Identity",
    "Record",
    "Store",
    "StoreError",
    "board_lock",
    "code_parts",
    "digest",
    "keep_facts",
    "kept_facts",
    "run_lock",
    "short",
    "write_atomic",
]
