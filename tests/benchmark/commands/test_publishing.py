"""The commands around published boards: what they ask of the leaderboard, what they say, and their exit codes."""

from __future__ import annotations

import io
import math
import shutil
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.console import Console

from benchmark.commands import publishing
from benchmark.entries import ROOT, UsageError
from benchmark.planning import Plan, PlannedTask, PlannedTrial, State
from benchmark.planning.plan_file import save
from benchmark.records import Identity, Store, digest
from benchmark.suites import Source
from leaderboard.exchange import ArchiveError, NoResults, QualityError


def console():
    return Console(file=io.StringIO(), width=300)


def said(made) -> str:
    return made.file.getvalue()


TASKS = {n: PlannedTask(n, n, "d", {}, ("a", "b"), True, (), (), f"data-{n}", f"split-{n}", (0,)) for n in "tu"}
TRIALS = tuple(
    PlannedTrial(Identity("quick", "t", e, 0, 0), f"m:{e}", {"dataset": "d", "split": "s"}, "classic") for e in "zya"
)
PLAN = Plan("smoke", "S", "quick", TASKS, TRIALS, source=Source("tree", ("smoke",)))
STATE = State({}, {}, {}, {"m:z": {"a": 1}, "m:y": {"a": 2}})


@pytest.fixture
def asked(monkeypatch):
    """Keep what is asked of locks and boards."""
    told = {"locked": [], "lines": []}

    @contextmanager
    def lock(store, profile, say):
        told["locked"].append((store.folder.name, profile))
        yield
        told["locked"].append("released")

    monkeypatch.setattr(publishing, "board_lock", lock)
    monkeypatch.setattr(publishing, "_planned", lambda suite, profile, out: (PLAN, STATE, Store(out, suite), "command"))
    monkeypatch.setattr(publishing, "make_board", lambda *args: ("board", *args[3:]))
    return told


def test_facts_tell_data_splits_code_and_libraries_in_order():
    facts = publishing._facts(PLAN, STATE)
    assert (facts["suite"], facts["profile"]) == ("smoke", "quick")
    assert facts["data"] == {"t": "data-t", "u": "data-u"} and facts["splits"] == {"t": "split-t", "u": "split-u"}
    assert facts["code"] == {e: digest({"code": c}) for e, c in (("a", None), ("y", {"a": 2}), ("z", {"a": 1}))}
    assert list(facts["code"]) == ["a", "y", "z"] and list(facts["libraries"]) == sorted(facts["libraries"])
    assert facts["libraries"]["numpy"] == version("numpy")


@pytest.mark.parametrize("to", [None, Path("/x")])
def test_a_board_is_published_under_its_lock_or_refused(tmp_path, asked, monkeypatch, to):
    def write(board, folder, facts, with_flags):
        asked.update(folder=folder, board=board, with_flags=with_flags, suite=facts["suite"])
        if not with_flags:
            raise QualityError([SimpleNamespace(rule="untuned", text="an entry")])

    monkeypatch.setattr("leaderboard.exchange.publish", write)
    good, bad = console(), console()
    assert publishing.publish("smoke", None, tmp_path, to, True, good) == 0
    folder = to or ROOT / "leaderboard" / "published" / "smoke"
    assert (asked["folder"], asked["board"], asked["suite"]) == (folder, ("board", "command"), "smoke")
    assert said(good) == f"Published in {folder}\n" and asked["locked"] == [("smoke", "quick"), "released"]
    assert publishing.publish("smoke", None, tmp_path, to, False, bad) == 1
    assert said(bad).startswith("Not published: ") and asked["with_flags"] is False


def test_one_entry_is_packed_for_another_board(tmp_path, asked, monkeypatch):
    def pack(board, entry, to, facts):
        asked.update(pack=(board, entry, to, facts["profile"]))
        if entry == "none":
            raise NoResults("nothing of none")

    monkeypatch.setattr("leaderboard.exchange.submission", pack)
    made = console()
    assert publishing.submit("smoke", None, "mine", tmp_path, Path("/x/y"), made) == 0
    assert asked["pack"] == (("board", "command"), "mine", Path("/x/y"), "quick")
    assert said(made) == "/x/y holds the results of mine. Check: python -m benchmark verify /x/y\n"
    assert asked["locked"] == [("smoke", "quick"), "released"]
    with pytest.raises(UsageError, match="nothing of none"):
        publishing.submit("smoke", None, "none", tmp_path, Path("/x"), console())


