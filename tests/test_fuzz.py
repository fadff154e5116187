"""Damaged files and words meet the project's own errors only; ``python -m perf.fuzz`` does more of the same."""

from __future__ import annotations

import pytest

from perf.fuzz import hunt
from perf.fuzz_inputs import targets

FEW = {"cohort": 25, "words": 15}


@pytest.mark.parametrize("name", sorted(targets()))
def test_no_reader_lets_a_foreign_exception_through(name):
    assert [fault[:3] for fault in hunt(name, targets()[name], FEW.get(name, 60), seed=8)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(targets()))
def test_no_reader_lets_a_foreign_exception_through_a_thousand_times(name):
    assert [fault[:3] for fault in hunt(name, targets()[name], 1000, seed=9)] == []


@pytest.mark.parametrize("name", sorted(targets()))
def test_what_is_not_damaged_is_read(name, tmp_path):
    target = targets()[name]
    for file, content in target.files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    if name != "words":  # they name a cohort that is not there
        target.read(tmp_path)
