"""Each cohort of a process is loaded once, and what the harness does with it is done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.entries import shelf as module
from benchmark.entries.shelf import DataShelf


@pytest.fixture
def loaded(monkeypatch):
    did = []
    monkeypatch.setattr(module, "load_dataset", lambda *args: did.append(args) or f"{args[0]}{dict(args[2])}")
    monkeypatch.setattr("datasets.schemes.set_aside", lambda whole, names: did.append(names) or f"{whole} - {names}")
    monkeypatch.setattr(
        "datasets.schemes.one_image_each",
        lambda whole, per_patient: did.append(per_patient) or f"{whole} / {per_patient}",
    )
    return did


def test_a_cohort_is_loaded_once_whatever_is_done_with_it(loaded):
    shelf = DataShelf(Path("/r"))
    images, unseen, grid = "view.images_per_patient", "view.unseen", "predict.modality_grid"
    whole = "d{'a': 1, 'b': 2}"
    for _ in range(2):
        assert shelf.cohort("d", {"a": 1, "b": 2}) == whole
        assert shelf.cohort("d", {"b": 2, "a": 1, grid: True}) == whole
        assert shelf.cohort("d", {"a": 1, "b": 2, images: 3}) == f"{whole} / 3"
        assert shelf.cohort("d", {"a": 1, "b": 2, images: 4}) == f"{whole} / 4"
        assert shelf.cohort("d", {"a": 1, "b": 2, unseen: ("x",)}) == f"{whole} - ('x',)"
        assert shelf.cohort("d", {"a": 1, "b": 2, unseen: ("x",), images: 3}) == f"{whole} - ('x',) / 3"
        assert shelf.cohort("d", {}) == "d{}" and shelf.cohort("e", {}) == "e{}"
    assert loaded == [
        ("d", Path("/r"), {"a": 1, "b": 2}),
        3,
        4,
        ("x",),
        3,
        ("d", Path("/r"), {}),
        ("e", Path("/r"), {}),
    ]
