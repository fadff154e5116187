"""What must not know the cells' traits, the class or a hidden cause: compared with itself after that is exchanged."""

import dataclasses
import importlib

import numpy as np
import pytest
from scipy import stats

from datasets.simulate.apl import clinical, expression
from datasets.simulate.apl.label_noise import noisy_labels
from datasets.simulate.apl.patients import sample_patients
from datasets.simulate.apl.world import sample_world
from datasets.simulate.drawing.canvas import Canvas
from datasets.simulate.drawing.magnification import FIELD_UM
from datasets.simulate.drawing.paint import PURPLE, Drawing
from datasets.simulate.drawing.render import render, render_bag
from datasets.simulate.drawing.stain import OPTICS, PIGMENTS, prepare_slide
from datasets.simulate.drawing.surroundings import add_surroundings
from datasets.simulate.mito import clinical as mito_clinical
from datasets.simulate.mito import expression as mito_expression
from datasets.simulate.mito import patients as mito_patients
from datasets.simulate.mito import tables as six
from datasets.simulate.mito.world import sample_mito_world
from datasets.simulate.shared import tables
from datasets.simulate.shared.draws import Stream, generator
from datasets.simulate.shared.missingness import early_death, genes_lost

photography = importlib.import_module("datasets.simulate.drawing.render")  # the door names its function so
CELLS, SEED, SIDE = 40, 2, 64
N = 20_000


@pytest.fixture(scope="module")
def bags():
    """Return three bags: the first with its traits, with all traits of another class, and of its own size again."""
    world = sample_world(1.0, 30, CELLS, 0.0, SEED)
    leukaemic = world.cells.leukaemic.sum(axis=1)
    first = int(np.flatnonzero(world.patients.y == 0)[leukaemic[world.patients.y == 0].argmax()])
    other = int(np.flatnonzero(world.patients.y == 4)[leukaemic[world.patients.y == 4].argmin()])
    own, others = world.cells.bag(first), world.cells.bag(other)
    return own, others, dataclasses.replace(others, diameter_um=own.diameter_um)


def _slide(site):
    optics = dataclasses.replace(OPTICS[site], artefact=0.3)
    return prepare_slide(optics, generator(SEED, Stream.SLIDE, 0))


@pytest.mark.parametrize("site", ["A", "C"])
def test_where_a_cell_is_put_does_not_depend_on_its_traits(bags, site, monkeypatch):
    canvases, draw_cells = [], photography.draw_cells
    monkeypatch.setattr(
        photography, "draw_cells", lambda canvas, *rest: canvases.append(canvas) or draw_cells(canvas, *rest)
    )
    for bag in bags:
        render_bag(bag, _slide(site), 0, SIDE, FIELD_UM / SIDE, SEED, np.zeros(CELLS, bool))
    for canvas in canvases[1:]:
        np.testing.assert_array_equal(canvas.centre, canvases[0].centre)
        assert (canvas.px_um, canvas.side) == (canvases[0].px_um, canvases[0].side)
    assert np.ptp(canvases[0].centre) > 0


