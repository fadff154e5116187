import json
import stat
import zipfile
import zlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.fetch.archives import ArchiveError, member_state, need_space, read_receipt, receipt_path, unpack


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


def test_room_is_asked_of_the_nearest_folder_that_is_there(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("shutil.disk_usage", lambda place: seen.append(place) or SimpleNamespace(free=2_000_000))
    need_space(tmp_path / "a/b", 2_000_000, "it")
    need_space(tmp_path, 1, "it")
    assert seen == [tmp_path, tmp_path]
    with pytest.raises(ArchiveError) as caught:
        need_space(tmp_path / "a", 1_234_567_890, "it")
    assert str(caught.value) == (
        f"it needs 1,234.6 MB, {tmp_path} has 2.0 MB free; free some, or choose a folder on another disk with "
        "--data-root"
    )


def test_a_receipt_lists_places_bytes_and_checksums_of_large_files_too(tmp_path):
    large = bytes(range(256)) * 10_000  # more than two blocks
    path = archive(tmp_path / "a.zip", ("t/x/", b""), ("t/x/large", large), ("t/b", b"two"))
    members = unpack(path, tmp_path / "to", strip=1)
    assert members == [("x/large", len(large), zlib.crc32(large)), ("b", 3, zlib.crc32(b"two"))]
    assert json.loads((tmp_path / ".a.zip.unpacked").read_text()) == [list(member) for member in members]
    assert receipt_path(path) == tmp_path / ".a.zip.unpacked"
    assert [member_state(member, tmp_path / "to") for member in members] == ["ok", "ok"]
    (tmp_path / "to/x/large").write_bytes(large[:-1] + b"?")
    (tmp_path / "to/b").write_bytes(b"two!")
    assert [member_state(member, tmp_path / "to") for member in members] == ["modified", "modified"]
    (tmp_path / "to/b").unlink()
    (tmp_path / "to/b").mkdir()
    assert member_state(members[1], tmp_path / "to") == "missing"
    flat = unpack(archive(tmp_path / "b.zip", ("t/b", b"two")), tmp_path / "flat")
    assert flat[0].path == "t/b"


def test_an_encrypted_archive_is_told(tmp_path):
    path = archive(tmp_path / "a.zip", ("1", b"x"))
    body = bytearray(path.read_bytes())
    body[body.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(body)
    with pytest.raises(ArchiveError, match=r"^a\.zip is encrypted$"):
        unpack(path, tmp_path / "to")
    with pytest.raises(ArchiveError, match=r"^a\.zip holds 'y', expected 1 folder levels above every file$"):
        unpack(archive(path, ("x/z", b"1"), ("y", b"2")), tmp_path / "to", strip=1)
