"""One file over HTTP: how often it is tried, how long it waits, what it takes for the file."""

import hashlib
import io
import urllib.error
from types import SimpleNamespace

import pytest

from datasets.fetch import transfer
from datasets.fetch.sources import RemoteFile
from datasets.fetch.transfer import Patience, TransferError, _verify, fetch

BODY = b"cells" * 400_000  # more than one block


def answers(monkeypatch, *given):
    """Let the network give these answers, each a body with its headers or an error; returns what was asked."""
    asked, slept, left = [], [], list(given)

    def urlopen(request, timeout):
        asked.append((request.full_url, request.headers.get("Range"), timeout))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, length = answer
        found = io.BytesIO(body)
        found.status, found.headers = status, {} if length is None else {"Content-Length": str(length)}
        return found

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    monkeypatch.setattr("time.sleep", slept.append)
    return SimpleNamespace(asked=asked, slept=slept)


def http(code):
    return urllib.error.HTTPError("http://x", code, "Reason", {}, None)


FILE = RemoteFile("f", len(BODY), hashlib.sha256(BODY).digest())


def test_patience_is_four_tries_of_half_a_minute_with_pauses_that_double(monkeypatch, tmp_path):
    seen = answers(monkeypatch, TimeoutError("slow"), http(503), ConnectionError(), TimeoutError())
    with pytest.raises(TransferError, match=r"^TimeoutError$"):
        fetch("http://x/f", FILE, tmp_path / "deep/f", Patience())
    assert seen.asked == [("http://x/f", None, 30.0)] * 4 and seen.slept == [1, 2, 4]
    seen = answers(monkeypatch, *[http(500)] * 3)
    with pytest.raises(TransferError, match=r"^the server answered 500 Reason$"):
        fetch("http://x/f", FILE, tmp_path / "f", Patience(3, 7, 0.5))
    assert [timeout for *_, timeout in seen.asked] == [7, 7, 7] and seen.slept == [0.5, 1]


@pytest.mark.parametrize("code", [*range(400, 432), *range(500, 512)])
def test_which_answers_are_asked_for_again(monkeypatch, tmp_path, code):
    seen = answers(monkeypatch, http(code), (200, BODY, len(BODY)))
    if code in (408, 425, 429, 500, 502, 503, 504):
        fetch("http://x/f", FILE, tmp_path / "f", Patience())
        assert (tmp_path / "f").read_bytes() == BODY and len(seen.asked) == 2
    elif code != 416:
        with pytest.raises(TransferError, match=f"answered {code} Reason"):
            fetch("http://x/f", FILE, tmp_path / "f", Patience())
        assert len(seen.asked) == 1


def test_a_disk_that_fails_is_not_asked_again(monkeypatch, tmp_path):
    seen = answers(monkeypatch, OSError(28, "No space left"), (200, BODY, None))
    with pytest.raises(TransferError, match="No space left"):
        fetch("http://x/f", FILE, tmp_path / "f", Patience())
    assert len(seen.asked) == 1


def test_a_part_goes_on_or_begins_anew(monkeypatch, tmp_path):
    part = tmp_path / "f.part"
    part.write_bytes(BODY[:5])
    seen = answers(monkeypatch, (206, BODY[5:9], 100), (206, BODY[9:], len(BODY) - 9))
    fetch("http://x/f", FILE, tmp_path / "f", Patience())
    assert [asked for _, asked, _ in seen.asked] == ["bytes=5-", "bytes=9-"] and not part.exists()
    assert (tmp_path / "f").read_bytes() == BODY
    part.write_bytes(b"other")
    answers(monkeypatch, (200, BODY, None))
    fetch("http://x/f", FILE, tmp_path / "g", Patience())
    assert (tmp_path / "g").read_bytes() == BODY and part.read_bytes() == b"other"
    part.write_bytes(BODY + b"x")
    seen = answers(monkeypatch, http(416), (200, BODY, len(BODY)))
    fetch("http://x/f", FILE, tmp_path / "f", Patience())
    assert [asked for _, asked, _ in seen.asked] == [f"bytes={len(BODY) + 1}-", None]
    answers(monkeypatch, (200, BODY[:7], len(BODY)))
    with pytest.raises(TransferError, match=rf"^the transfer broke off after 7 of {len(BODY)} bytes$"):
        fetch("http://x/f", FILE, tmp_path / "h", Patience(1))
    assert (tmp_path / "h.part").read_bytes() == BODY[:7]


SHA, MD5 = hashlib.sha256(b"abc").digest(), hashlib.md5(b"abc").digest()


@pytest.mark.parametrize(
    ("known", "told", "kept"),
    [
        ({}, None, True),
        ({"size": 3}, None, True),
        ({"size": 3, "sha256": SHA}, None, True),
        ({"md5": MD5}, None, True),
        ({"sha256": SHA, "md5": b"other"}, None, True),  # the strongest counts
        ({"size": 4}, "3 of 4 bytes arrived", True),
        ({"size": 4, "sha256": SHA}, "3 of 4 bytes arrived", True),
        ({"size": 2}, "3 bytes arrived whose SHA-256 or size is not that of the source", False),
        ({"size": 3, "sha256": MD5}, "3 bytes arrived whose SHA-256 or size is not that of the source", False),
        ({"size": 3, "md5": SHA}, "3 bytes arrived whose MD5 or size is not that of the source", False),
        ({"size": 2, "md5": MD5}, "3 bytes arrived whose MD5 or size is not that of the source", False),
    ],
)
def test_a_file_is_what_its_size_and_digest_say(tmp_path, known, told, kept):
    part = tmp_path / "f.part"
    part.write_bytes(b"abc")
    if told is None:
        _verify(RemoteFile("f", **known), part)
    else:
        with pytest.raises(transfer._Corrupt, match=f"^{told}$"):
            _verify(RemoteFile("f", **known), part)
    assert part.exists() is kept
