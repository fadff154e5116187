"""What an entry imports is found through doors, packages and importlib, and nothing else is."""

from pathlib import Path

import pytest

from benchmark.records.imports import found_in
from benchmark.records.key import closure, code_parts, digest

TREE = {
    "models/__init__.py": 'MODELS = {"a": "models.images.cells:Cells"}\n',
    "models/images/__init__.py": (
        '"""Door."""\nfrom models.images.cells import Cells\nfrom models.images.vit import ViT as Vit\n'
        'PARTS = {"cells": "models.images.cells:Cells"}\nOTHERS: dict[str, str] = {}\n'
    ),
    "models/images/cells.py": "from models.images.shared import f\nclass Cells: pass\n",
    "models/images/vit.py": "class ViT: pass\n",
    "models/images/shared.py": "def f(): pass\n",
    "models/genes/__init__.py": "from models.images import Cells\n\ndef made(): pass\n",
    "datasets/__init__.py": "DATASETS = {}\n",
}
CELLS = {"models/images/cells.py", "models/images/shared.py"}
ALL = {*CELLS, "models/images/__init__.py", "models/images/vit.py"}
OUTSIDE = {
    "mine/pkg/__init__.py": "from .late import z\n",
    "mine/pkg/late.py": "z = 1\n",
    "mine/pkg/conf.py": "BIAS = 1\n",
    "mine/pkg/sub/__init__.py": "",
    "mine/pkg/sub/deep.py": "from . import sister\nfrom ..conf import BIAS\n",
    "mine/pkg/sub/sister.py": "",
    "mine/pkg/sub/other.py": "",
    "mine/loose.py": "",
    "mine/numpy_not.py": "",
}
PACKAGE = {"mine/pkg/__init__.py", "mine/pkg/late.py"}
DEEP = {
    *PACKAGE, "mine/pkg/conf.py", "mine/pkg/sub/__init__.py", "mine/pkg/sub/deep.py", "mine/pkg/sub/sister.py"
}  # fmt: skip


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name, text in {**TREE, **OUTSIDE}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("benchmark.records.imports.ROOT", tmp_path)
    monkeypatch.setattr("benchmark.records.key.ROOT", tmp_path)
    return tmp_path


def reached(tree: Path, start: str, code: str) -> set[str]:
    """Return the files that code at ``start`` leads to, itself left out."""
    (tree / start).write_text(code)
    return {p.relative_to(tree).as_posix() for p in closure(tree / start)} - {start}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("from models.images import Cells", CELLS),
        ("from models.images import Vit", {"models/images/vit.py"}),
        ("from models.images import PARTS", set()),
        ("from models.images import OTHERS", set()),
        ("from models.images import Cells, Vit, PARTS", {*CELLS, "models/images/vit.py"}),
        ("from models.images import shared", {"models/images/shared.py"}),
        ("from models.images.cells import Cells", CELLS),
        ("from models.images import *", ALL),
        ("import models.images", ALL),
        ("import models.images.vit", {"models/images/vit.py"}),
        ("from models import images", ALL),
        ("from models.genes import Cells", CELLS),  # through two doors
        ("from models.genes import made", {"models/genes/__init__.py", *CELLS}),
        ("from models.images import lost", ALL),  # nobody knows: everything counts
        ("from models import lost", set()),
        ("print('models.images.vit', package='models')", set()),
        ("import models, datasets\nfrom models import MODELS\nfrom datasets import DATASETS", set()),
        ("import importlib\nimportlib.import_module('models.images.vit')", {"models/images/vit.py"}),
        ("from importlib import import_module\nimport_module(name)\nimport_module('numpy')", set()),
    ],
)
def test_a_door_leads_to_what_it_names_and_no_further(tree, code, files):
    assert reached(tree, "models/entry.py", code) == files
    assert reached(tree, "mine.py", code) == files


@pytest.mark.parametrize(
    ("start", "code", "files"),
    [
        ("mine/pkg/entry.py", "from pkg.conf import BIAS", {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/pkg/entry.py", "import pkg.sub.deep", DEEP),
        ("mine/entry.py", "from pkg.sub import deep", DEEP),
        ("mine/entry.py", "from pkg.sub.deep import sister", DEEP),
        ("mine/entry.py", "from pkg import z", PACKAGE),
        ("mine/entry.py", "import loose", {"mine/loose.py"}),
        ("mine/entry.py", "__import__('loose')", {"mine/loose.py"}),
        ("mine/entry.py", "import importlib as i\ni.import_module('.conf', 'pkg')", {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/entry.py", "import importlib as i\ni.import_module('.conf', package='pkg')",
         {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/entry.py", "import importlib as i\ni.import_module('..conf', 'pkg.sub')",
         {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/entry.py", "import importlib as i\ni.import_module('.conf', level=2, package='pkg')",
         {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/pkg/sub/entry.py", "from . import *", {*PACKAGE, "mine/pkg/sub/__init__.py"} - PACKAGE),
        ("mine/pkg/sub/entry.py", "from ..conf import BIAS", {*PACKAGE, "mine/pkg/conf.py"}),
        ("mine/entry.py", "import numpy, os\nfrom .......... import x\n__import__('')\nf()()", set()),
    ],
)  # fmt: skip
def test_an_outside_entry_brings_its_own_package(tree, start, code, files):
    assert reached(tree, start, code) == files


def test_editing_a_file_of_the_package_changes_the_key(tree):
    start = tree / "mine/pkg/entry.py"
    start.write_text("import pkg.conf, pkg.sub.deep\n")
    parts = code_parts(start)
    assert set(parts["source"]) == {f.relative_to(tree).as_posix() for f in closure(start)}
    before = digest(parts)
    (tree / "mine/pkg/sub/sister.py").write_text("x = 2\n")
    assert digest(code_parts(start)) != before


def test_the_parts_of_a_recipe_have_one_key(tree):
    starts = [tree / "models/images/vit.py", tree / "models/images/cells.py"]
    assert {p.relative_to(tree).as_posix() for p in closure(*starts)} == {*CELLS, "models/images/vit.py"}
    assert set(code_parts(*starts)["source"]) == {*CELLS, "models/images/vit.py"}
    assert code_parts(*starts) == code_parts(*starts[::-1])


def test_libraries_are_what_is_neither_of_the_project_nor_beside_the_file_nor_of_python(tree):
    path = tree / "mine/entry.py"
    path.write_text(
        "import os, loose, models.nothing, datasets, lib_a.deep\nfrom lib_b import x\nfrom .nothing import y\n"
        "from . import z\n"
    )
    assert found_in(path).libraries == {"lib_a", "lib_b"}
    (tree / "models/entry.py").write_text("import loose, mine\n")  # a file of the tree has no neighbours
    assert found_in(tree / "models/entry.py").libraries == {"loose", "mine"}
