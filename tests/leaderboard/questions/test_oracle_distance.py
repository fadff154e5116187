"""Distance to a known posterior against scipy, loops and the identity NLL = entropy + KL."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy as scipy_entropy

from leaderboard.questions.oracle_distance import ORACLE, entropy, kl, oracle_distance
from leaderboard.scores.score import score
from tests.leaderboard.held_out_task import drawn, honest, rows, sharpened, task_of


def made(n: int = 200, seeds: int = 2, folds: int = 2, n_classes: int = 3):
    """Return a task with the posterior itself, a too sure copy, noise and the prior as entries."""
    rng = np.random.default_rng(0)
    truth = honest(rng, n, n_classes, spread=1)
    y = drawn(rng, truth)
    told = {
        "exact": truth,
        "sure": sharpened(truth, 2),
        "noise": honest(rng, n, n_classes),
        "prior": np.full((n, n_classes), 1 / n_classes),
    }
    fold = np.arange(n) % folds
    parts = [
        rows(name, "test", y[fold == f], proba[fold == f], seed=s, fold=f, first=100_000 * f)
        for name, proba in told.items()
        for s in range(seeds)
        for f in range(folds)
    ]
    table = pd.concat(parts, ignore_index=True)
    first = table[(table["entry"] == "exact") & (table["seed"] == 0)]
    q = {f"q{k}": first[f"p{k}"].to_numpy() for k in range(n_classes)}
    return task_of(table, specimens=pd.DataFrame({"specimen": first["specimen"].to_numpy(), **q}))


def values(task, resamples: int = 30) -> pd.Series:
    return oracle_distance(task, resamples=resamples).set_index(["entry", "metric"])["value"]


def test_kl_and_entropy_are_scipy_s_and_finite_at_zero():
    rng = np.random.default_rng(1)
    p, q = honest(rng, 50, 4), honest(rng, 50, 4)
    np.testing.assert_allclose(kl(q, p), [scipy_entropy(a, b) for a, b in zip(q, p, strict=True)], atol=1e-12)
    np.testing.assert_allclose(entropy(q), [scipy_entropy(a) for a in q], atol=1e-12)
    assert kl(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-6))
    assert entropy(np.array([[1.0, 0.0]])) == 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_table_by_hand(n_classes):
    task = made(n_classes=n_classes)
    told = values(task)
    columns = [f"p{k}" for k in range(n_classes)]
    parts = {
        e: part.sort_values(["seed", "specimen"])[columns].to_numpy() for e, part in task.predictions.groupby("entry")
    }
    q = parts["exact"]
    for entry in ("exact", "sure", "noise", "prior"):
        p = parts[entry]
        assert told[entry, "kl"] == pytest.approx(
            np.mean([scipy_entropy(a, b) for a, b in zip(q, p, strict=True)]), abs=1e-9
        )
        assert told[entry, "entropy"] == pytest.approx(np.mean([scipy_entropy(a) for a in q]))
        assert told[entry, "kl_share"] == pytest.approx(told[entry, "kl"] / told[entry, "entropy"])
        assert told[entry, "true_calibration_error"] == pytest.approx(np.abs(p - q).mean())
    metric = "auroc" if n_classes == 2 else "balanced_accuracy"
    scores = score(task, resamples=1).query(f"metric == {metric!r}").set_index("entry")["value"]
    for entry in ("sure", "noise", "prior"):
        assert told[entry, "distance"] == pytest.approx(scores["exact"] - scores[entry])
        share = (scores[entry] - scores["prior"]) / (scores["exact"] - scores["prior"])
        assert told[entry, "achieved"] == pytest.approx(share)
    for entry in ("exact", ORACLE):
        assert (told[entry, "kl"], told[entry, "distance"]) == pytest.approx((0, 0), abs=1e-12)
        assert told[entry, "achieved"] == pytest.approx(1)


def test_expected_nll_is_entropy_plus_kl():
    task = made(n=20_000, seeds=1)
    told = values(task, resamples=1)
    nll = score(task, resamples=1).query("metric == 'nll'").set_index("entry")["value"]
    for entry in ("exact", "sure", "noise"):
        assert nll[entry] == pytest.approx(told[entry, "entropy"] + told[entry, "kl"], rel=0.03)


def test_intervals_hold_the_value_and_the_ranking_has_no_distance_where_the_ranking_is_right():
    table = oracle_distance(made(), resamples=60).set_index(["entry", "metric"])
    assert (table["low"] <= table["value"] + 1e-12).all() and (table["value"] <= table["high"] + 1e-12).all()
    assert table.loc[("sure", "distance"), "value"] == 0  # the most probable class is the same
    assert table.loc[("sure", "kl"), "low"] > 0
    assert table.loc[("noise", "distance"), "low"] > 0 and table.loc[("noise", "achieved"), "high"] < 0.5


def test_shifted_sets_that_every_fold_predicts():
    task = made(folds=1)
    shifted = task.predictions.assign(role="test:B")
    both = [shifted, shifted.assign(fold=1)]
    other = replace(task_of(pd.concat(both, ignore_index=True)), specimens=task.specimens)
    one, two = values(task), values(other)
    for entry in ("sure", "noise"):
        assert two[entry, "kl"] == pytest.approx(one[entry, "kl"])
        assert two[entry, "distance"] == pytest.approx(one[entry, "distance"])


def test_without_prior_there_is_no_share_and_without_room_neither():
    task = made()
    rest = task.predictions[task.predictions["entry"] != "prior"]
    told = values(replace(task_of(rest), specimens=task.specimens))
    assert np.isnan(told["sure", "achieved"]) and not np.isnan(told["sure", "distance"])
    wrong = task.specimens.assign(q0=1.0, q1=0.0, q2=0.0)
    assert np.isnan(values(replace(task, specimens=wrong))["sure", "achieved"])


def test_an_unknown_posterior_is_said_and_none_gives_no_rows():
    task = made()
    holey = task.specimens.assign(q0=task.specimens["q0"].where(task.specimens.index > 0))
    for specimens in (holey, task.specimens.iloc[1:]):
        table = oracle_distance(replace(task, specimens=specimens), resamples=5)
        assert table["value"].isna().all() and set(table["note"]) == {"the posterior of some specimen is not known"}
    for specimens in (None, task.specimens[["specimen", "q0"]]):
        assert oracle_distance(replace(task, specimens=specimens), resamples=5).empty
    holes = task.trials.assign(status="failed")
    assert oracle_distance(replace(task, trials=holes), resamples=5).empty


@pytest.mark.parametrize("change", [{"q0": 2.0}, {"q0": -0.5}, {"specimen": "x"}])
def test_a_posterior_that_is_none_is_refused(change):
    task = made()
    with pytest.raises(ValueError, match="rows twice or that are no distribution"):
        oracle_distance(replace(task, specimens=task.specimens.assign(**change)), resamples=5)


def test_which_class_is_positive_does_not_matter():
    task = made(n_classes=2)
    table = task.predictions.assign(y=1 - task.predictions["y"], p0=task.predictions["p1"], p1=task.predictions["p0"])
    turned = task.specimens.assign(q0=task.specimens["q1"], q1=task.specimens["q0"])
    other = replace(task, predictions=table, specimens=turned, positive=0, classes=task.classes[::-1])
    one, two = (oracle_distance(t, resamples=5) for t in (task, other))
    pd.testing.assert_frame_equal(one, two, atol=1e-9)
