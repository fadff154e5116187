"""What the data commands say and give back: comparisons, problems of tables, contact sheets, split plans."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmark.commands import data_commands as commands
from benchmark.entries import UnknownName, UsageError
from benchmark.suites import Split
from datasets.fetch import DownloadError
from datasets.own import OwnCohortError
from datasets.own.problems import Problem
from datasets.splits import load_plan
from tests.toy import toy_cohort

COHORT = toy_cohort(n=24, missing=0.2, side=16)


def printed(call, *words) -> tuple[object, str]:
    console = Console(file=io.StringIO(), width=300)
    return call(*words, console), console.file.getvalue()


def result(**more):
    told = {"folder": "/x", "ok": 3, "modified": (), "missing": (), "extra": (), "unverified": ()}
    return SimpleNamespace(**{**told, **more})


def test_a_comparison_counts_what_differs_and_what_is_missing_only():
    assert printed(lambda console: commands._compared(console, result())) == (0, "/x: 3 files as at the source.\n")
    many = result(
        modified=("a",), missing=("b", "c"), unverified=("d",) * 4, extra=tuple(f"{i}.txt" for i in range(1200))
    )
    differ, text = printed(lambda console: commands._compared(console, many))
    assert differ == 3
    assert text.splitlines()[1:4] == ["1 modified: a", "2 missing: b; c", "4 unverified: d; d; d; d"]
    assert text.splitlines()[4].startswith("1,200 extra: 1,200 .txt")


@pytest.fixture
def sources(monkeypatch, tmp_path):
    """Datasets whose modules a test makes, and what comparing and loading them is asked."""
    told = {"modules": {}, "compared": [], "loaded": COHORT}

    def compare(name, source, folder):
        told["compared"].append((name, source, folder))
        return told.get("result", result())

    def load(name, root, options):
        told["asked"] = (name, root, options)
        if isinstance(told["loaded"], Exception):
            raise told["loaded"]
        return told["loaded"]

    monkeypatch.setattr(commands, "dataset_module", lambda name: told["modules"][name])
    monkeypatch.setattr(commands, "split_of", lambda name: Split(scheme="kfold", folds=3))
    monkeypatch.setattr(commands, "load_told", load)
    monkeypatch.setattr("datasets.fetch.check", compare)
    return told


def module(**more):
    return SimpleNamespace(find=lambda root: Path("/found"), **more)


def test_a_check_compares_the_parts_and_fails_where_files_differ(sources, tmp_path):
    sources["modules"] = {"whole": module(PARTS=("a", "b")), "a": module(SOURCE="A"), "b": module()}
    code, text = printed(commands.check, "whole", tmp_path)
    assert code == 0 and sources["compared"] == [("a", "A", Path("/found"))]
    assert sources["asked"] == ("whole", tmp_path, {})
    assert text.splitlines()[0] == "whole has no files of its own; it is made of a and b."
    assert text.endswith("whole loads: 24 specimens of 24 patients.\n")
    sources.update(result=result(missing=("x",)))
    source = replace(COHORT.provenance, skipped=("s.png",), absent=("A part.",))
    sources["loaded"] = replace(COHORT, patients_known=False, provenance=source)
    code, text = printed(commands.check, "a", None)
    assert code == 1 and sources["compared"][-1] == ("a", "A", Path("/found"))
    assert text.splitlines()[-4:] == [
        "1 unreadable, left out: s.png", "1 not on this machine: A part.",
        "a loads: 24 specimens; the source names no patients.",
        "The copy differs from the source; leaderboard rows made on it are flagged 'modified copy'.",
    ]  # fmt: skip


def test_of_an_own_cohort_all_that_a_run_would_use_is_shown(sources):
    source = replace(COHORT.provenance, notes=("Read [so].",))
    sources["loaded"] = replace(COHORT, provenance=source)
    sources["modules"] = {"c.toml": module()}
    code, text = printed(commands.check, "c.toml", None)
    assert code == 0
    for said in (
        "toy: patients",
        "specimens with each modality",
        "Note: Read [so].",
        "Read: 0.",
        "Split kfold: 3 folds.",
    ):
        assert said.replace("[so]", "") in text.replace("[so]", "")
    for modality in ("images", "genes", "clinical"):
        lacking = COHORT.specimen[~COHORT.has(modality)].tolist()
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        assert f"{len(lacking)} specimens without {modality}: {'; '.join(lacking[:5])}{more}\n" in text
    sources["modules"] = {"golub": module(SOURCE="G")}
    assert "Split kfold" not in printed(commands.check, "golub", None)[1]


@pytest.mark.parametrize("kinds", [1, 200, 201])
def test_problems_are_listed_once_a_kind_up_to_two_hundred_kinds(sources, kinds):
    problems = [Problem("t.csv", 2 + i, "hb", f"[v{i}]", f"problem {i}.", "Mend it.") for i in range(kinds)]
    sources.update(loaded=OwnCohortError("mine", problems * 2), modules={"c.toml": module()})
    code, text = printed(commands.check, "c.toml", None)
    assert code == 1 and f"mine: {2 * kinds} problems" in text and "[v0]" in text
    assert text.count("Mend it.") == min(kinds, 200)
    assert ("and 1 more kinds of these" in text) is (kinds == 201)
    row = next(line for line in text.splitlines() if "[v0]" in line)
    assert [cell.strip() for cell in row.split("│")[1:4]] == ["t.csv", "2 rows, first 2, 2", "hb"]


def fake_sheets(monkeypatch):
    written = []
    monkeypatch.setattr("datasets.show.contact_sheet", lambda cohort, to: written.append(("real", to)))
    monkeypatch.setattr("datasets.show.generated_sheet", lambda cohort, to: written.append(("generated", to)))
    return written


def test_a_contact_sheet_is_of_generated_or_real_cells(sources, monkeypatch):
    written = fake_sheets(monkeypatch)
    code, text = printed(commands.show, "d", Path("x.PNG"), {"a": 1}, Path("/r"))
    assert (code, text) == (0, "x.PNG\n") and sources["asked"] == ("d", Path("/r"), {"a": 1})
    sources["loaded"] = replace(COHORT, provenance=replace(COHORT.provenance, generated=False))
    printed(commands.show, "d", Path("y.png"), {}, None)
    assert written == [("generated", Path("x.PNG")), ("real", Path("y.png"))]
    with pytest.raises(UsageError, match=r"--out z\.jpg: name a \.png file"):
        printed(commands.show, "d", Path("z.jpg"), {}, None)
    sources["loaded"] = toy_cohort(n=9, images=False)
    with pytest.raises(UsageError, match="d has no images to show"):
        printed(commands.show, "d", Path("z.png"), {}, None)
    assert len(written) == 2


def test_a_split_plan_is_written_with_its_checksum(tmp_path, monkeypatch):
    task = SimpleNamespace(name="t", dataset="d", settings={"a": 1}, split=Split(scheme="kfold", folds=3))
    shelf = SimpleNamespace(cohort=lambda name, settings: COHORT if (name, settings) == ("d", {"a": 1}) else None)
    roots = []
    monkeypatch.setattr(commands, "load_suite", lambda name: SimpleNamespace(tasks=[task]))
    monkeypatch.setattr(commands, "DataShelf", lambda root, around: roots.append(root) or shelf)
    to = tmp_path / "plan.csv"
    code, text = printed(commands.split, "s", "t", to, Path("/r"))
    plan = load_plan(to)
    assert (code, roots) == (0, [Path("/r")]) and text == f"{to}: 3 folds, sha256 {plan.checksum}\n"
    with pytest.raises(UnknownName, match="unknown task of suite s: 'u'"):
        printed(commands.split, "s", "u", to, None)


def test_a_download_says_where_to_and_what_it_did(sources, monkeypatch, tmp_path):
    source, asked = SimpleNamespace(folder="f", licence="MIT"), []
    sources["modules"] = {"d": module(SOURCE=source)}

    def fetch(name, what, root, on_progress):
        asked.append((name, what, root))
        on_progress(1, 2, "a")
        return SimpleNamespace(fetched=4, present=2, unverified=("u",))

    monkeypatch.setattr("datasets.fetch.get", fetch)
    code, text = printed(commands.get, "d", tmp_path)
    assert code == 0 and asked == [("d", source, tmp_path)]
    assert text.splitlines() == [
        f"d -> {tmp_path / 'f'}; licence: MIT", "4 files fetched, 2 were right already.",
        "1 downloaded but not verified, no digest of the original is known: u",
    ]  # fmt: skip

    def fail(*_, **__):
        raise DownloadError("no network")

    monkeypatch.setattr("datasets.fetch.get", fail)
    with pytest.raises(UsageError, match="no network"):
        printed(commands.get, "d", tmp_path)


@pytest.mark.parametrize(
    ("generated", "said"), [("generated", "generated on this machine"), ("https://x", "made of other datasets")]
)
def test_what_cannot_be_downloaded_says_why(sources, generated, said):
    sources["modules"] = {"d": module(CARD=SimpleNamespace(source=generated))}
    with pytest.raises(UsageError, match=f"^d is {said}.*; there is nothing to download"):
        printed(commands.get, "d", None)
