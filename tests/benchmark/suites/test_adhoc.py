"""A suite of datasets that are named alone: one task each, one name for their folder, options read as TOML."""

from __future__ import annotations

import hashlib

import pytest

from benchmark.entries import UsageError, dataset_module
from benchmark.suites import Source, Split, parse_options, split_of, suite_of
from benchmark.suites.adhoc import _joined
from tests.benchmark.small_run import write_cohort


def test_each_dataset_is_one_task_with_its_own_split_and_the_options(tmp_path, monkeypatch):
    write_cohort(tmp_path / "c", "mine")
    monkeypatch.chdir(tmp_path)
    suite = suite_of(["golub", "c/cohort.toml", "golub", "c/../c/cohort.toml"], {"seed": 3})
    assert [(t.name, t.dataset) for t in suite.tasks] == [("golub", "golub"), ("mine", str(tmp_path / "c/cohort.toml"))]
    assert suite.name == "golub_mine" and suite.source == Source("datasets", ("golub", str(tmp_path / "c/cohort.toml")))
    titles = [dataset_module(name).CARD.title for name in ("golub", "c/cohort.toml")]
    assert suite.title == "; ".join(titles) and [t.title for t in suite.tasks] == titles
    assert [t.options for t in suite.tasks] == [{"seed": 3}] * 2
    assert suite.tasks[1].split == Split(scheme="kfold", folds=2)
    assert set(suite.profiles) == {"quick", "full"}


def test_a_plan_that_a_cohort_names_lies_beside_it(tmp_path):
    path = write_cohort(tmp_path / "c")
    path.write_text(path.read_text().replace('scheme = "kfold"\nfolds = 2', 'scheme = "plan"\nplan = "p.csv"'))
    assert split_of(str(path)).plan == str(tmp_path / "c" / "p.csv")
    path.write_text(path.read_text().replace('plan = "p.csv"', "fold = 3"))
    with pytest.raises(UsageError, match=r"cohort.toml: split\.\S*fold: unknown key"):
        split_of(str(path))


@pytest.mark.parametrize("length", [1, 79, 80, 81, 200])
def test_a_name_that_is_too_long_ends_in_its_hash(length):
    names = ["x" * (length - 2), "y"] if length > 3 else ["x" * length]
    whole = "_".join(names)
    ending = f"-{hashlib.sha256(whole.encode()).hexdigest()[:8]}" if length > 80 else ""
    assert _joined(names) == whole[:80] + ending


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("a=1", "a", 1), ("_b2=1.5", "_b2", 1.5), ("A=true", "A", True), ("a=x=y", "a", "x=y"), ('a="1"', "a", "1"),
        ("a=", "a", ""), ("a=[1]", "a", "[1]"), ("a=2020-01-01", "a", "2020-01-01"),
        ("a=" + "9" * 5000, "a", "9" * 5000),
        ("a={b=1}", "a", "{b=1}"),
    ],
)  # fmt: skip
def test_a_value_is_a_scalar_of_toml_or_text(word, key, value):
    assert parse_options([word]) == {key: value}
    assert type(parse_options([word])[key]) is type(value)


@pytest.mark.parametrize("word", ["seed", "=3", "2a=3", "a b=3", "a-b=1", "a.b=1"])
def test_what_is_no_option_is_refused(word):
    with pytest.raises(UsageError, match=rf"^--option {word}: write KEY=VALUE"):
        parse_options(["a=1", word])
