"""An unknown name is answered with the nearest known ones, or with all of them in order."""

import pytest

from benchmark.entries.usage import UnknownName, hint


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("aplx", ["golub", "apl"], "did you mean apl?"),
        ("zzz", iter("hgfedcba"), "known: a, b, c, d, e, f, g, h"),
        ("x", (), "known: none"),
        ("abcd", ["abce", "abcf", "abcg", "abch"], "did you mean abch or abcg or abcf?"),
        ("abcde", ["ab"], "did you mean ab?"),
        ("abcdefgh", ["ab"], "did you mean ab?"),  # a share of 2 x 2 / 10
        ("abcdefghi", ["ab"], "known: ab"),
        ("abcdef", ["abx"], "did you mean abx?"),
    ],
)
def test_near_names_are_offered_up_to_three(name, known, said):
    assert hint(name, known) == said


def test_the_kind_is_named():
    assert str(UnknownName("suite", "alp", ["apl"])) == "unknown suite 'alp'; did you mean apl?"
