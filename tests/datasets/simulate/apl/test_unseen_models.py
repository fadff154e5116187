"""Models wide enough for patients of no class: the classes' rows as they are, then those of the design's two kinds."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from datasets.simulate.apl import unseen
from datasets.simulate.apl import unseen_tables as odd
from datasets.simulate.apl.clinical import clinical_model
from datasets.simulate.apl.expression import gene_model
from datasets.simulate.apl.patients import enrolled, sample_patients
from datasets.simulate.apl.traits import trait_model
from datasets.simulate.drawing.cells import leukaemic_cells
from datasets.simulate.shared import tables

SEED = 4


def _value(column, p, kind, variant):
    """Return the value at probability p of a patient of an unseen kind."""
    if column == "age":
        child = odd.CHILD[kind]
        if p < child:
            return stats.lognorm(0.6, scale=7.0).ppf(p / child)
        mean, sd = odd.ADULT_AGE[kind]
        return stats.truncnorm((18 - mean) / sd, (95 - mean) / sd, mean, sd).ppf((p - child) / (1 - child))
    if column in odd.NORMAL:
        return stats.norm(*odd.NORMAL[column][kind]).ppf(p)
    if column in odd.LOG_NORMAL or column == "wbc":
        median, sigma = odd.WBC[kind][variant] if column == "wbc" else odd.LOG_NORMAL[column][kind]
        return stats.lognorm(sigma, scale=median).ppf(p)
    if column == "promyelocytes":
        mean, k = odd.PROMYELOCYTES[kind]
        return 100 * np.clip(stats.beta(mean * k, (1 - mean) * k).ppf(p), 1e-4, 1 - 1e-4)
    return float(p < (odd.FLT3_ITD[kind][variant] if column == "flt3_itd" else odd.BERNOULLI[column][kind]))


@pytest.mark.parametrize("effect", [0.5, 1.0])
def test_labs_of_the_classes_are_as_before_and_those_of_the_others_are_the_tables(effect):
    narrow = clinical_model(effect)
    wide, p = unseen.wide_clinical(narrow), np.linspace(0.02, 0.98, 9)
    assert list(wide) == list(narrow)
    for column, family in wide.items():
        for c, v in np.ndindex(5, 2):
            at = np.full(9, c), np.full(9, v)
            np.testing.assert_array_equal(family.quantile(p, *at), narrow[column].quantile(p, *at))
        for kind, v in np.ndindex(2, 2):
            wanted = [_value(column, q, kind, v) for q in p]
            got = family.quantile(p, np.full(9, 5 + kind), np.full(9, v))
            np.testing.assert_allclose(got, wanted, rtol=1e-8, err_msg=column)


def test_traits_and_genes_have_the_rows_of_the_unseen_after_those_of_the_classes():
    narrow = trait_model(0.7)
    wide = unseen.wide_traits(narrow)
    for name, trait in narrow.gaussian.items():
        to = np.log if name == "diameter_um" else special.logit
        more = to(np.array(odd.GAUSSIAN_TRAITS[name]))
        np.testing.assert_allclose(wide.gaussian[name].mean, np.vstack([trait.mean, more]))
        assert wide.gaussian[name].link == trait.link and (wide.gaussian[name].sd == trait.sd).all()
    for name, more in (("nucleus_shape", odd.SHAPE), ("auer", odd.AUER)):
        np.testing.assert_array_equal(wide.categorical[name], np.concatenate([narrow.categorical[name], more]))
    np.testing.assert_array_equal(wide.bleb, np.vstack([narrow.bleb, odd.BLEB]))
    np.testing.assert_array_equal(wide.nucleoli, np.vstack([narrow.nucleoli, odd.NUCLEOLI]))
    genes = gene_model(0.7, SEED, n_genes=60)
    got = unseen.wide_genes(genes)
    np.testing.assert_array_equal(got.shift[:5], genes.shift)
    symbols = [(module, symbol) for module, (members, _) in tables.GENE_MODULES.items() for symbol in members]
    for k, (module, symbol) in enumerate(symbols):
        assert got.names[k] == symbol and got.shift[5:, k].tolist() == list(odd.GENE_SHIFTS[module])


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_so_many_of_a_kind_at_site_c_have_images_only(share):
    kind, site = np.arange(90) % 7, np.arange(90) // 7 % 3
    got = enrolled(kind, site, share, SEED).images_only
    for k in range(7):
        here = [i for i in range(90) if kind[i] == k and site[i] == 2]
        assert [got[i] for i in here] == [int((t + 1) * share) > int(t * share) for t in range(len(here))]
    assert not got[site != 2].any()


@pytest.mark.parametrize("share", [None, 0.2])
def test_unseen_patients_come_after_the_others_in_random_order(share):
    plain = sample_patients(20, 0.3, SEED)
    got = unseen.with_unseen(plain, 7, SEED, *([] if share is None else [share]))
    order = np.random.default_rng([SEED, 46]).permutation(14)
    kinds, sites = np.repeat([5, 6], 7), np.tile([0, 0, 0, 1, 1, 2, 2], 2)
    np.testing.assert_array_equal(got.kind, [*plain.kind, *kinds[order]])
    np.testing.assert_array_equal(got.site, [*plain.site, *sites[order]])
    again = enrolled(got.kind, got.site, 0.5 if share is None else share, SEED)
    np.testing.assert_array_equal(got.images_only, again.images_only)
    drawn = np.array([np.random.default_rng([SEED, 1, i]).random() for i in range(34)])
    micro = np.array([0.20, 0.20, 0.25, 0.40, 0.265, 0.05, 0.0])
    np.testing.assert_array_equal(got.variant, drawn < micro[got.kind])
    np.testing.assert_array_equal(got.y, np.where(got.kind > 4, -1, got.kind))


def test_marrows_of_other_aml_hold_blasts_and_all_others_promyelocytes():
    kind = np.array([0, 5, 6, 6, 3])
    complete = pd.DataFrame({"promyelocytes": [80.0, 60, 4, 5, 50]})
    got = unseen.leukaemic_fraction(complete, kind, SEED)
    drawn = [np.random.default_rng([SEED, 47, i]).random() for i in range(5)]
    blasts = stats.beta(6, 4).ppf(drawn)
    np.testing.assert_allclose(got, [0.8, 0.6, blasts[2], blasts[3], 0.5])
    assert unseen.has_blasts(kind).tolist() == [False, False, True, True, False]


def test_blasts_look_unlike_promyelocytes_of_the_same_traits():
    rng, shape = np.random.default_rng(0), (3, 4)
    g, b = rng.random(shape), rng.random(shape)
    traits = {"granularity": g, "basophilia": b, "nucleus_shape": rng.integers(0, 5, shape)}
    traits |= {name: rng.integers(0, 2, shape) for name in ("auer", "nucleoli", "bleb", "diameter_um", "nc_ratio")}
    usual, got = leukaemic_cells(traits), unseen.sick_cells(traits, np.array([1, 6, 5]))
    assert got.keys() == usual.keys()
    for name, values in usual.items():
        np.testing.assert_array_equal(got[name][[0, 2]], values[[0, 2]])
    for name in ("shape", "auer", "nucleoli", "bleb", "diameter_um", "nc_ratio", "granularity", "basophilia", "hof"):
        np.testing.assert_array_equal(got[name][1], usual[name][1])
    assert (got["cell_type"][1] == "blast").all()
    for j in range(4):
        np.testing.assert_allclose(got["nucleus"][1, j], (0.55, 0.11, 0.10))
        np.testing.assert_allclose(got["cytoplasm"][1, j], (0.01 + 0.54 * b[1, j], 0.02, 0, 0.02, 0))
        np.testing.assert_allclose(got["granules"][1, j], (0.30 * g[1, j], 0.48, 0.15))
        assert got["eccentricity"][1, j] == 0.50
