"""Check by simulation what nominal 95 % intervals cover, and whether entries that differ by seed alone share a tie.

Run from the repository root: ``python -m perf.coverage``. Patients are drawn from a large generated cohort, of which
the score of each entry is known; every cohort has the class mix of the population, at least one patient of each. A line
says so where coverage is below or above .95 by more than two standard errors of the simulation.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from datasets.simulate.apl import World, sample_world
from datasets.simulate.shared import tables
from leaderboard.inference import distribution, draw, reach, tie_groups, tie_reach, with_drawn_seeds
from leaderboard.measures import METRICS, Metric, clopper_pearson, most_effective
from leaderboard.records import Replicate, pooled
from leaderboard.scores import Facts, bounds

Floats = NDArray[np.float64]
SIZES = (20, 40, 80, 160)
NAMES = ("balanced_accuracy", "auroc", "accuracy", "macro_f1", "mcc", "nll", "brier", "ece")
POPULATION, CELLS, FEW = 30_000, 4, 10


@dataclass(frozen=True)
class Population:
    """All patients that could have been recruited, and what one entry says of each."""

    y: NDArray[np.int64]
    proba: Floats


def main() -> None:
    """Print coverage by size, entry and metric, then the share of boards with a tie."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=400)
    parser.add_argument("--resamples", type=int, default=500)
    parser.add_argument("--boards", type=int, default=100)
    options = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        world = sample_world(1.0, POPULATION, CELLS, 0.3, 0)
        for entry, population in populations(world).items():
            for n in SIZES:
                for name, hits in covered(population, n, options.cohorts, options.resamples).items():
                    print(f"{entry}, {n} patients, {name}: {told(hits)}")
        print("two entries that differ by seed alone, tied on balanced accuracy:")
        for seeds in (1, 2, 3, 5):
            for draw_seeds in (False, True) if seeds > 1 else (False,):
                tied = sum(tie_boards(options.boards, seeds=seeds, draw_seeds=draw_seeds))
                how = "patients and seeds" if draw_seeds else "patients alone"
                missed = ": too few are tied" if tied < 0.95 * options.boards else ""
                print(f"{seeds} seeds, {how} resampled: {tied} of {options.boards} boards{missed}")


def told(hits: NDArray[np.bool_]) -> str:
    """Return nominal and found coverage with the binomial standard error, and a sentence where they differ."""
    if not len(hits):
        return "never there"
    share, error = hits.mean(), np.sqrt(0.95 * 0.05 / len(hits))
    verdict = ""
    if share < 0.95 - 2 * error:
        verdict = ": the interval is too narrow here"
    if share > 0.95 + 2 * error:
        verdict = ": the interval is wider than it need be"
    return f"nominal 0.950, covered {share:.3f} +- {error:.3f} of {len(hits)}{verdict}"


def populations(world: World) -> dict[str, Population]:
    """Return the calibrated posterior of clinical values, one too sure and noisy, and one that is nearly perfect."""
    y, exact = world.patients.y, world.posterior["clinical"]
    noise = np.random.default_rng(0).normal(scale=0.5, size=exact.shape)
    raised = np.exp(2 * np.log(np.maximum(exact, 1e-9)) + noise)
    told = np.exp(np.log(np.maximum(exact, 1e-9)) + 4 * np.eye(exact.shape[1])[y] + noise)
    given = {"calibrated": exact, "too sure": raised, "nearly perfect": told}
    of_five = {f"5 classes, {name}": Population(y, p / p.sum(axis=1, keepdims=True)) for name, p in given.items()}
    return of_five | {f"2{name[1:]}": against_rest(one) for name, one in of_five.items()}


def against_rest(population: Population) -> Population:
    """Return the first class against the others."""
    first = population.proba[:, 0]
    return Population((population.y == 0).astype(np.int64), np.stack([1 - first, first], axis=1))


