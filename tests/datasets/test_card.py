"""A published figure beside a table of ours, and when it must not be compared."""

import pytest

from datasets.card import Reference

OTHER = "it was made on another split of these data, or with other options, than this table"


@pytest.mark.parametrize(
    ("never", "incomplete", "whole", "usual", "reason"),
    [
        ("", "", True, True, ""), ("", "part", True, True, ""), ("", "part", False, True, "part"),
        ("", "", False, True, ""), ("", "part", False, False, "part"), ("", "part", True, False, OTHER),
        ("never", "part", False, False, "never"), ("never", "", True, True, "never"),
    ],
)  # fmt: skip
def test_the_first_reason_against_comparing_is_told(never, incomplete, whole, usual, reason):
    told = Reference("0.9", "kfold", "X 2020", never, incomplete).beside(whole=whole, usual=usual)
    assert told == {"result": "0.9", "protocol": "kfold", "citation": "X 2020", "not_comparable": reason}
