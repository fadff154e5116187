"""A checkout that changes ends of lines, as Git for Windows does, changes no byte that is hashed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from leaderboard.exchange.archive import changed_files

ROOT = Path(__file__).parent.parent


def git(folder: Path, *words: str) -> None:
    named = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


def test_hashed_files_survive_a_checkout_with_other_ends_of_lines(tmp_path):
    home, clone = tmp_path / "home", tmp_path / "clone"
    for part in ("leaderboard/published", "datasets/plans"):
        shutil.copytree(ROOT / part, home / part)
    shutil.copy(ROOT / ".gitattributes", home)
    for name in ("other.txt", "entry.py", "suite.toml"):
        (home / name).write_text("a\nb\n")
    git(home, "init", "-q")
    git(home, "config", "core.autocrlf", "false")
    git(home, "add", "-A")
    git(home, "commit", "-qm", "x")
    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", "home", "clone")
    assert (clone / "other.txt").read_bytes() == b"a\r\nb\r\n"  # the checkout does change what is not named
    for path in (p for p in home.rglob("*") if p.is_file() and ".git" not in p.parts and p.name != "other.txt"):
        if path.name != ".gitattributes":
            assert (clone / path.relative_to(home)).read_bytes() == path.read_bytes(), path
    assert changed_files(clone / "leaderboard/published/apl") == []
