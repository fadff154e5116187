"""Keep trials on disk under the hash of all that determines them."""

from benchmark.records.key import PACKAGES, ROOT, closure, code_parts, digest, short
from benchmark.records.specimen_facts import keep_facts, kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError, write_atomic

__all__ = [
    "PACKAGES",
    "ROOT",
    "Identity",
    "Record",
    "Store",
    "StoreError",
    "closure",
    "code_parts",
    "digest",
    "keep_facts",
    "kept_facts",
    "short",
    "write_atomic",
]
