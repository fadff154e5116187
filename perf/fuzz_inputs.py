"""Sound inputs of every reader, to be damaged, and the readers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from typer.testing import CliRunner

from benchmark.commands import app
from benchmark.planning import Plan, PlannedTrial, make_split, save, saved
from benchmark.records import Identity, Record, Store
from benchmark.suites import load_suite, split_of, suite_of
from datasets.own import OwnDataset
from datasets.splits import COLUMNS, SplitPlan, load_plan, save_plan
from leaderboard.exchange import changed_files, pack, unpack, write
from leaderboard.records import Board, TaskResult, quarantined


class Target(NamedTuple):
    """Files that are damaged one at a time, and what reads them."""

    files: Mapping[str, bytes]
    read: Callable[[Path], object]


def targets() -> dict[str, Target]:
    """Return every reader of what users and other programs write."""
    return {
        "suite": Target({"suite.toml": _SUITE}, lambda home: load_suite(str(home / "suite.toml"))),
        "cohort": Target({**_TABLES, "cohort.toml": _COHORT}, _read_cohort),
        "split plan": Target({"plan.csv": _split_plan()}, lambda home: load_plan(home / "plan.csv")),
        "plan": Target(_kept(_save_plan), lambda home: saved(Store(home, "mine"), "quick")),
        "trial": Target(_kept(_save_trial), lambda home: Store(home, "mine").records()),
        "board": Target(_board(), _read_board),
        "words": Target({"words": b"\n".join(_WORDS)}, _say_words),
    }


def _read_cohort(home: Path) -> None:
    path = home / "cohort.toml"
    suite_of([str(path)], {})
    make_split(split_of(str(path)), OwnDataset(path).load())


def _read_board(home: Path) -> None:
    changed_files(home)
    for task in unpack(home)[1]:
        quarantined(task)


def _say_words(home: Path) -> None:
    """Run the command line on some of the words; usage errors of the parser leave with 2."""
    said = (home / "words").read_bytes().decode("utf-8", "surrogateescape").split("\n")
    result = CliRunner().invoke(app, [word for word in said if word][:6])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception


_SUITE = b"""name = "mine"
title = "My own suite"
default_profile = "quick"

[[tasks]]
name = "one"
title = "One"
dataset = "apl-sim"
split = { scheme = "kfold", folds = 3, seed = 1 }
options = { patients = 30, preset = "easy" }
unseen = ["AML"]
costs = [[0, 1.5], [2, 0]]
abstain_cost = 0.5

[[tasks]]
name = "two"
title = "Two"
dataset = "cohort.toml"
split = { scheme = "official", train_domains = ["A", "B"] }
notes = ["a note"]
profiles = ["quick"]

[profiles.quick]
entries = ["prior", "logistic-regression"]
seeds = [0, 1]
tune = { trials = 3, seconds = 10.0 }
params = { prior = { x = 1 } }
"""
_COHORT = b"""name = "mine"
classes = ["AML", "APL"]
target_level = "patient"

[specimens]
table = "specimens.csv"
specimen = "specimen"
patient = "patient"
domain = "site"
label = "label"
era = "year"

[clinical]
table = "labs.csv"
separator = ";"
decimal = ","
missing = ["NA"]

[clinical.columns]
hb = { column = "Hb", unit = "g/dL", limits = true }
sex = { categories = ["f", "m"] }
score = { unit = "points" }

[genes]
table = "genes.csv"
transform = "log2p1"
orientation = "rows"
sets = "sets.gmt"

[split]
scheme = "kfold"
folds = 2
"""
_TABLES = {
    "specimens.csv": b"specimen,patient,site,label,year\n"
    + b"".join(
        b"S%d,P%d,%s,%s,201%d\n" % (i, i, b"AB"[i % 2 :][:1], (b"AML", b"APL")[i // 2 % 2], i % 4) for i in range(12)
    ),
    "labs.csv": b"specimen;Hb;sex;score\n"
    + b"".join(b"S%d;%d,5;%s;%d\n" % (i, 8 + i % 4, b"fm"[i % 2 :][:1], i) for i in range(12)),
    "genes.csv": b"specimen,TP53,MPO,PML\n" + b"".join(b"S%d,%d,%d.5,2\n" % (i, i, i + 1) for i in range(12)),
    "sets.gmt": b"ONE\tabout one\tTP53\tMPO\nTWO\tabout two\tPML\tZZZ\n",
}
_CELL = Identity("quick", "one", "prior", 0, 0)
_WORDS = (b"data", b"check", b"no/cohort.toml", b"--option", b"seed=3", b"--data-root", b"/nonexistent")


def _kept(save_in: Callable[[Store], object]) -> dict[str, bytes]:
    """Return the files of a store after something was saved in it."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        save_in(Store(home, "mine"))
        return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def _save_plan(store: Store) -> None:
    parts = {"dataset": "a", "split": "b", "entry": "Prior", "params": {}, "tune": None}
    trial = PlannedTrial(_CELL, "baselines.prior:Prior", parts, "control")
    save(Plan("mine", "Mine", "quick", {}, (trial,), ("a: is not here",)), store)


def _save_trial(store: Store) -> None:
    details = {"started": "2026-01-01", "seconds": {"fit": 1.0}}
    store.write(Record("abc", _CELL, "failed", details, "ValueError: no"))


def _split_plan() -> bytes:
    rows = [(f"S{i}", 0, ("train", "valid", "test")[i % 3]) for i in range(9)]
    plan = SplitPlan(pd.DataFrame(rows, columns=COLUMNS), ("a note",))
    with tempfile.TemporaryDirectory() as scratch:
        save_plan(plan, Path(scratch) / "plan.csv")
        return (Path(scratch) / "plan.csv").read_bytes()


def _board() -> dict[str, bytes]:
    """Return the files of a published board of one entry and six specimens."""
    rows = [("prior", 0, 0, "test", f"S{i}", f"P{i}", "A", i % 2, 0.5, 0.5) for i in range(6)]
    columns = ["entry", "seed", "fold", "role", "specimen", "patient", "domain", "y", "p0", "p1"]
    trial = {"entry": "prior", "seed": 0, "fold": 0, "status": "done", "stale": False, "tuned": None, "seconds": 1.0}
    task = TaskResult(
        name="one",
        title="One",
        dataset="mine",
        classes=("AML", "APL"),
        positive=1,
        generated=False,
        flags=(),
        notes=("a note",),
        predictions=pd.DataFrame(rows, columns=columns),
        trials=pd.DataFrame([{**trial, "error": ""}]),
        families={"prior": "control"},
    )
    none = pd.DataFrame()
    board = Board("mine", "Mine", "quick", "abc", "2026-01-01", "run", (task,), none, none, none, {}, 10)
    with tempfile.TemporaryDirectory() as scratch:
        write(pack(board), Path(scratch), {"suite": "mine"})
        return {path.name: path.read_bytes() for path in sorted(Path(scratch).iterdir())}
