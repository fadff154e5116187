import stat
import zipfile
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.fetch.archives import ArchiveError, read_receipt, unpack


def archive(path, *members):
    with zipfile.ZipFile(path, "w") as content:
        for name, body in members:
            content.writestr(name, body)
    return path


def unpacked(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_content_and_receipt(tmp_path):
    path = archive(
        tmp_path / "a.zip",
        ("top/x/1", b"one"),
        ("top/2", b""),
        ("__MACOSX/top/._2", b"junk"),
        ("top/.DS_Store", b"junk"),
    )
    members = unpack(path, tmp_path / "to", strip=1)
    assert unpacked(tmp_path / "to") == ["2", "x/1"]
    assert (tmp_path / "to/x/1").read_bytes() == b"one"
    assert read_receipt(path) == members
    assert read_receipt(tmp_path / "b.zip") is None


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\evil", "..", "a/.."])
def test_names_that_leave_the_folder_are_refused_before_anything_is_written(tmp_path, name):
    path = archive(tmp_path / "a.zip", ("good", b"x"), (name, b"evil"))
    with pytest.raises(ArchiveError, match="would be written outside the folder; not unpacked"):
        unpack(path, tmp_path / "in/to")
    assert unpacked(tmp_path) == ["a.zip"]


@given(st.text(st.sampled_from("./\\ab:~ "), min_size=1, max_size=9))
def test_no_name_at_all_writes_outside(tmp_path_factory, name):
    home = tmp_path_factory.mktemp("home")
    path = archive(home / "a.zip", (name, b"x"))
    try:
        unpack(path, home / "in/to")
    except ArchiveError:
        assert not (home / "in").exists() or unpacked(home / "in") == []
    else:
        assert all(p.startswith(("in/to/", "a.zip", ".a.zip")) for p in unpacked(home))


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = archive(tmp_path / "a.zip", (link, b"/etc"))
    with pytest.raises(ArchiveError, match="'link', which would be written outside"):
        unpack(path, tmp_path / "to")


def test_a_damaged_archive_is_named_and_leaves_no_receipt(tmp_path):
    path = archive(tmp_path / "a.zip", ("1", b"some bytes of a cell"))
    body = bytearray(path.read_bytes())
    body[body.index(b"some")] ^= 1
    path.write_bytes(body)
    with pytest.raises(ArchiveError, match=r"damaged or no zip archive \(Bad CRC-32 .*; delete .*a.zip"):
        unpack(path, tmp_path / "to")
    assert read_receipt(path) is None
    assert not (tmp_path / "to/1").exists()
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(ArchiveError, match="damaged or no zip archive"):
        unpack(path, tmp_path / "to")


def test_files_that_are_there_are_kept_or_block(tmp_path):
    path = archive(tmp_path / "a.zip", ("1", b"one"), ("2", b"two"))
    (tmp_path / "to").mkdir()
    (tmp_path / "to/1").write_bytes(b"one")
    before = (tmp_path / "to/1").stat().st_mtime_ns
    unpack(path, tmp_path / "to")
    assert (tmp_path / "to/1").stat().st_mtime_ns == before
    (tmp_path / "to/2").write_bytes(b"TWO")
    with pytest.raises(ArchiveError, match="to/2 differs from the file in the archive; move it aside"):
        unpack(path, tmp_path / "to")
    assert (tmp_path / "to/2").read_bytes() == b"TWO"


def test_two_files_of_one_name_and_too_few_folders(tmp_path):
    path = archive(tmp_path / "a.zip", ("x/Cell", b"1"), ("y/cell", b"2"))
    with pytest.raises(ArchiveError, match=r"a\.zip has two files for cell"):
        unpack(path, tmp_path / "to", strip=1)
    with pytest.raises(ArchiveError, match="expected 2 folder levels above every file"):
        unpack(path, tmp_path / "to", strip=2)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", ("1", bytes(5_000_000)))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4_000_000))
    with pytest.raises(ArchiveError, match=r"unpacking a.zip needs 5.0 MB, .* has 4.0 MB free"):
        unpack(path, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_file_of_the_user_named_like_a_partial_one_is_not_touched(tmp_path):
    path = archive(tmp_path / "a.zip", ("cell", b"x" * 99))
    (tmp_path / "to").mkdir()
    (tmp_path / "to/cell.part").write_bytes(b"mine")
    unpack(path, tmp_path / "to")
    assert (tmp_path / "to/cell.part").read_bytes() == b"mine"
    assert (tmp_path / "to/cell").read_bytes() == b"x" * 99


def test_nothing_half_written_stays_after_an_error(tmp_path):
    path = archive(tmp_path / "a.zip", ("1", b"some bytes of a cell"))
    body = bytearray(path.read_bytes())
    body[body.index(b"some")] ^= 1
    path.write_bytes(body)
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(path, tmp_path / "to")
    assert unpacked(tmp_path / "to") == []
