"""Confidence on unseen classes against scikit-learn and loops; what is malformed is named and dropped."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.stats import beta
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import average_precision_score, roc_auc_score

from leaderboard.exchange import archive
from leaderboard.exchange.compare import only
from leaderboard.exchange.submit import judge_submission, submission
from leaderboard.inference.bootstrap import reach
from leaderboard.inference.clustered import shared_weights
from leaderboard.inference.shared_draw import summary
from leaderboard.layout.shapes import SHAPES
from leaderboard.layout.wide_table import wide_tables
from leaderboard.measures.share_interval import share_interval
from leaderboard.questions.ood import COLUMNS as OOD_COLUMNS
from leaderboard.questions.ood import METRICS, REFERENCE, SCORES, ood, readings, unseen_classes, unseen_weights
from leaderboard.questions.ood_calls import ood_calls
from leaderboard.records.check import PREDICTION, check
from leaderboard.records.held_out import check_valid
from leaderboard.records.quarantine import quarantined
from leaderboard.records.results import Board, TaskResult
from leaderboard.records.testsets import test_sets as sets_of
from tests.leaderboard.held_out_task import honest, rows, task_of
from tests.leaderboard.metric_cases import cases

FACTS = {"suite": "s", "title": "t", "profile": "quick", "commit": "c", "date": "2026-01-01", "command": "x"}
DOUBT, ENTROPY = SCORES
COLUMNS = ["p0", "p1", "p2"]


def unseen_rows(entry: str, name: str, proba: np.ndarray, **facts: int) -> pd.DataFrame:
    return rows(entry, f"ood:{name}", np.full(len(proba), -1), proba, **facts)


@cache
def made(*, n: int = 60, n_unseen: int = 14, seeds: int = 2, folds: int = 3, n_classes: int = 3) -> TaskResult:
    """Return a task with a shifted set and two unseen classes; every second patient has two specimens."""
    rng = np.random.default_rng(3)
    y, fold = rng.integers(n_classes, size=n), np.arange(n) % folds
    parts, unseen = [], []
    for entry in ("e", "f", "prior"):
        for s in range(seeds):
            for f in range(folds):
                where = {"seed": s, "fold": f}

                def said(count: int, spread: float, entry: str = entry) -> np.ndarray:
                    even = np.full((count, n_classes), 1 / n_classes)
                    return even if entry == "prior" else honest(rng, count, n_classes, spread).round(1 + (entry == "f"))

                inside = y[fold == f]
                parts.append(rows(entry, "test", inside, said(len(inside), 2.0), first=1000 * f, **where))
                parts.append(rows(entry, "test:B", y[:9], said(9, 1.0), domain="B", **where))
                unseen.append(unseen_rows(entry, "X", said(n_unseen, 1.0), **where))
                unseen.append(unseen_rows(entry, "Z", said(3, 1.0), **where))
    tests, out = (normal(pd.concat(p, ignore_index=True), n_classes) for p in (parts, unseen))
    return task_of(doubled(tests, rng, n_classes), ood=doubled(out, rng, n_classes))


@cache
def small() -> TaskResult:
    return made(n=24, n_unseen=5, seeds=2, folds=2)


@cache
def single() -> TaskResult:
    return made(seeds=1, folds=1)


def normal(table: pd.DataFrame, n_classes: int) -> pd.DataFrame:
    columns = [f"p{k}" for k in range(n_classes)]
    proba = table[columns].to_numpy() + 0.01
    return table.assign(**dict(zip(columns, (proba / proba.sum(axis=1, keepdims=True)).T, strict=True)))


def doubled(table: pd.DataFrame, rng: np.random.Generator, n_classes: int) -> pd.DataFrame:
    """Give every second patient another specimen, of which an entry other than the prior says something else."""
    even = table[table["patient"].str[-1].isin(list("02468"))]
    proba = honest(rng, len(even), n_classes)
    told = {f"p{k}": np.where(even["entry"] == "prior", even[f"p{k}"], proba[:, k]) for k in range(n_classes)}
    again = even.assign(specimen=even["specimen"] + "-again", **told)
    return pd.concat([table, again], ignore_index=True)


def fpr_by_loop(score: np.ndarray, unseen: np.ndarray, weight: np.ndarray) -> float:
    """Try every score as a threshold, from the highest."""
    for threshold in sorted(set(score), reverse=True):
        flagged = score >= threshold
        if weight[flagged & unseen].sum() >= 0.95 * weight[unseen].sum() - 1e-9:
            return float(weight[flagged & ~unseen].sum() / weight[~unseen].sum())
    raise AssertionError


def by_patient(table: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return table.groupby("patient")[columns].mean().round(12).to_numpy()


def uncertainty(score: str, proba: np.ndarray) -> np.ndarray:
    said = [1 - max(row) if score == DOUBT else scipy_entropy(row) for row in proba]
    return np.round(np.array(said), 12)


def in_one_fold(score: str, known: np.ndarray, unseen: np.ndarray) -> tuple[float, ...]:
    told = np.concatenate([uncertainty(score, known), uncertainty(score, unseen)])
    is_unseen = np.repeat([False, True], [len(known), len(unseen)])
    return (
        roc_auc_score(is_unseen, told),
        fpr_by_loop(told, is_unseen, np.ones(len(told))),
        average_precision_score(is_unseen, told),
        is_unseen.mean(),
        told[is_unseen].mean(),
        told[~is_unseen].mean(),
    )


@given(cases())
@settings(max_examples=20)
def test_readings_are_scikit_learn_s_and_a_loop_s(case):
    score, is_unseen = case.proba[:, 0], case.y == 0
    told = readings(score, is_unseen, case.weights)
    for b, weight in enumerate(case.weights):
        if weight[is_unseen].sum() == 0 or weight[~is_unseen].sum() == 0:
            assert np.isnan(told[b]).all()
            continue
        expected = (
            roc_auc_score(is_unseen, score, sample_weight=weight),
            fpr_by_loop(score, is_unseen, weight),
            average_precision_score(is_unseen, score, sample_weight=weight),
            weight[is_unseen].sum() / weight.sum(),
            np.average(score[is_unseen], weights=weight[is_unseen]),
            np.average(score[~is_unseen], weights=weight[~is_unseen]),
        )
        np.testing.assert_allclose(told[b], expected, atol=1e-12)


def part(task: TaskResult, entry: str, name: str = "X") -> TaskResult:
    """Return one entry and one unseen class: what a test does not look at costs time."""
    alone = only(task, entry)
    return replace(alone, ood=alone.ood[alone.ood["role"] == f"ood:{name}"].reset_index(drop=True))


@pytest.mark.parametrize(("entry", "n_classes"), [("e", 3), ("f", 2)])
def test_the_table_by_loops_over_seeds_and_folds(entry, n_classes):
    task, columns = part(made(n=24, n_unseen=5, folds=2, n_classes=n_classes), entry), COLUMNS[:n_classes]
    table = ood(task, resamples=3).set_index(["test_set", "score", "metric"])["value"]
    for test_set, role in (("in-domain", "test"), ("B", "test:B")):
        for score in SCORES:
            seeds = []
            for seed in range(2):
                read, weights = [], []
                for fold in range(2):
                    query = f"seed == {seed} and fold == {fold}"
                    known = by_patient(task.predictions.query(f"{query} and role == '{role}'"), columns)
                    unseen = by_patient(task.ood.query(query), columns)
                    read.append(in_one_fold(score, known, unseen))
                    weights.append(len(known))
                seeds.append(np.average(read, axis=0, weights=weights))
            told = [table[test_set, score, metric] for metric in METRICS]
            np.testing.assert_allclose(told, np.mean(seeds, axis=0), atol=1e-9)


def test_constant_confidence_is_one_half_on_every_resample():
    table = ood(only(small(), "prior"), resamples=50).set_index(["unseen", "test_set", "score", "metric"])
    for keys, rows_ in table.groupby(level=[0, 1, 2]):
        told = rows_.droplevel([0, 1, 2])
        assert (told.loc["ood_auroc", ["value", "low", "high"]] == 0.5).all(), keys
        assert (told.loc["fpr95", ["value", "low", "high"]] == 1).all()
        assert told.loc["ood_aupr", "value"] == told.loc["unseen_share", "value"]


def sure_of(confidences: dict[str, float], role: str, n: int, **facts: int) -> pd.DataFrame:
    """Return patients with a specimen in each domain, whose confidence is that of the domain alone."""
    y = np.full(n, -1) if role.startswith("ood") else np.arange(n) % 2
    tables = []
    for domain, sure in confidences.items():
        told = rows("e", f"{role}:{domain}" if role == "test" and domain != "A" else role, y,
                    np.tile([sure, 1 - sure], (n, 1)), domain=domain, **facts)  # fmt: skip
        patient = role + told["patient"].str[-5:]
        tables.append(told.assign(patient=patient, specimen=patient + domain))
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("level", ["specimen", "patient"])
def test_confidence_that_depends_on_the_domain_only_tells_nothing(level):
    sure = {"A": 0.95, "B": 0.8, "C": 0.6}
    unseen = [sure_of(sure, "ood:X", 10), sure_of({"D": 0.5}, "ood:X", 2, first=90)]
    task = task_of(sure_of(sure, "test", 12), ood=pd.concat(unseen, ignore_index=True), level=level)
    table = ood(task, resamples=5)
    assert set(table["test_set"]) == {"in-domain", "B", "C", "all shifted"}
    assert (table.loc[table["metric"] == "ood_auroc", "value"] == 0.5).all()
    assert (table["n_unseen"] == 10).all()
    assert set(table["note"]) == {"2 of 12 unseen patients, of domains that this test set lacks, are left out"}


def test_a_fold_s_unseen_are_of_the_domains_that_it_tests():
    """Fold 0 tests B and fold 1 tests C; both are surer in B, whoever it is. Nobody unseen is of fold 2's domain."""
    sure = {"B": 0.9, "C": 0.6}
    tests = [sure_of({d: {**sure, "D": 0.7}[d]}, "test", 12, fold=k, first=20 * k) for k, d in enumerate("BCD")]
    unseen = [sure_of(sure, "ood:X", 10, fold=k) for k in range(3)]
    task = task_of(pd.concat(tests, ignore_index=True), ood=pd.concat(unseen, ignore_index=True))
    table = ood(task, resamples=5).query("test_set == 'all shifted'")
    assert (table.loc[table["metric"] == "ood_auroc", "value"] == 0.5).all()
    assert set(table["note"]) == {"1 of 3 folds, without unseen patients of the domains that they test, are left out"}


