"""Names to things: entries and datasets of the tree, files of users with their neighbours, options of loaders."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmark.entries import EntrySpec, UnknownName, UsageError, entries, entry_class, entry_module, entry_spec
from benchmark.entries import registry as module
from benchmark.entries.from_source import FromSource
from benchmark.entries.registry import dataset_module, is_own, load_dataset
from datasets.cohort import CohortError
from datasets.roots import DataMissing


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Give back path and modules as they were."""
    path, modules, folders = list(sys.path), dict(sys.modules), list(module._FOLDERS)
    yield
    sys.path[:], module._FOLDERS[:] = path, folders
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def load(path: Path):
    return entry_module(EntrySpec("Mine", f"{path}:Mine"))


def test_a_file_finds_its_neighbours_first_and_those_of_another_folder_are_forgotten(tmp_path):
    one = write(tmp_path / "a", "entry_one.py", "import near_by\nVALUE = near_by.VALUE\n")
    two = write(tmp_path / "b", "entry_two.py", "import near_by\nVALUE = near_by.VALUE\n")
    for folder, value in (("a", 1), ("b", 2)):
        write(tmp_path / folder, "near_by.py", f"VALUE = {value}\n")
    first = load(one)
    assert first.VALUE == 1 and sys.path[0] == str(one.parent) and load(one) is first
    assert sys.modules["entry_one"] is first
    assert isinstance(first.__spec__.loader, FromSource)  # a reload reads the source too
    assert load(two).VALUE == 2 and str(one.parent) not in sys.path
    assert "entry_one" not in sys.modules and sys.modules["near_by"].VALUE == 2
    assert load(one).VALUE == 1 and [one.parent] == module._FOLDERS


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "my.entry.py", "benchmark.py", "yaml_of_nobody.py"])
def test_a_file_is_known_by_its_own_name_unless_that_is_taken(tmp_path, name):
    path = write(tmp_path, name, "VALUE = 1\n")
    stem = name.removesuffix(".py")
    known, expected = sys.modules.get(stem), stem if stem == "yaml_of_nobody" else f"hemabench_entry_{stem}"
    made = load(path)
    assert made.__name__ == expected and sys.modules[expected] is made and load(path) is made
    assert stem == expected or sys.modules.get(stem) is known


def test_a_file_that_raises_leaves_no_module_and_may_be_mended(tmp_path):
    path = write(tmp_path, "entry_torn.py", "1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        load(path)
    assert "entry_torn" not in sys.modules
    path.write_text("VALUE = 3\n")
    assert load(path).VALUE == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("{}/mine.py", "name what to run in it, as in .*mine.py:MyModel"),
        ("{}/mine.py:", "name what to run in it"),
        ("{}/mine.py:not a name", "name what to run in it"),
        ("{}/none.py:X", "there is no file .*none.py"),
        ("{}/mine.py:X+y", "unknown scheme 'y'"),
        ("{}/mine.py:prior", "prior is the name of an entry of the tree; rename the class"),
    ],
)
def test_what_is_no_entry_of_a_file_is_refused(tmp_path, name, said):
    write(tmp_path, "mine.py", "")
    with pytest.raises(UsageError, match=said):
        entry_spec(name.format(tmp_path))


def test_an_entry_of_a_file_is_named_by_its_whole_path(tmp_path, monkeypatch):
    path = write(tmp_path, "mine.py", "X = None\n")
    monkeypatch.chdir(tmp_path)
    spec = entry_spec("mine.py:X")
    assert spec == EntrySpec("X", f"{path}:X") and spec.path == path
    assert entry_spec("prior").path is None and entry_spec("prior").target == entries()["prior"]
    with pytest.raises(UsageError, match="entry X: there is no X in "):
        entry_class(spec)
    with pytest.raises(UnknownName, match="unknown entry 'priro'; did you mean prior"):
        entry_spec("priro")
    with pytest.raises(UsageError, match="prior is no recipe and takes no parts"):
        entry_spec("prior[a=1]")


def test_an_entry_may_not_be_registered_twice(monkeypatch):
    monkeypatch.setitem(module.MODELS, "prior", "x:Y")
    monkeypatch.setitem(module.BASELINES, "xgboost", "x:Y")
    with pytest.raises(ValueError, match="entries registered twice: prior, xgboost"):
        entries()


def test_datasets_are_known_by_name_or_by_their_file(tmp_path):
    assert is_own("c.toml") and not is_own("golub")
    assert dataset_module("golub").NAME == "golub"
    with pytest.raises(
        UnknownName, match=r"unknown dataset \(a user's own is named by its .toml file\) 'golu'; did you"
    ):
        dataset_module("golu")
    with pytest.raises(CohortError):
        dataset_module(str(tmp_path / "none.toml")).load()


def loads(monkeypatch, call):
    monkeypatch.setattr(module, "_loader", lambda name: call)
    return lambda **options: load_dataset("d", Path("/r"), options)


def test_a_loader_is_given_its_root_and_the_options_that_it_takes(monkeypatch):
    load = loads(monkeypatch, lambda *, data_root=None, seed=0: (data_root, seed))
    assert load(seed=3) == (Path("/r"), 3) and load() == (Path("/r"), 0)
    for wrong in ("sed", "data_root"):
        with pytest.raises(UnknownName, match=f"unknown option of dataset d: '{wrong}'"):
            load(**{wrong: 1})


@pytest.mark.parametrize("error", [ValueError("x"), TypeError("x"), CohortError("c", "x"), DataMissing("d", [])])
def test_what_a_loader_makes_of_wrong_options_names_them(monkeypatch, error):
    def fail(*, data_root=None, seed=0):
        raise error

    load, ours = loads(monkeypatch, fail), isinstance(error, CohortError | DataMissing)
    with pytest.raises(type(error) if ours else UsageError) as caught:
        load(seed=3)
    assert ours or str(caught.value) == "dataset d with options {'seed': 3}: x"
    with pytest.raises(type(error)):
        load()


def test_a_folder_with_a_cohort_is_asked_for_by_its_file_and_a_missing_one_by_its_place(tmp_path):
    (tmp_path / "cohort.toml").write_text("")
    with pytest.raises(UsageError, match=r"is a folder; did you mean .*cohort\.toml\?"):
        dataset_module(str(tmp_path))
    with pytest.raises(CohortError, match=r"^none/cohort\.toml: there is no such file\. Paths are relative to the wo"):
        dataset_module("none/cohort.toml")
