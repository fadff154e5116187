"""Genes of a cohort and their values from the numbers drawn for each patient."""

import numpy as np
import pytest

from datasets.simulate.apl import expression
from datasets.simulate.apl.patients import Patients
from datasets.simulate.shared import tables

SEED = 6


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("effect", [1.0, 0.5])
def test_signal_genes_come_first_and_shift_by_module(effect, own):
    model = expression.gene_model(effect, SEED, n_genes=120, **({"quasi_label": True} if own else {}))
    modules = [*tables.GENE_MODULES.values()] + ([(("RARG", "WT1"), (0, 0, 0, 0, 1.0))] if own else [])
    symbols = [gene for genes, _ in modules for gene in genes]
    assert model.signal == tuple(symbols) and model.n_signal == len(symbols) == 35 + 2 * own
    assert model.names == (*symbols, *(f"NULL{k:04d}" for k in range(1, 121 - len(symbols))))
    for k, shift in enumerate(np.array(shift, float) for genes, shift in modules for _ in genes):
        np.testing.assert_allclose(model.shift[:, k], shift.mean() + effect * (shift - shift.mean()), atol=1e-12)
    rng = np.random.default_rng([SEED, 4])
    np.testing.assert_array_equal(model.factor, rng.integers(0, 20, 120 - len(symbols)))
    np.testing.assert_array_equal(model.baseline, rng.gamma(4.0, 1.2, 120))


def test_sets_are_the_modules_of_two_genes_or_more_and_twenty_programs_of_null_genes():
    model = expression.gene_model(1.0, SEED, n_genes=90)  # so few that some programs have fewer genes than a set holds
    modules = {name: genes for name, (genes, _) in tables.GENE_MODULES.items() if len(genes) > 1}
    assert model.signal_sets == tuple(modules) and {name: model.sets[name] for name in modules} == modules
    assert "npm1" not in model.sets and "pml" not in model.sets
    rng, nulls = np.random.default_rng([SEED, 22]), np.array(model.names[35:])
    for k in range(20):
        members = nulls[model.factor == k]
        size = min(int(rng.integers(4, 7)), len(members))
        assert model.sets[f"program_{k + 1:02d}"] == tuple(rng.choice(members, size, replace=False))
    assert len(model.sets) == len(modules) + 20


def test_values_are_a_shift_or_a_shared_factor_and_noise():
    model = expression.gene_model(1.0, SEED, n_genes=100)
    y = np.array([0, 4, 2])
    signal, nulls = expression.sample_signal(model, y, SEED), expression.sample_nulls(model, 3, SEED)
    for i in range(3):
        noise = np.random.default_rng([SEED, 6, i]).standard_normal(35)
        np.testing.assert_allclose(signal[i], model.shift[y[i]] + 1.1 * noise)
        rng = np.random.default_rng([SEED, 5, i])
        common, own = rng.standard_normal(20), rng.standard_normal(65)
        wanted = [1.1 * (np.sqrt(0.15) * common[f] + np.sqrt(0.85) * e) for f, e in zip(model.factor, own, strict=True)]
        np.testing.assert_allclose(nulls[i], wanted)


def test_seven_in_ten_of_site_b_have_expression_and_nobody_with_images_only():
    n = 60
    site, alone = np.arange(n) % 3, np.arange(n) % 9 == 8
    patients = Patients(np.zeros(n, np.int64), site, np.zeros(n, np.int64), alone)
    drawn = np.array([np.random.default_rng([SEED, 7, i]).random() for i in range(n)])
    wanted = [not alone[i] and (site[i] != 1 or drawn[i] < 0.7) for i in range(n)]
    np.testing.assert_array_equal(expression.genes_measured(patients, SEED), wanted)
    assert 0 < np.sum(wanted) < n - alone.sum()
