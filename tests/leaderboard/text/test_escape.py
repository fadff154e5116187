"""What each kind of file would interpret is written so that it does not, sign by sign."""

from __future__ import annotations

import pytest

from leaderboard.text.escape import csv_cell, latex, markdown, plain


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  a b  ", "a b"),
        ("a\tb\x1b\u202ec\u2028d\u2029e\n", "a b  c d e"),
        ("a\u3000b\ue000", "a\u3000b\ue000"),  # not printable either, but harmless
        (" \x00 ", ""),
    ],
)
def test_what_moves_a_cursor_becomes_a_space(given: str, shown: str) -> None:
    assert plain(given) == shown


@pytest.mark.parametrize("first", "=+-@")
def test_a_formula_is_quoted_and_other_text_is_not(first: str) -> None:
    assert csv_cell(f"{first}1") == csv_cell(f"\n {first}1") == f"'{first}1"
    assert csv_cell(f"a{first}1") == f"a{first}1"


def test_markdown_sign_by_sign() -> None:
    signs = "\\`*_{}[]#|!~"
    assert markdown(signs) == "".join(f"\\{sign}" for sign in signs)
    assert markdown("a < b & c > d\n. - (x)") == "a &lt; b &amp; c &gt; d . - (x)"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\u017f", "\u017f"),
        ("\u0180", "?"),
        ("血", "?"),
        ("µ", r"\textmu{}"),
        ("…", r"\ldots{}"),
        ("--jobs", "-{}-jobs"),
        ("a_b & 5 %\n{$x^2$}", r"a\_b \& 5 \% \{\$x\textasciicircum{}2\$\}"),
        ("[a]~<b>", r"{[}a{]}\textasciitilde{}\textless{}b\textgreater{}"),
    ],
)
def test_latex_sign_by_sign(given: str, shown: str) -> None:
    assert latex(given) == shown
