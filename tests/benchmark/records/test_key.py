"""A key covers the code an entry imports, and nothing else."""

import shutil
from pathlib import Path

import pytest

from benchmark.records import key as keys


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small project of our layout: an entry, a helper, a helper of the helper, a lazy import, a bystander."""
    files = {
        "models/__init__.py": "MODELS = {}\n",
        "models/entry.py": "import numpy\nfrom models.helper import f\n\ndef g():\n    from models import lazy\n",
        "models/helper.py": "from datasets import deep\n\ndef f():\n    return deep.value\n",
        "models/lazy.py": "x = 1\n",
        "models/bystander.py": "y = 1\n",
        "datasets/__init__.py": "DATASETS = {}\n",
        "datasets/deep.py": "value = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("benchmark.records.key.ROOT", tmp_path)
    monkeypatch.setattr("benchmark.records.imports.ROOT", tmp_path)
    return tmp_path


def names(files: set[Path]) -> set[str]:
    return {f.name for f in files}


def edit(path: Path, text: str) -> None:
    keys._imports_of.cache_clear()
    keys._source_hash_of.cache_clear()
    path.write_text(text)


def test_closure_follows_imports_at_any_depth_and_inside_functions(tree):
    assert names(keys.closure(tree / "models/entry.py")) == {"entry.py", "helper.py", "deep.py", "lazy.py"}


@pytest.mark.parametrize("name", ["models/entry.py", "models/helper.py", "models/lazy.py", "datasets/deep.py"])
def test_editing_an_imported_file_changes_the_key(tree, name):
    before = keys.digest(keys.code_parts(tree / "models/entry.py"))
    edit(tree / name, (tree / name).read_text() + "\nz = 3\n")
    assert keys.digest(keys.code_parts(tree / "models/entry.py")) != before


def test_bystanders_registries_and_comments_do_not_change_the_key(tree):
    before = keys.digest(keys.code_parts(tree / "models/entry.py"))
    edit(tree / "models/bystander.py", "y = 2\n")
    edit(tree / "models/__init__.py", 'MODELS = {"new": "models.new:New"}\n')
    edit(tree / "models/helper.py", '"""Doc."""\n# why\n' + (tree / "models/helper.py").read_text() + "\n\n")
    assert keys.digest(keys.code_parts(tree / "models/entry.py")) == before


def test_libraries_and_their_versions_are_in_the_key(tree):
    parts = keys.code_parts(tree / "models/entry.py")
    import numpy

    assert parts["libraries"] == {"numpy": f"numpy {numpy.__version__}"}


def test_a_file_outside_the_tree_brings_its_neighbours(tree, tmp_path_factory):
    outside = tmp_path_factory.mktemp("mine")
    (outside / "mine.py").write_text("import neighbour\nfrom models.helper import f\n")
    (outside / "neighbour.py").write_text("a = 1\n")
    assert names(keys.closure(outside / "mine.py")) == {"mine.py", "neighbour.py", "helper.py", "deep.py"}
    moved = tmp_path_factory.mktemp("moved") / "folder"
    before = keys.digest(keys.code_parts(outside / "mine.py"))
    shutil.copytree(outside, moved)
    assert keys.digest(keys.code_parts(moved / "mine.py")) == before


def test_digest_does_not_depend_on_the_order_of_parts():
    assert keys.digest({"a": 1, "b": [1, 2]}) == keys.digest({"b": [1, 2], "a": 1})
    assert keys.digest({"a": 1}) != keys.digest({"a": 2})


def test_every_entry_of_the_tree_has_a_closure_with_its_own_file():
    from benchmark.entries.registry import entries
    from benchmark.records.entry_code import entry_code

    for target in entries().values():
        module = "benchmark" if target.startswith("recipe:") else target.partition(":")[0]
        own = f"{module.replace('.', '/')}.py"
        assert own in entry_code(target)["source"] or "recipe" in entry_code(target)
