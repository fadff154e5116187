"""A run of a user's small cohort inside this process: planned for real, nothing executed."""

from __future__ import annotations

import io
import random
from pathlib import Path

from rich.console import Console

from benchmark.commands.run import RunOptions, run

TOML = """
name = "{name}"
classes = ["other", "APL"]
[specimens]
table = "specimens.csv"
patient = "patient"
[clinical]
[clinical.columns]
age = {{ unit = "years" }}
hb = {{ unit = "g/dL" }}
[split]
scheme = "kfold"
folds = 2
"""


def write_cohort(folder: Path, name: str = "own", seed: int = 0) -> Path:
    """Write 24 patients without any signal; return the cohort.toml."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    label = ("other", "APL")
    rows = [f"S{i:02d},P{i:02d},{label[i % 2]},{draw.randint(20, 80)},{draw.uniform(7, 15):.1f}" for i in range(24)]
    (folder / "specimens.csv").write_text("\n".join(["specimen,patient,label,age,hb", *rows]) + "\n")
    (folder / "cohort.toml").write_text(TOML.format(name=name).lstrip())
    return folder / "cohort.toml"


def said(**options) -> tuple[int, str]:
    """Run with ``RunOptions``; return the exit code and what was printed."""
    console = Console(file=io.StringIO(), width=300)
    code = run(RunOptions(jobs=1, **options), console)
    return code, console.file.getvalue()  # type: ignore[attr-defined]
