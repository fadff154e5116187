"""Whatever bytes a process says in which an entry ran are one word of the expected form, or no word."""

from __future__ import annotations

import json

import pytest

from benchmark.workers.words import MOST, answer_of, encoded, lines_of

BEGUN = b'{"begun": 7}\n'
HOSTILE = [
    b"{}", b"[]", b"3", b"null", b'"x"', b"\xff\xfe\x00", b"{", b'{"error": ""}', b'{"error": 3, "written": true}',
    b'{"error": "", "written": 1}', b'{"error": "", "written": true, "more": 1}',
    b'{\n  "error": "",\n  "written": true\n}',
    rb'{"error": "\ud800", "written": false}', b"[" * 200_000, b"1" * 5_000, b'{"error": "' + b"x" * MOST + b'"}', b"",
]  # fmt: skip
END = {"slot": 1, "begun": True, "word": None, "code": 0, "limit": "", "seconds": 1.0, "processor": 0}
LAST = {"error": "", "written": True}


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_not_of_the_expected_form_is_no_last_word_and_the_trial_has_begun_all_the_same(said):
    assert lines_of(BEGUN + said + b"\n") == lines_of(BEGUN + said) == [{"begun": 7}]
    assert lines_of(said + b"\n" + BEGUN) == [] and answer_of(said) is None


def test_two_words_are_heard_and_a_third_or_half_of_one_spoils_them():
    last = encoded(LAST).encode() + b"\n"
    assert lines_of(BEGUN + last) == [{"begun": 7}, LAST]
    for more in (last, b"x", b"\n"):
        assert lines_of(BEGUN + last + more) == [{"begun": 7}]
    assert lines_of(b"") == lines_of(BEGUN[:-1]) == lines_of(b'{"begun": "7"}\n') == []


@pytest.mark.parametrize(
    "wrong", [{"slot": "1"}, {"begun": 3.5}, {"code": None}, {"seconds": "x"}, {"word": {}}, {"a": 1}]
)
def test_an_answer_has_one_of_two_forms(wrong):
    start = {"slot": 1, "begun": 7}
    for answer in (start, END, {**END, "word": LAST}):
        assert answer_of(json.dumps(answer).encode()) == answer
    assert answer_of(json.dumps({**END, **wrong}).encode()) is None


def test_words_do_not_ask_what_an_entry_may_have_changed(monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda *a, **k: "{}")
    assert encoded(LAST) == '{"error": "", "written": true}'
