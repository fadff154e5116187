"""A user's cell images: one small file or a stray path changes nothing for the others."""

from __future__ import annotations

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