def test_models_of_different_folds_are_never_compared():
    """Pooled over folds this AUROC is .75: the second model is less sure of everybody."""
    parts, unseen = [], []
    for fold, sure in ((0, 0.9), (1, 0.7)):
        parts.append(
            rows("e", "test", np.arange(8) % 2, np.tile([sure, 1 - sure], (8, 1)), fold=fold, first=100 * fold)
        )
        unseen.append(unseen_rows("e", "X", np.tile([sure - 0.1, 1.1 - sure], (12, 1)), fold=fold))
    task = task_of(pd.concat(parts, ignore_index=True), ood=pd.concat(unseen, ignore_index=True))
    table = ood(task, resamples=20).set_index("metric")
    assert (table.loc["ood_auroc", ["value", "high"]] == 1).all(axis=None)
    np.testing.assert_allclose(table.loc["fpr95", "high"], beta.ppf(0.975, 1, 16))  # 16 known patients, none flagged


def apart(n_wrong: int) -> TaskResult:
    """Return 80 known and 5 unseen patients, whose scores do not overlap but for ``n_wrong`` of the known."""
    sure = np.linspace(0.9, 0.99, 80)
    sure[:n_wrong] = 0.6
    unsure = np.linspace(0.65, 0.7, 5)
    known, unseen = (np.column_stack([p, 1 - p]) for p in (sure, unsure))
    return task_of(rows("e", "test", np.arange(80) % 2, known), ood=unseen_rows("e", "X", unseen))


