"""A report that a record cannot hold is refused by its place, one that it can hold is not."""

from __future__ import annotations

import json

import pytest

from benchmark.workers.kept_report import check_kept


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ({"\ud800": 1}, r"^report_ has the key '\\ud800', which is not UTF-8; give another$"),
        ({"a": [{"\udcff": 1}]}, r"^report_\['a'\]\[0\] has the key '\\udcff', which is not UTF-8"),
        ({"b": 10**5000}, r"^report_\['b'\] is a whole number of more than 4300 digits; give it as text, or rounded$"),
        ({"b": [0, -(10**4300)]}, r"^report_\['b'\]\[1\] is a whole number of more than 4300 digits"),
        ({"x" * 500: 10**4300}, r"^report_\['x{80}\.\.\.'\] is a whole number"),
    ],
)
def test_what_cannot_be_kept_is_named(report, said):
    with pytest.raises(ValueError, match=said):
        check_kept(report)


def test_what_can_be_kept_passes():
    report = {"é": [1, None, True, "x", 0.5, {"n": 10**4300 - 1, "m": -(10**4300 - 1)}]}
    check_kept(report)
    assert json.loads(json.dumps(report)) == report
