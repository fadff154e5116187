"""Audit of things that are not biology and tell the class: planted one at a time, in full and in part."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score

from datasets.audits.rules import RULES
from datasets.audits.telling import FOLDS, independent_units, telling
from datasets.cohort import ImageBags, presence
from tests.toy import toy_cohort

N = 120


def check(rule, cohort):
    return list(RULES[rule].check(cohort, None))


def clean(seed=0):
    cohort = toy_cohort(n=N, signal=0, seed=seed)
    m = len(cohort.images.pixels)
    rng = np.random.default_rng(seed)
    facts = pd.DataFrame(
        {
            "format": rng.choice(["JPEG", "PNG"], m),
            "mode": "RGB",
            "width": rng.choice([360, 363], m),
            "height": 360,
            "bytes": rng.integers(9000, 11000, m),
        }
    )
    return replace(cohort, image_facts=facts, era=rng.choice(["2010", "2020"], N))


def owner(cohort):
    return np.repeat(np.arange(len(cohort)), cohort.images.sizes)


def with_fact(cohort, name, values):
    return replace(cohort, image_facts=cohort.image_facts.assign(**{name: values[cohort.y[owner(cohort)]]}))


def with_counts(cohort, per_class):
    sizes = np.array(per_class)[cohort.y]
    images = ImageBags(np.zeros((sizes.sum(), 4, 4, 3), np.uint8), np.r_[0, np.cumsum(sizes)])
    return replace(
        cohort,
        images=images,
        image_facts=None,
        present=presence(len(cohort), images, cohort.has("genes"), cohort.clinical),
    )


def with_tint(cohort, step):
    pixels = cohort.images.pixels.astype(int)
    pixels[:, :2] += step * cohort.y[owner(cohort)][:, None, None, None]
    return replace(cohort, images=replace(cohort.images, pixels=pixels.clip(0, 255).astype(np.uint8)))


def with_gaps(cohort):
    table = cohort.clinical.copy()
    table.loc[:, "age"] = np.where(cohort.y == 0, np.nan, 50.0)
    table.loc[:, "wbc"] = np.where(cohort.y == 1, np.nan, 5.0)
    return replace(cohort, clinical=table, present=presence(len(cohort), cohort.images, cohort.has("genes"), table))


DETERMINED = {
    "class-is-domain": lambda c: replace(c, domain=np.array(["X", "Y", "Z"])[c.y]),
    "class-is-era": lambda c: replace(c, era=np.array(["1", "2", "3"])[c.y]),
    "class-is-format": lambda c: with_fact(c, "mode", np.array(["RGB", "L", "CMYK"])),
    "class-is-size": lambda c: with_fact(c, "height", np.array([360, 363, 365])),
    "class-is-count": lambda c: with_counts(c, (1, 2, 3)),
    "class-is-missingness": with_gaps,
    "class-is-background": lambda c: with_tint(c, 60),
}


@pytest.mark.parametrize("rule", DETERMINED)
def test_what_determines_the_class_blocks(rule):
    cohort = clean()
    cohort = cohort if rule == "class-is-missingness" else cohort[cohort.has("images")]
    findings = check(rule, DETERMINED[rule](cohort))
    assert any(f.blocks and "determines" in f.problem for f in findings)


@pytest.mark.parametrize("rule", [*DETERMINED, "class-is-order"])
def test_a_clean_cohort_is_silent(rule):
    assert check(rule, clean()) == []


PART = {
    "class-is-domain": lambda c, some: replace(c, domain=np.where((c.y == 1) & some, "Z", c.domain)),
    "class-is-size": lambda c, some: replace(
        c, image_facts=c.image_facts.assign(width=np.where(((c.y == 1) & some)[owner(c)], 999, c.image_facts["width"]))
    ),
    "class-is-background": lambda c, some: with_tint(c, 6),
}


@pytest.mark.parametrize("rule", PART)
def test_what_tells_more_than_chance_warns(rule):
    some = np.random.default_rng(1).random(N) < 0.6
    (finding,) = check(rule, PART[rule](clean(), some))
    assert not finding.blocks and "better than chance" in finding.problem


def test_rows_and_ids_sorted_by_class_warn_and_never_block():
    cohort = clean()
    by_class = cohort[np.argsort(cohort.y, kind="stable")]
    findings = check("class-is-order", by_class)
    assert [f.where for f in findings] == ["order of rows"] and not findings[0].blocks
    ids = np.array([f"{'zxa'[k]}-{i}" for i, k in enumerate(cohort.y)])
    assert [f.where for f in check("class-is-order", replace(cohort, specimen=ids))] == ["order of specimen ids"]


def test_ids_are_ordered_as_numbers():
    cohort = clean()
    assert check("class-is-order", replace(cohort, specimen=np.array([f"P{i}" for i in range(N)]))) == []
    shuffled = np.random.default_rng(0).permutation(N)
    ids = np.array([f"P{i}" for i in shuffled])[np.argsort(np.argsort(cohort.y, kind="stable"))]
    assert check("class-is-order", replace(cohort, specimen=ids)) == []


def test_missing_values_that_tell_the_class_in_one_domain_only():
    cohort = clean()
    rng = np.random.default_rng(2)
    gap = np.where(cohort.domain == "B", cohort.y == 1, rng.random(N) < 0.33)
    table = cohort.clinical.assign(wbc=cohort.clinical["wbc"].where(~gap))
    present = presence(N, cohort.images, cohort.has("genes"), table)
    findings = check("class-is-missingness", replace(cohort, clinical=table, present=present))
    inside = [f for f in findings if f.where.endswith("in domain B")]
    assert inside and "most of all wbc" in inside[0].where and not inside[0].blocks


def test_cells_of_one_patient_are_one_unit():
    """A domain a patient tells every cell's class, and nothing about other patients."""
    cohort = toy_cohort(n=N, signal=0, images=False, genes=False)
    patient = np.arange(N) // 10
    repeated = replace(
        cohort,
        y=(patient % 2).astype(np.int64),
        classes=("a", "b"),
        patient=patient.astype(str),
        domain=np.char.add("site-", patient.astype(str)),
    )
    assert check("class-is-domain", repeated) == []


