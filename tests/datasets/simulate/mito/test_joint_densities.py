"""What the cells of several patients tell of the six diseases, by scipy's joint densities and Bayes' rule."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.mito import kinds as look
from datasets.simulate.mito import oracle
from datasets.simulate.mito.traits import sample_mito_cells, trait_model

PRIOR = np.array([0.28, 0.16, 0.18, 0.14, 0.14, 0.10])
MODEL = trait_model(0.6)
N, CELLS = 6, 7


@pytest.fixture(scope="module")
def cells():
    return sample_mito_cells(MODEL, np.arange(N) % 6, CELLS, 2)[0]


def _levels(alpha, x):
    """Return log p(levels in their order), Dirichlet-multinomial."""
    counts, k = np.bincount(x, minlength=len(alpha)), len(x)
    orders = stats.multinomial(k, np.full(len(alpha), 1 / len(alpha))).logpmf(counts) + k * np.log(len(alpha))
    return stats.dirichlet_multinomial(alpha, k).logpmf(counts) - orders


def _alone(cells, i, c):
    """Return trait -> log p(its values in the cells of patient i | class c, their kinds)."""
    total = dict.fromkeys((*look.TRAITS, "nucleus_shape", "auer", "nucleoli"), 0.0)
    for kind in set(cells.kind[i].tolist()):
        mine = cells.kind[i] == kind
        k = int(mine.sum())
        for t, (name, (_, sd)) in enumerate(look.TRAITS.items()):
            cov = sd**2 * (0.3 + 0.7 * np.eye(k))
            density = stats.multivariate_normal(np.full(k, MODEL.mean[t, c, kind]), cov)
            total[name] += density.logpdf(cells.gaussian[t, i, mine])
        total["nucleus_shape"] += _levels(10 * MODEL.nucleus[c, kind], cells.nucleus[i, mine])
        count, mean = int(cells.nucleoli[i, mine].sum()), MODEL.nucleoli[c, kind]
        total["nucleoli"] += stats.nbinom(4, 4 / (4 + k * mean)).logpmf(count)
        if kind == 0:
            total["auer"] += _levels(10 * MODEL.auer[c], cells.auer[i, mine])
    return total


def test_every_trait_tells_as_much_as_cells_that_share_a_patient_can(cells):
    got = oracle.trait_log_likelihoods(MODEL, cells)
    assert max(np.bincount(row).max() for row in cells.kind) > 2
    for i in range(N):
        wanted = [_alone(cells, i, c) for c in range(6)]
        assert set(got) == set(wanted[0])
        for name, part in got.items():
            ratio = [one[name] - wanted[0][name] for one in wanted]
            np.testing.assert_allclose(part[i] - part[i, 0], ratio, atol=1e-8, err_msg=name)


def test_kinds_are_told_in_two_parts_the_first_of_blasts_alone(cells):
    blasts, others = oracle.kind_log_likelihoods(MODEL, cells)
    for i, c in np.ndindex(N, 6):
        kinds = cells.kind[i]
        assert blasts[i, c] + others[i, c] == pytest.approx(_levels(10 * MODEL.fractions[c], kinds))
        two = 10 * np.array([MODEL.fractions[c, 0], 1 - MODEL.fractions[c, 0]])
        assert blasts[i, c] == pytest.approx(_levels(two, np.minimum(kinds, 1)))


def test_a_count_of_the_marrow_changes_what_pictured_blasts_tell():
    blasts, of, known = np.array([2, 0, 5]), np.array([5, 3, 5]), np.array([37, 480, 0])
    plain = oracle.blast_log_likelihood(MODEL, blasts, of)
    for given, counted in ((oracle.blast_log_likelihood(MODEL, blasts, of, known), 500),
                           (oracle.blast_log_likelihood(MODEL, blasts, of, known, 600), 600)):  # fmt: skip
        for i, c in np.ndindex(3, 6):
            both = np.repeat([0, 1], [blasts[i] + known[i], of[i] - blasts[i] + counted - known[i]])
            two = 10 * np.array([MODEL.fractions[c, 0], 1 - MODEL.fractions[c, 0]])
            before = np.repeat([0, 1], [known[i], counted - known[i]])
            assert given[i, c] == pytest.approx(_levels(two, both) - _levels(two, before), abs=1e-6)
            first = np.repeat([0, 1], [blasts[i], of[i] - blasts[i]])
            assert plain[i, c] == pytest.approx(_levels(two, first))


def test_posteriors_follow_bayes_rule_over_classes_and_age_groups():
    rng = np.random.default_rng(0)
    part = rng.normal(0, 3, (4, 6, 2)) - 800
    child = np.array([1e-6, 0.60, 1e-6, 1e-6, 1e-6, 1e-6])
    mixed = np.log(child * np.exp(part[..., 0] + 800) + (1 - child) * np.exp(part[..., 1] + 800)) - 800
    np.testing.assert_allclose(oracle.over_age_groups(part), mixed)
    for prior in (PRIOR, np.full(6, 1 / 6)):
        weight = prior * np.exp(mixed + 800)
        got = oracle.posterior(mixed, *([] if prior is PRIOR else [prior]))
        np.testing.assert_allclose(got, weight / weight.sum(axis=1, keepdims=True))


def test_a_subset_adds_its_parts_and_blasts_as_far_as_no_count_told_of_them():
    rng = np.random.default_rng(1)
    parts = {name: rng.normal(0, 1, (3, 6)) for name in ("images", "genes", "clinical")}
    blasts, after = rng.normal(0, 1, (2, 3, 6))
    got, names = oracle.subset_posteriors(parts, blasts, after), []
    for size in (1, 2, 3):
        for subset in combinations(parts, size):
            total = sum(parts[part] for part in subset)
            if "images" in subset:
                total = total + (after if "clinical" in subset else blasts)
            weight = PRIOR * np.exp(total)
            names.append("all" if size == 3 else "+".join(subset))
            np.testing.assert_allclose(got[names[-1]], weight / weight.sum(axis=1, keepdims=True))
    assert list(got) == names