def _surroundings(cells, site):
    """Return what is drawn about cells that themselves are left out, so that nothing hides it."""
    canvas = Canvas(SIDE, 0.64, np.full((CELLS, 2), SIDE // 2), SEED)  # a wide field
    drawing = Drawing(np.zeros((CELLS, len(PIGMENTS), SIDE, SIDE), np.float32), {"cell": canvas.blank()})
    add_surroundings(drawing, canvas, cells, _slide(site), 0)
    return drawing


@pytest.mark.parametrize("site", ["A", "C"])
def test_surroundings_depend_on_the_size_of_a_cell_only(bags, site):
    own, _, same_size = (_surroundings(bag, site) for bag in bags)
    np.testing.assert_array_equal(own.pigments, same_size.pigments)
    for name in ("rbc", "artefact"):
        assert own.masks[name].any()
        np.testing.assert_array_equal(own.masks[name], same_size.masks[name])


@pytest.mark.parametrize("site", ["A", "C"])
def test_whether_there_is_a_neighbour_or_an_artefact_does_not_depend_on_size_either(bags, site):
    own, others, _ = (_surroundings(bag, site) for bag in bags)
    np.testing.assert_array_equal(own.masks["artefact"], others.masks["artefact"])
    near = [d.pigments[:, PURPLE] * (d.masks["artefact"] == 0) for d in (own, others)]
    flags = [(amount > 0.2).any(axis=(1, 2)) for amount in near]
    assert 0.05 < flags[0].mean() < 0.5
    np.testing.assert_array_equal(*flags)


def test_no_picture_knows_a_mitochondrial_module(monkeypatch):
    """The same patients with other modules: other genes, but the same cells, labs and photographs."""
    world = sample_mito_world(1.0, 24, 4, 0.0, 5)
    swapped = dataclasses.replace(world, modules=world.modules + 3)
    sample = mito_expression.sample_modules
    monkeypatch.setattr(mito_expression, "sample_modules", lambda *arguments: sample(*arguments) + 3)
    resampled = sample_mito_world(1.0, 24, 4, 0.0, 5)
    assert (resampled.expression != world.expression).mean() > 0.9
    site = world.patients.site
    wanted = render(world.cells, site, 32, 5)
    for other in (swapped, resampled):
        for name, values in vars(world.cells).items():
            np.testing.assert_array_equal(vars(other.cells)[name], values, err_msg=name)
        for name, values in render(other.cells, site, 32, 5).items():
            np.testing.assert_array_equal(values, wanted[name])
    assert resampled.complete.equals(world.complete) and resampled.observed.equals(world.observed)
    for subset in ("images", "clinical", "images+clinical"):
        np.testing.assert_array_equal(resampled.posterior[subset], world.posterior[subset])


@pytest.mark.parametrize("amount", [1.0, 5.0])
def test_every_entry_of_the_table_of_wrong_labels_is_the_designs(amount):
    y = np.repeat(np.arange(5), N)
    table = stats.contingency.crosstab(y, noisy_labels(y, amount, 3)).count / N
    clerk = np.full((5, 5), 0.02 * amount / 4)
    np.fill_diagonal(clerk, 1 - 0.02 * amount)
    wanted = clerk.copy()
    wanted[[1, 2, 3]] *= 1 - 0.06 * amount  # TTMV, NPM1, STAT5B: the others are called PML-RARA by FISH
    wanted[[1, 2, 3], 0] += 0.06 * amount
    np.testing.assert_allclose(wanted.sum(axis=1), 1)
    assert (np.abs(table - wanted) < 4.5 * np.sqrt(wanted * (1 - wanted) / N)).all(), np.round(table - wanted, 4)


def _check_rates(missing, y, site, wanted):
    """Compare the share that is missing in every class at every site with what it should be, (sites, columns)."""
    for s, c in np.ndindex(len(wanted), y.max() + 1):
        rows = missing[(site == s) & (y == c)]
        error = np.sqrt(wanted[s] * (1 - wanted[s]) / len(rows))
        assert (np.abs(rows.mean(axis=0) - wanted[s]) <= 4.5 * error).all(), (s, c)


def test_the_class_does_not_change_how_often_a_value_is_missing():
    patients = sample_patients(N, 0.0, 5)
    complete = clinical.sample_clinical(clinical.clinical_model(1.0), patients.y, patients.variant, 5)
    missing = clinical.observed_clinical(complete, patients, 5).isna().to_numpy()
    rates = np.array([tables.MISSING.get(column, 0.0) for column in complete])
    wanted = np.vstack([np.outer(tables.SITE_MISSING_FACTOR, rates), np.ones_like(rates)])
    place = np.where(patients.images_only, 3, patients.site)
    _check_rates(missing, patients.y, place, wanted)
    genes = ~expression.genes_measured(patients, 5)[:, None]
    _check_rates(genes, patients.y, place, np.vstack([1 - np.array(tables.SITE_GENES)[:, None], [1.0]]))


def test_the_disease_does_not_change_how_often_a_value_is_missing():
    patients = mito_patients.sample_patients(N, 0.0, 5)
    complete = mito_clinical.sample_clinical(mito_clinical.clinical_model(0.6), patients.y, patients.adult, 5)
    missing = mito_clinical.observed_clinical(complete, patients, 5).isna().to_numpy()
    rates = np.array([six.MISSING.get(column, 0.0) for column in complete])
    wanted = np.vstack([np.outer(six.SITE_MISSING_FACTOR, rates), np.ones_like(rates)])
    _check_rates(missing, patients.y, patients.site, wanted)
    genes = ~mito_expression.genes_measured(patients.site, 5)[:, None]
    _check_rates(genes, patients.y, patients.site, 1 - np.array(six.SITE_GENES)[:, None])


def test_early_death_depends_on_values_only_that_sites_a_and_b_always_measure():
    patients = sample_patients(2000, 0.0, 5)
    complete = clinical.sample_clinical(clinical.clinical_model(1.0), patients.y, patients.variant, 5)
    decides = ["wbc", "platelets", "age"]
    observed = clinical.observed_clinical(complete, patients, 5, mnar=True)[patients.site < 2]
    assert observed[decides].notna().all().all()
    rest = [column for column in complete if column not in decides]
    mixed = complete.copy()
    mixed[rest] = complete[rest].sample(frac=1, random_state=0).to_numpy()
    np.testing.assert_array_equal(early_death(mixed, 5), early_death(complete, 5))
    np.testing.assert_array_equal(genes_lost(mixed, 5), genes_lost(complete, 5))
    for column in decides:
        assert (
            early_death(complete.assign(**{column: complete[column].median() * 3}), 5) != early_death(complete, 5)
        ).any()
