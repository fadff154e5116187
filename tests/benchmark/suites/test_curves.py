"""Points of a learning curve differ in how many patients they learn from, and in nothing else."""

import pytest

from benchmark.suites.suite import SuiteError, load_suite

POINT = """
[[tasks]]
name = "NAME"
title = "T"
dataset = "apl-sim"
curve = "c"
split = { scheme = "kfold", folds = 3, train_patients = SIZE }
"""
HEAD = 'name = "mine"\ntitle = "Mine"\n'
TAIL = '[profiles.quick]\nentries = ["prior"]\n'


def points(tmp_path, *sizes, old="", new=""):
    """Write a suite of some sizes; the last point with ``old`` replaced by ``new``."""
    texts = [POINT.replace("NAME", f"t{i}").replace("SIZE", str(size)) for i, size in enumerate(sizes)]
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + "".join([*texts[:-1], texts[-1].replace(old, new) if old else texts[-1]]) + TAIL)
    return str(path)


def test_a_curve_says_what_each_point_learns_from(tmp_path):
    tasks = load_suite(points(tmp_path, 107, 300)).tasks
    assert [(task.curve, task.learned_from) for task in tasks] == [("c", 107), ("c", 300)]
    alone = load_suite(points(tmp_path, 300, old='curve = "c"\n', new="")).tasks[0]
    assert (alone.curve, alone.learned_from) == ("", 0)


def test_the_curve_of_the_tree_has_the_sizes_of_its_titles():
    tasks = load_suite("apl-curve").tasks
    assert [task.learned_from for task in tasks] == [107, 300, 1000] and len({task.curve for task in tasks}) == 1


@pytest.mark.parametrize(
    ("sizes", "old", "new", "message"),
    [
        ((107, 107), "", "", "two points of one number of train_patients"),
        ((107, 300), ", train_patients = 300", "", "how many train_patients"),
        ((107, 300), "folds = 3", "folds = 4", "differ in dataset, options, unit, profiles or split"),
        ((107, 300), '"apl-sim"', '"mito-sim"', "differ in dataset"),
        ((107, 300), 'title = "T"', 'title = "T"\noptions = { seed = 2 }', "differ in dataset"),
        ((107, 300), 'curve = "c"', 'curve = "c"\nladder = "l"', "not both"),
    ],
)
def test_what_is_no_curve_is_refused(tmp_path, sizes, old, new, message):
    with pytest.raises(SuiteError, match=message):
        load_suite(points(tmp_path, *sizes, old=old, new=new))