def test_one_known_patient_on_the_wrong_side_does_not_change_the_interval_much():
    low = []
    for n_wrong in (0, 1):
        row = ood(apart(n_wrong), resamples=200).query("metric == 'ood_auroc' and score == @ENTROPY").iloc[0]
        assert row["value"] == pytest.approx(1 - n_wrong / 80) and row["high"] > 0.99
        low.append(row["low"])
    assert 0.4 < low[1] < low[0] < 0.9 and low[0] - low[1] < 0.05


def test_intervals_draw_known_patients_within_strata_and_unseen_ones():
    task = part(single(), "f")
    patients = unseen_weights(next(unseen_classes(task)), 12, 7)
    table = ood(task, resamples=12, seed=7).set_index(["test_set", "score", "metric"])
    unseen = by_patient(task.ood, COLUMNS)
    for test_set in sets_of(task):
        role = "test" if test_set.name == "in-domain" else "test:B"
        known = by_patient(task.predictions.query(f"role == '{role}'"), COLUMNS)
        drawn = (shared_weights(task, test_set, 12, 7), patients[1])
        assert (drawn[1].sum(axis=0) == len(unseen)).all() and drawn[1].std() > 0
        samples = [
            in_one_fold(DOUBT, *(np.repeat(p, w[:, b], axis=0) for p, w in zip((known, unseen), drawn, strict=True)))
            for b in range(13)
        ]
        wide = reach(np.append(test_set.strata, np.full(len(unseen), 99)))
        for metric, figures in zip(METRICS, np.array(samples).T, strict=True):
            told = table.loc[(test_set.name, DOUBT, metric), ["value", "low", "high"]].astype(float)
            wanted = summary(figures, wide, (0, 2 / 3 if metric.startswith("mean") else 1))
            if metric == "ood_auroc":  # two classes of n and m are worth 4 / (1 / n + 1 / m) answers at most
                most = 4 / (1 / len(known) + 1 / len(unseen))
                bounds = share_interval(figures[:1], figures[None, 1:], wide, most)
                wanted = (figures[0], *(float(b[0]) for b in bounds))
            elif metric == "fpr95" and figures[0] == 1:
                wanted = (1, beta.ppf(0.025, len(known), 1), 1)
            np.testing.assert_allclose(told, wanted, atol=1e-9)


