"""Any statistic on shared resamples, against scoring repeated patients one resample at a time."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from leaderboard.inference.clustered import clustered, shared_weights
from leaderboard.measures.metrics import METRICS
from leaderboard.records import testsets
from leaderboard.records.testsets import Replicate
from leaderboard.scores.score import resampled
from tests.leaderboard.fake_board import fake_task


def replicate(seed: int, n: int = 12) -> Replicate:
    rng = np.random.default_rng(seed)
    patient = np.sort(rng.integers(0, 6, n))
    return Replicate(rng.integers(0, 2, n), rng.dirichlet([1, 1], n), patient, np.zeros(n, dtype=np.int64))


def means(one: Replicate, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean probability of each class, NaN for the second where a resample holds patient 0."""
    told = rows @ one.proba / rows.sum(axis=1, keepdims=True)
    told[rows[:, one.patient == 0].any(axis=1), 1] = np.nan
    return told


@pytest.mark.parametrize(("block", "sizes"), [(None, [9]), (36, [3, 3, 3]), (30, [2, 2, 2, 2, 1]), (1, [1] * 9)])
def test_as_many_resamples_as_fit_are_made_at_a_time(
    block: int | None, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if block:
        monkeypatch.setattr(sys.modules[clustered.__module__], "BLOCK", block)
    seen = []

    def counted(one: Replicate, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        seen.append(len(rows))
        return rows @ one.proba

    one, weights = replicate(0), np.arange(54).reshape(6, 9).astype(np.uint16)
    np.testing.assert_allclose(clustered(counted, [one], weights), weights[one.patient].T @ one.proba)
    assert seen == sizes


@pytest.mark.parametrize("block", [1 << 18, 30])
def test_replicates_are_averaged_where_they_are_defined(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[clustered.__module__], "BLOCK", block)
    both, weights = [replicate(0), replicate(1)], np.random.default_rng(2).integers(0, 3, (6, 9)).astype(np.uint16)
    weights[3] = 1
    both[1] = Replicate(*(getattr(both[1], name)[both[1].patient > 0] for name in ("y", "proba", "patient", "fold")))
    found = clustered(means, both, weights)
    assert found.shape == (9, 2)
    for b in range(9):
        parts = []
        for one in both:
            rows = np.repeat(np.arange(len(one.y)), weights[one.patient, b])
            part = one.proba[rows].mean(axis=0)
            parts.append([part[0], np.nan if 0 in one.patient[rows] else part[1]])
        known = [part[1] for part in parts if not np.isnan(part[1])]
        assert found[b, 0] == pytest.approx(np.mean([part[0] for part in parts]))
        assert found[b, 1] == pytest.approx(np.mean(known))
    assert np.isnan(clustered(means, both[:1], np.ones((6, 2), np.uint16))[:, 1]).all()


def test_the_patients_are_those_that_the_scores_draw() -> None:
    task = fake_task(n=30, seeds=1, folds=2, failed=None, skill={"prior": 0.0, "xgboost": 2.0})
    first, metric = testsets.test_sets(task)[0], METRICS["accuracy"]
    for seed in (0, 1):
        weights = shared_weights(task, first, 7, seed)
        found = clustered(
            lambda one, w: metric.function(one.y, one.proba, w)[:, None], first.replicates["xgboost"], weights
        )
        np.testing.assert_allclose(found[:, 0], resampled(task, first, (metric,), 7, seed)[1, 0])
    other = SimpleNamespace(name="other")
    assert (shared_weights(other, first, 7, 0) != shared_weights(task, first, 7, 0)).any()  # type: ignore[arg-type]
