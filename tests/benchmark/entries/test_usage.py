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
        ("abcdef", ["abcx"], "did you mean abcx?"),  # a share of 2 x 3 / 10
        ("abcdefg", ["abcx"], "known: abcx"),
        ("abcdefg", ["abc"], "did you mean abc?"),  # begins with it
        ("abcde", ["ab"], "known: ab"),
        ("smok", ["smoke", "mito", "apl"], "did you mean smoke?"),
        ("priro", ["prior", "rules-mito", "border-only"], "did you mean prior?"),
        ("xgbost", ["xgboost", "xgboost-cells"], "did you mean xgboost?"),  # the other is near, but much less
        ("zzz", [f"n{k}" for k in range(10, 35)], f"known: {', '.join(f'n{k}' for k in range(10, 30))} and 5 more"),
    ],
)
def test_near_names_are_offered_up_to_three(name, known, said):
    assert hint(name, known) == said


def test_the_kind_is_named():
    assert str(UnknownName("suite", "alp", ["apl"])) == "unknown suite 'alp'; did you mean apl?"
