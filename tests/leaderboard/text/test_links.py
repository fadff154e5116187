"""Names of files are short, readable and of one name each."""

from __future__ import annotations

from hashlib import sha256

import pytest

from leaderboard.text.links import OURS, file_name


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        (("APL sim", "in-domain"), "apl-sim-in-domain-"),
        (("../a&b",), "a-b-"),
        (("血",), ""),
        (("x" * 60,), "x" * 40 + "-"),
        (("y" * 39 + " z",), "y" * 39 + "-"),
    ],
)
def test_a_name_is_a_slug_and_eight_digits_of_its_hash(names: tuple[str, ...], slug: str) -> None:
    found = file_name("task", *names)
    assert found == f"task-{slug}{sha256(chr(0).join(names).encode()).hexdigest()[:8]}.html"
    assert OURS.fullmatch(found)


def test_names_that_look_alike_have_files_of_their_own() -> None:
    assert len({file_name("entry", *names) for names in (("a b",), ("a", "b"), ("A b",), ("a-b",))}) == 4
    assert OURS.fullmatch(file_name("entry", "\ud800"))  # a lone surrogate has bytes, too
