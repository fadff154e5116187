"""A new process starts from this tree and with what is set for all runs, whatever has become of this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmark.entries import ROOT
from benchmark.workers import clean_start as module
from benchmark.workers.clean_start import THREAD_VARIABLES, clean_start


@pytest.fixture
def changed(monkeypatch):
    """Make this process one that has been through a lot."""
    monkeypatch.setattr(sys, "path", ["/nowhere", *sys.path])
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.delenv("JE_ARROW_MALLOC_CONF", raising=False)
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)


def told() -> dict[str, str]:
    """Return what a process that is started now finds in its environment."""
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


def test_a_process_finds_threads_order_and_no_background_thread(changed):
    with clean_start(3):
        found = told()
    assert {name: found[name] for name in THREAD_VARIABLES} == dict.fromkeys(THREAD_VARIABLES, "3")
    assert found["PYTHONHASHSEED"] == "0"
    assert found["JE_ARROW_MALLOC_CONF"] == "background_thread:false"


def test_modules_come_from_the_tree_first_and_from_where_they_came_at_the_start(changed):
    with clean_start(1):
        assert sys.path == [str(ROOT), *module._PATH]
        assert "/nowhere" not in sys.path


def test_the_file_of_the_command_is_not_run_again(changed):
    with clean_start(1):
        main = sys.modules["__main__"]
        assert main.__name__ == "__main__"
        assert getattr(main, "__file__", None) is None and getattr(main, "__spec__", None) is None


@pytest.mark.parametrize("fails", [False, True])
def test_all_is_afterwards_as_it_was(changed, fails):
    before, path, main = dict(os.environ), list(sys.path), sys.modules["__main__"]
    held = sys.path
    try:
        with clean_start(2):
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert dict(os.environ) == before and "MKL_NUM_THREADS" not in os.environ
    assert sys.path is held and sys.path == path
    assert sys.modules["__main__"] is main


def test_an_order_of_sets_that_was_asked_for_is_kept(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    with clean_start(1):
        assert os.environ["PYTHONHASHSEED"] == "5"
    assert os.environ["PYTHONHASHSEED"] == "5"
