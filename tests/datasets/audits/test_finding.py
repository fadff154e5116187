"""Words that every finding is made of."""

import pytest

from datasets.audits.finding import counted, listed


def test_names_beyond_the_first_are_counted():
    assert [listed(range(n)) for n in (0, 1, 3, 4, 9)] == [
        "",
        "0",
        "0, 1, 2",
        "0, 1, 2 and 1 more",
        "0, 1, 2 and 6 more",
    ]
    assert listed("abc", shown=2) == "a, b and 1 more"


@pytest.mark.parametrize(("n", "said"), [(0, "0 groups"), (1, "1 group"), (2, "2 groups")])
def test_one_is_no_plural(n, said):
    assert counted(n, "group") == said
