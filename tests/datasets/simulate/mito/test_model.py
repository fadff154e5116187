"""Distributions of the six diseases against the design's table and the anchors it was made from."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from datasets.simulate.mito import clinical as mito_clinical
from datasets.simulate.mito import expression as mito_expression
from datasets.simulate.mito import kinds as mito_kinds
from datasets.simulate.mito import tables as tables
from datasets.simulate.mito.pathways import DECOYS, PATHWAYS
from datasets.simulate.mito.patients import sample_adult, sample_patients
from datasets.simulate.mito.traits import BLAST, sample_mito_cells, trait_model
from datasets.simulate.mito.world import sample_mito_world

PER_CLASS = 8000
Y = np.repeat(np.arange(6), PER_CLASS)
BY_NAME = {name: slice(c * PER_CLASS, (c + 1) * PER_CLASS) for c, name in enumerate(tables.CLASSES)}


@pytest.fixture(scope="module")
def labs():
    adult = sample_adult(Y, 11)
    table = mito_clinical.sample_clinical(mito_clinical.clinical_model(1.0), Y, adult, 11)
    return table.assign(adult=adult)


def test_medians_are_the_tables(labs):
    medians = labs.groupby(Y).median()
    for column, rows in {**tables.LOG_NORMAL, **tables.NORMAL}.items():
        table = np.array(rows, dtype=float)
        spread = table[:, 1] * (table[:, 0] if column in tables.LOG_NORMAL else 1)
        assert (np.abs(medians[column] - table[:, 0]) < 5 * 1.2533 * spread / np.sqrt(PER_CLASS)).all(), column


@pytest.mark.parametrize(
    ("name", "event", "rate", "error"),
    [
        ("MM", lambda t: t["calcium"] > 2.75, 0.114, 0.012),
        ("MM", lambda t: t["creatinine"] >= 177, 0.19, 0.015),
        ("MM", lambda t: t["hb"] <= 120, 0.73, 0.05),  # published rate; the table's own is .77
        ("AML", lambda t: t["mtdna_variants"] > 0, 0.08, 0.012),
        ("AML", lambda t: t["flt3"] == 1, 0.28, 0.02),
        ("CLL", lambda t: t["del13q"] == 1, 0.50, 0.02),
        ("MM", lambda t: t["gain1q"] == 1, 0.35, 0.02),
        ("MDS", lambda t: t["sf3b1"] == 1, 0.25, 0.02),
        ("healthy", lambda t: t["flt3"] == 1, 0.002, 0.003),
        ("ALL", lambda t: t["adult"] == 0, 0.60, 0.02),
        ("CLL", lambda t: t["adult"] == 0, 0.0, 1e-9),
    ],
)
def test_anchors(labs, name, event, rate, error):
    assert event(labs[BY_NAME[name]]).mean() == pytest.approx(rate, abs=error)


def test_mitochondrial_variants_in_mds(labs):
    assert labs[BY_NAME["MDS"]]["mtdna_variants"].mean() == pytest.approx(411 / 494, abs=0.05)


def test_bcr_abl1_is_a_lesion_of_adults(labs):
    leukaemia = labs[BY_NAME["ALL"]]
    assert leukaemia[leukaemia["adult"] == 1]["bcr_abl1"].mean() == pytest.approx(0.20, abs=0.03)
    assert leukaemia[leukaemia["adult"] == 0]["bcr_abl1"].mean() == pytest.approx(0.03, abs=0.012)


def test_ages(labs):
    assert labs["age"].between(0, 95).all()
    assert labs[BY_NAME["MDS"]]["age"].median() > labs[BY_NAME["healthy"]]["age"].median() + 15
    assert labs[BY_NAME["ALL"]].query("adult == 0")["age"].median() == pytest.approx(5.5, abs=0.2)


def test_effect_does_not_touch_age_and_sex():
    small, full = mito_clinical.clinical_model(0.2), mito_clinical.clinical_model(1.0)
    for column in ("age", "male"):
        x = np.array([1.0])
        np.testing.assert_array_equal(small[column].log_density(x), full[column].log_density(x))
    assert np.ptp(small["hb"].mean) == pytest.approx(0.2 * np.ptp(full["hb"].mean))


@pytest.mark.parametrize("column", ["age", "wbc", "calcium", "globulin", "creatinine"])
def test_densities_integrate_to_one(column):
    top = {"age": 120, "wbc": 8000, "calcium": 8, "globulin": 200, "creatinine": 4000}[column]
    low = -150 if column == "globulin" else 1e-6
    grid = np.linspace(low, top, 400_001)[1:-1]
    mass = np.trapezoid(np.exp(mito_clinical.clinical_model(1.0)[column].log_density(grid)), grid, axis=0)
    np.testing.assert_allclose(mass, 1, atol=5e-3)


def test_counts_of_variants_are_a_distribution():
    mass = np.exp(mito_clinical.clinical_model(1.0)["mtdna_variants"].log_density(np.arange(40.0))).sum(axis=0)
    np.testing.assert_allclose(mass, 1, atol=1e-9)


def test_missing_rates_are_the_tables_and_site_c_measures_nothing():
    patients = sample_patients(9000, 0.0, 4)
    model = mito_clinical.clinical_model(1.0)
    complete = mito_clinical.sample_clinical(model, patients.y, patients.adult, 4)
    observed = mito_clinical.observed_clinical(complete, patients, 4)
    for site, factor in enumerate(tables.SITE_MISSING_FACTOR):
        wanted = [factor * tables.MISSING.get(column, 0.0) for column in observed]
        np.testing.assert_allclose(observed[patients.site == site].isna().mean(), wanted, atol=0.04)
    assert observed[patients.site == 2].isna().all().all()


def test_cell_fractions_and_looks_are_the_tables_at_full_effect():
    model = trait_model(1.0, share=1.0)
    y = np.repeat(np.arange(6), 1500)
    cells, blasts = sample_mito_cells(model, y, 20, 2)
    names = np.array(mito_kinds.KINDS)[cells.kind]
    cll = names[y == 2]
    clonal = (cll == "lymphocyte") | (cll == "smudge cell")
    assert (cll[clonal] == "smudge cell").mean() == pytest.approx(0.20, abs=0.03)
    of_blasts = cells.kind == BLAST
    assert (cells.auer > 0)[of_blasts & (y == 0)[:, None]].mean() == pytest.approx(0.15, abs=0.02)
    assert not cells.auer[~of_blasts].any()
    assert (blasts[y == 0] >= 0.20).mean() > 0.97
    assert (blasts[y == 4] < 0.20).mean() > 0.88
    size = cells.trait("diameter_um")
    for c, kind, low, high in ((0, "blast", 14, 20), (1, "blast", 10, 15), (2, "lymphocyte", 8, 10)):
        assert low < np.median(size[(names == kind) & (y == c)[:, None]]) < high
    assert 12 < np.median(size[(names == "plasma cell") & (y == 3)[:, None]]) < 20
    assert np.median(cells.trait("nc_ratio")[of_blasts & (y == 1)[:, None]]) == pytest.approx(0.90, abs=0.01)


@pytest.mark.parametrize("effect", [0.0, 0.4, 0.6, 1.0])
def test_no_effect_gives_a_disease_the_mark_of_another(effect):
    auer = trait_model(effect).auer
    assert (auer[[1, 2, 3, 5], 1:] <= 1e-5 + 1e-12).all()
    labs = mito_clinical.clinical_model(effect)
    for column, rates in tables.FLAGS.items():
        others = [c for c, name in enumerate(tables.CLASSES) if name not in rates]
        np.testing.assert_allclose(labs[column].probability[others], tables.FALSE_CALL)


def test_cells_of_one_kind_in_a_patient_are_alike():
    model = trait_model(1.0)
    y = np.ones(2500, np.int64)
    cells, _ = sample_mito_cells(model, y, 30, 1)
    z = np.where(cells.kind == BLAST, logit(cells.trait("clumping")), np.nan)
    whole = pd.DataFrame(z[(cells.kind == BLAST).sum(axis=1) >= 15].T)
    within = whole.var().mean()
    between = whole.mean().var() - (whole.var() / whole.notna().sum()).mean()
    assert between / (between + within) == pytest.approx(mito_kinds.INTRACLASS_CORRELATION, abs=0.03)


def test_every_symbol_is_in_one_module_only():
    symbols = [g for members in (*PATHWAYS.values(), *DECOYS.values()) for g in members]
    assert len(symbols) == len(set(symbols))


def test_expression_has_the_modules_and_the_site_effect():
    n = 3000
    model = mito_expression.gene_model(1.0, 0)
    y, at_a, at_b = np.arange(n) % 6, np.zeros(n, np.int64), np.ones(n, np.int64)
    modules = mito_expression.sample_modules(model, y, 0)
    shifts = np.array([modules[y == c, :14].mean(axis=0) for c in range(6)])
    np.testing.assert_allclose(shifts, np.array(list(tables.PATHWAY_SHIFTS.values())).T, atol=0.2)
    values = mito_expression.sample_expression(model, modules, at_a, 0)
    rise = mito_expression.sample_expression(model, modules, at_b, 0) - values
    np.testing.assert_allclose(2 ** rise[:, model.mitochondrial], 1.40, atol=0.01)
    np.testing.assert_allclose(rise[:, ~model.mitochondrial], 0, atol=1e-12)
    decoys = np.isin(model.names, [g for members in DECOYS.values() for g in members])
    assert np.abs(values[y == 0][:, decoys].mean(axis=0) - values[y == 5][:, decoys].mean(axis=0)).max() < 0.35
    sd = (values - np.array([values[y == c].mean(axis=0) for c in range(6)])[y]).std(axis=0)
    np.testing.assert_allclose(sd[~model.mitochondrial], tables.GENE_SD, rtol=0.08)


def test_pathways_cannot_be_told_from_decoys_by_coexpression():
    model = mito_expression.gene_model(0.0, 0)
    values = mito_expression.sample_expression(
        model, mito_expression.sample_modules(model, np.zeros(800, np.int64), 0), np.zeros(800, np.int64), 0
    )

    def together(k):
        block = np.corrcoef(values[:, model.module == k].T)
        return block[np.triu_indices(len(block), 1)].mean()

    pathways = [together(k) for k in range(14) if k != list(PATHWAYS).index("mtdna_transcripts")]
    decoys = [together(k) for k in range(14, 14 + len(DECOYS))]
    assert np.mean(pathways) == pytest.approx(np.mean(decoys), abs=0.05)


def test_no_image_trait_knows_a_mitochondrial_module_given_the_class():
    """Permutation within class: the strongest of all correlations is no stronger than chance."""
    world = sample_mito_world(1.0, 1200, 24, 0.0, 5)
    y, kind = world.patients.y, world.latent.kind
    bags = np.column_stack([
        *[(kind == k).mean(axis=1) for k in range(len(mito_kinds.KINDS))],
        *world.latent.gaussian.mean(axis=2),
        world.latent.nucleoli.mean(axis=1),
        world.latent.auer.mean(axis=1),
    ])  # fmt: skip
    rng = np.random.default_rng(0)

    def strongest(modules):
        left, right = (v - np.array([v[y == c].mean(axis=0) for c in range(6)])[y] for v in (bags, modules))
        left, right = left / np.linalg.norm(left, axis=0), right / np.linalg.norm(right, axis=0)
        return np.abs(left.T @ right).max()

    def shuffled():
        order = np.arange(len(y))
        for c in range(6):
            rows = np.flatnonzero(y == c)
            order[rows] = rng.permutation(rows)
        return order

    modules = world.modules[:, :14]
    chance = [strongest(modules[shuffled()]) for _ in range(99)]
    assert strongest(modules) <= max(chance)


def test_kinds_of_cells_are_shares_and_sizes_of_marrow():
    kinds = mito_kinds.KINDS
    assert {len(mito_kinds.FRACTIONS), len(mito_kinds.NEOPLASTIC)} == {len(tables.CLASSES)}
    assert all(set(table) == set(kinds) for table in (mito_kinds.USUAL, mito_kinds.NUCLEUS, mito_kinds.LOOKS))
    shares = [*mito_kinds.FRACTIONS, *mito_kinds.NUCLEUS.values(), *mito_kinds.CHANGED_NUCLEUS.values()]
    shares += [*mito_kinds.AUER.values(), mito_kinds.NO_AUER]
    for share in shares:
        assert sum(share) == pytest.approx(1, abs=0.011) and min(share) >= 0
    assert {len(row) for row in mito_kinds.NUCLEUS.values()} == {len(mito_kinds.NUCLEI)}
    usual = {kind: dict(zip(mito_kinds.TRAITS, means, strict=True)) for kind, means in mito_kinds.USUAL.items()}
    for traits in (*usual.values(), *mito_kinds.CHANGED.values()):
        for name, mean in traits.items():
            low, high = (8, 18) if name == "diameter_um" else (0, 1)
            assert low < mean < high, name
    for part in (mito_kinds.NUCLEOLI, mito_kinds.CHANGED_NUCLEOLI):
        assert min(part.values()) > 0 and max(part.values()) < 3
    assert 0 < mito_kinds.VERY_RARE < mito_kinds.FEW_NUCLEOLI < 0.01


@pytest.mark.parametrize("kind", mito_kinds.KINDS)
def test_looks_are_shares_and_a_nucleus_is_darker_than_its_cytoplasm(kind):
    nucleus, cytoplasm, granules, eccentricity, hof = mito_kinds.LOOKS[kind]
    assert (len(nucleus), len(cytoplasm), len(granules)) == (2, 4, 3)
    assert all(0 <= value <= 1 for value in (*nucleus, *cytoplasm, *granules, eccentricity, hof))
    assert nucleus[0] > nucleus[1] > 0  # purple before blue
    assert nucleus[0] > 4 * sum(cytoplasm[:3])
    assert (cytoplasm[3] > 0) == (kind == "erythroblast")  # haemoglobin
    assert (hof > 0) == (kind in ("plasma cell", "promyelocyte"))
    assert (granules[0] == 0) == (kind in ("smudge cell", "plasma cell", "erythroblast"))


def test_nucleoli_are_those_of_blasts():
    usual, changed = mito_kinds.NUCLEOLI, mito_kinds.CHANGED_NUCLEOLI
    assert changed["ALL", "blast"] < usual["promyelocyte"] < usual["blast"] < changed["AML", "blast"]
    mature = {kind: usual[kind] for kind in ("lymphocyte", "plasma cell")}
    assert max(mature.values()) < 0.1
    assert mature["plasma cell"] < changed["MM", "plasma cell"] < 1
    assert mature["lymphocyte"] < changed["CLL", "lymphocyte"] < 0.2
