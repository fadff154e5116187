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
