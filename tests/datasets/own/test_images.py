"""A user's cell images: one small file or a stray path changes nothing for the others."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from datasets.cohort import CohortError
from tests.datasets.own.test_dataset import IMAGES, TOML, problems_of, write_cohort, write_images

TABLE = TOML + '\n[images]\nfolder = "cells"\ntable = "images.csv"\nimage_size = 16\n'


def save(path, side, level=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((side, side, 3), level, np.uint8)).save(path)


def test_one_small_file_does_not_cut_the_others(tmp_path):
    write_images(tmp_path, sizes=[64, 60])
    save(tmp_path / "cells/S3/blast/thumb.png", 20)
    with pytest.raises(CohortError, match=r"cut every image to 20 pixels.*\(first: S3/blast/thumb.png\).*set crop"):
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
