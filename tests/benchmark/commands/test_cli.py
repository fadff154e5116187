"""Commands, their help, and what they say when a name is wrong."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmark.commands import cli, listing
from benchmark.commands.cli import app
from benchmark.commands.run import RunOptions
from benchmark.entries.registry import UsageError, dataset_module
from benchmark.planning import Plan
from benchmark.planning.plan_file import save
from benchmark.records import Store, StoreError
from benchmark.suites import Source
from datasets import DATASETS
from datasets.cache import CacheError
from datasets.cohort import CohortError
from datasets.roots import DataMissing
from datasets.splits import SplitError

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
def test_wrong_words_get_one_line_and_exit_code_2(words, answer, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["benchmark", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert answer in said and "Traceback" not in said and len(said.strip().splitlines()) == 1


def test_a_process_ends_with_that_line_and_code():
    done = benchmark("run", "--suite", "alp")
    assert done.returncode == 2 and done.stderr == "Error: unknown suite 'alp'; did you mean apl?\n", done.stderr


CALLS = [
    (["verify", "f"], "publishing.verify", (Path("f"), None)),
    (["verify", "f", "--board", "b"], "publishing.verify", (Path("f"), Path("b"))),
    (["compare", "a", "b"], "publishing.compare", (Path("a"), Path("b"))),
    (["publish", "--suite", "s"], "publishing.publish", ("s", None, Path("runs"), None, False)),
    (["publish", "--suite", "s", "--profile", "p", "--to", "t", "--out", "o", "--with-flags"], "publishing.publish",
     ("s", "p", Path("o"), Path("t"), True)),
    (["submit", "--suite", "s", "--entry", "e", "--to", "t", "--profile", "p"], "publishing.submit",
     ("s", "p", "e", Path("runs"), Path("t"))),
    (["report", "--from", "a", "--to", "b"], "publishing.rebuild", (Path("a"), Path("b"))),
    (["data", "get", "d"], "data_commands.get", ("d", None)),
    (["data", "check", "d", "--data-root", "r"], "data_commands.check", ("d", Path("r"))),
    (["data", "describe", "d", "--option", "a=1"], "data_pages.describe", ("d", {"a": 1}, None)),
    (["data", "audit", "d", "--data-root", "r"], "data_pages.audit_page", ("d", {}, Path("r"))),
    (["data", "show", "d", "--out", "x.png", "--option", "a=1", "--option", "b=x"], "data_commands.show",
     ("d", Path("x.png"), {"a": 1, "b": "x"}, None)),
    (["data", "split", "--suite", "s", "--task", "t", "--to", "x.csv"], "data_commands.split",
     ("s", "t", Path("x.csv"), None)),
    (["doctor", "--data-root", "r"], "doctor.examine", (Path("r"),)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "function", "given"), CALLS, ids=lambda v: " ".join(v) if isinstance(v, list) else ""
)
def test_a_command_hands_its_words_on_and_its_exit_code_back(monkeypatch, words, function, given):
    asked = []
    monkeypatch.setattr(f"benchmark.commands.{function}", lambda *args: asked.append(args) or 7)
    assert CliRunner().invoke(app, words).exit_code == 7
    ((*args, out),) = asked
    assert tuple(args) == given and out.is_terminal is False


def test_a_run_hands_on_every_option(monkeypatch):
    asked = []
    monkeypatch.setattr("benchmark.commands.run.run", lambda options, console: asked.append(options) or 3)
    monkeypatch.setattr("sys.argv", ["benchmark", "run", "--suite", "a b"])
    assert CliRunner().invoke(app, ["run"]).exit_code == 3
    every = (
        "run --suite s --profile p --entry e --entry f --dataset d --option a=1 --allow r --seed 3 --seed 4 --jobs 2 "
        "--device cpu --out o --data-root r --dry-run"
    )
    assert CliRunner().invoke(app, every.split()).exit_code == 3
    command = "python -m benchmark run --suite 'a b'"
    assert asked == [
        RunOptions(command=command),
        RunOptions(
            "s", "p", ("e", "f"), ("d",), ("a=1",), ("r",), (3, 4), 2, "cpu", Path("o"), Path("r"), True, command
        ),
    ]
    for device in ("auto", "cpu", "cuda"):
        assert CliRunner().invoke(app, ["run", "--device", device]).exit_code == 3
    assert CliRunner().invoke(app, ["run", "--seed", str(2**31 - 1)]).exit_code == 3
    for wrong in (["--seed", "-1"], ["--seed", str(2**31)], ["--jobs", "-1"]):
        assert CliRunner().invoke(app, ["run", *wrong]).exit_code == 2
    assert len(asked) == 6


def test_a_report_of_runs_is_of_the_suite_or_datasets_that_were_named(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("benchmark.commands.shown_report.report_saved", lambda *args: asked.append(args) or 4)
    out = ["--out", str(tmp_path)]
    assert CliRunner().invoke(app, ["report", "--suite", "smoke", "--profile", "full", *out]).exit_code == 4
    assert CliRunner().invoke(app, ["report", "--dataset", "golub", "--dataset", "apl-sim", *out]).exit_code == 4
    dropped = ["--drop", "a", "--drop", "b[x=none]"]
    assert CliRunner().invoke(app, ["report", "--suite", "smoke", *out, *dropped]).exit_code == 4
    assert [names for *_, names in asked] == [(), (), ("a", "b[x=none]")]
    asked.pop()
    assert [(store.folder, profile, command) for store, profile, command, _, _ in asked] == [
        (tmp_path / "smoke", "full", "python -m benchmark run --suite smoke --profile full"),
        (tmp_path / "golub_apl-sim", "quick",
         "python -m benchmark run --dataset golub --dataset apl-sim --profile quick"),
    ]  # fmt: skip
    both = ["--from", "a", "--to", "b"]
    for words in (
        both[:2],
        both[2:],
        *([*both, *more] for more in (("--profile", "p"), ("--dataset", "d"), ("--suite", "s"), ("--drop", "e"))),
    ):
        failed = CliRunner().invoke(app, ["report", *words])
        assert isinstance(failed.exception, UsageError) and "takes both and no --suite" in str(failed.exception)
    save(Plan("smoke", "S", "full", {}, (), source=Source("file", ("/x.toml",))), Store(tmp_path, "smoke"))
    failed = CliRunner().invoke(app, ["report", "--suite", "smoke", *out])
    assert "has the same name" in str(failed.exception) and len(asked) == 2


def test_an_error_is_one_line_of_at_most_three_thousand_characters():
    assert cli._one_line(" a \n\n  b\n") == "a | b"
    for n in (2999, 3000):
        assert cli._one_line("x" * n) == "x" * n
    assert cli._one_line("x" * 3001) == "x" * 3000 + "…"


@pytest.mark.parametrize(
    "error",
    [UsageError("x"), StoreError("x"), CacheError("x"), DataMissing("x", []), SplitError("x"), CohortError("a", "x"),
     PermissionError(13, "x", "/f")],
)  # fmt: skip
def test_what_a_user_can_put_right_is_told(error):
    assert "x" in cli.users_mistake(error)
    assert cli.users_mistake(ValueError("x")) is None and cli.users_mistake(OSError("x")) is None


def test_a_list_is_as_wide_as_the_terminal(monkeypatch):
    asked = []
    monkeypatch.setattr(listing, "shown_rows", lambda *args: asked.append(args) or "shown")
    monkeypatch.setitem(listing.KINDS, "metrics", lambda root: [{"root": str(root)}])
    done = CliRunner().invoke(app, ["list", "metrics", "--data-root", "r"], env={"COLUMNS": "123"})
    assert done.stdout == "shown\n" and asked == [("metrics", [{"root": "r"}], 123)]
    told = CliRunner().invoke(app, ["list", "metrics", "--json"])
    assert json.loads(told.stdout) == [{"root": "None"}]


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
