"""A user's cell images: one small file or a stray path changes nothing for the others."""

from __future__ import annotations

import hashlib
import os
from dataclasses import astuple

import numpy as np
import pytest
from PIL import Image

from datasets.cohort import CohortError
from datasets.own.cohort_file import Images
from datasets.own.images import read_images
from datasets.own.problems import Problems
from tests.datasets.own.test_dataset import IMAGES, TOML, problems_of, write_cohort, write_images

TABLE = TOML + '\n[images]\nfolder = "cells"\ntable = "images.csv"\nimage_size = 16\n'


def save(path, side, level=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side, 3), level, np.uint8)).save(path)


def test_one_small_file_does_not_cut_the_others(tmp_path):
    write_images(tmp_path, sizes=[64, 60])
    save(tmp_path / "cells/S3/blast/thumb.png", 20)
    with pytest.raises(CohortError, match=r"S3/blast/thumb.png: '20' would cut every image to 20 pixels.*write crop"):
        write_cohort(tmp_path, IMAGES).load()
    cohort = write_cohort(tmp_path, IMAGES + "crop = 60\n").load()
    assert cohort.provenance.skipped == ("S3/blast/thumb.png (20x20 pixels, smaller than the crop of 60)",)
    assert "images cropped to 60 pixels" in cohort.provenance.version


def test_the_place_in_a_bag_does_not_tell_the_cell_type(tmp_path):
    for i in range(16):
        for k in range(20):
            save(tmp_path / f"cells/S{i}/{'ab'[k // 10]}/{k}.png", 20)
    cohort = write_cohort(tmp_path, IMAGES).load()
    kinds = cohort.images.cell_type.reshape(16, 20) == "b"
    assert (kinds.sum(axis=1) == 10).all()
    assert 3 <= kinds[:, :10].mean(axis=1).mean() * 10 <= 7  # the first half holds both
    assert not (np.sort(kinds, axis=1) == kinds).all(axis=1).any()


@pytest.mark.parametrize("path", ["../outside.png", "S0/../../outside.png", "{home}/outside.png"])
def test_a_path_that_leaves_the_folder_is_named(tmp_path, path):
    write_images(tmp_path, sizes=[32])
    save(tmp_path / "outside.png", 32)
    path = path.replace("{home}", str(tmp_path))
    (tmp_path / "images.csv").write_text(f"specimen,path\nS1,S1/blast/0.png\nS0,{path}\n")
    found = problems_of(write_cohort(tmp_path, TABLE))
    assert len(found) == 1 and found[0].startswith("images.csv row 3, path") and "leads out of the folder" in found[0]


def test_a_file_of_two_specimens_is_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "images.csv").write_text("specimen,path\nS0,S0/blast/0.png\nS1,S0/blast/../blast/0.png\n")
    assert "leads out" in problems_of(write_cohort(tmp_path, TABLE))[0]
    (tmp_path / "images.csv").write_text("specimen,path\nS0,S0/blast/0.png\nS1,./S0//blast/0.png\n")
    found = problems_of(write_cohort(tmp_path, TABLE))
    assert len(found) == 1 and "is listed before, in row 2 for S0" in found[0]


def test_links_to_folders_are_followed_and_a_loop_ends(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "store").mkdir()
    (tmp_path / "cells/S3").rename(tmp_path / "store/S3")
    (tmp_path / "cells/S3").symlink_to("../store/S3")
    (tmp_path / "cells/S4/blast/up").symlink_to("../..")
    assert write_cohort(tmp_path, IMAGES).load().images.sizes.tolist() == [1] * 16


def test_a_folder_that_is_there_twice_is_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "cells/S99").symlink_to("S3")
    with pytest.raises(CohortError, match=r"S99: is the same folder as S3\. Remove the link"):
        write_cohort(tmp_path, IMAGES).load()


@pytest.mark.parametrize("suffix", ["JPG", "webp", "TIF", "gif", "jp2"])
def test_other_suffixes_are_read(tmp_path, suffix):
    write_images(tmp_path, sizes=[32])
    with Image.open(tmp_path / "cells/S3/blast/0.png") as image:
        image.save(tmp_path / f"cells/S3/blast/1.{suffix}")
    assert write_cohort(tmp_path, IMAGES).load().images.sizes.tolist() == [1, 1, 1, 2] + [1] * 12


