"""Folders in which the tiny suite can be run, or was run."""

import shutil
from pathlib import Path

import pytest

from tests.benchmark.tiny_suite import furnished, run


@pytest.fixture
def home(tmp_path):
    return furnished(tmp_path)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> tuple[Path, str]:
    """Run the suite once for every test that begins with such a run; return its folder and what it said."""
    home = furnished(tmp_path_factory.mktemp("first"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        done = run(home, "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return home, done.stdout


@pytest.fixture
def done(first_run, tmp_path) -> Path:
    """Return a copy of a folder in which the suite was run."""
    return Path(shutil.copytree(first_run[0], tmp_path / "done"))