@pytest.mark.parametrize(
    ("entry", "suite", "board", "wrong", "code", "verdict"),
    [
        (None, "s", None, [], 0, "every number holds"),
        (None, "s", None, ["one", "two"], 1, "differs"),
        (None, None, None, [], 0, "every number holds"),
        ("mine", "s", None, [], 0, "accepted"),
        ("mine", None, Path("/b"), ["one"], 1, "refused"),
    ],
)
def test_a_board_is_recomputed_and_a_submission_judged(monkeypatch, entry, suite, board, wrong, code, verdict):
    judged = []

    def judge(folder, against):
        judged.append((folder, against))
        return wrong

    told = SimpleNamespace(entry=entry, suite=suite)
    monkeypatch.setattr("leaderboard.exchange.read_manifest", lambda folder: told)
    monkeypatch.setattr("leaderboard.exchange.judge_submission", judge)
    monkeypatch.setattr("leaderboard.exchange.verify", lambda folder: wrong)
    made = console()
    assert publishing.verify(Path("/f"), board, made) == code
    assert said(made).splitlines() == [*wrong, f"/f: {verdict}"]
    where = board or ROOT / "leaderboard" / "published" / "s"
    assert judged == ([(Path("/f"), where)] if entry else [])


def test_a_submission_without_its_board_and_a_torn_board_are_mistakes(monkeypatch):
    told = SimpleNamespace(entry="mine", suite=None)
    monkeypatch.setattr("leaderboard.exchange.read_manifest", lambda folder: told)
    with pytest.raises(UsageError, match="/f does not say which suite it is for; name the board: --board"):
        publishing.verify(Path("/f"), None, console())

    def torn(folder):
        raise ArchiveError("torn")

    monkeypatch.setattr("leaderboard.exchange.read_manifest", torn)
    with pytest.raises(UsageError, match=r"^torn$"):
        publishing.verify(Path("/f"), None, console())


def test_what_moved_is_a_table_that_says_whether_it_is_more_than_noise(monkeypatch):
    rows = pd.DataFrame(
        [("t", "e", "m", 0.5, 0.6, 0.1, 0.05, 0.15, True), ("t", "[f]", "m", 0.6, 0.5, -0.1, -0.2, 0.1, False),
         ("t", "g", "m", 0.5, 0.5, 0.0, math.nan, math.nan, False)]
    )  # fmt: skip
    asked = []
    monkeypatch.setattr("leaderboard.exchange.changed_files", lambda folder: [])
    monkeypatch.setattr("leaderboard.exchange.compare", lambda *folders: asked.append(folders) or rows)
    made = console()
    assert publishing.compare(Path("/old"), Path("/new"), made) == 0 and asked == [(Path("/old"), Path("/new"))]
    text = said(made)
    found = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert found == [
        ["t", "e", "m", "0.500", "0.600", "+0.100", "[+0.050, +0.150]", "yes"],
        ["t", "[f]", "m", "0.600", "0.500", "-0.100", "[-0.200, +0.100]", "no"],
        ["t", "g", "m", "0.500", "0.500", "+0.000", "–", "not on the same specimens"],
    ]
    assert "/old -> /new" in text

    def torn(*folders):
        raise ArchiveError("torn")

    monkeypatch.setattr("leaderboard.exchange.changed_files", lambda folder: [])
    monkeypatch.setattr("leaderboard.exchange.compare", torn)
    with pytest.raises(UsageError, match=r"^torn$"):
        publishing.compare(Path("/old"), Path("/new"), console())


def test_what_was_never_run_names_the_command_and_another_source_is_refused(tmp_path):
    with pytest.raises(
        UsageError, match="for profile full; first: python -m benchmark run --suite smoke --profile full"
    ):
        publishing._planned("smoke", "full", tmp_path)
    save(PLAN, Store(tmp_path, "smoke"))
    plan, state, store, command = publishing._planned("smoke", None, tmp_path)
    assert plan.suite == "smoke" and store.folder == tmp_path / "smoke" and set(state.codes) == {"m:z", "m:y", "m:a"}
    assert command == "python -m benchmark run --suite smoke --profile quick"
    save(Plan("smoke", "S", "full", {}, (), source=Source("file", ("/x/s.toml",))), store)
    with pytest.raises(UsageError, match="has the same name"):
        publishing._planned("smoke", None, tmp_path)


@pytest.mark.parametrize("spoil", ["changed", "missing", "torn manifest"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_folder_that_is_not_what_was_published_is_not_compared(side, spoil, tmp_path):
    folders = [tmp_path / "old board", tmp_path / "new"]
    for folder in folders:
        shutil.copytree(ROOT / "leaderboard/published/mito", folder)
    name = "manifest.json" if spoil == "torn manifest" else "predictions.parquet"
    path = folders[side] / name
    whole = path.read_bytes()
    if spoil == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[:-2] if spoil == "torn manifest" else whole + b" ")
    with pytest.raises(UsageError) as raised:
        publishing.compare(*folders, console())
    assert name in str(raised.value)
