"""Files that a user names: ordinary ones are read, all else is told with what to do."""

import os
import socket
import stat

import pytest

from datasets.errors import CohortError, MissingExtra
from datasets.plain_file import plain_file, read_bytes, read_utf8
from datasets.toml_file import read_toml


def refused(read, path):
    with pytest.raises(CohortError) as caught:
        read(path)
    return str(caught.value)


def test_what_is_no_ordinary_file_is_told_by_its_kind(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    home, remedy = os.getcwd(), "Name an ordinary file."
    os.chdir(tmp_path)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
    finally:
        os.chdir(home)
    names = "Check the name; paths are relative to the file that names it."
    folders = "Check the name and its folders."
    cases = {
        "pipe": f"pipe: is a named pipe, not a file ({tmp_path}/pipe). {remedy}",
        "folder": f"folder: is a folder, not a file ({tmp_path}/folder). {remedy}",
        "socket": f"socket: is a socket, not a file ({tmp_path}/socket). {remedy}",
        "gone": f"gone: is a link to nothing, nowhere. {names}",
        "none": f"none: there is no file {tmp_path}/none. {names}",
        "loop": f"loop: cannot be reached (Too many levels of symbolic links). {folders}",
        "a\0b": f"a\0b: cannot be reached (embedded null byte). {folders}",
    }
    for name, told in cases.items():
        for read in (plain_file, read_bytes, read_utf8, read_toml):
            assert refused(read, tmp_path / name) == told
    null = tmp_path.joinpath("/dev/null")
    assert refused(plain_file, null) == f"null: is a device, not a file (/dev/null). {remedy}"
    assert refused(plain_file, tmp_path.joinpath("/")) == f"/: is a folder, not a file (/). {remedy}"


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"x")
    assert stat.S_ISREG(plain_file(tmp_path / "f").st_mode) and plain_file(tmp_path / "f").st_size == 1
    asked = []
    monkeypatch.setattr("os.access", lambda path, mode: asked.append((path, mode)))
    told = f"f: may not be read ({tmp_path}/f). Ask for the right to read it."
    assert refused(plain_file, tmp_path / "f") == told
    assert refused(lambda path: plain_file(path, os.W_OK), tmp_path / "f") == told
    assert asked == [(tmp_path / "f", os.R_OK), (tmp_path / "f", os.W_OK)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a\xc3\xa4", "aä"), (b"\xef\xbb\xbfa", "a"), (b"", ""),
        (b"\xff\xfea\0", "f: is UTF-16 text. Save it as UTF-8."),
        (b"\xfe\xff\0a", "f: is UTF-16 text. Save it as UTF-8."),
        (b"\xfcx", "f: is not UTF-8: byte 0xfc in line 1. Save it as UTF-8."),
        (b"a\n\n\xc3\xa4\xe9\nb\xff", "f: is not UTF-8: byte 0xe9 in line 3. Save it as UTF-8."),
    ],
)  # fmt: skip
def test_text_is_utf8_or_its_first_wrong_byte_is_told(tmp_path, content, found):
    (tmp_path / "f").write_bytes(content)
    assert found == (refused(read_utf8, tmp_path / "f") if found.startswith("f: ") else read_utf8(tmp_path / "f"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('a = "x\\u0000"\n[b]\nc = ["y\\u001b", "z", {d = "\\u0007"}]\n[[e]]\n"k\\u0001" = 1\n',
         "has control characters in a text (first: a, b.c.0, b.c.2.d, e.0). Take them out."),
        ('"\\u0002" = "\\u0003"\n', "has control characters in a text (first: the file, \x02). Take them out."),
        ("a = " + "[" * 5000 + "]" * 5000, "not valid TOML: it is nested too deeply. Correct that line; TOML is "
         "explained at https://toml.io"),
    ],
)  # fmt: skip
def test_toml_with_control_characters_or_too_deep_is_refused(tmp_path, text, told):
    (tmp_path / "f.toml").write_text(text)
    assert refused(read_toml, tmp_path / "f.toml") == f"f.toml: {told}"


def test_toml_is_read_and_mistakes_are_told(tmp_path):
    (tmp_path / "f.toml").write_text('a = "x\\ty\\r\\n\\u00e9"\n[b]\nc = [1, 2]\n')
    assert read_toml(tmp_path / "f.toml") == {"a": "x\ty\r\né", "b": {"c": [1, 2]}}
    (tmp_path / "f.toml").write_text("a = \n")
    told = refused(read_toml, tmp_path / "f.toml")
    assert told.startswith("f.toml: not valid TOML: Invalid value") and told.endswith(
        ". Correct that line; TOML is explained at https://toml.io"
    )


def test_an_error_of_a_cohort_names_five_ids_and_ends_as_a_sentence():
    assert str(CohortError("y", "is odd")) == "y: is odd."
    assert str(CohortError("y", " is odd. ", remedy="Mend it.")) == "y: is odd. Mend it."
    assert str(CohortError("y", "did you mean x?")) == "y: did you mean x?"
    assert str(CohortError("y", "is odd?", range(1))) == "y: is odd? (first: 0)."
    assert str(CohortError("y", "is odd", range(5), "Mend it.")) == "y: is odd (first: 0, 1, 2, 3, 4). Mend it."
    error = CohortError("y", "is odd", iter(range(7)), "Mend it.")
    assert str(error) == "y: is odd (first: 0, 1, 2, 3, 4 and 2 more). Mend it."
    assert (error.column, error.ids, error.remedy) == ("y", tuple(range(7)), "Mend it.")
    assert (
        str(MissingExtra("X", "gpu")) == "X needs packages of the extra 'gpu': pip install -e '.[gpu]' in the checkout"
    )
