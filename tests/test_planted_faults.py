"""The runner of planted faults, on a tree of two modules: one that is tested well and one that is not."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from perf.fault_kinds import Fault, faults_of
from perf.planted_faults import Verdict, planted, read_log, sample, summary
from perf.related_tests import ImportGraph

FILES = {
    "datasets/__init__.py": 'DATASETS = {"well": "datasets.well:total"}\n',
    "datasets/well.py": "def total(values):\n    return sum(values[1:])\n",
    "datasets/badly.py": "from datasets.well import total\n\n\ndef mean(values):\n    return total(values) / 1\n",
    "tests/test_well.py": "from datasets.well import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 5\n",
    "tests/test_badly.py": "from datasets.badly import mean\n\n\ndef test_mean():\n    assert mean([0, 0]) == 0\n",
    "tests/test_apart.py": "def test_apart():\n    assert True\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def of(text: str) -> dict[str, set[str]]:
    """Return kind -> lines that come out when each fault of a text is planted."""
    found: dict[str, set[str]] = {}
    for fault in faults_of("m.py", text.encode()):
        found.setdefault(fault.kind, set()).add(fault.applied(text.encode()).decode().strip())
    return found


@pytest.mark.parametrize(
    ("text", "kind", "planted_text"),
    [
        ("x = a < b", "comparison", "x = (a <= b)"),
        ("x = a in b", "comparison", "x = (a not in b)"),
        ("x = 3", "constant", "x = 4"),
        ("x = a and b", "connective", "x = (a or b)"),
        ("x = a - b", "arithmetic", "x = (a + b)"),
        ("x = -a", "arithmetic", "x = (a)"),
        ("x = a[1:b]", "slice", "x = a[1:b + 1]"),
        ("f(a)", "removed", "pass"),
        ("raise ValueError('é')", "removed", "pass"),
        ("x = f(a, b)", "arguments", "x = (f(b, a))"),
        ("x = f(a, k=b)", "keyword", "x = (f(a))"),
        ("x = not a", "negation", "x = (a)"),
        ("x = 'train'", "role", "x = 'test'"),
        ("x = sorted(a)", "order", "x = (list(a))"),
        ("x = a.sort_values('b')", "order", "x = (a)"),
        ("x = max(a)", "twin", "x = (min(a))"),
        ("x = a if c else b", "branches", "x = (b if c else a)"),
        ("é = 1; x = a < b", "comparison", "é = 1; x = (a <= b)"),  # columns are counted in bytes
    ],
)
def test_each_kind_changes_its_place_and_nothing_else(text: str, kind: str, planted_text: str) -> None:
    assert planted_text in of(text)[kind]
    for changed in (c for kinds in of(text).values() for c in kinds):
        ast.parse(changed)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x = max(a, b)", "arguments"),
        ("x = np.clip(a, b, c)", "arguments"),
        ("x = zip(a, b, strict=True)", "keyword"),
        ("x = zip(a, b, strict=True)", "constant"),
    ],
)
def test_what_changes_nothing_is_not_planted(text: str, kind: str) -> None:
    assert kind not in of(text)


def test_what_only_people_read_is_left_alone() -> None:
    head = '"""About 3 trains."""\nfrom a import b\n\n\n'
    text = head + 'def f(x: "a < 3") -> 4:\n    """Return 5."""\n    return f"{x < 6}"\n'
    assert of(text) == {}


def test_tests_are_found_through_imports_and_registries_nearest_first(tree: Path) -> None:
    graph = ImportGraph(tree)
    assert graph.tests("datasets/well.py") == ["tests/test_well.py", "tests/test_badly.py"]
    assert graph.tests("datasets/badly.py") == ["tests/test_badly.py"]


def test_a_sample_is_seeded_and_holds_no_fault_twice(tree: Path) -> None:
    assert sample(tree, ["datasets"], 5, 3) == sample(tree, ["datasets"], 5, 3) != sample(tree, ["datasets"], 5, 4)
    everything = sample(tree, ["datasets"], 1000, 0)
    assert len(everything) == len(set(everything)) >= 4
    assert {fault.path for fault in sample(tree, ["datasets/well.py"], 9, 0)} == {"datasets/well.py"}


def found(tree: Path, *paths: str) -> Iterator[Fault]:
    for path in paths:
        yield from (f for f in faults_of(path, (tree / path).read_bytes()) if f.kind in ("constant", "arithmetic"))


def test_noticed_and_survived_are_told_apart_and_the_tree_is_not_touched(tree: Path) -> None:
    faults = list(found(tree, "datasets/well.py", "datasets/badly.py"))
    verdicts = list(planted(tree, faults, most=3, seconds=30, jobs=2))
    assert [v.outcome for v in verdicts] == ["noticed", "survived", "survived"]
    assert verdicts[0].by == "tests/test_well.py::test_total"
    assert "2 of 3 faults survived (66.7 %)" in summary(verdicts)
    assert {name: (tree / name).read_text() for name in FILES} == FILES


def test_a_test_that_fails_without_the_fault_notices_nothing(tree: Path) -> None:
    (tree / "tests/test_badly.py").write_text(
        FILES["tests/test_badly.py"] + "\n\ndef test_never():\n    assert False\n"
    )
    (fault,) = (f for f in found(tree, "datasets/badly.py") if f.kind == "constant")
    (verdict,) = planted(tree, [fault], most=3, seconds=30, jobs=1)
    assert verdict.outcome == "survived"


def test_equivalent_faults_are_set_aside() -> None:
    fault = Fault("datasets/well.py", 2, 0, 1, "constant", "1", "2")
    said = summary([Verdict(fault, "equivalent", "why"), Verdict(fault, "noticed", "t")])
    assert "0 of 1 faults survived (0.0 %); 1 of 2 are equivalent" in said


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.jsonl") == {}