def test_the_known_are_drawn_as_in_other_tables_and_order_does_not_matter():
    task = part(small(), "e")
    mixed = replace(task, ood=task.ood.sample(frac=1, random_state=0), predictions=task.predictions.iloc[::-1])
    keys = ["entry", "unseen", "test_set", "score", "metric"]
    one, two = (ood(t, resamples=10).sort_values(keys, ignore_index=True) for t in (task, mixed))
    pd.testing.assert_frame_equal(one, two)


def test_which_class_is_positive_does_not_matter():
    task = part(made(n=24, n_unseen=5, folds=2, n_classes=2), "f")
    swapped = [t.assign(p0=t["p1"], p1=t["p0"]) for t in (task.predictions, task.ood)]
    other = replace(task, predictions=swapped[0].assign(y=1 - swapped[0]["y"]), ood=swapped[1], positive=0,
                    classes=task.classes[::-1])  # fmt: skip
    pd.testing.assert_frame_equal(ood(task, resamples=5), ood(other, resamples=5))


def test_a_task_of_specimens_counts_specimens_and_draws_patients():
    task = replace(part(single(), "e"), level="specimen")
    table = ood(task, resamples=5).set_index(["entry", "unseen", "test_set", "score", "metric"])
    columns = ["p0", "p1", "p2"]
    known = task.predictions.query("entry == 'e' and role == 'test'")[columns].to_numpy()
    unseen = task.ood.query("entry == 'e' and role == 'ood:X'")
    row = table.loc[("e", "X", "in-domain", ENTROPY, "ood_auroc")]
    assert row["value"] == pytest.approx(in_one_fold(ENTROPY, known, unseen[columns].to_numpy())[0])
    assert row["n_unseen"] == unseen["patient"].nunique() < len(unseen)
    called = ood_calls(task, resamples=5).query("entry == 'e' and unseen == 'X'").set_index("class")["called"]
    share = unseen[columns].to_numpy().argmax(axis=1) == 0
    assert called["A"] == pytest.approx(share.mean())


def test_one_unseen_patient_is_scored_without_an_interval():
    task = part(small(), "f", "Z")
    one = replace(task, ood=task.ood[task.ood["patient"] == "ood:Z-00000"])
    table = ood(one, resamples=20)
    assert table["value"].between(0, 3).all() and (table["n_unseen"] == 1).all()
    assert table[["low", "high"]].isna().all(axis=None)
    assert (
        table.loc[table["test_set"] == "in-domain", "note"].eq("class Z has 1 patient: no interval can be told").all()
    )
    assert (ood_calls(one, resamples=20).eval("called_high - called_low") > 0).all()


