"""Patients, clinical anchors, missingness, traits and expression of the generated cohort."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from datasets.simulate.apl import clinical, expression
from datasets.simulate.apl.patients import largest_remainder, sample_patients, sample_variant, site_probabilities
from datasets.simulate.apl.traits import sample_traits, trait_model
from datasets.simulate.drawing.cells import leukaemic_cells, sample_cells
from datasets.simulate.shared import tables
from datasets.simulate.shared.draws import Stream, patient_uniforms
from datasets.simulate.shared.scaling import scaled


@given(st.integers(5, 5000))
def test_largest_remainder_keeps_total_and_every_class(total):
    counts = largest_remainder(total, tables.PRIOR)
    assert counts.sum() == total
    assert counts.min() >= 1
    if total >= 50:
        assert np.abs(counts - total * np.array(tables.PRIOR)).max() < 1


@pytest.mark.parametrize("confound", [0.0, 0.3, 1.0])
def test_every_class_is_at_every_site_it_can_be_at(confound):
    patients = sample_patients(240, confound, 0)
    for c, chances in enumerate(site_probabilities(confound)):
        for s, chance in enumerate(chances):
            assert ((patients.y == c) & (patients.site == s)).any() == (chance > 0)


def test_without_confounding_sites_have_the_same_classes():
    patients = sample_patients(600, 0.0, 1)
    table = np.array([np.bincount(patients.y[patients.site == s], minlength=5) for s in range(3)])
    assert np.ptp(table, axis=0).max() <= 1


def test_order_does_not_tell_the_class():
    y = sample_patients(2000, 0.3, 0).y
    assert abs(np.corrcoef(np.arange(2000), y)[0, 1]) < 0.08


def test_order_and_variant_have_streams_of_their_own():
    n, seed = 40, 5
    patients = sample_patients(n, 0.0, seed)
    order = np.random.default_rng([seed, 0]).permutation(n)
    np.testing.assert_array_equal(patients.y, np.repeat(np.arange(5), largest_remainder(n, tables.PRIOR))[order])
    drawn = np.array([np.random.default_rng([seed, 1, i]).random() for i in range(n)])
    np.testing.assert_array_equal(patients.variant, drawn < np.array(tables.MICROGRANULAR)[patients.y])


@pytest.fixture(scope="module")
def pml():
    n = 20_000
    y = np.zeros(n, np.int64)
    variant = sample_variant(y, 11)
    return clinical.sample_clinical(clinical.clinical_model(1.0), y, variant, 11), variant


def test_published_anchors_of_pml_rara(pml):
    table, variant = pml
    assert (table["fibrinogen"] < 1.87).mean() == pytest.approx(0.80, abs=0.012)
    assert (table["wbc"] > 10).mean() == pytest.approx(0.238, abs=0.012)
    assert variant.mean() == pytest.approx(0.20, abs=0.012)
    assert table["hb"].mean() == pytest.approx(88, abs=1)
    assert (table["age"] >= 18).mean() > 0.95
    assert table["age"].between(0, 95).all()
    assert table["promyelocytes"].between(0, 100).all()


def test_missing_rates_are_the_tables(pml):
    table, _ = pml
    missing = clinical.missing_at_random(list(table.columns), np.ones(len(table)), 2).mean(axis=0)
    wanted = [tables.MISSING.get(column, 0.0) for column in table.columns]
    np.testing.assert_allclose(missing, wanted, atol=0.012)


def test_sites_differ_in_what_they_measure(pml):
    patients = sample_patients(6000, 0.0, 4)
    complete = clinical.sample_clinical(clinical.clinical_model(1.0), patients.y, patients.variant, 4)
    observed = clinical.observed_clinical(complete, patients, 4)
    at = [patients.domain == name for name in ("A", "B", "C", "C-images")]
    assert observed[at[3]].isna().all().all()
    lacking = [observed.loc[here, "d_dimer"].isna().mean() for here in at]
    assert lacking == pytest.approx([0.18, 0.42, 0.30, 1.0], abs=0.04)
    measured = expression.genes_measured(patients, 4)
    assert [measured[a].mean() for a in at] == pytest.approx([1.0, 0.7, 1.0, 0.0], abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_share_asked_for_of_each_class_at_site_c_has_images_only(share):
    patients = sample_patients(1500, 0.3, 4, images_only=share)
    assert not patients.images_only[patients.site < 2].any()
    for c in range(5):
        here = patients.images_only[(patients.site == 2) & (patients.y == c)]
        assert abs(here.sum() - share * len(here)) < 1


def test_more_patients_of_site_c_come_last_and_change_nobody():
    few, many = sample_patients(300, 0.3, 4), sample_patients(300, 0.3, 4, more_c=200)
    assert len(many) == 500 and (many.site[300:] == 2).all()
    for name, values in vars(few).items():
        np.testing.assert_array_equal(vars(many)[name][:300], values)
    odds = np.array(tables.PRIOR) * site_probabilities(0.3)[:, 2]
    np.testing.assert_allclose(np.bincount(many.y[300:]) / 200, odds / odds.sum(), atol=1 / 200)


def test_cells_of_a_patient_are_alike():
    model = trait_model(1.0)
    y = np.zeros(3000, np.int64)
    z = model.gaussian["granularity"].to_scale(sample_traits(model, y, y, 20, 1)["granularity"])
    between = z.mean(axis=1).var() - z.var(axis=1, ddof=1).mean() / 20
    assert between / (between + z.var(axis=1, ddof=1).mean()) == pytest.approx(0.30, abs=0.03)
    assert z.mean() == pytest.approx(model.gaussian["granularity"].mean[0, 0], abs=0.03)


def test_trait_frequencies_follow_the_tables():
    model = trait_model(1.0)
    y, m3 = np.full(4000, 3), np.zeros(4000, np.int64)
    traits = sample_traits(model, y, m3, 10, 1)
    shares = [(traits["nucleus_shape"] == k).mean() for k in range(5)]
    np.testing.assert_allclose(shares, tables.SHAPE[3][0], atol=0.02)
    assert traits["bleb"].mean() == pytest.approx(0.25, abs=0.02)
    assert traits["nucleoli"].mean() == pytest.approx(1.2, abs=0.06)
    assert (traits["auer"] > 0).mean() == pytest.approx(0.016, abs=0.006)


def test_marrow_fraction_sets_how_many_cells_are_leukaemic():
    model, y = trait_model(1.0), np.zeros(1000, np.int64)
    traits = sample_traits(model, y, y, 30, 2)
    cells = sample_cells(leukaemic_cells(traits), np.full(1000, 0.7), 2)
    assert cells.leukaemic.mean() == pytest.approx(0.7, abs=0.01)
    kinds, counts = np.unique(cells.cell_type[~cells.leukaemic], return_counts=True)
    share = dict(zip(kinds.tolist(), counts / counts.sum(), strict=True))
    assert share["erythroblast"] == pytest.approx(0.30, abs=0.02)
    assert share["promyelocyte"] == pytest.approx(0.02, abs=0.01)


def test_null_genes_share_factors_and_do_not_know_the_class():
    model = expression.gene_model(1.0, 0, n_genes=400)
    values = expression.sample_nulls(model, 1500, 0)
    assert values.std() == pytest.approx(tables.GENE_SD, rel=0.02)
    together = np.corrcoef(values[:, model.factor == 0].T)
    apart = np.corrcoef(values[:, model.factor == 0].T, values[:, model.factor == 1].T)
    k = (model.factor == 0).sum()
    assert together[np.triu_indices(k, 1)].mean() == pytest.approx(tables.FACTOR_VARIANCE, abs=0.03)
    assert abs(apart[:k, k:].mean()) < 0.02
    assert set(model.sets["program_01"]) <= set(np.array(model.names[model.n_signal :])[model.factor == 0])


def test_signal_genes_shift_with_the_class():
    model = expression.gene_model(1.0, 0)
    assert "RARG" not in model.names
    assert len(model.names) == tables.N_GENES
    y = np.repeat(np.arange(5), 2000)
    signal = expression.sample_signal(model, y, 0)
    means = np.array([signal[y == c].mean(axis=0) for c in range(5)])
    np.testing.assert_allclose(means, model.shift, atol=0.12)
    assert model.shift[3, model.names.index("CISH")] == pytest.approx(1.0)


@given(st.floats(0, 3))
def test_scaling_keeps_probabilities(effect):
    table = scaled(tables.SHAPE, effect, "probabilities")
    np.testing.assert_allclose(table.sum(axis=-1), 1)
    np.testing.assert_allclose(scaled(tables.SHAPE, 1.0, "probabilities"), tables.SHAPE, rtol=1e-9)


def test_first_cells_and_first_patients_do_not_depend_on_how_many_there_are():
    many = patient_uniforms(3, Stream.TRAIT_CELL, 6, (10, 4))
    np.testing.assert_array_equal(many[:4, :5], patient_uniforms(3, Stream.TRAIT_CELL, 4, (5, 4)))
    assert not np.array_equal(many, patient_uniforms(3, Stream.CELL_KIND, 6, (10, 4)))


def test_numbers_are_strictly_between_nought_and_one(monkeypatch):
    ends = SimpleNamespace(random=lambda shape: np.array([0.0, 2.0**-53, 0.5, 1 - 2.0**-53]))
    monkeypatch.setattr("datasets.simulate.shared.draws.generator", lambda *_: ends)
    drawn = patient_uniforms(3, Stream.TRAIT_CELL, 2, (4,))
    assert (drawn > 0).all() and (drawn < 1).all() and np.isfinite(stats.norm.ppf(drawn)).all()
    assert drawn[0, 1:].tolist() == [2.0**-53, 0.5, 1 - 2.0**-53]
