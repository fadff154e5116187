"""What a server of trials imports: the files of an entry and its libraries, which start no thread."""

import subprocess
import sys

import pytest

from benchmark.entries.source_facts import ROOT
from benchmark.workers.clean_start import clean_start
from benchmark.workers.preload import preloaded


@pytest.mark.parametrize(
    ("entry", "family", "module"),
    [
        ("lightgbm", "classic", "baselines.learners.light_gbm"),
        ("xgboost", "classic", "baselines.learners.boosted_trees"),
        ("lda-pretrained", "torch", "datasets.features.pretrained_means"),
        ("gat-sets", "torch", "models.genes.graph_attention"),
    ],
)
def test_an_entry_gets_the_server_of_its_libraries(entry, family, module):
    found, modules = preloaded(f"recipe:{entry}")
    assert found == family and module in modules


def test_a_file_of_the_user_brings_the_libraries_that_are_known(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("import lightgbm\nimport something_else\n\n\nclass Mine:\n    needs = frozenset()\n")
    assert preloaded(f"{path}:Mine") == ("classic", ("lightgbm",))


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_the_import_of_a_library_of_trees_starts_no_thread(library):
    code = f"import os, {library}; print(len(os.listdir('/proc/self/task')))"
    with clean_start(1):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "1", done.stderr


def test_libraries_come_sorted_before_files_of_the_tree_and_others_are_left_to_the_trial(tmp_path):
    path = tmp_path / "mine.py"
    (tmp_path / "near.py").write_text("import pandas.core, torchvision\nfrom sklearn.svm import SVC\n")
    path.write_text(
        "import near, os, json\nimport scipy.stats, numpy, lightgbm, skimage\nfrom .torch import x\nfrom . import y\n"
        "from datasets.modality_names import MODALITIES\nfrom datasets import audits\n\n\n"
        "class Mine:\n    needs = frozenset()\n"
    )
    family, modules = preloaded(f"{path}:Mine")
    libraries = ["lightgbm", "numpy", "pandas.core", "scipy.stats", "skimage", "sklearn.svm", "torchvision"]
    assert family == "torch" and list(modules[:7]) == libraries
    ours = modules[7:]
    assert {"datasets.modality_names", "datasets.audits"} <= set(ours) and "near" not in ours
    assert all(name.startswith("datasets") and not name.endswith("__init__") for name in ours)


@pytest.mark.parametrize("text", ["", "import numpy\n", "import pandas\n", "import unknown_library\n"])
def test_an_entry_of_no_heavy_library_is_plain(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(f"{text}class Mine:\n    needs = frozenset()\n")
    assert preloaded(f"{path}:Mine")[0] == "plain"


def test_code_that_cannot_be_read_brings_nothing(tmp_path):
    (tmp_path / "torn.py").write_text("class Mine(:\n")
    assert preloaded(f"{tmp_path}/torn.py:Mine") == preloaded("recipe:no-such") == ("plain", ())