def test_fewer_than_five_patients_a_class_are_not_tested():
    cohort = toy_cohort(n=8, n_classes=2, images=False, genes=False)
    assert independent_units(cohort) is None
    assert check("class-is-domain", cohort) == []


def test_patients_do_not_cross_parts_and_classes_are_dealt_evenly():
    cohort = toy_cohort(n=N)
    both = replace(cohort, target_level="specimen", patient=np.char.add("P", (np.arange(N) // 4).astype(str)))
    units = independent_units(both)
    assert pd.Series(units.part[units.of]).groupby(both.patient).nunique().max() == 1
    dealt = pd.crosstab(independent_units(cohort).part, independent_units(cohort).y)
    assert (dealt.max() - dealt.min()).max() <= 1


def test_the_accuracy_is_that_of_ridge_regression():
    cohort = toy_cohort(n=90, seed=3)
    units = independent_units(cohort)
    design = np.random.default_rng(0).normal(size=(90, 4)) + 0.7 * np.eye(3, 4)[units.y]
    x = np.column_stack([np.ones(90), (design - design.mean(0)) / design.std(0)])
    told = np.empty(90, int)
    for part in range(FOLDS):
        train = units.part != part
        ridge = Ridge(1.0, fit_intercept=False).fit(x[train], np.eye(3)[units.y[train]])
        told[~train] = (ridge.predict(x[~train]) / np.bincount(units.y[train])).argmax(1)
    assert telling(design, units).accuracy == pytest.approx(balanced_accuracy_score(units.y, told))


def test_p_values_of_noise_are_uniform(monkeypatch):
    monkeypatch.setattr("datasets.audits.telling.FLOOR", -9)
    monkeypatch.setattr("datasets.audits.telling._PERMUTATIONS", 99)
    units = independent_units(toy_cohort(n=60, images=False, genes=False))
    rng = np.random.default_rng(5)
    p = np.array([telling(rng.normal(size=(60, 3)), units).p for _ in range(200)])
    assert abs(np.mean(p <= 0.1) - 0.1) < 0.06 and abs(np.mean(p <= 0.5) - 0.5) < 0.11


def test_one_class_a_domain_blocks_even_with_few_patients():
    few = toy_cohort(n=10, n_classes=2, signal=0)
    tied = replace(few, domain=np.where(few.y == 0, "A", "B"))
    (found,) = check("class-is-domain", tied)
    assert found.blocks