def test_two_unseen_patients_are_enough_for_an_interval():
    task = part(small(), "f", "Z")
    two = replace(task, ood=task.ood[task.ood["patient"].isin(["ood:Z-00000", "ood:Z-00001"])])
    table = ood(two, resamples=20)
    assert (table["n_unseen"] == 2).all() and table[["low", "high"]].notna().all(axis=None)


def test_one_known_patient_is_scored_without_an_interval():
    task = part(single(), "f")
    few = task.predictions[(task.predictions["role"] == "test") | (task.predictions["patient"] == "test:B-00003")]
    table = ood(replace(task, predictions=few), resamples=20).set_index("test_set")
    assert table["value"].notna().all() and table.loc["in-domain", "low"].notna().all()
    assert table.loc["B", ["low", "high"]].isna().all(axis=None)
    assert table.loc["B", "note"].str.endswith("1 known patient is tested: no interval can be told").all()


def test_few_unseen_patients_make_intervals_unreliable():
    notes = ood(part(small(), "prior"), resamples=1)["note"]
    wanted = "class X has 5 patients, fewer than 10: the intervals of FPR at 95 % TPR, AUPR and means are unreliable"
    assert notes.str.endswith(wanted).all()


def test_the_probability_of_one_patient_called_so_has_no_interval():
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.2])
    unseen = unseen_rows("e", "X", np.column_stack([sure, 1 - sure]))
    table = ood_calls(replace(apart(0), ood=unseen), resamples=50).set_index("class")
    assert table.loc["B", "max_probability"] == pytest.approx(0.8)
    assert table.loc["B", ["max_probability_low", "max_probability_high"]].isna().all()
    assert table.loc["A", "max_probability_low"] < 0.75 < table.loc["A", "max_probability_high"]
    assert table["note"].tolist() == ["", "1 patient is called B: the probability has no interval"]


def test_only_unseen_patients_of_the_test_sets_domains_are_compared():
    task = part(single(), "e")
    away = task.ood.assign(domain=np.where(task.ood["patient"] < "ood:X-00003", "B", "A"))
    table = ood(replace(task, ood=away), resamples=2)
    for where, domain, n, rest in (("in-domain", "A", 11, 3), ("B", "B", 3, 11)):
        got = table[table["test_set"] == where]
        alone = ood(replace(task, ood=away[away["domain"] == domain]), resamples=2)
        wanted = alone[alone["test_set"] == where]
        np.testing.assert_array_equal(got["value"], wanted["value"])
        assert (got["n_unseen"] == n).all()
        assert got["note"].str.startswith(f"{rest} of 14 unseen patients, of domains that this test set lacks").all()


def test_where_all_unseen_patients_are_of_foreign_domains_the_note_says_so():
    task = part(single(), "e")
    table = ood(replace(task, ood=task.ood.assign(domain="C")), resamples=2)
    assert (table["n_unseen"] == 14).all() and table["note"].str.contains("no unseen patient is of a domain").all()


@pytest.mark.parametrize("nothing", [None, pd.DataFrame(columns=[*PREDICTION, "p0", "p1", "p2"])])
def test_without_unseen_patients_there_is_no_table(nothing):
    task = replace(small(), ood=nothing)
    check(task)
    assert ood(task).empty and ood_calls(task).empty
    assert ood(task).columns.tolist() == OOD_COLUMNS


def test_an_entry_with_a_hole_has_a_note_and_no_value():
    task = small()
    silent = (task.ood["entry"] == "f") & (task.ood["fold"] == 1)
    mine = (task.trials["entry"] == "prior") & (task.trials["seed"] == 1) & (task.trials["fold"] == 0)
    lost = [t.merge(task.trials.loc[~mine, ["entry", "seed", "fold"]]) for t in (task.predictions, task.ood[~silent])]
    trials = task.trials.assign(status=np.where(mine, "failed", "done"), error=np.where(mine, "OSError: x", ""))
    holed = replace(task, predictions=lost[0], ood=lost[1], trials=trials)
    check(holed)
    scores = ood(holed, resamples=3)
    for table, value in ((scores, "value"), (ood_calls(holed, resamples=3), "called")):
        whole = table[table["entry"] == "e"]
        assert whole[value].notna().all() and table.loc[table["entry"] != "e", value].isna().all()
        notes = table.groupby("entry")["note"].unique()
        assert sorted(notes["f"]) == [f"hole: 2 of 4 models did not predict patients of {name}" for name in "XZ"]
        assert notes["prior"].tolist() == ["3 of 4 folds; seed 1 fold 0 failed: OSError: x"]
    pd.testing.assert_frame_equal(
        scores.query("entry == 'e'").reset_index(drop=True),
        ood(only(task, "e"), resamples=3),
    )


