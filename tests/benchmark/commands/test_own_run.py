"""A user's own cohort runs like any dataset; audits stop what leaks, and an override is written everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from benchmark.commands.cli import app
from benchmark.entries.registry import UnknownName, UsageError
from benchmark.planning.auditing import AuditBlocks, judge, known_rules
from benchmark.planning.splitting import make_split
from benchmark.suites.adhoc import parse_options, suite_of
from benchmark.suites.suite import Split
from datasets import DATASETS
from datasets.audits.rules import RULES
from datasets.own.dataset import OwnDataset
from datasets.roots import DataMissing
from tests.datasets.public.test_golub import write as write_golub
from tests.datasets.public.test_leukemia_chips import write as write_chip

ROOT = Path(__file__).parents[3]
TOML = """
name = "my-cohort"
classes = ["AML", "APL"]
[specimens]
table = "specimens.csv"
patient = "patient"
domain = "hospital"
[clinical.columns]
hb = { unit = "g/dL" }
score = { unit = "" }
[split]
scheme = "kfold"
folds = 3
"""


def write_cohort(home: Path, *, leak: bool = False, toml: str = TOML) -> Path:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    table = pd.DataFrame(
        {
            "specimen": [f"S{i}" for i in rng.permutation(60)],
            "patient": [f"P{i}" for i in range(60)],
            "hospital": np.where(y == 1, "A", "B") if leak else np.array(["A", "B"])[rng.integers(0, 2, 60)],
            "label": np.array(["AML", "APL"])[y],
            "hb": np.round(9 + y + rng.normal(size=60), 2),
            "score": np.round(rng.normal(size=60), 3),
        }
    )
    home.mkdir(exist_ok=True)
    table.to_csv(home / "specimens.csv", index=False)
    (home / "cohort.toml").write_text(toml)
    return home / "cohort.toml"


def invoke(*words: str):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_haemoglobin_of_9_under_the_unit_g_per_litre_is_named(tmp_path):
    path = write_cohort(tmp_path, toml=TOML.replace('hb = { unit = "g/dL" }', 'hb = { unit = "g/L" }'))
    result = invoke("data", "check", str(path))
    told = re.sub(r"[\s│]+", " ", result.output)
    assert result.exit_code != 0 and "1 problem" in told
    assert "all 60 values lie outside 20 to 250 g/L, as if they were given in g/dL" in told
    assert 'Write unit = "g/dL" in clinical.columns.hb.' in told


def test_check_lists_every_problem_row_by_row(tmp_path):
    path = write_cohort(tmp_path)
    assert "60 specimens of 60 patients" in invoke("data", "check", str(path)).output
    table = pd.read_csv(tmp_path / "specimens.csv", dtype=str)
    table.loc[3, "hb"], table.loc[7, "hb"], table.loc[9, "label"] = "95", "9,5", "APLL"
    table.to_csv(tmp_path / "specimens.csv", index=False)
    result = invoke("data", "check", str(path))
    assert result.exit_code == 1
    assert "unknown label" in result.output
    table.loc[9, "label"] = "APL"
    table.to_csv(tmp_path / "specimens.csv", index=False)
    result = invoke("data", "check", str(path))
    told = re.sub(r"[\s│]+", " ", result.output)
    assert "5 hb 95 is impossible, outside 2 to 25 g/dL; in g/L it would not be" in told
    assert "9 hb 9,5 has ',' where the decimal mark is '.'" in told and 'Set decimal = ","' in told


def test_check_shows_counts_holes_crop_and_split(tmp_path):
    (tmp_path / "cells").mkdir()
    toml = TOML + '[images]\nfolder = "cells"\npattern = "{specimen}.png"\nimage_size = 16\n'
    path = write_cohort(tmp_path, toml=toml)
    for i in range(58):
        Image.fromarray(np.full((20, 20, 3), i, dtype=np.uint8)).save(tmp_path / f"cells/S{i}.png")
    result = invoke("data", "check", str(path))
    assert result.exit_code == 0
    assert "my-cohort: patients" in result.output and "specimens with each modality" in result.output
    assert re.search(r"2 specimens without images: S5[89]; S5[89]", result.output)
    assert "images cropped to 20 pixels" in result.output
    assert "Split kfold: 3 folds." in result.output


def test_check_refuses_a_split_that_cannot_be_made(tmp_path):
    path = write_cohort(tmp_path, toml=TOML.replace('"kfold"', '"k-fold"'))
    for words in (("data", "check"), ("data", "audit")):
        with pytest.raises(UsageError, match=r"split\.scheme: Input should be 'kfold', .*'temporal'"):
            invoke(*words, str(path))
    write_cohort(tmp_path, toml=TOML.replace('"kfold"\nfolds = 3', '"temporal"'))
    with pytest.raises(ValueError, match="era"):
        invoke("data", "check", str(path))


def test_two_cohorts_of_one_name_are_refused_and_one_file_named_twice_is_one_task(tmp_path):
    first, second = write_cohort(tmp_path / "a"), write_cohort(tmp_path / "b")
    with pytest.raises(UsageError, match=r"a/cohort.toml and .*b/cohort.toml both have name = 'my-cohort'; rename one"):
        suite_of([str(first), str(second)], {})
    assert len(suite_of([str(first), str(first.parent / ".." / "a" / "cohort.toml")], {}).tasks) == 1


def test_check_of_a_made_up_dataset_compares_its_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda name: str(tmp_path / "user"))
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    with pytest.raises(DataMissing, match="data get golub"):
        invoke("data", "check", "leukemia-cross", "--data-root", str(tmp_path))
    write_golub(tmp_path)
    for file in (tmp_path / "golub").glob("data_set*"):
        file.write_text(file.read_text().replace("gene 0", "MPO Myeloperoxidase"))
    write_chip(tmp_path)
    result = invoke("data", "check", "leukemia-cross", "--data-root", str(tmp_path))
    assert "is made of golub and leukemia-hgu95av2" in result.output
    for part in ("golub", "leukemia-hgu95av2"):
        assert f"{tmp_path}/{part}: " in result.output


def test_an_own_cohort_runs_and_reports(tmp_path):
    path, out = write_cohort(tmp_path / "my"), str(tmp_path / "runs")
    table = pd.read_csv(tmp_path / "my/specimens.csv", dtype=str)
    table.loc[4, ["hb", "score"]] = ""
    table.to_csv(tmp_path / "my/specimens.csv", index=False)
    words = ("--dataset", str(path), "--entry", "prior", "--entry", "missingness-only")
    result = invoke("run", *words, "--out", out, "--jobs", "1")
    assert result.exit_code == 0, result.output
    lacking = f"1 of 60 specimens have no clinical: {table.loc[4, 'specimen']}"
    assert lacking in result.output
    assert lacking in (tmp_path / "runs/my-cohort/leaderboard.quick/leaderboard.md").read_text()
    scores = pd.read_csv(tmp_path / "runs/my-cohort/leaderboard.quick/leaderboard.csv")
    assert set(scores["entry"]) == {"prior", "missingness-only"}
    assert set(scores["task"]) == {"my-cohort"}
    assert invoke("report", "--dataset", str(path), "--out", out).exit_code == 0


def test_a_class_that_its_hospital_gives_away_blocks_the_run_until_allowed(tmp_path):
    path, out = write_cohort(tmp_path / "my", leak=True), str(tmp_path / "runs")
    words = ("run", "--dataset", str(path), "--entry", "prior", "--out", out, "--jobs", "1")
    stopped = invoke(*words)
    assert stopped.exit_code == 1
    assert "[class-is-domain]" in stopped.output
    allow = sorted(set(re.findall(r"--allow (\S+)", stopped.output)))
    done = invoke(*words, *(word for rule in allow for word in ("--allow", rule)))
    assert done.exit_code == 0, done.output
    assert (
        "audit overridden: class-is-domain"
        in (tmp_path / "runs/my-cohort/leaderboard.quick/leaderboard.md").read_text()
    )
    records = [json.loads(p.read_text()) for p in (tmp_path / "runs/my-cohort").glob("*/trial.json")]
    assert records and all("class-is-domain" in record["details"]["allowed"] for record in records)
    assert invoke("data", "audit", str(path)).exit_code == 1


def test_a_patient_split_without_patient_ids_is_refused_and_the_image_split_is_flagged(tmp_path):
    rng = np.random.default_rng(1)
    (tmp_path / "cells").mkdir()
    toml = (
        TOML.replace('patient = "patient"\n', "")
        + '[images]\nfolder = "cells"\npattern = "{specimen}.png"\nimage_size = 16\n'
    )
    write_cohort(tmp_path, toml=toml)
    for i in range(60):
        Image.fromarray(rng.integers(0, 255, (20, 20, 3), dtype=np.uint8)).save(tmp_path / f"cells/S{i}.png")
    dataset = OwnDataset(tmp_path / "cohort.toml")
    with pytest.raises(ValueError, match="scheme = 'images'"):
        make_split(Split.model_validate(dataset.SPLIT), dataset.load())
    plan = make_split(Split(scheme="images", folds=3), dataset.load())
    assert "no patient ids" in plan.notes[0]


def test_a_copied_image_in_another_role_blocks(tmp_path):
    rng = np.random.default_rng(2)
    (tmp_path / "cells").mkdir()
    toml = TOML + '[images]\nfolder = "cells"\npattern = "{specimen}.png"\nimage_size = 16\n'
    write_cohort(tmp_path, toml=toml)
    for i in range(60):
        Image.fromarray(rng.integers(0, 255, (20, 20, 3), dtype=np.uint8)).save(tmp_path / f"cells/S{i}.png")
    dataset = OwnDataset(tmp_path / "cohort.toml")
    plan = make_split(Split(scheme="kfold", folds=3), dataset.load())
    assert judge(dataset.load(), plan, ()).allowed == ()
    roles = plan.roles(dataset.load(), 0)
    ids = dataset.load().specimen
    learned, tested = (ids[roles[role][0]] for role in ("train", "test"))
    (tmp_path / f"cells/{tested}.png").write_bytes((tmp_path / f"cells/{learned}.png").read_bytes())
    with pytest.raises(AuditBlocks, match="--allow duplicate-images"):
        judge(dataset.load(), plan, ())
    assert judge(dataset.load(), plan, ("duplicate-images",)).allowed == ("duplicate-images",)


def test_options_are_read_as_toml_or_text():
    assert parse_options(["seed=3", "confound=0.5", "dirty=true", "do=site=B", 'name="x"']) == {
        "seed": 3, "confound": 0.5, "dirty": True, "do": "site=B", "name": "x"
    }  # fmt: skip
    with pytest.raises(UsageError, match="KEY=VALUE"):
        parse_options(["seed"])


def test_rules_and_datasets_that_do_not_exist_are_named():
    with pytest.raises(UnknownName, match="duplicate-images"):
        known_rules(["duplicate-image"])
    with pytest.raises(UnknownName, match="did you mean golub"):
        suite_of(["golob"], {})
    with pytest.raises(UsageError, match="--suite"):
        suite_of([], {})


def test_every_dataset_has_a_valid_default_split():
    for name in DATASETS:
        assert suite_of([name], {}).tasks[0].dataset == name


def test_the_page_of_datasets_names_all_of_them_and_all_rules():
    page = (ROOT / "docs/datasets.md").read_text()
    for name in DATASETS:
        assert f"| `{name}` | {suite_of([name], {}).tasks[0].title} |" in page
    for name, rule in RULES.items():
        assert f"| `{name}` | {rule.title} |" in page