def test_what_is_passed_over_and_who_has_no_image_is_noted(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "cells/S3/blast/0.png").rename(tmp_path / "cells/S3/blast/0.svs")
    (tmp_path / "cells/S4/blast/0.png").rename(tmp_path / "cells/S4/blast/0")
    for junk in (".DS_Store", "Thumbs.db"):
        (tmp_path / "cells" / junk).write_text("")
    notes = write_cohort(tmp_path, IMAGES).load().provenance.notes
    assert "2 files of the image folder are no images by their names, not read: 1 .svs, 1 without suffix" in notes
    assert "2 of 16 specimens have no images: S3, S4" in notes


def test_a_pipe_called_like_an_image_is_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    os.mkfifo(tmp_path / "cells/S3/blast/1.png")
    with pytest.raises(CohortError, match=r"S3/blast/1.png: is no file but a folder, pipe or device"):
        write_cohort(tmp_path, IMAGES).load()


@pytest.mark.parametrize(
    "pattern", ["{specimen}{specimen}", "{cell_type}{cell_type}{specimen}", "**/" * 9 + "{specimen}"]
)
def test_a_pattern_that_cannot_be_matched_is_refused(tmp_path, pattern):
    with pytest.raises(CohortError, match=r"images: .*pattern"):
        write_cohort(tmp_path, TOML + f'[images]\nfolder = "cells"\npattern = "{pattern}"\n').load()


def test_a_name_that_is_no_text_is_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "cells/S3/blast/0.png").rename(os.fsdecode(os.fsencode(tmp_path) + b"/cells/S3/blast/\xfc.png"))
    with pytest.raises(CohortError, match=r"udcfc\.png.*is a name that is not UTF-8\. Rename it"):
        write_cohort(tmp_path, IMAGES).load()


def test_a_name_of_300_characters_is_a_problem_of_its_row(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "images.csv").write_text(f"specimen,path\nS0,{'x' * 300}\n")
    assert "images.csv row 2, path" in problems_of(write_cohort(tmp_path, TABLE))[0]


def read(home, specimens, joined=False, **spec):
    """Return the images and the problems, each as a tuple."""
    problems = Problems()
    told = Images.model_validate({"folder": "cells", "image_size": 16, **spec})
    found = read_images(told, np.array(specimens), home, problems, joined=joined)
    return found, [astuple(problem) for problem in problems.found]


def test_everything_wrong_with_a_table_of_paths_is_told_in_order(tmp_path):
    for k in range(3):
        save(tmp_path / f"cells/{k}.png", 20, 50 * k)
    rows = ["S1,2.png,b", "S0,,", "S0,0.png,a", "S1,./0.png,a", "S0,C:\\x.png,a", "S0,9.png,a", "X9,1.png,c"]
    (tmp_path / "i.csv").write_text("\n".join(["specimen,path,kind", *rows]) + "\n")
    found, problems = read(tmp_path, ["S0", "S1"], table="i.csv", cell_type="kind")
    below = "Paths are below cells, one row each."
    assert problems == [
        ("i.csv", 3, "path", "", "is blank", below),
        ("i.csv", 5, "path", "./0.png", "is listed before, in row 4 for S0", below),
        ("i.csv", 6, "path", "C:\\x.png", "leads out of the folder", below),
        ("i.csv", 7, "path", "9.png", "there is no such file", below),
        ("1.png", 0, "", "X9", "is no specimen of the specimen table", "Add it there, or correct the id."),
    ]
    assert [int(found.bags.bag(i)[0, 0, 0, 0]) for i in range(2)] == [0, 100]
    assert found.bags.cell_type.tolist() == ["a", "b"] and found.crop == 20 and found.notes == found.skipped == ()
    assert found.facts["width"].tolist() == [20, 20]
    bare, _ = read(tmp_path, ["S0", "S1"], table="i.csv")
    assert bare.bags.cell_type is None
    none, problems = read(tmp_path, ["S7"], table="i.csv")
    assert none is None
    assert problems[-1] == ("i.csv", 0, "", "", "has no image of any specimen", "Check folder and pattern.")
    with pytest.raises(CohortError, match=r'i.csv: lacks column "sort" \(images.cell_type'):
        read(tmp_path, ["S0"], table="i.csv", cell_type="sort")
    told = rf"^images\.folder: there is no folder {tmp_path}/none\. Paths begin at the cohort\.toml\.$"
    with pytest.raises(CohortError, match=told):
        read(tmp_path, ["S0"], folder="none")