def test_calls_are_counted_and_shares_of_none_or_all_have_an_exact_interval():
    task = made()
    table = ood_calls(task, resamples=40).set_index(["entry", "unseen", "class"])
    columns = ["p0", "p1", "p2"]
    averaged = task.ood.groupby(["entry", "role", "seed", "fold", "patient"])[columns].mean().round(12)
    for (entry, role), told in averaged.groupby(level=[0, 1]):
        proba, name = told.to_numpy(), role.removeprefix("ood:")
        for k, label in enumerate(task.classes):
            called = proba.argmax(axis=1) == k
            row = table.loc[(entry, name, label)]
            assert row["called"] == pytest.approx(called.mean())
            if called.any():
                assert row["max_probability"] == pytest.approx(proba[called].max(axis=1).mean())
                who = told[called].index.get_level_values("patient").nunique()
                bounds = row[["max_probability_low", "max_probability_high"]].astype(float)
                assert bounds.isna().all() if who == 1 else bounds.iloc[0] <= row["max_probability"] <= bounds.iloc[1]
            else:
                assert np.isnan(row["max_probability"])
    every, nobody = table.loc[("prior", "X", "A")], table.loc[("prior", "X", "B")]
    assert (every["called"], nobody["called"]) == (1, 0)
    assert (every["called_low"], nobody["called_high"]) == pytest.approx(
        (beta.ppf(0.025, 14, 1), beta.ppf(0.975, 1, 14))
    )
    np.testing.assert_allclose(table.groupby(level=[0, 1])["called"].sum(), 1)


def with_posterior(task: TaskResult) -> TaskResult:
    names = pd.concat([task.predictions, task.ood])["specimen"].drop_duplicates().to_numpy()
    chances = honest(np.random.default_rng(8), len(names), 3)
    return replace(task, specimens=pd.DataFrame({"specimen": names, **{f"q{k}": chances[:, k] for k in range(3)}}))


def test_the_posterior_is_one_more_entry():
    task = with_posterior(part(small(), "e"))
    facts, columns = task.specimens.set_index("specimen"), ["q0", "q1", "q2"]
    first = [t[(t["entry"] == "e") & (t["seed"] == 0)] for t in (task.predictions, task.ood)]
    tests, unseen = (t.assign(**facts.loc[t["specimen"]].reset_index(drop=True).set_index(t.index)) for t in first)
    read = []
    for _, known in tests[tests["role"] == "test"].groupby("fold"):
        told = unseen[(unseen["fold"] == known["fold"].iloc[0]) & (unseen["role"] == "ood:X")]
        read.append(in_one_fold(ENTROPY, by_patient(known, columns), by_patient(told, columns)))
    table = ood(task, resamples=4)
    mine = table[(table["entry"] == REFERENCE) & (table["unseen"] == "X") & (table["test_set"] == "in-domain")]
    np.testing.assert_allclose(mine.loc[mine["score"] == ENTROPY, "value"], np.mean(read, axis=0), atol=1e-9)
    others = table[table["entry"] != REFERENCE].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, ood(replace(task, specimens=None), resamples=4))
    assert REFERENCE in set(ood_calls(task, resamples=2)["entry"])


def test_an_unknown_posterior_is_said_and_one_of_known_classes_only_is_no_row():
    task = with_posterior(only(single(), "e"))
    facts = task.specimens
    some = facts[facts["specimen"] != "ood:X-00004"]
    table = ood(replace(task, specimens=some), resamples=2).query("entry == @REFERENCE")
    assert table.loc[table["unseen"] == "X", "value"].isna().all()
    assert set(table.loc[table["unseen"] == "X", "note"]) == {"the posterior of some specimen is not known"}
    assert table.loc[table["unseen"] == "Z", "value"].notna().all()
    known = facts[~facts["specimen"].str.startswith("ood:")]
    assert REFERENCE not in set(ood(replace(task, specimens=known), resamples=2)["entry"])


