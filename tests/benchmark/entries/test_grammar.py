"""The grammar of entries: what is printed reads back as itself, and what cannot be read says where."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.entries.grammar import Written, parse
from benchmark.entries.usage import UsageError

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)
KEYS = st.from_regex(r"[a-zA-Z][a-z0-9_]{0,8}(\.[a-zA-Z][a-z0-9_]{0,8})?", fullmatch=True)
WORDS = st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True).filter(lambda w: w not in ("true", "false"))
VALUES = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS)
ENTRIES = st.builds(
    Written,
    NAMES,
    st.lists(st.tuples(KEYS, VALUES), max_size=4, unique_by=lambda pair: pair[0]).map(tuple),
    st.lists(NAMES, max_size=2).map(tuple),
)


@given(ENTRIES)
def test_what_is_printed_reads_back_as_itself(written):
    again = parse(str(written))
    assert again == written
    assert [type(v) for _, v in again.overrides] == [type(v) for _, v in written.overrides]


@given(ENTRIES, st.sampled_from(["", " ", "  \t"]))
def test_spaces_do_not_matter(written, space):
    text = str(written).replace(", ", f"{space},{space}").replace("[", f"{space}[{space}").replace("]", f"{space}]")
    if not written.overrides or not any("=" in str(v) for _, v in written.overrides):
        assert parse(space + text + space) == written


@given(st.text(max_size=30))
def test_any_text_reads_or_is_one_line_of_reproach(text):
    try:
        assert parse(str(parse(text))) == parse(text)
    except UsageError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "starts with a name"),
        ("net[a=1", r"cannot read '\[a=1' at character 4"),
        ("net]x", "at character 4"),
        ("net[]", "cannot read ''"),
        ("net[a]", "cannot read 'a' in the brackets"),
        ("net[a=<b>]", "cannot read 'a=<b>'"),
        ("net[a=1, a=2]", "a is given twice"),
        ("net[" + ", ".join(f"{k}=1" for k in "fedcba" * 2) + "]", "a, b, c, d, e, f is given twice"),
        ("net+", "at character 4"),
        ("net[a=1][b=2]", "at character 9"),
    ],
)
def test_what_cannot_be_read_names_the_place(text, said):
    with pytest.raises(UsageError, match=said):
        parse(text)


def test_values_have_the_type_that_they_look_like():
    written = parse("a[i=3, f=3.0, e=1e-5, t=true, w=sqrt, n=nan, z=0, h=007, g=00.5]")
    looks = {"i": 3, "f": 3.0, "e": 1e-5, "t": True, "w": "sqrt", "n": "nan", "z": 0, "h": "007", "g": "00.5"}
    assert dict(written.overrides) == looks
    assert not any(isinstance(v, float) and math.isnan(v) for _, v in written.overrides)
