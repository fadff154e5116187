"""Who may import whom, read from the sources; and what an import of a package may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("benchmark", "baselines", "models", "datasets", "leaderboard")
HEAVY = ("torch", "timm", "sklearn", "ray", "matplotlib", "xgboost", "torch_geometric", "skimage")
ALLOWED = {
    "datasets": set(),
    "leaderboard": set(),
    "baselines": {"datasets.cohort", "datasets.cache"},
    "models": {"datasets.cohort"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: write imports from the top"
            names |= {node.module} if node.module not in OURS else {f"{node.module}.{a.name}" for a in node.names}
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_arrows_point_one_way(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        foreign = {m for m in imported(path) if m.split(".")[0] in OURS and m.split(".")[0] != package}
        assert foreign <= ALLOWED[package], f"{path.name} imports {sorted(foreign - ALLOWED[package])}"


@pytest.mark.parametrize("package", OURS)
def test_a_package_init_holds_a_docstring_and_registries_only(package):
    body = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert isinstance(body[0], ast.Expr)
    for node in body[1:]:
        assert isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)


@pytest.mark.parametrize("module", [*OURS, "benchmark.commands.cli"])
def test_nothing_heavy_is_imported_early(module):
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_datasets_is_ours():
    import datasets

    assert Path(datasets.__file__).is_relative_to(ROOT)


def test_nothing_of_ours_unpickles():
    for package in OURS:
        for path in (ROOT / package).rglob("*.py"):
            assert not imported(path) & {"pickle", "dill", "cloudpickle", "joblib"}, path
