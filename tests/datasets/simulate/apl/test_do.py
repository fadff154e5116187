"""What setting one cause changes in a cohort, part by part, and what it must leave as it was."""

import dataclasses

import numpy as np
import pytest

from datasets.generated import apl_sim
from datasets.simulate.apl import clinical, oracle
from datasets.simulate.apl.interventions import parse_intervention
from datasets.simulate.apl.settings import Settings
from datasets.simulate.apl.traits import trait_model
from datasets.simulate.drawing.cells import SHAPES
from datasets.simulate.drawing.magnification import um_per_px
from datasets.simulate.shared.tables import NUCLEUS_SHAPES, SITES

pytestmark = pytest.mark.usefixtures("cache_of_module")

PER_BAG = 6
OPTIONS = {"patients": 60, "cells": PER_BAG, "image_size": 32, "seed": 5, "confound": 0.3}
TRAITS = {  # do -> components that change; besides them: pictures, the trait, its evidence, posteriors with images
    "auer=0": {"auer", "granules"},
    "auer=2": {"auer", "granules"},
    "bleb=1": {"blebs", "cell", "granules", "rbc", "cytoplasm", "background"},
    "bleb=0": {"blebs", "cell", "granules", "rbc", "cytoplasm", "background"},
    "nucleoli=4": {"nucleoli"},
    "nucleus_shape=pelger": {"nucleus", "nucleoli", "granules", "cytoplasm"},
    "granularity=0.2": {"granules"},
    "basophilia=0.9": set(),
    "nc_ratio=0.5": {"nucleus", "nucleoli", "granules", "cytoplasm"},
    "diameter_um=14": {
        "auer", "background", "blebs", "cell", "cytoplasm", "granules", "nucleoli", "nucleus", "rbc",
    },
}  # fmt: skip
WITH_IMAGES = {"images", "images+genes", "images+clinical", "all"}
DISTANCES = {"nucleus_shape=pelger", "nc_ratio=0.5", "diameter_um=14"}


@pytest.fixture(scope="module")
def plain(cache_of_module):
    return apl_sim.load(**OPTIONS)


def _parts(cohort):
    """Return every part of a cohort by name, as arrays that can be compared."""
    truth = cohort.truth
    parts = {name: getattr(cohort, name) for name in ("y", "specimen", "patient", "domain", "present", "genes")}
    parts |= {f"lab {name}": values.to_numpy() for name, values in cohort.clinical.items()}
    parts |= {f"posterior {name}": values for name, values in truth.posterior.items()}
    parts |= {f"trait {name}": values.to_numpy() for name, values in truth.traits.items()}
    parts |= {f"evidence {name}": values.to_numpy() for name, values in truth.evidence.items()}
    parts |= {f"mask {name}": truth.masks[name] for name in truth.masks}
    parts |= {"pixels": cohort.images.pixels, "cell_type": cohort.images.cell_type, "starts": cohort.images.starts}
    meta = (cohort.name, cohort.classes, cohort.gene_names, cohort.gene_sets, cohort.units, cohort.era, truth.y)
    return parts | {"meta": np.array([repr(meta)])}


def _same(a, b):
    if a.dtype == object:  # categories
        return np.array_equal(a.astype(str), b.astype(str))
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _changed(before, after):
    one, two = _parts(before), _parts(after)
    assert one.keys() == two.keys()
    return {name for name in one if not _same(one[name], two[name])}


@pytest.mark.parametrize("do", TRAITS)
def test_a_trait_changes_its_pictures_and_what_the_pictures_say(plain, do):
    trait = do.partition("=")[0]
    expected = {"pixels", f"trait {trait}", f"evidence {trait}"} | {f"posterior {name}" for name in WITH_IMAGES}
    expected |= {f"mask {name}" for name in TRAITS[do]}
    changed = _changed(plain, apl_sim.load(**OPTIONS, do=do))
    # A hof is cut by the nucleus, where a cell has one; a nucleus by the membrane, which a bleb moves a little.
    side_effects = {"mask hof"} if do in DISTANCES else {"mask nucleus"} if do.startswith("bleb") else set()
    assert changed - side_effects == expected


@pytest.mark.parametrize("do", TRAITS)
def test_only_leukaemic_cells_are_set_and_all_of_them(plain, do):
    trait, _, value = do.partition("=")
    cohort = apl_sim.load(**OPTIONS, do=do)
    leukaemic = plain.truth.traits["leukaemic"].to_numpy()
    found = cohort.truth.traits[trait]
    wanted = value if trait == "nucleus_shape" else float(value)
    assert (found[leukaemic] == wanted).all()
    assert found[~leukaemic].equals(plain.truth.traits.loc[~leukaemic, trait])
    moved = (cohort.images.pixels != plain.images.pixels).any(axis=(1, 2, 3))
    assert not moved[~leukaemic].any()
    had = (plain.truth.traits[trait] == wanted).to_numpy()
    assert not moved[had].any()
    assert moved[leukaemic & ~had].mean() > 0.9


