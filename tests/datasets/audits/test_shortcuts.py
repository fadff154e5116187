"""Audit of things that are not biology and tell the class: planted one at a time, in full and in part."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import balanced_accuracy_score

from datasets.audits import shortcuts
from datasets.audits.finding import Finding
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


def test_the_size_of_files_warns_and_never_blocks_because_granules_compress_badly():
    cohort = clean()
    cohort = cohort[cohort.has("images")]
    (finding,) = check("class-is-size", with_fact(cohort, "bytes", np.array([9_000, 12_000, 15_000])))
    assert finding.where == "size of the image files" and "determines" in finding.problem and not finding.blocks
    assert "texture" in finding.remedy


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


def bag_cohort():
    """Return five specimens of 2, 0, 1, 3 and 0 images, in another order than their pixels."""
    images = ImageBags(np.zeros((7, 6, 9, 3), np.uint8), np.array([0, 2, 2, 3, 6, 6]), np.array([6, 0, 3, 1, 2, 5]))
    toy = toy_cohort(n=5, images=False, genes=False, clinical=False)
    return replace(toy, images=images, present=presence(5, images))


def test_what_images_say_is_averaged_over_each_bag():
    cohort = bag_cohort()
    values = np.random.default_rng(0).normal(size=(7, 2))
    bags = [[6, 0], [], [3], [1, 2, 5], []]
    expected = [values[bag].mean(axis=0) if bag else [0, 0] for bag in bags]
    np.testing.assert_allclose(shortcuts._by_specimen(cohort, values), expected)
    np.testing.assert_array_equal(shortcuts._by_specimen(toy_cohort(n=4, images=False), values), np.zeros((4, 2)))


def test_the_border_is_a_frame_of_two_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 7, 9, 3), dtype=np.uint8)
    frame = np.ones((7, 9), bool)
    frame[2:5, 2:7] = False
    np.testing.assert_allclose(shortcuts._border(pixels), pixels[:, frame].mean(axis=1))


def test_the_thirty_most_frequent_levels_are_looked_at():
    values = np.repeat([f"v{k:02d}" for k in range(35)], [*range(2, 37)])
    found = shortcuts._levels(values)
    np.testing.assert_array_equal(found, np.equal.outer(values, [f"v{k:02d}" for k in range(34, 4, -1)]))


def test_bins_are_quantiles_of_a_dozen_units_and_equal_values_share_one():
    rng = np.random.default_rng(0)
    for n, most, bins in ((23, 8, 2), (36, 8, 3), (96, 8, 8), (97, 8, 8), (300, 8, 8), (300, 20, 20)):
        values = rng.permutation(n).astype(float)
        found = shortcuts._bins(values, *((most,) if most != 8 else ()))
        assert found.shape == (n, bins) and (found.sum(axis=1) == 1).all()
        assert np.ptp(found.sum(axis=0)) <= 1
        for low, high in zip(range(bins - 1), range(1, bins), strict=True):
            assert values[found[:, low] == 1].max() < values[found[:, high] == 1].min()
    steps = np.repeat([1.0, 2.0], [18, 6])
    np.testing.assert_array_equal(shortcuts._bins(steps)[:, 0], steps == 1)


def test_numbers_in_names_count_by_their_value():
    ordered = ["7x", "10", "a9b9", "a9b10", "a10b2", "b1"]
    assert sorted(set(ordered), key=shortcuts._natural) == ordered


def test_each_rule_looks_at_what_it_names():
    cohort = clean()
    units = independent_units(cohort)
    own, m = owner(cohort), len(cohort.images.pixels)
    facts = cohort.image_facts.assign(height=np.where(np.arange(m) % 2, 360, 361), bytes=np.arange(m) - 1)
    cohort = replace(cohort, image_facts=facts)

    def mean_of(values):
        return [values[own == i].mean(axis=0) if (own == i).any() else np.zeros(values.shape[1:]) for i in range(N)]

    looks = (shortcuts._format, shortcuts._size, shortcuts._bytes, shortcuts._count, shortcuts._era)
    seen = {where: design for part in looks for where, design in part(cohort, units)}
    assert list(seen) == [
        "image format",
        "image mode",
        "image size",
        "size of the image files",
        "number of images",
        "era",
    ]
    by_rank = {
        "image format": facts["format"],
        "image size": facts["width"].astype(str) + "x" + facts["height"].astype(str),
    }
    for where, text in by_rank.items():
        shares = [np.array(mean_of((text == level).to_numpy(float))) for level in text.unique()]
        np.testing.assert_allclose(sorted(seen[where].T.tolist()), sorted(np.array(shares).tolist()))
    logs = np.array(mean_of(np.log(np.maximum(facts["bytes"].to_numpy(float), 1))))
    np.testing.assert_array_equal(seen["size of the image files"], shortcuts._bins(logs))
    np.testing.assert_array_equal(seen["number of images"], shortcuts._bins(cohort.images.sizes.astype(float)))
    ((_, design),) = shortcuts._background(cohort, units)
    tint = np.array(mean_of(shortcuts._border(cohort.images.pixels)))
    np.testing.assert_allclose(design, np.concatenate([tint, (tint - tint.mean(axis=0)) ** 2], axis=1))
    bare = replace(cohort, image_facts=facts[["width", "bytes"]], era=None)
    names = [where for part in looks if part is not shortcuts._count for where, _ in part(bare, units)]
    assert names == ["size of the image files"]
    for part in (shortcuts._size, shortcuts._bytes, shortcuts._format):
        assert list(part(replace(cohort, image_facts=None), units)) == []


def test_what_is_missing_most_is_named_among_modalities_and_columns():
    cohort = clean()
    units = independent_units(cohort)
    for column in ("age", "sex", "wbc"):
        table = cohort.clinical.copy()
        table.loc[cohort.y == 2, column] = None
        (where, design), = shortcuts._missingness(replace(cohort, clinical=table, present=presence(
            N, cohort.images, cohort.has("genes"), table)), units)  # fmt: skip
        assert where == f"what is missing (most of all {column})" and design.shape == (N, 6)
        np.testing.assert_array_equal(design[:, 3:], table.notna())


def test_findings_about_shortcuts_are_whole_and_looks_are_paid_for():
    toy = toy_cohort(n=40, n_classes=2, images=False, genes=False, signal=0)
    mixed = replace(toy, domain=np.where(np.arange(40) == 3, "A", np.array(["A", "B"])[toy.y]))
    (finding,) = check("class-is-domain", mixed)
    told = "It alone tells the class better than chance: balanced accuracy 0.97 (chance 0.50, p 0.001, n 40)."
    remedy = "Compare within a domain, or leave a domain out; read the scores beside the controls."
    assert finding == Finding("class-is-domain", False, "domain", told, remedy)
    tied = replace(toy, domain=np.array(["A", "B"])[toy.y])
    told = "It alone determines the class: each of the 2 domains holds one class only."
    assert check("class-is-domain", tied) == [Finding("class-is-domain", True, "domain", told, remedy)]
    few = tied[np.arange(8)]  # two patients a domain, four a class
    vars(few)["domain"] = np.array([f"D{i // 4 * 2 + i % 2}" for i in range(8)])
    assert [f.blocks for f in check("class-is-domain", few)] == [True]
    assert check("class-is-domain", few[np.arange(7)]) == []
    dated = replace(toy, era=np.array(["1", "2"])[toy.y])
    (finding,) = check("class-is-era", dated)
    told = "It alone determines the class: balanced accuracy 1.00 (chance 0.50, p 0.001, n 40)."
    remedy = "Compare within a period, or split by time; read the scores beside the controls."
    assert finding == Finding("class-is-era", True, "era", told, remedy)
    (finding,) = check("class-is-order", mixed[np.argsort(mixed.y, kind="stable")])
    assert finding.where == "order of rows" and "(chance 0.50, p 0.002, n 40)" in finding.problem  # two looks


def test_gaps_are_looked_at_within_each_of_the_five_largest_domains():
    toy = toy_cohort(n=280, n_classes=2, images=False, genes=False, signal=0, missing=0)
    domain = np.repeat([*"FEDCBA"], [60, 50, 50, 46, 44, 30])
    table = toy.clinical.assign(age=toy.clinical["age"].where(toy.y == 0))
    found = check("class-is-missingness", replace(toy, domain=domain, clinical=table))
    assert [f.where.rpartition(" ")[2] for f in found] == ["age)", *"BCDEF"]
    assert [f.blocks for f in found] == [True] + [False] * 5
    assert "p 0.005" in found[1].problem and "p 0.001" in found[0].problem
    one = check("class-is-missingness", replace(toy, domain=np.full(280, "A"), clinical=table))
    assert len(one) == 1