def test_files_that_do_not_fit_or_are_no_images_are_told(tmp_path):
    for name in ("S0/a/1.png", "S1/b/1.png", "loose.png"):
        save(tmp_path / "cells" / name, 20)
    for k in range(10):
        for copy in range(10 - k):
            (tmp_path / f"cells/{copy}.X{k}").touch()
    found, problems = read(tmp_path, ["S0", "S1"], pattern="{specimen}/{cell_type}/*")
    remedy = "Change images.pattern, or move the file."
    assert problems == [("loose.png", 0, "", "", "does not match the pattern {specimen}/{cell_type}/*", remedy)]
    kinds = ", ".join(f"{10 - k} .x{k}" for k in range(8))
    said = "55 files of the image folder are no images by their names, not read: "
    assert found.notes == (f"{said}{kinds} and 2 more kinds",)
    assert found.bags.cell_type.tolist() == ["a", "b"]
    for path in (tmp_path / "cells").glob("*.X[89]"):
        path.unlink()
    assert read(tmp_path, ["S0"], pattern="{specimen}/{cell_type}/*")[0].notes[0].endswith("3 .x7")
    none, problems = read(tmp_path, ["S8"], pattern="{specimen}/{cell_type}/*")
    assert none is None and problems[-1][0] == "cells"
    joined, problems = read(tmp_path, ["a/S0"], joined=True, pattern="{specimen}/{label}/*")
    assert joined is None and problems[1][3] == "S0/a"


def test_the_square_is_the_largest_that_all_cover(tmp_path):
    (tmp_path / "cells").mkdir()
    for k, size in enumerate([(30, 44), (50, 28), (60, 60)]):
        Image.fromarray(np.zeros((*size, 3), np.uint8)).save(tmp_path / f"cells/{k}.png")
    ids = ["0", "1", "2", "3"]
    assert read(tmp_path, ids, pattern="{specimen}.png")[0].crop == 28
    for k, side in enumerate((15, 40, 30)):
        save(tmp_path / f"cells/{k}.png", side)
    (tmp_path / "cells/3.png").write_bytes(b"no image")
    assert read(tmp_path, ids, pattern="{specimen}.png")[0].crop == 15  # half of what is usual, 30
    save(tmp_path / "cells/0.png", 14)
    none, problems = read(tmp_path, ids, pattern="{specimen}.png")
    said = "would cut every image to 14 pixels, the side of the smallest, where half have 30"
    assert none is None and [(p[0], p[4]) for p in problems] == [
        ("0.png", said),
        ("3.png", "cannot be opened as an image"),
    ]
    assert "write crop under [images]" in problems[0][5]
    for k in range(3):
        (tmp_path / f"cells/{k}.png").unlink()
    with pytest.raises(CohortError) as caught:
        read(tmp_path, ids, pattern="{specimen}.png")
    assert str(caught.value) == (
        "images.folder: none of 1 file can be opened (first: 3.png). Are they images? Open one in a viewer."
    )


def test_bags_hold_the_images_of_each_specimen_in_an_order_that_says_nothing(tmp_path):
    names = [f"{kind}/S{i}-{k}.png" for i in (2, 0) for kind in "ab" for k in range(4)]
    for level, name in enumerate(names):
        save(tmp_path / "cells" / name, 20, 10 * level)
    found, problems = read(tmp_path, ["S0", "S1", "S2"], pattern="{cell_type}/{specimen}-*.png")
    assert problems == [] and found.bags.sizes.tolist() == [8, 0, 8]
    for i, specimen in ((0, "S0"), (2, "S2")):
        own = sorted((n for n in names if specimen in n), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
        assert [int(image[0, 0, 0]) for image in found.bags.bag(i)] == [10 * names.index(name) for name in own]
        assert found.bags.cell_type[found.bags.bag_rows(i)].tolist() == [name[0] for name in own]


def test_one_file_that_is_no_image_is_one(tmp_path):
    save(tmp_path / "cells/S0/1.png", 20)
    (tmp_path / "cells/readme.txt").touch()
    found, _ = read(tmp_path, ["S0"], pattern="{specimen}/*")
    assert found.notes == ("1 file of the image folder is no image by its name, not read: 1 .txt",)