def stratified(y: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return n rows with the class mix of y, at least one of each class."""
    count = np.maximum(1, np.round(n * np.bincount(y) / len(y))).astype(np.int64)
    count[count.argmax()] += n - count.sum()
    return np.concatenate([rng.choice(np.flatnonzero(y == k), m, replace=False) for k, m in enumerate(count)])


def covered(population: Population, n: int, cohorts: int, resamples: int) -> dict[str, NDArray[np.bool_]]:
    """Return for each metric whether the interval of each cohort of n patients holds the score of the population."""
    metrics = [METRICS[name] for name in NAMES]
    rows = np.ones((1, len(population.y)))
    truth = [metric.function(population.y, population.proba, rows)[0] for metric in metrics]
    rng = np.random.default_rng(n)
    held: list[Floats] = []
    shares: dict[str, list[bool]] = {f"recall of classes below {FEW}, {how}": [] for how in ("bootstrap", "exact")}
    for _ in range(cohorts):
        picked = stratified(population.y, n, rng)
        y, proba = population.y[picked], population.proba[picked]
        replicate = Replicate(y, proba, np.arange(n), np.zeros(n, dtype=np.int64))
        strata = pooled(y.astype(str), y.astype(str))
        scores = distribution([replicate], metrics, draw(strata, resamples, rng))
        limits = [
            bounds_of(metric, s, reach(strata, patient_mean=metric.patient_mean), np.bincount(y))
            for metric, s in zip(metrics, scores, strict=True)
        ]
        held.append(
            np.array(
                [low[0] - 1e-12 <= true <= high[0] + 1e-12 for (low, high), true in zip(limits, truth, strict=True)]
            )
        )
        for pair in rare_recalls(population, y, proba, resamples, rng):
            for hits, hit in zip(shares.values(), pair, strict=True):
                hits.append(hit)
    found = dict(zip(NAMES, np.array(held).T, strict=True))
    return found | {name: np.array(hits) for name, hits in shares.items()}


def bounds_of(metric: Metric, samples: Floats, wide: float, sizes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the interval that a board gives a score (1 + B,)."""
    most, n = np.array([most_effective(metric.share, sizes)]), np.array([sizes.sum()])
    no = np.zeros(1, dtype=bool)
    at_worst = np.array([float(sizes[-1])]) if metric.share == "positives" else most
    facts = Facts(n, n, np.array([""], dtype=object), np.array([wide]), most, most, at_worst, no, no)
    return bounds(metric, samples[:1], samples[None, 1:], facts)


def rare_recalls(
    population: Population, y: NDArray[np.int64], proba: Floats, resamples: int, rng: np.random.Generator
) -> Iterator[tuple[bool, bool]]:
    """Yield for each class of 1 to 9 patients whether the bootstrap's and the exact interval hold its recall."""
    right = proba.argmax(axis=1) == y
    everyone = population.proba.argmax(axis=1) == population.y
    for k in np.unique(y):
        mine = right[y == k]
        if len(mine) >= FEW:
            continue
        true = everyone[population.y == k].mean()
        drawn = rng.binomial(len(mine), mine.mean(), resamples) / len(mine)
        low, high = clopper_pearson(np.array(mine.sum()), np.array(len(mine)))
        limits = np.quantile(drawn, [0.025, 0.975])
        yield bool(limits[0] <= true <= limits[1]), bool(low <= true <= high)


def tie_boards(boards: int, *, seeds: int, draw_seeds: bool, patients: int = 200, resamples: int = 300) -> list[bool]:
    """Return for each simulated board whether two networks that differ by their seeds alone are tied.

    Args:
        boards: How many.
        seeds: Trainings of each of the two.
        draw_seeds: Whether trainings are resampled along with patients, or patients alone.
        patients: Half of them train, half are tested.
        resamples: B.
    """
    tied = []
    for board in range(boards):
        world, rng = sample_world(1.0, patients, CELLS, 0.3, 1000 + board), np.random.default_rng(board)
        features, y, train = _features(world), world.patients.y, np.arange(patients) % 2 == 0
        strata = pooled(y[~train].astype(str), y[~train].astype(str))
        rows = draw(strata, resamples, rng).T.astype(np.float64)
        scores = []
        for seed in range(2 * seeds):
            network = MLPClassifier((16,), max_iter=60, random_state=2 * seeds * board + seed, learning_rate_init=0.01)
            network.fit(features[train], y[train])
            proba = np.zeros((int((~train).sum()), len(tables.CLASSES)))
            proba[:, network.classes_] = network.predict_proba(features[~train])
            scores.append(METRICS["balanced_accuracy"].function(y[~train], proba, rows))
        halves = np.split(np.array(scores), 2)
        samples = np.stack([with_drawn_seeds(s, rng) if draw_seeds else s.mean(axis=0) for s in halves])
        apart = tie_reach(reach(strata), seeds)
        tied.append(bool((tie_groups(samples[:, 0], samples[:, 1:], apart, higher_is_better=True) == 1).all()))
    return tied


def _features(world: World) -> Floats:
    labs = world.observed.select_dtypes("number").to_numpy(dtype=np.float64)
    raw = np.hstack([np.where(np.isnan(labs), np.nanmedian(labs, axis=0), labs), world.signal])
    spread = raw.std(axis=0)
    return (raw - raw.mean(axis=0)) / np.where(spread > 0, spread, 1)


if __name__ == "__main__":
    main()
