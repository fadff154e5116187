"""Transfer, leak ladder, modality grid, strata and costs, from a suite file to the results that are scored."""

import json

import pytest
from rich.console import Console

from benchmark.commands.report import make_board
from benchmark.commands.run import RunOptions, run
from benchmark.planning import plan_file
from benchmark.planning.state import inspect
from benchmark.records.store import Store
from benchmark.suites.suite import SuiteError, load_suite
from leaderboard.questions.cross_domain import tables
from leaderboard.questions.ladder import ladder, ladders
from leaderboard.questions.matrix import matrix
from leaderboard.questions.modality_grid import modality_grid
from leaderboard.questions.strata import strata

OPTIONS = (
    'dataset = "apl-sim"\noptions = { patients = 60, cells = 3, image_size = 28, confound = 0.0, images_only = 0.0 }\n'
)
RUNG = (
    '[[tasks]]\nname = "cells-SCHEME"\ntitle = "Cells"\nunit = "image"\nimages_per_patient = 2\nladder = "cells"\n'
    + OPTIONS
)
SUITE = (
    'name = "cross"\ntitle = "Cross"\n[[tasks]]\nname = "sites"\ntitle = "Sites"\n'
    + OPTIONS
    + 'split = { scheme = "transfer", folds = 4 }\nmodality_grid = true\nabstain_cost = 0.7\n'
    + f"costs = {[[0 if i == j else 1 + i for j in range(5)] for i in range(5)]}\n"
    + "".join(
        RUNG.replace("SCHEME", scheme) + f'split = {{ scheme = "{scheme}", folds = 2 }}\n'
        for scheme in ("random-images", "slide", "kfold", "leave-one-domain-out")
    )
    + '[profiles.quick]\nentries = ["prior", "ENTRY:Looker"]\ntrial_seconds = 120\n'
)
ENTRY = """
import numpy as np


class Looker:
    needs = frozenset()

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def fit(self, train, valid):
        return self

    def predict_proba(self, cohort):
        if not cohort.has("images").any():
            raise RuntimeError("nothing to look at")
        return np.random.default_rng(self.seed).dirichlet(np.ones(cohort.n_classes), len(cohort))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cross")
    (folder / "mine.py").write_text(ENTRY)
    (folder / "cross.toml").write_text(SUITE.replace("ENTRY", str(folder / "mine.py")))
    options = RunOptions(suite=str(folder / "cross.toml"), jobs=1, device="cpu", out=folder / "runs")
    with (folder / "log.txt").open("w") as log:
        assert run(options, Console(file=log, width=160)) == 0
    return folder


@pytest.fixture(scope="module")
def tasks(home):
    store = Store(home / "runs", "cross")
    plan = plan_file.saved(store, "quick")
    return {task.name: task for task in make_board(plan, inspect(plan, store), store, "").tasks}


def test_every_trial_is_there_and_the_slide_rung_is_left_out(home, tasks):
    assert list(tasks) == ["sites", "cells-random-images", "cells-kfold", "cells-leave-one-domain-out"]
    assert all((task.trials["status"] == "done").all() for task in tasks.values())
    assert "Not run: cells-slide: apl-sim names no slides, so it cannot be split by slide" in (
        home / "log.txt"
    ).read_text().replace("\n", " ")


def test_a_transfer_task_knows_its_domains_costs_and_validation(tasks):
    task = tasks["sites"]
    assert task.fold_names == {0: "A", 1: "B", 2: "C"}
    assert task.costs is not None and task.costs[2] == (3, 3, 0, 3, 3) and task.abstain_cost == 0.7
    assert task.valid is not None and set(task.valid["role"]) == {"valid"}
    assert task.valid.columns.tolist() == task.predictions.columns.tolist()
    assert set(task.predictions["role"]) == {"test", "test:A", "test:B", "test:C"}
    cells, told = matrix(task, resamples=20)
    assert len(cells) == 18 and cells["value"].notna().all()
    assert set(told["score"]) == {"in-domain", "mean shifted", "worst domain", "gap"}
    assert told["note"].str.endswith("cells hold different classes, so chance differs: compare with prior").all()


def test_the_grid_has_scores_oracle_and_named_holes(tasks):
    table = modality_grid(tasks["sites"], resamples=20).set_index(["entry", "test_set", "modalities"]).sort_index()
    assert table.loc["prior", "drop"].eq(0).all() and len(table.loc["prior"].loc["in-domain"]) == 7
    blind = table.loc[("Looker", "in-domain", "genes+clinical")]
    assert blind["note"] == "hole: RuntimeError: nothing to look at"
    oracle = table.loc["prior"].loc["in-domain", "oracle"]
    assert oracle["images+genes+clinical"] >= oracle["images"] and oracle.notna().all()


def test_strata_come_from_facts_kept_at_plan_time(tasks):
    table, _ = strata(tasks["sites"], resamples=10)
    assert {"age_band", "sex", "domain"} == set(table["by"])
    assert {"q0", "q4", "images.q0", "sex", "age_band"} <= set(tasks["sites"].specimens)
    assert tasks["cells-kfold"].specimens is None


def test_the_leaky_rung_is_flagged_in_task_table_and_record(home, tasks):
    leaky, honest = tasks["cells-random-images"], tasks["cells-kfold"]
    assert "leaky, for demonstration" in leaky.flags and "leaky, for demonstration" not in honest.flags
    assert "audit overridden: patient-in-two-roles" in leaky.flags
    assert any(note.startswith("Leaky, for demonstration") for note in leaky.notes)
    for path in (home / "runs/cross").glob("*/trial.json"):
        record = json.loads(path.read_text())
        is_leaky = record["identity"]["task"] == "cells-random-images"
        told = [*record["details"]["split_notes"], ""][0]
        assert told.startswith("Leaky, for demonstration") == is_leaky
    table = ladder(ladders(tasks.values())["cells"], resamples=20)
    assert table.query("rung == 'random image'")["flags"].eq("leaky, for demonstration").all()
    assert table.query("rung == 'patient' and level == 'image'")["n_specimens"].eq(120).all()


def test_all_tables_of_a_board_have_names(tasks):
    made = tables(list(tasks.values()), resamples=10)
    assert set(made) == {"transfer", "transfer-summary", "ladder", "modality-grid", "strata", "strata-gaps"}
    again = tables(list(tasks.values()), resamples=10)
    assert all(made[name].equals(again[name]) for name in made)
    assert set(made["strata"]["task"]) == set(tasks) and set(made["modality-grid"]["task"]) == {"sites"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('scheme = "kfold"', 'scheme = "transfer"', "one of the split schemes random-images, slide"),
        ('scheme = "kfold"', 'scheme = "slide"', "two rungs of one scheme"),
        ("images_per_patient = 2", "images_per_patient = 3", "differ in dataset, options, unit"),
        ("images_per_patient = 2", "images_per_patient = 0", "images_per_patient"),
        ("images_per_patient = 2", "modality_grid = true", "an image alone has one modality"),
        ("abstain_cost = 0.7", "abstain_cost = -1", "abstain_cost"),
        ("[[0, 1,", "[[nan, 1,", "costs"),
    ],
)
def test_mistakes_in_a_suite_are_explained(home, tmp_path, old, new, message):
    text = (home / "cross.toml").read_text()
    assert old in text
    (tmp_path / "cross.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(SuiteError, match=message):
        load_suite(str(tmp_path / "cross.toml"))


def test_costs_of_another_size_are_refused_when_the_classes_are_known(home, tmp_path):
    text = (home / "cross.toml").read_text()
    line = next(row for row in text.splitlines() if row.startswith("costs"))
    (tmp_path / "cross.toml").write_text(text.replace(line, "costs = [[0, 1], [1, 0]]"))
    options = RunOptions(suite=str(tmp_path / "cross.toml"), dry_run=True, out=tmp_path / "runs")
    with pytest.raises(SuiteError, match=r"task sites: costs has 2 rows of .* it needs 5 rows of 5"):
        run(options, Console(quiet=True))
