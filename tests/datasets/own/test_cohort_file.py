"""Every key of a cohort.toml at the edges of what it may say."""

import copy

import pytest
from pydantic import ValidationError

from datasets.own.cohort_file import OwnFile

GOOD = {
    "name": "own",
    "specimens": {"table": "s.csv"},
    "images": {},
    "genes": {"table": "g.csv"},
    "clinical": {"columns": {"age": {"unit": "years"}}},
}
FOLDERS = {"name": "own", "images": {"pattern": "{label}/{patient}/{specimen}.png"}}
PATTERN = "images.pattern"


def changed(key, value, base=GOOD):
    told = copy.deepcopy(base)
    *path, last = key.split(".")
    home = told
    for part in path:
        home = home.setdefault(part, {})
    home[last] = value
    return told


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("images.crop", [0, 1, 100_000], [-1, 100_001]),
        ("images.image_size", [16, 512], [15, 513]),
        ("specimens.separator", [",", ";", "|", "\t", " "], ["", ",,", *'a7"\n\r.+-\x07']),
        ("specimens.decimal", [".", ","], [";", ""]),
        ("classes", [["a", "b"], []], [["a", "a"], ["a", ""], ["a", " b"], ["a", "b", "c "]]),
        ("clinical.columns", [{"a": {"unit": ""}}], [{}]),
        ("clinical.columns.age", [{"categories": ["f"]}, {"unit": "years", "limits": True}], [{}, {"limits": True}]),
        ("genes.orientation", ["rows", "columns"], ["both"]),
        ("genes.transform", ["none", "log2p1", "log1p-cp10k"], ["log"]),
        ("target_level", ["patient", "specimen"], ["cell"]),
        (PATTERN, ["{specimen}/" + "*" * 8, "{specimen}.png"], ["{specimen}/" + "*" * 9, "*.png"]),
        ("specimens.wrong", [], ["x"]),
    ],
)  # fmt: skip
def test_a_key_takes_what_it_may_say_and_nothing_else(key, right, wrong):
    for value in right:
        OwnFile.model_validate(changed(key, value))
    for value in wrong:
        with pytest.raises(ValidationError, match=key.rpartition(".")[2]):
            OwnFile.model_validate(changed(key, value))


def test_defaults_are_those_of_the_manual():
    spec = OwnFile.model_validate({"name": "own", "specimens": {"table": "s.csv"}, "genes": {"table": "g.csv"}})
    assert spec.split == {"scheme": "kfold", "folds": 5} and spec.target_level == "patient"
    assert (spec.specimens.patient, spec.specimens.label, spec.classes, spec.title) == ("", "label", (), "")
    assert spec.genes.missing == ("NA", "NaN", "nan")
    images = OwnFile.model_validate(GOOD).images
    assert (images.crop, images.image_size, images.pattern, images.folder) == (0, 64, "{specimen}/**", ".")


def test_a_file_may_not_change_once_it_is_read():
    with pytest.raises(ValidationError, match="frozen"):
        OwnFile.model_validate(GOOD).name = "other"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"name": "own", "specimens": {"table": "s.csv"}}, "a cohort needs [images], [genes] or [clinical]"),
        (changed("specimens", {"table": "s.csv"}, FOLDERS),
         "specimens.table and the pattern of [images] ({label}) both say it; keep one"),
        (changed(PATTERN, "{specimen}.png", FOLDERS), "specimens.table names no file; name one, or let folders tell "
         'the classes: [images] pattern = "{label}/{specimen}.jpg"'),
        ({"name": "own", "genes": {"table": "g.csv"}}, "specimens.table names no file; name one"),
        (changed("specimens", {"era": "when", "domain": "where"}, FOLDERS),
         "specimens.domain names a column, but no table; write {domain} in pattern"),
        (changed("specimens", {"era": "when"}, FOLDERS), "specimens.era names a column, but no table; write {era} in"),
        (changed("genes", {}, FOLDERS), "genes.table names no file"),
        (changed("clinical", {"columns": {"a": {"unit": ""}}}, FOLDERS), "clinical.table names no file"),
        (changed("images.pattern", "{label}.png", FOLDERS), "pattern needs {specimen} once, or name a table of paths"),
        (changed(PATTERN, "{specimen}/" + "*" * 9), "pattern takes at most 8 stars"),
        (changed("clinical.columns.age", {}), 'give unit (such as "g/L", or "" for a pure number) or categories'),
        (changed("specimens.separator", "."), 'write the character between the columns, such as ",", ";" or "\\t"'),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(told, said):
    with pytest.raises(ValidationError) as caught:
        OwnFile.model_validate(told)
    assert f"Value error, {said}" in str(caught.value)


@pytest.mark.parametrize(
    ("base", "more", "joins"),
    [
        (FOLDERS, {}, True),
        (FOLDERS, {"genes": {"table": "g.csv"}}, False),
        (FOLDERS, {"clinical": {"table": "c.csv", "columns": {"a": {"unit": ""}}}}, False),
        (GOOD, {}, False),
        ({"name": "own", "specimens": {"table": "s.csv"}, "images": {}}, {}, False),
    ],
)
def test_ids_are_joined_where_no_table_names_specimens(base, more, joins):
    spec = OwnFile.model_validate({**base, **more})
    assert spec.joins_names is joins
    assert spec.images.said == (("label", "patient") if base is FOLDERS else ())
    listed = OwnFile.model_validate({**GOOD, "images": {"table": "i.csv", "pattern": "{label}/*"}})
    assert listed.images.said == ()
