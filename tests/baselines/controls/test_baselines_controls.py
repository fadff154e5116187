"""Controls see shortcuts that are planted, and nothing else."""

import dataclasses

import numpy as np
import pytest
from skimage.draw import disk
from sklearn.metrics import roc_auc_score

from baselines.controls.background_colours import background_colours, background_masks
from baselines.controls.background_only import BackgroundOnly
from baselines.controls.border_only import BorderOnly
from baselines.controls.missingness_only import MissingnessOnly
from baselines.controls.prior import Prior
from baselines.controls.site_only import SiteOnly
from benchmark.suites.adhoc import suite_of
from benchmark.suites.suite import load_suite, suite_names
from datasets.cohort import Cohort, ImageBags, presence
from leaderboard.verdicts.qc import CONTROLS
from tests.toy import toy_cohort

QUIET = toy_cohort(n=120, n_classes=2, signal=0.0)


def auroc(build, cohort: Cohort) -> float:
    train, test = cohort[np.arange(0, 80)], cohort[np.arange(80, 120)]
    proba = build(n_estimators=100).fit(train, test).predict_proba(test)
    return float(roc_auc_score(test.y, proba[:, 1]))


def framed(cohort: Cohort) -> Cohort:
    pixels = cohort.images.pixels.copy()
    owner = np.repeat(cohort.y, cohort.images.sizes)
    pixels[owner == 1, :2] = 255
    return dataclasses.replace(cohort, images=ImageBags(pixels, cohort.images.starts))


def emptied(cohort: Cohort) -> Cohort:
    table = cohort.clinical.copy()
    table.loc[cohort.y == 1, "age"] = np.nan
    return dataclasses.replace(
        cohort, clinical=table, present=presence(len(cohort), cohort.images, cohort.has("genes"), table)
    )


def test_a_planted_border_is_found_by_its_control_only():
    assert auroc(BorderOnly, framed(QUIET)) > 0.9
    assert auroc(MissingnessOnly, framed(QUIET)) == auroc(MissingnessOnly, QUIET)


def test_planted_missingness_is_found_by_its_control_only():
    assert auroc(MissingnessOnly, emptied(QUIET)) > auroc(MissingnessOnly, QUIET) + 0.2
    assert auroc(BorderOnly, emptied(QUIET)) == auroc(BorderOnly, QUIET)


def test_controls_see_neither_cells_nor_values():
    """With a signal in every cell, gene and value, but none in the frame or in what is missing, nothing changes."""
    loud = toy_cohort(n=120, n_classes=2, signal=3.0)
    pixels = loud.images.pixels.copy()
    pixels[:, 2:-2, 2:-2] = 0
    dark = dataclasses.replace(loud, images=ImageBags(pixels, loud.images.starts), genes=loud.genes * 0)
    assert auroc(BorderOnly, dark) == auroc(BorderOnly, loud)
    assert auroc(MissingnessOnly, dark) == auroc(MissingnessOnly, loud)


WHITE, CELL = (247, 237, 240), (110, 75, 160)