def of_f(task: TaskResult, column: str, value: object, *, rows_: int = 1) -> TaskResult:
    table = task.ood.copy()
    table[column] = table[column].astype(object)
    at = table.index[(table["entry"] == "f") & (table["role"] == "ood:X")][:rows_]
    table.loc[at, column] = value
    return replace(task, ood=table)


def everywhere(column: str, value: str):
    """Change a fact of one specimen wherever entry f names it."""

    def change(task: TaskResult) -> TaskResult:
        table = task.ood.copy()
        table.loc[(table["entry"] == "f") & (table["specimen"] == "ood:X-00001"), column] = value
        return replace(task, ood=table)

    return change


def only_f(change):
    return lambda task: replace(task, ood=pd.concat([task.ood[task.ood["entry"] != "f"],
                                                     change(task.ood[task.ood["entry"] == "f"])]))  # fmt: skip


BAD = [
    (lambda t: of_f(t, "p0", np.nan), r"ood probabilities .* not finite"),
    (lambda t: of_f(t, "p0", 7.0), "ood probabilities .* do not sum to 1"),
    (lambda t: of_f(t, "y", 1), "a y that is not -1"),
    (lambda t: of_f(t, "role", "test"), r"unseen classes"),
    (only_f(lambda t: t.replace({"role": {"ood:X": "ood:A"}})), "with a class other than"),
    (only_f(lambda t: t.replace({"role": {"ood:X": "ood:"}})), "a role that is not 'ood:<class>'"),
    (lambda t: of_f(t, "patient", None), "an ood prediction .* empty cell"),
    (lambda t: of_f(t, "patient", "stranger"), "two patients, domains or unseen classes"),
    (everywhere("patient", "test-00000"), "tested as one of a known class"),
    (everywhere("specimen", "test-00000"), "a specimen that is also tested"),
    (
        only_f(lambda t: t.assign(role=np.where(t["specimen"] == "ood:X-00000-again", "ood:Z", t["role"]))),
        "a patient of two unseen classes",
    ),
    (only_f(lambda t: pd.concat([t, t.head(1)])), "an ood prediction twice"),
    (only_f(lambda t: t.assign(fold=t["fold"] + 9)), "a row of a trial that is not done"),
]
OTHER = [
    (everywhere("patient", "stranger"), "says of an unseen specimen what most do not"),
    (everywhere("domain", "C"), "says of an unseen specimen what most do not"),
    (only_f(lambda t: t[t["specimen"] != "ood:X-00001"]), "2 specimens lack a prediction"),
    (everywhere("specimen", "new"), "another split: seed 1 predicts 'new' as ood:X"),
]


def test_what_is_malformed_is_refused():
    check(small())
    with pytest.raises(ValueError, match="a y that is not -1"):
        check(only(of_f(small(), "y", 1), "f"))


def test_bad_entries_are_dropped_with_their_reasons_and_the_others_stay():
    """Entry f once for each thing that can be wrong with it, all on one board."""
    task = small()
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in ("predictions", "trials", "ood")}
    for name, found in tables.items():
        found.append(getattr(task, name).query("entry != 'f'"))
        for i, (change, _) in enumerate([*BAD, *OTHER]):
            found.append(getattr(change(task), name).query("entry == 'f'").assign(entry=f"f{i}"))
    clean, reasons = quarantined(replace(task, **{k: pd.concat(t, ignore_index=True) for k, t in tables.items()}))
    assert list(reasons) == [f"f{i}" for i in range(len(reasons))] and len(reasons) == len(BAD) + len(OTHER)
    for i, (_, said) in enumerate([*BAD, *OTHER]):
        assert re.search(said, reasons[f"f{i}"]), reasons[f"f{i}"]
    for kept, whole in ((clean.ood, task.ood), (clean.predictions, task.predictions)):
        pd.testing.assert_frame_equal(kept, whole[whole["entry"] != "f"].reset_index(drop=True), check_dtype=False)


def test_a_patient_whom_the_others_test_is_not_unseen():
    task = small()
    rest = task.predictions[(task.predictions["patient"] != "test-00000") | (task.predictions["entry"] != "f")]
    named = replace(everywhere("patient", "test-00000")(task), predictions=rest)
    alone = replace(named, ood=named.ood[named.ood["entry"] == "f"])
    assert list(quarantined(alone)[1]) == ["f"]


