"""Damage every kind of file that a figure depends on, then report and run, and say whether anybody noticed.

Run from the repository root: ``python -m perf.damage``; ``--tree`` names another checkout, for a table of before and
after. Each fault starts from one finished run of the suite of ``perf.kills``. What is damaged is a cache (the records
are then taken away, so that it is used), or a file of the run. Outcomes: "named" (said, and the figures are right in
the end), "silently right" (not said, figures right), "silently wrong" (not said, other figures), "fatal" (the second
run still fails), "traceback". Figures are the scores of the leaderboard and its tables of strata and oracle distance.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from perf.kills import ROOT, new_home, run

Damage = Callable[[list[Path]], None]


def torn(paths: list[Path]) -> None:
    """Cut 20 bytes, as a full disk or a kill would."""
    for path in paths:
        path.write_bytes(path.read_bytes()[:-20])


def emptied(paths: list[Path]) -> None:
    """Leave files of zero rows or bytes."""
    for path in paths:
        if path.suffix == ".npy":
            np.save(path, np.load(path)[:0])
        else:
            path.write_bytes(b"")


def permuted(paths: list[Path]) -> None:
    """Reverse the rows of arrays and tables, valid in every other respect."""
    for path in paths:
        if path.suffix == ".npy":
            np.save(path, np.load(path)[::-1])
        elif path.suffix == ".parquet":
            table = pd.read_parquet(path)
            moved = {
                c: table[c].to_numpy()[::-1] for c in table if c not in ("specimen", "entry", "metric", "test_set")
            }
            table.assign(**moved).to_parquet(path, index=False)
        else:
            told = json.loads(path.read_text())
            told["columns"] = {c: v if c == "specimen" else v[::-1] for c, v in told["columns"].items()}
            path.write_text(json.dumps(told))


def classes_swapped(paths: list[Path]) -> None:
    """Exchange the first two classes of every task of a plan."""
    for path in paths:
        told = json.loads(path.read_text())
        for task in told["tasks"].values():
            task["classes"][:2] = task["classes"][1::-1]
        path.write_text(json.dumps(told))


def another(paths: list[Path]) -> None:
    """Put a valid split of exchanged folds under the name."""
    from datasets.splits import SplitPlan, load_plan, save_plan

    for path in paths:
        plan = load_plan(path)
        save_plan(SplitPlan(plan.table.assign(fold=1 - plan.table["fold"]), plan.notes), path)


def status_edited(paths: list[Path]) -> None:
    """Give a record a status that nobody knows."""
    for path in paths[:1]:
        path.write_text(path.read_text().replace('"status": "done"', '"status": "fine"'))


FAULTS: dict[str, tuple[str, Damage, bool]] = {
    "cell features, rows permuted": ("cache/cell-features-*/*.npy", permuted, True),
    "cell features, torn": ("cache/cell-features-*/*.npy", torn, True),
    "copies of images, emptied": ("cache/copies-*/*.npy", emptied, True),
    "pixels, rows permuted": ("cache/apl-sim-*/pixels.npy", permuted, True),
    "split, torn": ("runs/small/splits/*.csv", torn, True),
    "split, another valid one": ("runs/small/splits/*.csv", another, True),
    "facts, torn": ("runs/small/splits/*.facts.*", torn, False),
    "facts, rows permuted": ("runs/small/splits/*.facts.*", permuted, False),
    "plan, torn": ("runs/small/plan.quick.json", torn, False),
    "plan, classes swapped": ("runs/small/plan.quick.json", classes_swapped, False),
    "study, torn": ("runs/small/studies/*.log", torn, True),
    "study, emptied": ("runs/small/studies/*.log", emptied, True),
    "scores, torn": ("runs/small/scores/quick/*/*.parquet", torn, False),
    "record, torn": ("runs/small/*/trial.json", torn, False),
    "record, unknown status": ("runs/small/*/trial.json", status_edited, False),
    "predictions, rows permuted": ("runs/small/*/predictions.parquet", permuted, False),
}


def main() -> None:
    """Print one line a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--only", default="", help="Part of a fault's name.")
    asked = parser.parse_args()
    tree = asked.tree.resolve()
    with tempfile.TemporaryDirectory() as folder:
        whole = new_home(Path(folder), "whole")
        code, text = run(whole, "run", tree=tree)
        if code:
            raise RuntimeError(text)
        expected = figures(whole)
        for name, outcome in outcomes(whole, Path(folder) / "damaged", expected, tree, asked.only):
            print(f"{name}: {outcome}", flush=True)


def outcomes(
    whole: Path, home: Path, expected: dict[str, pd.DataFrame], tree: Path, only: str
) -> Iterator[tuple[str, str]]:
    """Yield each fault and what became of it."""
    for name, (pattern, damage, computes) in FAULTS.items():
        if only not in name:
            continue
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(whole, home)
        paths = sorted(home.glob(pattern))
        if not paths:
            yield name, "there is no such file"
            continue
        damage(paths)
        if computes:
            for record in home.glob("runs/small/*/trial.json"):
                shutil.rmtree(record.parent)
        yield name, _outcome(home, expected, tree, computes)


def _outcome(home: Path, expected: dict[str, pd.DataFrame], tree: Path, computes: bool) -> str:
    first = ("ok", "") if computes else run(home, "report", tree=tree)
    seen = "" if computes or first[0] else _difference(home, expected)
    codes, texts = [], [str(first[1])]
    for _ in range(2):
        code, text = run(home, "run", tree=tree)
        codes.append(code)
        texts.append(text + "".join(p.read_text() for p in home.glob("runs/small/logs/*.log")))
    said = any(word in "".join(texts) for word in ("Quarantined", "Not trusted", "Error:", "torn", "checksum"))
    if "Traceback" in "".join(texts) and codes[-1] == 0:
        return "traceback, then mended"
    if codes[-1]:
        return "fatal"
    wrong = seen or _difference(home, expected)
    return (
        ("named" if said else "silently right")
        if not wrong or (said and not _difference(home, expected))
        else (f"silently wrong: {wrong}")
    )


def figures(home: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a report whose numbers do not depend on time."""
    folder = home / "runs" / "small" / "leaderboard.quick"
    tables = {p.name: pd.read_csv(p).drop(columns="commit", errors="ignore") for p in sorted(folder.glob("*.csv"))}
    return {name: table for name, table in tables.items() if "cost" not in name}


def _difference(home: Path, expected: dict[str, pd.DataFrame]) -> str:
    given = figures(home)
    for name, table in expected.items():
        columns = [c for c in table if c not in ("seconds", "flags")]
        if name not in given or not table[columns].equals(given[name].reindex(columns=columns)):
            return name
    return ""


if __name__ == "__main__":
    main()