@pytest.mark.parametrize("do", ["", *TRAITS])
def test_the_posterior_is_that_of_the_traits_that_are_shown(do):
    cohort = apl_sim.load(**OPTIONS, do=do)
    table, shape = cohort.truth.traits, (len(cohort), PER_BAG)
    shown = {name: table[name].to_numpy().reshape(shape) for name in cohort.truth.evidence if name != "nucleus_shape"}
    shown["nucleus_shape"] = table["nucleus_shape"].map({name: k for k, name in enumerate(SHAPES)})
    shown["nucleus_shape"] = shown["nucleus_shape"].to_numpy(np.int64).reshape(shape)
    leukaemic = table["leukaemic"].to_numpy().reshape(shape)
    seen = oracle.trait_log_likelihood(trait_model(1.0), shown, leukaemic)
    seen = seen + oracle.purity_log_likelihood(clinical.marrow_percentage(1.0), leukaemic)
    np.testing.assert_allclose(cohort.truth.posterior["images"], oracle.posterior(seen), atol=1e-9)


@pytest.fixture(scope="module")
def blind(cache_of_module):
    return apl_sim.load(**OPTIONS, unknown_scale=True)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("scale", ["plain", "blind"])
def test_another_microscope_changes_pictures_and_unknown_pixel_sizes_only(request, scale, site):
    before, unknown = request.getfixturevalue(scale), scale == "blind"
    cohort = apl_sim.load(**OPTIONS, do=f"site={site}", unknown_scale=unknown)
    changed = _changed(before, cohort)
    expected = {"pixels", "trait um_per_px"} if unknown else {"pixels"}
    assert {name for name in changed if not name.startswith("mask ")} == expected
    moved = (cohort.images.pixels != before.images.pixels).any(axis=(1, 2, 3))
    there = np.repeat(np.char.startswith(before.domain, site), PER_BAG)
    assert not moved[there].any() and moved[~there].all()
    microscope = np.full(len(before), SITES.index(site))
    size, seed = OPTIONS["image_size"], OPTIONS["seed"]
    sizes = np.repeat(um_per_px(microscope, size, seed, unknown_scale=unknown), PER_BAG)
    np.testing.assert_array_equal(cohort.truth.traits["um_per_px"], sizes)


@pytest.mark.parametrize("do", ["site=B", *TRAITS])
def test_no_cause_shares_a_cached_picture_with_another(do):
    settings = Settings(**OPTIONS, do=do)
    assert settings.key != Settings(**OPTIONS).key
    assert settings.key == dataclasses.replace(settings, do=do).key
    others = {dataclasses.replace(settings, do=other).key for other in ("site=B", *TRAITS) if other != do}
    assert settings.key not in others


@pytest.mark.parametrize(
    ("text", "cause", "value"),
    [
        ("site=B", "site", 1),
        ("nucleus_shape=pelger", "nucleus_shape", NUCLEUS_SHAPES.index("pelger")),
        (" auer = 2 ", "auer", 2),
        ("granularity=0.25", "granularity", 0.25),
    ],
)
def test_what_is_asked_for_is_read(text, cause, value):
    got = parse_intervention(text)
    assert (got.cause, got.value) == (cause, value)
    assert parse_intervention("") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site=D", r"do='site=D': site cannot be 'D'; choose one of A, B, C"),
        ("nucleus_shape=square", r"nucleus_shape cannot be 'square'; choose one of round"),
        ("nucleus_shape=lobed", r"nucleus_shape cannot be 'lobed'"),
        ("auer=3", r"auer cannot be '3'; choose one of 0, 1, 2"),
        ("nucleoli=1.5", r"nucleoli cannot be '1.5'; choose one of 0, 1, 2, 3, 4"),
        ("bleb=true", r"bleb cannot be 'true'; choose one of 0, 1"),
        ("granularity=high", r"'high' is not a number; choose 0.01 to 0.99"),
        ("diameter_um=", r"'' is not a number; choose 6.0 to 30.0"),
        ("diameter_um=40", r"diameter_um=40.0 is out of range; choose 6.0 to 30.0"),
        ("nc_ratio=nan", r"nc_ratio=nan is out of range"),
        ("colour=red", r"unknown cause 'colour'; write cause=value with one of nucleus_shape, site, auer"),
        ("auer", r"auer cannot be ''"),
        ("=1", r"unknown cause ''"),
    ],
)
def test_what_cannot_be_done_is_named(text, said):
    with pytest.raises(ValueError, match=said):
        apl_sim.load(**OPTIONS, do=text)
