"""Which tests are nearest to a module, read from the imports of the whole tree."""

from __future__ import annotations

import ast
from collections import deque
from pathlib import Path

PACKAGES = ("benchmark", "baselines", "models", "datasets", "leaderboard")


class ImportGraph:
    """Who imports whom among the packages and the tests of a tree; a dotted name in a string counts as an import."""

    def __init__(self, root: Path) -> None:
        files = [path for top in (*PACKAGES, "tests") for path in sorted((root / top).rglob("*.py"))]
        self.files = {_module(path.relative_to(root)): path.relative_to(root).as_posix() for path in files}
        self._users: dict[str, set[str]] = {name: set() for name in self.files}
        short = {name.rpartition(".")[2]: name for name in self.files if name.startswith("tests.")}
        for name, path in self.files.items():
            for used in _used((root / path).read_bytes()):
                known = next((n for n in (used, short.get(used, ""), used.rpartition(".")[0]) if n in self.files), name)
                self._users[known] |= {name} - {known}

    def tests(self, path: str) -> list[str]:
        """Return test files that reach a file by imports, nearest and most special first; one of its name leads."""
        start = next(name for name, file in self.files.items() if file == path)
        distance = {start: 0}
        todo = deque([start])
        while todo:
            name = todo.popleft()
            for user in self._users[name] - distance.keys():
                distance[user] = distance[name] + 1
                todo.append(user)
        stem = Path(path).stem
        found = [name for name in distance if Path(self.files[name]).name.startswith("test_")]
        imports = {name: sum(name in users for users in self._users.values()) for name in found}
        found.sort(key=lambda name: (f"_{stem}." not in self.files[name], distance[name], imports[name], name))
        return [self.files[name] for name in found]


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _used(body: bytes) -> set[str]:
    tree = ast.parse(body)
    names = {"benchmark.__main__"} if b'"-m", "benchmark"' in body else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(PACKAGES):
            names.add(node.value.partition(":")[0])
    return names
