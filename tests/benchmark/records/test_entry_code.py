"""A key knows the parts that an entry uses, and no others."""

import shutil
from pathlib import Path

import pytest

from benchmark.entries.registry import entries
from benchmark.entries.source_facts import source_file
from benchmark.records import imports, key
from benchmark.records.entry_code import codes as entry_codes
from benchmark.records.entry_code import entry_code, entry_files

ROOT = Path(__file__).resolve().parents[3]


def sources(text):
    return set(entry_code(f"recipe:{text}")["source"])


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of the packages whose files may be changed."""
    for package in imports.PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.toml", "templates", "assets", "published", "manifests")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    for place in (
        "benchmark.records.key.ROOT",
        "benchmark.records.imports.ROOT",
        "benchmark.entries.source_facts.ROOT",
    ):
        monkeypatch.setattr(place, tmp_path)
    return tmp_path


def planted(tree, target):
    """Change the source of a part."""
    path = tree / source_file(target).relative_to(tree)
    path.write_text(path.read_text() + "\n_PLANTED = 1\n")


def codes(*texts):
    return [key.digest(entry_code(f"recipe:{text}")) for text in texts]


def test_touching_a_part_changes_the_keys_of_its_entries_only(tree):
    texts = ("fusion-vit", "fusion-cnn-attention", "fusion-gnn", "xgboost")
    before = codes(*texts)
    planted(tree, "models.images.pretrained_vit:PretrainedVit")
    assert [a != b for a, b in zip(before, codes(*texts), strict=True)] == [True, False, False, False]
    planted(tree, "models.genes.graph:GeneGraph")
    assert [a != b for a, b in zip(before, codes(*texts), strict=True)] == [True, False, True, False]
    assert codes("fusion-vit[cells=pretrained-attention]") != codes("fusion-cnn-attention")


def test_what_an_entry_does_not_read_is_not_in_its_key():
    assert not any("cell_features" in file for file in sources("xgboost-tabular"))
    assert any("cell_features" in file for file in sources("xgboost"))
    assert not any("graph" in file for file in sources("fusion-cnn-attention"))
    assert not any(file.startswith("models/images") for file in sources("fusion-vit[cells=none]"))


def test_values_of_the_recipe_and_changes_are_in_the_key_and_other_lines_are_not():
    one, other = (entry_code(f"recipe:{t}") for t in ("fusion-vit", "fusion-vit[max_epochs=3]"))
    assert one["source"] == other["source"]
    assert (one["recipe"]["settings"], other["recipe"]["settings"]) == ({"max_epochs": 16}, {"max_epochs": 3})
    assert not any(file.endswith(".toml") for file in one["source"])


def test_an_edit_of_what_assembles_recipes_makes_them_stale_and_leaves_classes_alone(tree, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Mine:\n    needs = frozenset()\n\n\nforest = object()\n")
    targets = ("recipe:fusion-vit", "recipe:xgboost", f"{path}:forest", f"{path}:Mine", entries()["prior"])
    assert targets[-1].startswith("baselines."), "the name of a class"

    def changed(target):
        before = [key.digest(entry_code(each)) for each in targets]
        planted(tree, target)
        return [key.digest(entry_code(each)) != old for each, old in zip(targets, before, strict=True)]

    assert changed("benchmark.entries.recipe_entry:recipe_class") == [True, True, True, False, False]
    assert changed("benchmark.entries.estimators:entry_of") == [False, False, True, False, False]
    assert changed("benchmark.entries.usage:hint") == [False] * 5


def test_a_recipe_that_is_gone_is_code_that_is_gone():
    with pytest.raises(OSError, match="unknown recipe"):
        entry_code("recipe:no-such-recipe")


@pytest.mark.parametrize("target", sorted(entries().values()))
def test_every_entry_has_code(target):
    assert entry_code(target)["source"]


def test_an_estimator_counts_the_tables_that_it_learns_from_and_a_class_of_the_contract_does_not(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("class Base:\n    needs = frozenset()\n\n\nclass Mine(Base):\n    pass\n\n\nforest = object()\n")
    tables = "baselines/views/clinical.py"
    assert tables in entry_code(f"{path}:forest")["source"]
    assert tables not in entry_code(f"{path}:Mine")["source"]


def test_code_that_cannot_be_read_is_none_and_all_others_come_with_the_harness(tmp_path):
    (tmp_path / "torn.py").write_text("class Mine(:\n")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "mine.py").write_text("class Mine:\n    needs = frozenset()\n")
    wrong = [f"{tmp_path}/torn.py:Mine", f"{tmp_path}/bytes.py:Mine", f"{tmp_path}/none.py:Mine", "recipe:none"]
    right = [f"{tmp_path}/mine.py:Mine", "recipe:xgboost"]
    found = entry_codes([*wrong, *right])
    assert list(found) == [*wrong, *right] and [found[target] for target in wrong] == [None] * 4
    assert [found[target]["entry"] for target in right] == [entry_code(target) for target in right]
    harness = found[right[0]]["harness"]
    assert harness == found[right[1]]["harness"] and "benchmark/trials/trial.py" in harness["source"]


@pytest.mark.parametrize(
    ("text", "is_contract"),
    [
        ("class Mine:\n    needs = frozenset()\n", True),
        ("class Mine:\n    needs: frozenset = frozenset()\n", True),
        ("class Base:\n    needs = 1\nclass Other:\n    pass\nclass Mine(Other, Base):\n    pass\n", True),
        ("class Mine(Other):\n    pass\nclass Other(Mine):\n    pass\n", False),
        ("class Mine(elsewhere.Base):\n    pass\nclass Base:\n    needs = 1\n", False),
        ("class Other:\n    needs = 1\nclass Mine:\n    pass\n", False),
        ("Mine = 3\n", False),
    ],
)
def test_a_class_is_of_the_contract_where_it_or_a_base_beside_it_names_its_needs(tmp_path, text, is_contract):
    path = tmp_path / "mine.py"
    path.write_text(text)
    files = [file.name for file in entry_files(f"{path}:Mine")]
    assert files[0] == "mine.py" and (len(files) == 1) is is_contract
    if not is_contract:
        assert "given_estimator.py" in files and "clinical.py" in files
