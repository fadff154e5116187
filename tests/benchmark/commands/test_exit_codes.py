"""What the machine refuses is one line and exit code 2; a fault of the program keeps its traceback."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.commands import cli
from benchmark.commands.cli import main
from benchmark.commands.system_errors import sentence
from datasets.cache import cache_root
from datasets.errors import CohortError

ROOT = Path(__file__).parents[3]
TOML = (
    'name = "mine"\n[specimens]\ntable = "t.csv"\npatient = "patient"\n[clinical.columns]\nx = { unit = "" }\n'
    '[split]\nscheme = "kfold"\nfolds = 2\n'
)


@pytest.fixture
def cohort(tmp_path) -> str:
    rows = [f"S{i},P{i},A{'MP'[i % 2]}L,{i * 7 % 11}" for i in range(24)]
    (tmp_path / "t.csv").write_text("\n".join(["specimen,patient,label,x", *rows]))
    (tmp_path / "cohort.toml").write_text(TOML)
    return str(tmp_path / "cohort.toml")


def said(monkeypatch, capsys, *words: str) -> tuple[int, str]:
    """Run the command line in this process; return exit code and stderr."""
    monkeypatch.setattr(sys, "argv", ["benchmark", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), capsys.readouterr().err


def test_places_that_cannot_be_written_are_one_line(tmp_path, cohort, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("os.environ", {**os.environ, "COLUMNS": "80"})
    run = ["run", "--dataset", cohort, "--entry", "prior", "--jobs", "1", "--out"]
    for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300), Path("/proc/runs")):
        code, told = said(monkeypatch, capsys, *run, str(place))
        assert code == 2 and len(told.strip().splitlines()) == 1 and told.startswith("Error: "), told
    code, told = said(monkeypatch, capsys, "data", "split", "--suite", "smoke", "--task", "x", "--to", "/proc/x.csv")
    assert code == 2 and "unknown task" in told


SUITE = """
name = "ranges"
title = "Ranges"
[[tasks]]
name = "mine"
title = "Mine"
dataset = "cohort.toml"
split = {{ scheme = "kfold", folds = 2 }}
[profiles.quick]
entries = ["{entry}"]
[profiles.quick.params]
{params}
"""


@pytest.mark.parametrize(
    ("entry", "params", "told"),
    [
        (
            "xgboost[blocks.patience=0]",
            "",
            "entry 'xgboost[blocks.patience=0]': blocks.patience = 0: must be at least 1",
        ),
        (
            "xgboost",
            'xgboost = { "blocks.patience" = 0 }',
            "params of xgboost: blocks.patience = 0: must be at least 1",
        ),
        ("border-only", "border-only = { n_estimators = 0 }", "of border-only: n_estimators = 0: must be at least 1"),
    ],
)
def test_a_number_out_of_range_is_one_line_before_any_trial(tmp_path, cohort, monkeypatch, capsys, entry, params, told):
    suite = tmp_path / "ranges.toml"
    suite.write_text(SUITE.format(entry=entry, params=params))
    words = [["--suite", str(suite)]] + ([] if params else [["--dataset", cohort, "--entry", entry]])
    for given in words:
        code, said_ = said(monkeypatch, capsys, "run", *given, "--jobs", "1", "--out", str(tmp_path / "runs"))
        assert code == 2 and said_.startswith("Error: ") and said_.endswith(f"{told}\n") and said_.count("\n") == 1
    assert not list((tmp_path / "runs").rglob("trial.json"))


def test_folders_of_the_environment_that_are_none_are_one_line(monkeypatch, capsys):
    monkeypatch.setenv("HEMABENCH_DATA", "~nobody-of-this-name/x")
    code, told = said(monkeypatch, capsys, "list", "datasets")
    assert code == 2 and "no such home folder. Write the whole path." in told
    monkeypatch.setenv("HEMABENCH_CACHE", "~nobody-of-this-name/x")
    with pytest.raises(CohortError, match="no such home folder"):
        cache_root()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_full_or_read_only_disk_is_one_line(monkeypatch, capsys, number):
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number), "/mnt/x")

    monkeypatch.setattr("benchmark.commands.listing.KINDS", {"datasets": fail})
    code, told = said(monkeypatch, capsys, "list", "datasets")
    assert code == 2 and told.startswith(f"Error: /mnt/x: {os.strerror(number)}; ") and told.count("\n") == 1


@pytest.mark.parametrize(
    "fault",
    [ValueError("x"), KeyError("x"), OSError("x"), FileNotFoundError(errno.ENOENT, "no", str(ROOT / "benchmark/x"))],
)
def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch, fault):
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("benchmark.commands.listing.KINDS", {"datasets": fail})
    monkeypatch.setattr(sys, "argv", ["benchmark", "list", "datasets"])
    with pytest.raises(type(fault)):
        main()


@pytest.mark.parametrize("before", [(), ("verify",)])
def test_words_that_are_no_text_are_one_line(monkeypatch, capsys, before):
    code, told = said(monkeypatch, capsys, *before, os.fsdecode(b"\xff"))
    assert code == 2 and told == "Error: '\\udcff' is not UTF-8; rename the file or folder\n"


def test_a_missing_file_without_a_name_is_no_mistake_of_the_user():
    assert sentence(FileNotFoundError(errno.ENOENT, "no")) is None
    assert "make the folder first" in str(sentence(FileNotFoundError(errno.ENOENT, "no", "/x/y")))


def test_a_long_error_of_many_lines_is_one_line(monkeypatch, capsys, tmp_path):
    (tmp_path / "s.toml").write_text("x = 1\ny = 2\n" + f"z = '{'q' * 9000}'\n")
    code, told = said(monkeypatch, capsys, "run", "--suite", str(tmp_path / "s.toml"))
    assert code == 2 and told.count("\n") == 1 and len(told) < 3100 and "known keys" in told


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONUTF8": "0", "LC_ALL": "C"}]
)
def test_a_terminal_that_cannot_say_a_character_gets_its_number(locale):
    words = [sys.executable, "-m", "benchmark", "list", "Größe → 血"]
    environment = {**os.environ, "PYTHONCOERCECLOCALE": "0", **locale}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 2 and done.stderr.startswith(b"Error: ") and b"Traceback" not in done.stderr


def test_the_page_lists_every_exit_code():
    page = (ROOT / "docs/command-line.md").read_text()
    assert [int(code) for code in re.findall(r"^\| ([0-9]+) \|", page, flags=re.MULTILINE)] == [0, 1, 2, 130]
    assert CliRunner().invoke(cli.app, ["list", "suites"]).exit_code == 0
    assert "return 130" in (ROOT / "benchmark/commands/run.py").read_text()


@pytest.mark.parametrize(
    "name", [None, 3, str(ROOT / "benchmark" / "x"), os.fsencode(ROOT / "datasets" / "x"), "models/x"]
)
def test_a_missing_file_of_the_program_is_its_own_fault(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    assert sentence(OSError(errno.ENOENT, "no", name)) is None
    assert sentence(OSError(errno.ENOENT, "no", "/elsewhere/benchmark/x")) is not None
    assert sentence(OSError(errno.EISDIR, "no", name)) is not None
    assert sentence(OSError(errno.EPIPE, "no", "/x")) is None


def test_both_names_of_a_move_are_told():
    error = OSError(errno.EROFS, "Read-only", "/a", None, b"/b")
    assert str(sentence(error)).startswith("/a -> /b: Read-only; choose another place")
    assert str(sentence(OSError(errno.EISDIR, None))).startswith("IsADirectoryError; name a file")
