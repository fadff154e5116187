"""Commands, their help, and what they say when a name is wrong."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.commands import listing
from benchmark.commands.cli import app
from benchmark.entries.registry import dataset_module
from datasets import DATASETS

ROOT = Path(__file__).parents[3]
COMMANDS = [
    ["run"], ["report"], ["list"], ["doctor"],
    ["data", "get"], ["data", "check"], ["data", "describe"], ["data", "show"],
    ["data", "split"],
]  # fmt: skip


def benchmark(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "benchmark", *words], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_has_an_example(words):
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert f"Example: python -m benchmark {' '.join(words)}" in " ".join(done.stdout.split())


@pytest.mark.parametrize("kind", ["suites", "datasets", "entries", "parts", "metrics"])
def test_lists_as_json(kind):
    done = CliRunner().invoke(app, ["list", kind, "--json"])
    rows = json.loads(done.stdout)
    assert rows and all(isinstance(row, dict) for row in rows)


@pytest.mark.parametrize("kind", ["suites", "datasets", "entries", "parts"])
def test_a_list_imports_nothing_that_computes(kind):
    heavy = ("torch", "pandas.core", "pyarrow", "sklearn", "scipy", "xgboost", "matplotlib")
    code = (
        f"import sys; sys.argv = ['benchmark', 'list', {kind!r}]; import atexit; "
        f"atexit.register(lambda: print([m for m in {heavy!r} if m in sys.modules])); "
        "from benchmark.commands import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_lists_say_of_datasets_what_their_modules_do():
    told = {row["dataset"]: (row["title"], row["licence"]) for row in listing.datasets(None)}
    cards = {name: dataset_module(name).CARD for name in DATASETS}
    assert told == {name: (card.title, card.licence) for name, card in cards.items()}
    generated = {row["dataset"] for row in listing.datasets(None) if row["state"] == "generated here"}
    assert generated == {name for name, card in cards.items() if card.source == "generated"}


@pytest.mark.parametrize("kind", ["entries", "parts"])
@pytest.mark.parametrize("columns", ["80", "200"])
def test_lists_break_no_name(kind, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    done = CliRunner().invoke(app, ["list", kind])
    words = set(re.split(r"[\s│,=]+", done.stdout))
    assert {"handcrafted", "product-of-experts-genes", "pretrained-attention", "random-forest-differential"} <= words


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["run", "--suite", "alp"], "unknown suite 'alp'; did you mean apl?"),
        (["run", "--suite", "apl", "--profile", "fulll"], "did you mean full?"),
        (["run", "--suite", "apl", "--entry", "xgbost"], "did you mean xgboost"),
        (["run", "--suite", "apl", "--dataset", "apl-simm"], "did you mean apl-sim"),
        (["run", "--suite", "apl", "--device", "gpu"], "--device gpu: choose auto, cpu or cuda"),
        (["list", "modells"], "unknown kind of thing to list"),
        (["data", "describe", "apl-hju"], "did you mean apl-jhu"),
        (["data", "get", "apl-sim"], "nothing to download"),
        (["report", "--from", "leaderboard/published/apl"], "report --from PUBLISHED --to FOLDER takes both"),
        (["report", "--from", "a", "--to", "b", "--suite", "apl"], "takes both and no --suite"),
        (["report", "--from", "a", "--to", "b/../a"], "--from and --to are both a"),
        (["report", "--from", "/nonexistent", "--to", "/other"], "manifest.json cannot be read in /nonexistent"),
        (["report", "--suite", "smoke", "--out", "/nonexistent"], "first: python -m benchmark run --suite smoke"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_wrong_words_get_one_line_and_exit_code_2(words, answer):
    done = benchmark(*words)
    assert done.returncode == 2
    assert answer in done.stderr and "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_doctor_finds_nothing_wrong_here():
    done = benchmark("doctor")
    assert done.returncode == 0, done.stdout
    assert "torch" in done.stdout


def test_doctor_names_an_openmp_that_is_missing(monkeypatch):
    load = importlib.import_module

    def without_openmp(name, package=None):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return load(name, package)

    monkeypatch.setattr(importlib, "import_module", without_openmp)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "libgomp.so.1" in done.stdout and "apt install libgomp1" in done.stdout


def test_describe_prints_the_page_and_the_counts():
    done = benchmark("data", "describe", "apl-sim")
    assert done.returncode == 0, done.stderr
    assert "PML-RARA" in done.stdout and "generated" in done.stdout
    assert "Fusion headroom" in done.stdout and "design" in done.stdout
