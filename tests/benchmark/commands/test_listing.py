"""What lists show: entries, parts and metrics as their sources tell them, as a table or, where it is narrow, blocks."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from benchmark.commands import entry_listing, listing
from benchmark.entries import entries, recipes, resolve
from benchmark.suites import load_suite
from leaderboard.measures import DETAILS, METRICS
from leaderboard.questions import TITLES

ROWS = [{"a": "[x]", "b": ["p", "q"], "c": {"k": 1, "l": "m"}}, {"a": "y", "b": [], "c": {}}]


def printed(kind, rows, width) -> str:
    console = Console(file=io.StringIO(), width=width, markup=True)
    console.print(listing.shown_rows(kind, rows, width))
    return console.file.getvalue()


def test_columns_of_twenty_characters_are_a_table_and_narrower_ones_blocks():
    assert isinstance(listing.shown_rows("k", ROWS, 60), Table)
    assert not isinstance(listing.shown_rows("k", ROWS, 59), Table)
    assert [line.rstrip() for line in printed("k", ROWS, 59).splitlines()] == [
        "[x]", "    b: p, q", "    c: k=1, l=m", "y"
    ]  # fmt: skip
    text = printed("kind", ROWS, 100)
    assert "kind" in text and "[x]" in text and "p, q" in text and "k=1, l=m" in text


def test_names_are_never_broken_and_the_rest_is_folded_whole():
    row = {"name": "n" * 30, "about": "word " * 20 + "w" * 50, "more": "x" * 45}
    text = printed("k", [row], 80)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert cells[0][0] == "n" * 30
    assert "".join(c[1] for c in cells).replace(" ", "") == row["about"].replace(" ", "")
    assert "".join(c[2] for c in cells) == row["more"]


@pytest.mark.parametrize(("value", "said"), [(["a", 1], "a, 1"), ({"a": 1}, "a=1"), ("x", "x"), (3, "3"), ([], "")])
def test_a_cell_says_lists_and_mappings_in_words(value, said):
    assert entry_listing.shown(value) == said


def test_every_entry_tells_what_its_recipe_or_class_does():
    rows = {row["entry"]: row for row in entry_listing.entry_rows()}
    assert list(rows) == list(entries())
    for name, recipe in recipes().items():
        row, resolved = rows[name], resolve(name)
        assert (row["family"], row["about"]) == (recipe.family, recipe.about)
        assert row["parts"] == {slot: part for slot, part in resolved.parts.items() if part != "none"}
        assert row["modalities"] == [m for m in ("images", "genes", "clinical") if m in resolved.modalities]
    assert (rows["prior"]["family"], rows["prior"]["parts"]) == ("control", {})
    assert {len(rows[name]["modalities"]) for name in entries() if name not in recipes()} <= {0, 1, 2, 3}
    assert rows["border-only"]["modalities"] == ["images"] and rows["prior"]["about"]


def test_every_part_tells_its_defaults_and_who_uses_it():
    rows = entry_listing.part_rows()
    assert {row["kind"] for row in rows} == {"network", "classic"}
    for row in rows:
        package = "models" if row["kind"] == "network" else "baselines"
        users = [
            n for n, r in recipes().items() if r.package == package and resolve(n).parts[row["slot"]] == row["part"]
        ]
        assert row["entries"] == users, row["part"]
        assert all(key.startswith(f"{row['slot']}.") for key in row["hyper-parameters"]) and row["about"]
    (forest,) = [row for row in rows if (row["slot"], row["part"]) == ("blocks", "forest")]
    assert forest["hyper-parameters"]["blocks.n_estimators"] == str(
        resolve("random-forest").known()["blocks.n_estimators"].default
    )


def test_suites_tell_their_profiles_and_tasks():
    (row,) = [row for row in listing.suites(None) if row["suite"] == "smoke"]
    suite = load_suite("smoke")
    assert row == {
        "suite": "smoke", "title": suite.title, "profiles": ", ".join(suite.profiles),
        "tasks": ", ".join(task.name for task in suite.tasks),
    }  # fmt: skip


def test_metrics_tell_their_table_and_what_is_best():
    rows = {row["metric"]: row for row in listing.metrics(None)}
    assert len(rows) == len(METRICS) + len(DETAILS) + len(TITLES)
    for name, metric in METRICS.items():
        best = "highest" if metric.higher_is_better else "lowest"
        assert rows[name] == {"metric": name, "label": metric.label, "table": "leaderboard", "best": best}
    for name, detail in DETAILS.items():
        best = "not ordered" if detail.best is None else f"nearest to {detail.best:g}"
        assert (rows[name]["table"], rows[name]["best"]) == (f"details: {detail.group}", best)
    for name, title in TITLES.items():
        assert rows[name] == {"metric": name, "label": title, "table": "further", "best": ""}
