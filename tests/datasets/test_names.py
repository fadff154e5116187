"""Names that become folders are refused where they enter."""

import pytest
from pydantic import ValidationError

from benchmark.suites.suite import Suite
from datasets.names import plain_name
from datasets.own.cohort_file import OwnFile

BAD = [
    "", ".", "..", "../x", "a/b", "a\\b", "/abs", ".hidden", "a\0b", "a\n", "a\x1b[2J", " a", "a ", "-rf", "~", "a:b",
    "nul", "NUL.txt", "com0", "com9", "Lpt9", "a.", "x" * 101, "é", "a\u202eb", "$HOME", "a*",
]  # fmt: skip
TASK = {"name": "t", "title": "T", "dataset": "golub", "split": {"scheme": "kfold"}}
SUITE = {"name": "s", "title": "S", "tasks": [TASK], "profiles": {"quick": {"entries": ["prior"]}}}
COHORT = {"name": "c", "specimens": {"table": "s.csv"}, "clinical": {"columns": {"age": {"unit": "years"}}}}


@pytest.mark.parametrize("name", ["a", "A1", "own-t", "apl_2024.v2", "0", "x" * 100, "console", "nulls", "com10"])
def test_ordinary_names_pass(name):
    assert plain_name(name) == name
    assert OwnFile.model_validate({**COHORT, "name": name}).name == name


@pytest.mark.parametrize("name", BAD)
def test_names_that_could_leave_the_folder_are_refused_everywhere(name):
    with pytest.raises(ValueError, match="cannot name a folder"):
        plain_name(name)
    enters = [
        lambda: OwnFile.model_validate({**COHORT, "name": name}),
        lambda: Suite.model_validate({**SUITE, "name": name}),
        lambda: Suite.model_validate({**SUITE, "tasks": [{**TASK, "name": name}]}),
        lambda: Suite.model_validate({**SUITE, "profiles": {**SUITE["profiles"], name: {"entries": ["prior"]}}}),
    ]
    for enter in enters:
        with pytest.raises(ValidationError, match="cannot name a folder"):
            enter()


def test_a_cohort_may_not_be_called_like_a_dataset():
    for name in ("golub", "Golub"):
        with pytest.raises(ValidationError, match="dataset of the tree"):
            OwnFile.model_validate({**COHORT, "name": name})