def smears(sizes, *, tint=(0, 0, 0), tinted=(), side=64, seed=0):
    """Return pictures of one cell each on a noisy field: uint8 (m, side, side, 3), its radius ``sizes`` px."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((len(sizes), side, side, 3))
    for i, radius in enumerate(sizes):
        pixels[i] = np.array(WHITE) - np.array(tint) * (i in tinted)
        pixels[i][disk((side / 2, side / 2), radius, shape=(side, side))] = CELL
    return (pixels + rng.normal(0, 2, pixels.shape)).clip(0, 255).astype(np.uint8)


def slides(y, sizes, **settings) -> Cohort:
    """Return a cohort of two cells a patient."""
    tinted = np.flatnonzero(np.repeat(y, 2) == 1) if "tint" in settings else ()
    bags = ImageBags(smears(np.repeat(sizes, 2), tinted=tinted, **settings), np.arange(len(y) + 1) * 2)
    base = toy_cohort(n=len(y), n_classes=2, images=False, genes=False, clinical=True, missing=0)
    return dataclasses.replace(base, y=y, images=bags, present=presence(len(y), bags, clinical=base.clinical))


def test_a_tint_of_the_background_is_found():
    y = np.random.default_rng(0).permutation(np.arange(120, dtype=np.int64) % 2)
    assert auroc(BackgroundOnly, slides(y, np.full(120, 18), tint=(0, 4, 0))) > 0.95


def test_cells_that_tell_the_class_are_not_seen():
    """The class shows in how wide the cell is, and so in how many empty pixels there are and where, in nothing else."""
    y = np.random.default_rng(0).permutation(np.arange(120, dtype=np.int64) % 2)
    cohort = slides(y, np.where(y == 1, 34, 10))
    shown = background_masks(cohort.images.pixels).sum(axis=(1, 2))
    assert shown[np.repeat(y, 2) == 1].max() < 0.9 * shown[np.repeat(y, 2) == 0].min()
    # 40 test patients at chance: the standard error of an AUROC is .09.
    assert abs(auroc(BackgroundOnly, cohort) - 0.5) < 0.25
    assert abs(auroc(BackgroundOnly, slides(y, np.where(y == 1, 34, 10), seed=1)) - 0.5) < 0.25


def test_the_background_holds_no_cell_and_ends_away_from_it():
    pixels = smears([10, 25, 34])
    y, x = np.ogrid[:64, :64]
    from_centre = np.hypot(y - 32, x - 32)
    for mask, radius in zip(background_masks(pixels), (10, 25, 34), strict=True):
        assert mask.any() and from_centre[mask].min() >= max(radius + 2, 31)


def test_dark_bars_and_red_cells_are_no_background():
    pixels = smears([15])
    pixels[0, :3] = 0
    pixels[0, 50:, 50:] = (232, 152, 165)
    mask = background_masks(pixels)[0]
    assert not mask[:5].any() and not mask[48:, 48:].any() and mask[50:, :10].any()


def test_generated_cells_are_not_in_the_background(tmp_path, monkeypatch):
    from datasets.generated.apl_sim import load

    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    cohort = load(patients=20, cells=6)
    shown = background_masks(cohort.images.pixels)
    assert not (shown & cohort.truth.masks["cell"]).any()
    assert shown.any(axis=(1, 2)).mean() > 0.9


def test_an_image_without_background_is_no_zero_and_its_patient_gets_the_prior():
    full = smears([60, 15])
    assert np.isnan(background_colours(full)[0]).all() and np.isfinite(background_colours(full)[1]).all()
    y = np.arange(40, dtype=np.int64) % 2
    cohort = slides(y, np.where(np.arange(40) < 6, 60, 15))
    control = BackgroundOnly(n_estimators=20).fit(cohort, cohort)
    nodes = sum(tree.tree_.node_count for tree in control.forest_.estimators_)
    assert control.report_ == {"without_background": 6, "n_parameters": nodes}
    assert np.allclose(control.predict_proba(cohort)[:6], 0.5)
    dark = slides(y, np.full(40, 60))
    assert np.array_equal(
        BackgroundOnly().fit(dark, dark).predict_proba(dark), Prior().fit(dark, dark).predict_proba(dark)
    )


def sites(y, domain, patient=None) -> Cohort:
    base = toy_cohort(n=len(y), n_classes=2, images=False, genes=False, missing=0)
    patient = base.patient if patient is None else np.array(patient)
    return dataclasses.replace(
        base, y=np.array(y, np.int64), domain=np.array(domain), patient=patient, target_level="specimen"
    )


def test_site_only_counts_the_patients_of_the_site():
    train = sites([0, 0, 1, 1, 1, 1], ["A", "A", "A", "B", "B", "B"])
    overall = np.array([2, 4]) / 6
    asked = sites([0, 1, 0], ["B", "A", "C"])
    expected = [(np.array([0, 3]) + overall) / 4, (np.array([2, 1]) + overall) / 4, overall]
    control = SiteOnly().fit(train, asked)
    assert np.allclose(control.predict_proba(asked), expected)
    assert control.report_ == {"patients": {"A": 3.0, "B": 3.0}}


def test_site_only_counts_a_patient_once_in_each_site():
    train = sites([0, 0, 0, 1, 1], ["A", "A", "A", "A", "B"], ["p", "p", "p", "q", "q"])
    proba = SiteOnly().fit(train, train).predict_proba(train)
    assert np.allclose(proba[0], 0.5) and np.allclose(proba[4], np.array([0.5, 1.5]) / 2)


def test_site_only_tells_the_class_where_it_goes_with_the_site_and_the_harness_leaves_it_the_domain():
    y = np.arange(60, dtype=np.int64) % 2
    tied, free = sites(y, np.where(y == 1, "A", "B")), sites(y, np.where(np.arange(60) % 4 < 2, "A", "B"))
    for cohort, expected in ((tied, 1.0), (free, 0.5)):
        train, test = cohort[np.arange(40)].blinded(labels=True), cohort[np.arange(40, 60)].blinded(labels=False)
        proba = SiteOnly().fit(train, test).predict_proba(test)
        assert roc_auc_score(y[40:], proba[:, 1]) == expected


@pytest.mark.parametrize("name", suite_names())
def test_every_table_of_the_tree_has_its_controls(name):
    for profile in load_suite(name).profiles.values():
        assert set(CONTROLS) <= set(profile.entries)


def test_a_run_that_names_datasets_has_its_controls():
    for profile in suite_of(["golub"], {}).profiles.values():
        assert set(CONTROLS) <= set(profile.entries)
