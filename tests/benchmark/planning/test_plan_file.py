"""Plans, splits and facts of a run: what is torn, edited or another's is named, set aside and made again."""

import json
import shutil

import pandas as pd
import pytest

from benchmark.entries.registry import UsageError
from benchmark.planning.plan_file import check_source, plan_path, saved
from benchmark.records.kept_splits import kept_split
from benchmark.records.specimen_facts import kept_facts
from benchmark.records.store import Identity, Record, Store, StoreError
from datasets.sealed import read_document, write_document
from datasets.splits import SplitError
from tests.benchmark.small_run import said, write_cohort


@pytest.fixture(autouse=True)
def planned_only(monkeypatch):
    """Let runs plan, and neither execute nor report."""
    monkeypatch.setattr("benchmark.commands.run._execute", lambda *_: None)
    monkeypatch.setattr("benchmark.commands.run.report", lambda *_, **__: 0)


@pytest.fixture
def home(tmp_path):
    """Return a folder with a cohort that was planned once."""
    write_cohort(tmp_path / "c")
    planned(tmp_path)
    return tmp_path


def planned(home, cohort="c", **more) -> str:
    code, text = said(datasets=(str(home / cohort / "cohort.toml"),), out=home / "runs", entries=("prior",), **more)
    assert code == 0, text
    return text


def store(home) -> Store:
    return Store(home / "runs", "own")


def task(home):
    return saved(store(home), "quick").tasks["own"]


def swapped(path):
    """Swap the classes, as the figures of each would then stand under the other."""
    told = json.loads(path.read_text())
    told["tasks"]["own"]["classes"].reverse()
    path.write_text(json.dumps(told))


def of_other(path):
    """Replace a plan by a valid one of another profile."""
    write_document(path, {**read_document(path), "profile": "full"})


DAMAGE = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_text('{"made": "elsewhere"}'),
    "not text": lambda path: path.write_bytes(b"\xff\xfe" * 40),
    "sealed, of another version": lambda path: write_document(path, {"tasks": []}),
}


@pytest.mark.parametrize("damage", [*DAMAGE.values(), swapped, of_other])
def test_a_plan_that_cannot_be_trusted_is_named_and_made_again(home, damage, caplog):
    path = plan_path(store(home), "quick")
    before = path.read_bytes()
    damage(path)
    assert path.read_bytes() != before
    for _ in range(2):
        with pytest.raises(StoreError, match=r"plan.quick.json .*run the suite again"):
            saved(store(home), "quick")
    planned(home)
    assert path.read_bytes() == before
    assert len(caplog.records) == 1 and str(path) in caplog.text
    planned(home)
    assert len(caplog.records) == 1


def shuffled(path):
    told = json.loads(path.read_text())
    told["columns"] = {name: values[::-1] if name == "age_band" else values for name, values in told["columns"].items()}
    path.write_text(json.dumps(told))


def of_another_cohort(path):
    write_document(path, {**read_document(path), "fingerprint": "f" * 64})


@pytest.mark.parametrize("damage", [*DAMAGE.values(), shuffled, of_another_cohort])
def test_facts_that_cannot_be_trusted_are_named_and_made_again(home, damage, caplog):
    (path,) = (store(home).folder / "splits").glob("*.facts.json")
    before, fingerprint = kept_facts(store(home), task(home).fingerprint), task(home).fingerprint
    assert set(before["age_band"]) <= {"0-17", "18-39", "40-59", "60+"}
    damage(path)
    with pytest.raises(StoreError, match="run the suite again"):
        kept_facts(store(home), fingerprint)
    planned(home)
    pd.testing.assert_frame_equal(kept_facts(store(home), fingerprint), before)
    assert len(caplog.records) == 1 and str(path) in caplog.text


def another_split(path):
    """Put a valid plan of the same specimens, with folds exchanged, under the name."""
    from datasets.splits import SplitPlan, load_plan, save_plan

    plan = load_plan(path)
    save_plan(SplitPlan(plan.table.assign(fold=1 - plan.table["fold"]), plan.notes), path)


def edited_note(path):
    path.write_text(path.read_text().replace("# notes", "# All is well.\n# notes"))


