"""Figures of difficulty from calls and classes by hand, and the search for a scale on a rule that is known."""

import numpy as np
import pytest

from datasets.simulate.apl import clinical, difficulty, expression, oracle
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.shared.likelihood import clinical_log_likelihood

pytestmark = pytest.mark.usefixtures("cache_of_module")
SEEN = ("1 cell", "8 cells", "24 cells", "100 cells", "clinical", "genes", "clinical+24", "genes+24", "all")


def test_accuracy_is_the_mean_recall_and_its_error_that_of_binomial_recalls(monkeypatch):
    batches = []

    def called(effect, y, seed):
        batches.append((effect, len(y), seed))
        right = np.arange(len(y)) % 3 > 0
        return np.stack([np.where(right, y, (y + 1) % 5)] * 8 + [y])

    monkeypatch.setattr(difficulty, "_called", called)
    got = difficulty._simulated(0.7, 9003, 11)
    assert batches == [(0.7, 4000, 11), (0.7, 4000, 12), (0.7, 1003, 13)]
    place = np.concatenate([np.arange(n) for _, n, _ in batches])
    recall = [(place[c::5] % 3 > 0).mean() for c in range(5)]
    sizes = [len(place[c::5]) for c in range(5)]
    np.testing.assert_allclose(got["value"], [np.mean(recall)] * 8 + [1])
    error = np.sqrt(sum(r * (1 - r) / n for r, n in zip(recall, sizes, strict=True))) / 5
    np.testing.assert_allclose(got["error"], [error] * 8 + [0], atol=1e-12)


def test_calls_are_those_of_the_posterior_of_what_is_seen():
    n, seed, effect = 40, 3, 0.9
    y = np.arange(n) % 5
    variant = np.array([np.random.default_rng([seed, 1, i]).random() for i in range(n)])
    variant = (variant < np.array([0.20, 0.20, 0.25, 0.40, 0.265])[y]).astype(int)
    model = trait_model(effect)
    traits = sample_traits(model, y, variant, 100, seed)
    cells = [
        oracle.trait_log_likelihood(model, {name: x[:, :k] for name, x in traits.items()}, np.ones((n, k), bool))
        for k in (1, 8, 24, 100)
    ]
    labs = clinical.clinical_model(effect)
    complete = clinical.sample_clinical(labs, y, variant, seed)
    rates = [clinical.tables.MISSING.get(name, 0.0) for name in complete]
    lost = np.array([np.random.default_rng([seed, 3, i]).random(len(rates)) < rates for i in range(n)])
    observed = complete.mask(lost).assign(bleeding=np.nan)
    told = clinical_log_likelihood(labs, observed, 5)
    genes = expression.gene_model(effect, seed, n_genes=100, quasi_label=True)
    measured = np.random.default_rng([seed, 7]).random(n) >= 0.35
    shown = oracle.gene_log_likelihood(genes, expression.sample_signal(genes, y, seed), measured)
    parts = [*cells, told, shown, told + cells[2], shown + cells[2], told + shown + cells[2]]
    wanted = [oracle.posterior(part, np.full(5, 0.2)).argmax(axis=1) for part in parts]
    np.testing.assert_array_equal(difficulty._called(effect, y, seed), wanted)


def test_a_table_has_a_row_for_each_scale_and_thing_seen_beside_what_was_published():
    table = difficulty.difficulty_table((1.0, 0.77), patients=25, seed=2)
    assert table["effect"].tolist() == [1.0] * 9 + [0.77] * 9 and tuple(table["seen"]) == SEEN * 2
    assert table["design"][:9].tolist() == [0.425, 0.636, 0.704, 0.748, 0.632, 0.514, 0.846, 0.803, 0.897]
    assert table["design"][9:].isna().all()
    for effect, rows in table.groupby("effect"):
        np.testing.assert_array_equal(rows["balanced_accuracy"], difficulty._simulated(effect, 25, 2)["value"])
        np.testing.assert_array_equal(rows["standard_error"], difficulty._simulated(effect, 25, 2)["error"])
    assert len(difficulty.difficulty_table(patients=5)) == 9
    with pytest.raises(ValueError, match="patients=4 is out of range; choose 5 or more"):
        difficulty.difficulty_table(patients=4)


def test_published_figures_rise_with_the_scale_and_with_what_is_seen():
    values = np.array([difficulty.DESIGN[effect] for effect in (0.6, 0.8, 1.0, 1.3)])
    assert list(difficulty.DESIGN) == [0.6, 0.8, 1.0, 1.3] and values.shape == (4, 9)
    assert (np.diff(values, axis=0) > 0).all() and (np.diff(values[:, :4], axis=1) > 0).all()
    assert (values[:, 8:] > values[:, :8]).all() and values.min() > 0.2 and values.max() < 1


def test_the_scale_is_found_to_a_two_hundredth(monkeypatch):
    asked = []

    def simulated(effect, patients, seed):
        asked.append((patients, seed))
        return {"value": 0.25 + np.arange(9) / 64 + 0.125 * effect}

    monkeypatch.setattr(difficulty, "_simulated", simulated)
    for k, seen in ((0, "1 cell"), (8, "all")):
        for target in (0.25 + k / 64, 0.5, 0.75 + k / 64):
            found = difficulty.effect_for(target, seen, patients=70, seed=4)
            assert found == pytest.approx(8 * (target - 0.25 - k / 64), abs=0.0025)
    assert set(asked) == {(70, 4)}
    assert difficulty.effect_for(0.5) == pytest.approx(1, abs=0.0025)
    with pytest.raises(ValueError, match=r"target=0\.76 is out of range; choose 0\.250 to 0\.750"):
        difficulty.effect_for(0.76, "1 cell")
    with pytest.raises(ValueError, match="unknown seen='labs'; choose one of 1 cell"):
        difficulty.effect_for(0.5, "labs")
