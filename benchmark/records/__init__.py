"""Keep trials on disk under the hash of all that determines them."""

from benchmark.records.entry_code import RECIPE, entry_code, known_recipe
from benchmark.records.key import ROOT, code_parts, digest, short
from benchmark.records.specimen_facts import keep_facts, kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError, write_atomic

__all__ = [
    "RECIPE",
    "ROOT",
    "Identity",
    "Record",
    "Store",
    "StoreError",
    "code_parts",
    "digest",
    "entry_code",
    "keep_facts",
    "kept_facts",
    "known_recipe",
    "short",
    "write_atomic",
]