def swapped_roles(path):
    text = path.read_text()
    path.write_text(text.replace(",train", ",x").replace(",test", ",train").replace(",x", ",test"))


@pytest.mark.parametrize(
    "damage", [*[d for name, d in DAMAGE.items() if "sealed" not in name], another_split, edited_note, swapped_roles]
)
def test_a_split_that_cannot_be_trusted_is_named_and_made_again(home, damage, caplog):
    (path,) = (store(home).folder / "splits").glob("*.csv")
    before, checksum = path.read_bytes(), task(home).split
    damage(path)
    assert path.read_bytes() != before
    with pytest.raises(SplitError):
        kept_split(store(home), checksum)
    planned(home)
    assert path.read_bytes() == before
    assert len(caplog.records) == 1 and str(path) in caplog.text


@pytest.mark.parametrize("status", ["DONE", "finished", "", None, ["done"]])
def test_a_record_of_unknown_status_or_an_edited_one_is_foreign(tmp_path, status):
    kept = Store(tmp_path, "s")
    record = kept.write(Record("k" * 64, Identity("quick", "t", "e", 0, 0), "failed", {"seconds": {"fit": 2}}, "x"))
    path = kept.path(record.key) / "trial.json"
    write_document(path, {**read_document(path), "status": status})
    assert "foreign: its status is" in str(kept.records()[1][0])
    kept.write(record)
    path.write_text(path.read_text().replace('"fit": 2', '"fit": 1'))
    assert "does not match its seal" in str(kept.records()[1][0])


def test_a_record_that_cannot_be_trusted_is_set_aside_once(home):
    trial = saved(store(home), "quick").trials[0]
    record = store(home).write(Record("k" * 64, trial.identity, "failed"))
    (store(home).path(record.key) / "trial.json").write_text("{")
    assert planned(home).count("Quarantined:") == 1
    assert planned(home).count("Quarantined:") == 0
    assert (store(home).folder / "quarantine" / ("k" * 16) / "trial.json").read_text() == "{"


def test_two_cohorts_of_one_name_are_not_one(home):
    write_cohort(home / "d", seed=1)
    with pytest.raises(UsageError, match=r"c/cohort.toml, and dataset .*d/cohort.toml has the same name"):
        planned(home, "d")
    with pytest.raises(UsageError, match="same name"):
        planned(home, "d", profile="full")
    (home / "c" / "cohort.toml").write_text((home / "c" / "cohort.toml").read_text() + "# edited\n")
    planned(home)


def test_a_project_that_moves_with_its_runs_is_the_same(home, tmp_path_factory):
    moved = tmp_path_factory.mktemp("moved") / "project"
    shutil.copytree(home, moved)
    planned(moved)
    from benchmark.suites.adhoc import suite_of

    check_source(store(moved), suite_of([str(moved / "c" / "cohort.toml")], {}).source)


@pytest.mark.parametrize("name", ["smoke", "Smoke", "apl"])
def test_a_cohort_or_suite_may_not_be_called_like_a_suite_of_the_tree(tmp_path, name):
    write_cohort(tmp_path / "c", name)
    with pytest.raises(UsageError, match=f"name: {name} is a suite of the tree; choose another name"):
        planned(tmp_path)
    (tmp_path / "s.toml").write_text(
        f'name = "{name}"\ntitle = "S"\n[[tasks]]\nname = "t"\ntitle = "T"\ndataset = "golub"\n'
        'split = { scheme = "kfold" }\n[profiles.quick]\nentries = ["prior"]\n'
    )
    with pytest.raises(UsageError, match="is a suite of the tree"):
        said(suite=str(tmp_path / "s.toml"), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_many_datasets_have_one_name_that_a_folder_can_have(tmp_path):
    from benchmark.suites.adhoc import suite_of

    cohorts = [str(write_cohort(tmp_path / str(i), f"cohort-{i}-{'x' * 40}")) for i in range(4)]
    names = {suite_of(chosen, {}).name for chosen in (cohorts, cohorts[::-1], cohorts[:3], cohorts[:1])}
    assert len(names) == 4 and max(map(len, names)) <= 100
