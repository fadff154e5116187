"""A model learns from one site alone, and every cell of train site x test site is scored on its own."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from benchmark.entries.registry import entry_class, entry_spec
from benchmark.planning.splitting import fold_names, make_split
from benchmark.suites.suite import Split
from benchmark.trials.trial import run_trial
from datasets.schemes.splitters import kfold, temporal, transfer
from datasets.splits import SplitError, check_patients, save_plan
from leaderboard.inference.shared_draw import shared_draw
from leaderboard.measures.metrics import METRICS
from leaderboard.questions.matrix import matrix
from leaderboard.records.check import check
from leaderboard.records.results import TaskResult
from leaderboard.records.testsets import test_sets as sets_of
from leaderboard.scores.score import score
from tests.toy import toy_cohort

LogisticRegressionEntry = entry_class(entry_spec("logistic-regression"))

SPEC = Split(scheme="transfer")
COHORT = toy_cohort(n=180, domains=("A", "B", "C"), images=False, signal=0.8)


def result(cohort, builds, *, seeds=(0,), n_classes=3) -> TaskResult:
    """Run entries through the trial, as the harness does."""
    plan = make_split(SPEC, cohort)
    frames, trials = [], []
    for name, build in builds.items():
        for seed in seeds:
            for fold in plan.folds:
                outcome = run_trial(build, cohort, plan.roles(cohort, fold), params={}, seed=seed)
                table = pd.DataFrame(outcome.predictions)
                tests = table[table["role"].str.startswith("test")]
                frames.append(tests.assign(entry=name, seed=seed, fold=fold))
                trials.append((name, seed, fold, "done", False, None, 1.0, ""))
    columns = ["entry", "seed", "fold", "status", "stale", "tuned", "seconds", "error"]
    return TaskResult(
        name="toy", title="toy", dataset="toy", classes=cohort.classes, positive=1 if n_classes == 2 else None,
        generated=True, flags=(), notes=plan.notes, predictions=pd.concat(frames, ignore_index=True),
        trials=pd.DataFrame(trials, columns=columns), fold_names=fold_names(SPEC, cohort, plan),
    )  # fmt: skip


@pytest.fixture(scope="module")
def task() -> TaskResult:
    return result(COHORT, {"lr": LogisticRegressionEntry, "other": LogisticRegressionEntry}, seeds=(0, 1))


def called(task, entry, fold, role, seed=0):
    table = task.predictions.query("entry == @entry and fold == @fold and role == @role and seed == @seed")
    return table["y"], table[["p0", "p1", "p2"]].to_numpy().argmax(axis=1)


@given(st.integers(0, 50), st.integers(2, 4), st.integers(2, 6))
def test_a_fold_learns_from_its_domain_alone(seed, n_domains, parts):
    cohort = toy_cohort(n=90, domains=tuple("ABCD"[:n_domains]), images=False, genes=False)
    plan = transfer(cohort, parts=parts, seed=seed)
    check_patients(cohort, plan)
    names = fold_names(SPEC, cohort, plan)
    assert sorted(names.values()) == list("ABCD"[:n_domains])
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        assert set(roles) == {"train", "valid", "test", *(f"test:{d}" for d in names.values() if d != names[fold])}
        for role, rows in roles.items():
            assert set(cohort.domain[rows]) == {role.partition(":")[2] or names[fold]}
        assert sum(map(len, roles.values())) == len(cohort)


def test_held_out_patients_are_tested_in_every_domain_they_have_specimens_in():
    n = len(COHORT)
    twice = COHORT[np.tile(np.arange(n), 2)]
    both = dataclasses.replace(
        twice,
        specimen=np.char.add(twice.specimen, np.repeat(["a", "b"], n)),
        domain=np.repeat(["mono", "lymph"], n),
    )
    plan = transfer(both)
    check_patients(both, plan)
    for fold, other in enumerate(["mono", "lymph"]):
        roles = plan.roles(both, fold)
        assert set(both.patient[roles["test"]]) == set(both.patient[roles[f"test:{other}"]])


def test_a_class_that_cannot_be_learnt_plays_no_role_and_is_told():
    keep = ~((COHORT.domain == "B") & (COHORT.y == 2))
    plan = transfer(COHORT[keep], seed=1)
    roles = plan.roles(COHORT[keep], 1)
    assert all(set(COHORT[keep].y[rows]) == {0, 1} for rows in roles.values())
    assert plan.notes[1:] == ("Learnt from B alone, class-2 cannot be told: left out of that row",)


def test_a_domain_of_one_class_teaches_nothing_but_is_tested():
    cohort = COHORT[(COHORT.domain != "C") | (COHORT.y == 0)]
    plan = transfer(cohort)
    assert plan.folds == (0, 1) and fold_names(SPEC, cohort, plan) == {0: "A", 1: "B"}
    assert "Nothing is learnt from C alone: it has too few patients of two classes" in plan.notes
    cells, _ = matrix(result(cohort, {"lr": LogisticRegressionEntry}), resamples=20)
    assert len(cells) == 9
    away = cells.query("train == 'A' and test == 'C'").iloc[0]
    assert np.isnan(away["value"]) and away["note"] == "undefined: one class only" and away["n_patients"] > 0
    nothing = cells.query("train == 'C'")
    assert nothing["value"].isna().all() and nothing["note"].str.startswith("undefined").all()


def test_one_domain_to_learn_from_is_enough():
    cohort = COHORT[(COHORT.domain == "A") | (COHORT.y == 0)]
    plan = transfer(cohort)
    assert plan.folds == (0,) and fold_names(SPEC, cohort, plan) == {0: "A"}


def test_a_saved_plan_knows_its_domains_and_others_have_none(tmp_path):
    save_plan(make_split(SPEC, COHORT), tmp_path / "sites.csv")
    saved = Split(scheme="plan", plan=str(tmp_path / "sites.csv"))
    assert fold_names(saved, COHORT, make_split(saved, COHORT)) == {0: "A", 1: "B", 2: "C"}
    save_plan(kfold(COHORT, folds=3, train_domains=["A"]), tmp_path / "one.csv")
    one = Split(scheme="plan", plan=str(tmp_path / "one.csv"))
    assert fold_names(one, COHORT, make_split(one, COHORT)) == {}
    other = Split(scheme="leave-one-domain-out")
    assert fold_names(other, COHORT, make_split(other, COHORT)) == {}


def test_one_domain_is_refused():
    with pytest.raises(SplitError, match="needs two domains"):
        transfer(toy_cohort(domains=("A",)))


def test_cells_are_what_scikit_learn_says(task):
    check(task)
    cells, _ = matrix(task, resamples=50)
    assert len(cells) == 2 * 9
    for row in cells[cells["entry"] == "lr"].itertuples():
        fold = "ABC".index(row.train)
        role = "test" if row.train == row.test else f"test:{row.test}"
        expected = np.mean([balanced_accuracy_score(*called(task, "lr", fold, role, seed)) for seed in (0, 1)])
        assert row.value == pytest.approx(expected) and row.low <= row.value <= row.high
        assert row.n_patients == len(called(task, "lr", fold, role)[0])


def test_summaries_are_made_of_cells(task):
    cells, told = matrix(task, resamples=200)
    table = cells[cells["entry"] == "lr"].pivot(index="train", columns="test", values="value").to_numpy()
    own, away = np.diag(table), table[~np.eye(3, dtype=bool)].reshape(3, 2)
    value = told[told["entry"] == "lr"].set_index("score")["value"]
    assert value["in-domain"] == pytest.approx(own.mean())
    assert value["mean shifted"] == pytest.approx(away.mean())
    assert value["worst domain"] == pytest.approx(away.min())
    assert value["gap"] == pytest.approx(own.mean() - away.mean())
    assert (told["low"] <= told["high"]).all()
    assert not told["note"].str.contains("chance differs").any()


def test_resamples_are_those_of_repeated_rows(task):
    drawn = shared_draw([task.predictions], ["y", "domain", "role"], 10, 3)
    first = next(s for s in sets_of(task) if s.name == "B")
    rows = np.searchsorted(drawn.patients, first.patients)
    got = drawn.scores(first, first.replicates["lr"], METRICS["balanced_accuracy"])
    for b in range(11):
        times = [drawn.weights[rows, b][r.patient] for r in first.replicates["lr"]]
        each = [
            balanced_accuracy_score(np.repeat(r.y, t), np.repeat(r.proba.argmax(axis=1), t))
            for r, t in zip(first.replicates["lr"], times, strict=True)
        ]
        assert got[b] == pytest.approx(np.mean(each))


def test_the_ordinary_table_never_pools_models_of_different_domains(task):
    first = next(s for s in sets_of(task) if s.name == "in-domain")
    assert all(len(set(replicate.fold.tolist())) == 1 for replicate in first.replicates["lr"])
    table = score(task, resamples=20).query("entry == 'lr' and metric == 'balanced_accuracy'").set_index("test_set")
    cells, told = matrix(task, resamples=20)
    own = told.query("entry == 'lr' and score == 'in-domain'")["value"].iloc[0]
    assert table.loc["in-domain", "value"] == pytest.approx(own)
    to_b = cells.query("entry == 'lr' and test == 'B' and train != 'B'")["value"].mean()
    assert table.loc["B", "value"] == pytest.approx(to_b)


def test_a_hole_empties_its_row_and_the_summary(task):
    lost = (task.trials["entry"] == "lr") & (task.trials["fold"] == 1)
    trials = task.trials.assign(
        status=task.trials["status"].mask(lost, "failed"), error=task.trials["error"].mask(lost, "ValueError: no")
    )
    gone = (task.predictions["entry"] == "lr") & (task.predictions["fold"] == 1)
    holed = dataclasses.replace(task, trials=trials, predictions=task.predictions[~gone])
    cells, told = matrix(holed, resamples=20)
    mine = cells[cells["entry"] == "lr"].set_index(["train", "test"])
    assert mine.loc["B", "value"].isna().all() and mine.loc["B", "note"].str.contains("failed: ValueError: no").all()
    assert mine.loc[["A", "C"], "value"].notna().all()
    assert told[told["entry"] == "lr"]["value"].isna().all() and told[told["entry"] == "other"]["value"].notna().all()


def test_two_classes_are_scored_by_auroc_and_two_domains_are_not_pooled():
    cohort = toy_cohort(n=120, n_classes=2, domains=("A", "B"), images=False, signal=0.5)
    task = result(cohort, {"lr": LogisticRegressionEntry}, n_classes=2)
    cells, _ = matrix(task, resamples=20)
    row = cells.query("train == 'A' and test == 'B'").iloc[0]
    table = task.predictions.query("fold == 0 and role == 'test:B'")
    assert row["metric"] == "auroc" and row["value"] == pytest.approx(roc_auc_score(table["y"], table["p1"]))
    shifted = next(s for s in sets_of(task) if s.name == "all shifted")
    assert [set(r.fold.tolist()) for r in shifted.replicates["lr"]] == [{0}, {1}]


def test_a_task_that_pools_domains_has_no_matrix(task):
    with pytest.raises(ValueError, match="has no fold_names"):
        matrix(dataclasses.replace(task, fold_names={}))


def test_a_temporal_plan_says_what_each_fold_learnt_from():
    era = np.array(["2010", "2015", "2020"])[np.arange(180) % 3]
    plan = temporal(dataclasses.replace(COHORT, era=era))
    assert plan.notes[:2] == ("Tested on 2015: learnt from 2010", "Tested on 2020: learnt from 2010, 2015")
