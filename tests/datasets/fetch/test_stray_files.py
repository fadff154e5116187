import pytest

from datasets.fetch.stray_files import by_kind, is_left_behind
from datasets.read.decode import find_images
from tests.datasets.cell_folders import picture


@pytest.mark.parametrize(
    "path",
    ["A/._a.jpg", "__MACOSX/A/a.jpg", ".DS_Store", "A/Thumbs.db", "A/THUMBS.DB", "A/desktop.ini", "@eaDir/a.png"],
)
def test_what_systems_leave_behind_is_known(path):
    assert is_left_behind(path)


@pytest.mark.parametrize("path", ["A/a.jpg", "MACOSX/a.jpg", "A/.a.jpg", "A/_a.jpg", "thumbs/a.jpg"])
def test_files_of_people_are_not(path):
    assert not is_left_behind(path)


def test_images_are_found_without_them(tmp_path):
    for path in ("A/a.png", "A/._a.png", "__MACOSX/A/a.png", "B/@eaDir/b.png", "B/b.PNG"):
        picture(tmp_path / path)
    assert [f.path for f in find_images(tmp_path, tmp_path)] == ["A/a.png", "B/b.PNG"]


def test_many_files_are_told_by_kind():
    paths = [f"more/{i:04d}.JPG" for i in range(10_280)] + ["b.txt", "a.txt", "README", "A/.DS_Store", "B/.DS_Store"]
    assert by_kind(paths) == [
        "10,280 .jpg (such as more/0000.JPG)",
        "2 .txt (such as a.txt)",
        "1 without a suffix (such as README)",
        "2 left by the operating system (such as A/.DS_Store)",
    ]
    assert by_kind(f"{i}.a{i}" for i in range(20))[-1] == "12 of 12 other kinds"
    assert by_kind([]) == []


def test_kinds_are_told_most_first_then_by_name_and_beyond_eight_counted():
    paths = ["z/1.b", "a/2.B", "3.a", "4.a", "5.c", "x/._6.a", "y"]
    assert by_kind(paths) == [
        "2 .a (such as 3.a)", "2 .b (such as a/2.B)", "1 .c (such as 5.c)", "1 without a suffix (such as y)",
        "1 left by the operating system (such as x/._6.a)",
    ]  # fmt: skip
    many = [f"{i}.k{k}" for k in range(9) for i in range(9 - k)]
    assert by_kind(many)[-1] == "1 of 1 other kinds" and len(by_kind(many)) == 9
    assert len(by_kind(many[:-1])) == 8