def test_a_lacking_column_is_of_no_single_entry_and_validation_patients_are_not_unseen():
    task = small()
    with pytest.raises(ValueError, match=r"ood predictions .* lack the columns \['domain'\]"):
        quarantined(replace(task, ood=task.ood.drop(columns="domain")))
    valid = task.ood.assign(role="valid", y=0)
    with pytest.raises(ValueError, match="patients of an unseen class in its validation part"):
        check_valid(replace(task, valid=valid))


@pytest.fixture(scope="module")
def board() -> Board:
    task = made(n=16, n_unseen=4, seeds=1, folds=2)
    nothing = pd.DataFrame()
    return Board(**FACTS, tasks=(task,), scores=nothing, details=nothing, pairs=nothing, further={}, resamples=2)


@pytest.fixture(scope="module")
def published(board, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "board"
    archive.write(archive.pack(board), folder, {})
    return folder


def test_a_published_board_holds_the_unseen_and_says_when_they_changed(board, tmp_path):
    archive.write(archive.pack(board), tmp_path / "board", {})
    table = pd.read_parquet(tmp_path / "board" / "ood.parquet")
    table.assign(p0=np.where(table["entry"] == "f", 0.9, table["p0"])).to_parquet(tmp_path / "board" / "ood.parquet")
    assert "ood.parquet differs from the manifest" in archive.changed_files(tmp_path / "board")
    reasons = quarantined(archive.unpack(tmp_path / "board")[1][0])[1]
    assert list(reasons) == ["f"] and "ood probabilities" in reasons["f"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t, None),
        (lambda t: replace(t, ood=t.ood[t.ood["role"] == "ood:X"]), r"unseen classes \['ood:X'\], the board has"),
        (lambda t: replace(t, ood=t.ood[t.ood["specimen"] != "ood:X-00001"]), "seed 0 lacks of 2 predictions"),
        (lambda t: replace(t, ood=t.ood.assign(domain="C")), "says what the board does not"),
        (lambda t: of_f(t, "p0", np.nan), "ood probabilities"),
    ],
)
def test_a_submission_has_the_board_s_unseen_patients(board, published, tmp_path, change, said):
    changed = replace(board, tasks=(change(board.tasks[0]),))
    submission(changed, "f", tmp_path / "given", {})
    told = judge_submission(tmp_path / "given", published)
    if said is None:
        assert told == []
        assert set(archive.unpack(tmp_path / "given")[1][0].ood["entry"]) == {"f"}
    else:
        assert pd.Series(told).str.contains(said).any(), told


def test_a_board_without_unseen_classes_takes_none(board, tmp_path):
    submission(board, "f", tmp_path / "given", {})
    archive.write(archive.pack(replace(board, tasks=(replace(board.tasks[0], ood=None),))), tmp_path / "bare", {})
    told = judge_submission(tmp_path / "given", tmp_path / "bare")
    assert len(told) == 1 and "the board has []" in told[0]


def test_the_page_shows_a_row_a_score_and_what_the_unseen_are_called(board):
    scores, called = (make(board.tasks[0], resamples=2) for make in (ood, ood_calls))
    tables = {t.title: t for t in wide_tables("t", scores, SHAPES["ood"])}
    assert list(tables) == [f"t, unseen {name}, {where}" for name in "XZ" for where in ("in-domain", "B")]
    table = tables["t, unseen Z, in-domain"]
    assert [c.header for c in table.columns] == [
        "entry", "score", "patients", "OOD AUROC", "FPR at 95 % TPR", "OOD AUPR", "chance AUPR", "mean of unseen",
        "mean of known", "unseen patients", "note",
    ]  # fmt: skip
    row = next(row for row in table.rows if (row[0].text, row[1].text) == ("prior", DOUBT))
    assert row[3].text == "0.500" and row[2].text == "16" and row[-2].text == "3" and "3 patients" in row[-1].text
    calls = next(iter(wide_tables("t", called, SHAPES["ood-calls"])))
    assert [c.header for c in calls.columns if c.header != "note"][2:] == [
        f"{what} {k}" for k in "ABC" for what in ("called", "max probability of")
    ]
    row = next(row for row in calls.rows if row[0].text == "prior")
    assert row[2].text == "1.000" and row[3].text == "0.333" and row[5].text == "–"
