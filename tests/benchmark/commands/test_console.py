"""What users wrote is printed as it stands: no markup, no emoji codes, no control characters, on one console."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner

from benchmark.commands import console as factory
from benchmark.commands.cli import app

ROOT = Path(__file__).parents[3]
COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # but the line's end
HOSTILE = ["CML [/x]", "[bold]APL", ":smile: AML", "[link=http://x]y[/link]", r"$\frac$ \[b]", "a|b`c`<b>&amp;"]


def printed(*what: object) -> str:
    made = factory.console()
    made.file, made.width = io.StringIO(), 300
    made.print(*what, soft_wrap=True)
    return made.file.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_printed_as_it_stands(text):
    assert printed(text) == f"{text}\n"
    table = Table(title=text)
    table.add_column(text)
    table.add_row(text)
    assert printed(table).count(text) == 3


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_no_text_is_taken_for_a_command(text):
    shown = printed("x" + text) + printed(Text("x" + text)) + printed(_table("x" + text))
    assert not COMMANDS.search(shown)


def _table(text: str) -> Table:
    table = Table(text)
    table.add_row(text)
    return table


def test_a_progress_shows_descriptions_as_they_stand():
    made = factory.console()
    made.file, made.width = io.StringIO(), 200
    with factory.progress_bar(made) as progress:
        progress.disable = False
        progress.add_task("[bold]APL :smile:", total=1)
        made.print(progress.get_renderable())
    assert "[bold]APL :smile:" in made.file.getvalue()


def test_nobody_builds_another_console_or_progress():
    built = []
    for package in ("benchmark", "leaderboard", "datasets", "baselines", "models"):
        for path in (ROOT / package).rglob("*.py"):
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            names = [node.func.id for node in calls if isinstance(node.func, ast.Name)]
            names += [node.func.attr for node in calls if isinstance(node.func, ast.Attribute)]
            built += [path.name for name in names if name in ("Console", "Progress", "from_markup", "Markdown")]
    assert sorted(built) == ["console.py", "console.py"]


def test_a_cohort_full_of_markup_is_checked_and_run(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"S{i},P{i},{HOSTILE[2 + i % 2]},{HOSTILE[i // 2 % 2]},{rng.normal():.2f},{rng.normal():.2f}" for i in range(24)
    ]
    (tmp_path / "specimens.csv").write_text("\n".join(["specimen,patient,site,label,hb1,x", *rows]))
    (tmp_path / "cohort.toml").write_text(
        'name = "mine"\ntitle = "APL [/] :smile: $x$ [pilot]"\n[specimens]\ntable = "specimens.csv"\n'
        'patient = "patient"\ndomain = "site"\n[clinical.columns]\nhb1 = { unit = "" }\nx = { unit = "" }\n'
        '[split]\nscheme = "kfold"\nfolds = 2\n'
    )
    own = ["--dataset", str(tmp_path / "cohort.toml")]
    out = ["--out", str(tmp_path / "runs")]
    wide = {"COLUMNS": "250"}
    checked = CliRunner().invoke(app, ["data", "check", own[1]], env=wide)
    assert checked.exit_code == 0, checked.output
    ran = CliRunner().invoke(app, ["run", *own, "--entry", "prior", "--jobs", "1", *out], env=wide)
    told = CliRunner().invoke(app, ["report", *own, *out], env=wide)
    assert (ran.exit_code, told.exit_code) == (0, 0), ran.output + repr(ran.exception)
    for name in HOSTILE[:4]:
        assert name in checked.output
    for output in (ran.output, told.output):
        assert "APL [/] :smile: $x$ [pilot]" in output
