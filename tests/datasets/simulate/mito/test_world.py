"""What a cohort of the six diseases adds up from its parts: counts of the marrow, evidence of each cell."""

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.mito import kinds as look
from datasets.simulate.mito import tables
from datasets.simulate.mito.clinical import blood_lymphocytes
from datasets.simulate.mito.traits import sample_mito_cells, trait_model
from datasets.simulate.mito.world import sample_mito_world

N, CELLS, SEED = 30, 4, 7


@pytest.fixture(scope="module")
def told():
    return sample_mito_world(0.6, N, CELLS, 0.3, SEED, definitional=True)


def test_blasts_are_counted_among_500_cells_of_the_same_marrow(told):
    model = trait_model(0.6)
    _, fraction = sample_mito_cells(model, told.patients.y, CELLS, SEED)
    blood = blood_lymphocytes(0.6)
    for i in range(N):
        u = np.random.default_rng([SEED, 2, i]).random(21 + 2)[21:]
        assert told.complete["blasts"][i] == pytest.approx(stats.binom(500, fraction[i]).ppf(u[0]) / 5)
        a, b = blood.alpha[told.patients.y[i], 0], blood.beta[told.patients.y[i], 0]
        assert told.complete["lymphocytes"][i] == pytest.approx(100 * stats.beta(a, b).ppf(u[1]))


def test_what_defines_a_class_is_shown_only_when_asked_for_and_changes_no_picture_or_gene(told):
    plain = sample_mito_world(0.6, N, CELLS, 0.3, SEED)
    assert (
        set(told.observed) - set(plain.observed)
        == {"blasts", "lymphocytes"}
        == set(told.complete) - set(plain.observed)
    )
    assert plain.complete.equals(told.complete) and plain.observed.equals(told.observed[plain.observed.columns])
    for name in ("images", "genes", "images+genes"):
        np.testing.assert_array_equal(told.posterior[name], plain.posterior[name])
    assert (told.posterior["clinical"] != plain.posterior["clinical"]).any()


def _densities(model, cells, i, j):
    """Return trait -> p(value of one cell | class), (6,), all that the cell tells beside others of its patient."""
    k = cells.kind[i, j]
    scale = 4 / model.nucleoli[:, k]
    parts = {
        name: stats.norm(model.mean[t, :, k], sd).pdf(cells.gaussian[t, i, j])
        for t, (name, (_, sd)) in enumerate(look.TRAITS.items())
    }
    parts["nucleus_shape"] = model.nucleus[:, k, cells.nucleus[i, j]]
    parts["auer"] = model.auer[:, cells.auer[i, j]] if k == 0 else np.ones(6)
    parts["nucleoli"] = stats.nbinom(4, scale / (scale + 1)).pmf(cells.nucleoli[i, j])
    parts["cell_type"] = model.fractions[:, k]
    return parts | {"bleb": np.ones(6)}


def test_evidence_of_a_cell_is_the_ratio_of_its_densities(told):
    model = trait_model(0.6)
    for i, j in np.ndindex(N, CELLS):
        row, y = told.evidence.iloc[CELLS * i + j], told.patients.y[i]
        others = np.array([c for c in range(6) if c != y])
        weight = np.array(tables.PRIOR)[others] / np.array(tables.PRIOR)[others].sum()
        parts = _densities(model, told.latent, i, j)
        assert set(parts) == set(row.index)
        for name, p in parts.items():
            wanted = abs(np.log(p[y] / (weight @ p[others])))
            assert row[name] == pytest.approx(wanted, abs=1e-9), name


def test_the_cohort_is_made_of_its_parts(told):
    assert told.modules.shape[0] == told.expression.shape[0] == len(told.genes_measured) == N
    assert told.cells.leukaemic.shape == (N, CELLS)
    at_c = told.patients.site == 2
    assert not told.genes_measured[at_c].any() and told.observed[at_c].isna().all().all()
    np.testing.assert_allclose(told.posterior["genes"][at_c], np.tile(tables.PRIOR, (at_c.sum(), 1)))
    np.testing.assert_allclose(told.posterior["clinical"][at_c], np.tile(tables.PRIOR, (at_c.sum(), 1)))
