"""Who may import whom, read from the sources; and what an import of a package may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Package -> level -> rooms. A room imports rooms of lower levels only, through their doors; "" is the package's own
# folder: the contract, whose files everybody may name.
ROOMS = {
    "leaderboard": (
        ("records", "text"),
        ("measures",),
        ("inference",),
        ("scores",),
        ("questions",),
        ("verdicts", "pictures"),
        ("layout",),
        ("formats", "pages"),
        ("boards",),
        ("exchange",),
    ),
    "datasets": (
        ("",),
        ("fetch", "morphology", "simulate.shared"),
        ("read", "features", "simulate.drawing"),
        ("schemes", "audits", "own", "public", "simulate.apl", "simulate.hematopoiesis"),
        ("simulate.mito",),
        ("generated", "show"),
    ),
    "models": (
        ("inputs",),
        ("layers", "training"),
        ("images", "pooling", "genes", "clinical", "fusion"),
        ("network",),
    ),
    "baselines": (
        ("",),
        ("classic",),
        ("views", "learners", "combiners", "controls", "rules"),
    ),
    "benchmark": (
        ("entries",),
        ("suites", "records", "trials"),
        ("planning",),
        ("workers",),
        ("commands",),
    ),
}
FOREIGN = {  # package -> what it may import of the others
    "datasets": set(),
    "leaderboard": set(),
    "baselines": {"datasets.cohort", "datasets.cache", "datasets.features", "datasets.morphology"},
    "models": {"datasets.cohort", "datasets.cache", "datasets.features"},
    "benchmark": {"datasets", "leaderboard", "baselines", "models"},
}
HEAVY = ("torch", "timm", "sklearn", "ray", "matplotlib", "xgboost", "lightgbm", "torch_geometric", "skimage")


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, and ``module.name`` of every name that it takes from one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: write imports from the top"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(module: str) -> tuple[str, str] | None:
    """Return package and room of "package.room.file.name", or None for what is not ours."""
    package, *rest = module.split(".")
    if package not in ROOMS:
        return None
    rooms = [room for level in ROOMS[package] for room in level if room]
    inside = [room for room in rooms if ".".join(rest).startswith(f"{room}.") or ".".join(rest) == room]
    return package, max(inside, key=len, default="")


def level(package: str, room: str) -> int:
    found = [k for k, rooms in enumerate(ROOMS[package]) if room in rooms]
    return found[0] if found else len(ROOMS[package])  # registries and __main__ stand above all rooms


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def exports(package: str, room: str) -> set[str]:
    door = ROOT / package / room.replace(".", "/") / "__init__.py"
    tree = ast.parse(door.read_text())
    names = {a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    return names | {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}


def places() -> list[tuple[str, str]]:
    return [(package, room) for package, levels in ROOMS.items() for rooms in levels for room in rooms]


def violations(path: Path) -> list[str]:
    """Return what a file imports against the order of rooms, or past a door."""
    here = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert here is not None
    wrong = []
    for name in sorted(imported(path)):
        there = room_of(name)
        if there is None or there == here:
            continue
        package, room = there
        if package == here[0] and level(*there) >= level(*here):
            wrong.append(f"{path.relative_to(ROOT)} imports {name}, which is not below it")
        if room and name.removeprefix(f"{package}.{room}.") not in exports(package, room):
            wrong.append(f"{path.relative_to(ROOT)} imports {name} past the door of {package}.{room}")
        if package != here[0] and not any(name.startswith(f"{may}.") or name == may for may in FOREIGN[here[0]]):
            wrong.append(f"{path.relative_to(ROOT)} imports {name} of another package")
    return wrong


@pytest.mark.parametrize("package", ROOMS)
def test_arrows_point_down_and_go_through_doors(package):
    assert [line for path in sources(package) for line in violations(path)] == []


def test_measurements_use_doors_too():
    wrong = []
    for path in sorted((ROOT / "perf").glob("*.py")):
        for name in imported(path):
            there = room_of(name)
            if there and there[1] and name.removeprefix(f"{there[0]}.{there[1]}.") not in exports(*there):
                wrong.append(f"{path.name} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_file_is_in_a_room_that_the_levels_know(package):
    rooms = {room for p, room in places() if p == package}
    for path in sources(package):
        room = ".".join(path.parent.relative_to(ROOT / package).parts)
        is_door_of_rooms = path.name == "__init__.py" and any(known.startswith(f"{room}.") for known in rooms)
        assert room in {*rooms, ""} or is_door_of_rooms, f"{path} is in no room"


def test_files_of_one_room_do_not_import_each_other_in_circles():
    graph = {}
    for package in ROOMS:
        for path in sources(package):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            graph[module] = {name.rpartition(".")[0] for name in imported(path)} | imported(path)
    known = set(graph)
    graph = {module: {name for name in names if name in known} for module, names in graph.items()}
    done: set[str] = set()
    while graph:
        free = [module for module, names in graph.items() if names <= done]
        assert free, f"a circle among {sorted(graph)}"
        done |= set(free)
        graph = {module: names for module, names in graph.items() if module not in done}


def test_tests_mirror_rooms():
    rooms = {(package, room.replace(".", "/")) for package, room in places()}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        package, *room = path.relative_to(ROOT / "tests").parent.parts or [""]
        assert not package or (package, "/".join(room)) in rooms or (package, *room) == ("datasets", "simulate"), path


@pytest.mark.parametrize("package", ROOMS)
def test_a_package_init_holds_a_docstring_and_registries_only(package):
    body = ast.parse((ROOT / package / "__init__.py").read_text()).body
    assert isinstance(body[0], ast.Expr)
    for node in body[1:]:
        assert isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict)


@pytest.mark.parametrize("module", [*ROOMS, "benchmark.commands.cli"])
def test_nothing_heavy_is_imported_early(module):
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_datasets_is_ours():
    import datasets

    assert Path(datasets.__file__).is_relative_to(ROOT)


def test_nothing_of_ours_unpickles():
    for package in ROOMS:
        for path in sources(package):
            roots = {name.partition(".")[0] for name in imported(path)}
            assert not roots & {"pickle", "dill", "cloudpickle", "joblib"}, path
