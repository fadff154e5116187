"""The digest of an array: what changes it, and when its bytes are read again."""

import hashlib

import numpy as np
import pytest

from datasets import array_digest as module
from datasets.array_digest import array_digest


@pytest.fixture
def reads(monkeypatch):
    """Count how often bytes are read."""
    seen, read = [], module._read
    monkeypatch.setattr(module, "_read", lambda values: seen.append(1) or read(values))
    return seen


def test_shape_type_order_and_every_byte_count(monkeypatch):
    values = np.random.default_rng(0).integers(0, 255, (50, 4, 3), dtype=np.uint8)
    expected = hashlib.sha256(repr(((50, 4, 3), "|u1")).encode() + values.tobytes()).hexdigest()
    assert array_digest(values) == array_digest(np.asfortranarray(values)) == expected
    assert array_digest(np.repeat(values, 2, axis=0)[::2]) == expected
    monkeypatch.setattr(module, "_AT_ONCE", 40)
    assert array_digest(values) == expected
    other = values.copy()
    other[49, 3, 2] ^= 1
    found = {array_digest(a) for a in (values, other, values[:49], values.reshape(50, 12), values.view(np.int8))}
    assert len(found) == 5
    assert array_digest(values[:0]) != array_digest(values[:0].reshape(0, 12))


def test_a_map_that_nobody_can_write_is_read_once(tmp_path, reads):
    np.save(tmp_path / "a.npy", np.arange(24).reshape(6, 4))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    for _ in range(3):
        assert array_digest(mapped[1:5]) == array_digest(np.arange(4, 20).reshape(4, 4))
    assert len(reads) == 1 + 3
    array_digest(mapped[::2])
    array_digest(mapped[1:5].T)
    assert len(reads) == 6


def test_a_map_that_took_the_place_of_another_is_read(tmp_path, reads):
    for k in range(6):
        np.save(tmp_path / "a.npy", np.full((64, 1024), k))
        mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
        assert array_digest(mapped) == array_digest(np.full((64, 1024), k))
        del mapped
    assert len(reads) == 12


@pytest.mark.parametrize("kind", ["memory", "frozen", "writable map", "copy on write"])
def test_what_can_be_written_is_read_each_time(kind, tmp_path, reads):
    np.save(tmp_path / "a.npy", np.arange(8.0))
    modes = {"writable map": "r+", "copy on write": "c"}
    values = np.load(tmp_path / "a.npy", mmap_mode=modes.get(kind))
    shown = values.view()
    shown.flags.writeable = False
    before = array_digest(shown)
    if kind == "frozen":
        values.flags.writeable = False
        array_digest(shown)
        values.flags.writeable = True
    values[3] = 77
    assert array_digest(shown) != before
