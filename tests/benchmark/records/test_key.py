"""A key covers the code an entry imports, and nothing else."""

import hashlib
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

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


def test_a_digest_is_the_hash_of_one_line_of_json_with_its_format():
    line = '{"a": [1, "\u00e9"], "b": null, "format": 1}'
    assert keys.digest({"b": None, "a": (1, "\u00e9")}) == hashlib.sha256(line.encode()).hexdigest()
    with pytest.raises(ValueError, match="JSON compliant"):
        keys.digest({"a": float("nan")})
    assert keys.short("0123456789abcdefXYZ") == "0123456789abcdef"


def test_parts_are_sorted_and_tell_the_python_that_runs(tree):
    for name in "edcba":
        (tree / f"models/{name}.py").write_text(
            f"import lib_{name}\nimport os, models.nothing\nfrom .nothing import x\n"
        )
    (tree / "models/entry.py").write_text("from models import a, b, c, d, e\n")
    parts = keys.code_parts(tree / "models/entry.py")
    assert list(parts["source"]) == sorted(parts["source"]) and len(parts["source"]) == 6
    assert parts["libraries"] == {f"lib_{name}": "not installed" for name in "abcde"}
    assert list(parts["libraries"]) == sorted(parts["libraries"])
    assert parts["python"] == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_what_was_read_is_kept_until_any_of_its_files_changes_or_goes(tree):
    start = tree / "models/entry.py"
    first = keys.code_parts(start)
    assert keys.code_parts(start) is first
    os.utime(tree / "datasets/deep.py", ns=(1, 1))
    assert keys.code_parts(start) is not first and keys.code_parts(start) == first
    for name in ("models/entry.py", "models/helper.py", "models/lazy.py", "datasets/deep.py"):
        os.utime(tree / name, ns=(2, 2))
    (tree / "models/lazy.py").unlink()
    assert "models/lazy.py" not in keys.code_parts(start)["source"]


def test_a_file_that_is_no_python_is_named(tmp_path):
    path = tmp_path / "torn.py"
    path.write_text("def f(:\n")
    for read in (keys.source_hash, keys.closure):
        with pytest.raises(SyntaxError) as caught:
            read(path)
        assert caught.value.filename == str(path)


def test_every_docstring_is_left_out_and_nothing_else_that_stands_first(tmp_path):
    def hashed(text):
        path = tmp_path / f"{hashlib.sha256(text.encode()).hexdigest()}.py"
        path.write_text(text)
        return keys.source_hash(path)

    bare = "x = 1\nclass A:\n    y = 2\n    def f(self):\n        z = 3\nasync def g():\n    w = 4\n"
    told = bare
    for line in ("x = 1", "    y = 2", "        z = 3", "    w = 4"):
        told = told.replace(line, f'{line[: -len(line.lstrip())] if line[0] == " " else ""}"""Say it."""\n{line}')
        changed = bare.replace(line, line.replace(" = ", " = 1"))
        assert hashed(told) == hashed(bare) != hashed(changed)


def test_a_library_of_several_distributions_tells_all_and_one_that_may_change_its_record(monkeypatch):
    told = {"RECORD": "a,b", "direct_url.json": None}
    fake = SimpleNamespace(version="1.0", read_text=told.get)
    monkeypatch.setattr(keys, "distributions", lambda: {"some_lib": list("fbdacef") * 2})
    monkeypatch.setattr(keys.importlib.metadata, "distribution", lambda name: fake)
    assert keys._version("some_lib") == ", ".join(f"{name} 1.0" for name in "abcdef")
    assert keys._version("no_such_lib") == "not installed"
    told["direct_url.json"] = "{}"
    assert keys._version_of("x") == f"x 1.0 {hashlib.sha256(b'a,b').hexdigest()[:12]}"
