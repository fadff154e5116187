"""Time the report of a board: its page and its site without pictures, and the board itself, first made, then kept.

Run from the repository root: ``python -m perf.report``. Predictions are made up: 8 tasks of 50 entries are 400 rows.
The report is the one page that a run ends with; the site has a page a task, entry, test set and group of tables.
The peer is the same rows as one plain HTML table by pandas (``DataFrame.to_html``) and by its ``Styler``, which has
classes and three digits as our cells have; both in the same process, processor time, best of 3. The ratio of the
``Styler`` to our site is for equal numbers of cells, of which our pages have many more. Last comes the board of one
task of 12 entries: made anew, from the cache, and with one entry more.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from leaderboard.boards import ScoreCache, build
from leaderboard.pages import render_page as render
from leaderboard.pages import render_site
from leaderboard.records import Board, TaskResult

CLASSES = ("PML-RARA", "NPM1-RARA", "STAT5B-RARA")
Made = TypeVar("Made")


def main() -> None:
    """Print the figures of the site, then those of the board."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--patients", type=int, default=240, help="of the task that is scored")
    parser.add_argument("--resamples", type=int, default=1000, help="of the task that is scored")
    options = parser.parse_args()
    with threadpool_limits(1):
        report(made_up(options.tasks, options.entries))
        scoring(options.patients, options.resamples)


def report(board: Board) -> None:
    """Print the time of a site without pictures beside that of pandas."""
    rows = sum(len(task.entries) for task in board.tasks)
    seconds, page = best(lambda: render(replace(board), pictures=False))  # a copy: nothing derived is kept
    print(f"report of {rows} rows without pictures: {seconds:.2f} s, {len(re.findall('<t[dh]', page))} cells")
    seconds, pages = best(lambda: [text for _, text in render_site(replace(board), pictures=False)])
    cells = sum(len(re.findall("<t[dh]", page)) for page in pages)
    print(f"site of {rows} rows without pictures: {seconds:.2f} s, {len(pages)} pages, {cells} cells")
    wide = board.scores.pivot_table(index=["task", "entry"], columns=["test_set", "metric"], values="value")
    peers: dict[str, Callable[[], str]] = {"to_html": wide.to_html, "Styler": wide.style.format(precision=3).to_html}
    for name, work in peers.items():
        spent, page = best(work)
        theirs = len(re.findall("<t[dh]", page))
        print(f"pandas {name} of the same rows: {spent:.3f} s, {theirs} cells")
    print(f"ratio to Styler, by cell: {(spent / theirs) / (seconds / cells):.1f}")


def scoring(patients: int, resamples: int) -> None:
    """Print the time of a board made anew, from the cache, and with one entry more."""
    task = made_up_task("apl-sim", patients, 12)
    less = made_up_task("apl-sim", patients, 11)
    with tempfile.TemporaryDirectory() as folder:
        for name, given in (("first made", less), ("one entry more", task), ("kept", task)):
            start = time.process_time()
            board([given], resamples, ScoreCache(Path(folder)))
            print(f"board of {len(given.entries)} entries, {patients} patients, {resamples} resamples, {name}: "
                  f"{time.process_time() - start:.2f} s")  # fmt: skip


def best(work: Callable[[], Made]) -> tuple[float, Made]:
    """Return the least processor time of three, and the result."""
    times = []
    for _ in range(3):
        start = time.process_time()
        made = work()
        times.append(time.process_time() - start)
    return min(times), made


def made_up(tasks: int, entries: int) -> Board:
    """Return a board of equal tasks, scored once with few resamples: a site's time depends on neither."""
    one = board([made_up_task("apl-sim-0", 60, entries)], 20, None)
    names = [f"apl-sim-{i}" for i in range(tasks)]

    def copied(table: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([table.assign(task=name) for name in names], ignore_index=True)

    return replace(
        one,
        tasks=tuple(replace(one.tasks[0], name=name) for name in names),
        scores=copied(one.scores),
        details=copied(one.details),
        pairs=copied(one.pairs),
        further={name: copied(table) for name, table in one.further.items()},
    )


def board(tasks: list[TaskResult], resamples: int, cache: ScoreCache | None) -> Board:
    """Score tasks."""
    return build(
        tasks,
        suite="apl",
        title="Made up",
        profile="quick",
        commit="",
        date="",
        command="",
        resamples=resamples,
        cache=cache,
    )


def made_up_task(name: str, n: int, entries: int) -> TaskResult:
    """Return predictions of n patients in three folds of sites A and B, and of site C by each fold's model."""
    rng = np.random.default_rng(n)
    y, site, k = rng.integers(len(CLASSES), size=n), np.array(["A", "B", "C"])[np.arange(n) % 3], len(CLASSES)
    cohort = pd.DataFrame({"patient": [f"P{i:05d}" for i in range(n)], "domain": site, "y": y})
    cohort["specimen"] = cohort["patient"]
    inside = cohort["domain"] != "C"
    parts, trials = [], []
    for i in range(entries):
        entry = "prior" if i == 0 else f"entry-{i:02d}"
        for fold in range(3):
            inner = cohort[inside & (np.arange(n) // 3 % 3 == fold)].assign(role="test")
            tested = pd.concat([inner, cohort[~inside].assign(role="test:C")], ignore_index=True)
            odds = np.random.default_rng([i, fold]).normal(size=(len(tested), k)) * (i > 0)
            proba = np.exp(odds + (0.05 * i) * np.eye(k)[tested["y"]])
            proba /= proba.sum(axis=1, keepdims=True)
            told = tested.assign(entry=entry, seed=0, fold=fold, **{f"p{c}": proba[:, c] for c in range(k)})
            parts.append(told)
            trials.append({"entry": entry, "seed": 0, "fold": fold, "status": "done", "stale": False, "tuned": None,
                           "seconds": 1.0, "error": ""})  # fmt: skip
    families = {f"entry-{i:02d}": "classic" for i in range(entries)} | {"prior": "control"}
    predictions = pd.concat(parts, ignore_index=True)
    return TaskResult(
        name=name,
        title="Made up",
        dataset="apl-sim",
        classes=CLASSES,
        positive=None,
        generated=True,
        flags=(),
        notes=(),
        predictions=predictions,
        trials=pd.DataFrame(trials),
        families=families,
    )


if __name__ == "__main__":
    main()
