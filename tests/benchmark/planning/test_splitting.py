"""Every scheme gets its own numbers; plans that were committed hold for the domains that are here, or say so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmark.planning.splitting import fold_names, make_split
from benchmark.suites import Split
from datasets.schemes import leaky
from datasets.schemes import splitters as schemes
from datasets.splits import SplitError, SplitPlan, save_plan
from tests.toy import toy_cohort

NUMBER = np.arange(96)


def cohort_of(domains=("A", "B", "C"), n=96):
    """Return a cohort on which every scheme can be made: official roles, eras, slides in the ids."""
    made = toy_cohort(n=n, missing=0, domains=domains)
    return replace(
        made,
        specimen=np.array([f"S{i:03d}_{i % 7}" for i in range(n)]),
        official=np.where(np.arange(n) % 4 == 3, "test", "train"),
        era=np.array(["2001", "2002", "2003", "2004"])[np.arange(n) // (n // 4)],
    )


def one_image_each(cohort):
    """Return a cohort of which each specimen has one image of its own, of one of three slides."""
    n = len(cohort)
    pixels = np.random.default_rng(0).integers(0, 255, (n, 32, 32, 3)).astype(np.uint8)
    images = replace(cohort.images, pixels=pixels, starts=np.arange(n + 1), rows=None, cell_type=None)
    present = np.column_stack([np.ones(n, bool), cohort.present[:, 1:]])
    facts = pd.DataFrame({"slide": np.array(["a", "b", "c"])[np.arange(n) // 32]})
    return replace(cohort, images=images, present=present, image_facts=facts)


COHORT = cohort_of()
TWINS = replace(
    one_image_each(COHORT), patient=np.array([f"P{i % 48:02d}" for i in range(96)]), target_level="specimen"
)  # fmt: skip
IN = ("A", "B")
SCHEMES = {
    "kfold": (lambda c, s: schemes.kfold(c, folds=3, seed=s, train_domains=IN), IN),
    "official": (lambda c, s: schemes.official(c, train_domains=IN, repeats=3, seed=s), IN),
    "published": (lambda c, s: schemes.published(c, repeats=3, seed=s), ()),
    "leave-one-domain-out": (lambda c, s: schemes.leave_one_domain_out(c, seed=s), ()),
    "transfer": (lambda c, s: schemes.transfer(c, parts=3, seed=s), ()),
    "temporal": (lambda c, s: schemes.temporal(c, seed=s), ()),
    "zero-shot": (lambda c, s: schemes.zero_shot(c, folds=3, train_domains=IN, seed=s), IN),
    "random-images": (lambda c, s: leaky.random_images(c, folds=3, seed=s), ()),
    "slide": (lambda c, s: leaky.slides(c, folds=3, seed=s), ()),
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_is_asked_with_the_numbers_of_its_split(scheme):
    direct, domains = SCHEMES[scheme]
    cohort, found = TWINS if scheme in ("random-images", "slide") else COHORT, {}
    for seed in (1, 2):
        spec = Split(scheme=scheme, folds=3, seed=seed, train_domains=domains)
        made = make_split(spec, cohort)
        assert made.checksum == direct(cohort, seed).checksum
        assert made.domains == ("A", "B", "C")
        assert made.made == {
            "scheme": scheme, "folds": 3, "seed": seed, "train_domains": list(domains)
        }  # fmt: skip
        found[seed] = made.checksum
    assert found[1] != found[2]


def test_images_without_patients_are_dealt_with_copies_together():
    made = replace(one_image_each(cohort_of()), patients_known=False)
    for copy in range(0, 90, 9):  # of each nine images the second, fourth and last are one
        made.images.pixels[[copy + 3, copy + 8]] = made.images.pixels[copy + 1]
    plan = make_split(Split(scheme="images", folds=3, seed=4), made)
    assert plan.checksum != make_split(Split(scheme="images", folds=3, seed=5), made).checksum
    for fold in plan.folds:
        role = plan.table[plan.table["fold"] == fold].set_index("specimen")["role"]
        alike = [{role[made.specimen[copy + k]] for k in (1, 3, 8)} for copy in range(0, 90, 9)]
        assert all(len(roles) == 1 for roles in alike) and len(set.union(*alike)) > 1
        alone = [role[made.specimen[copy + k]] for copy in range(0, 90, 9) for k in (0, 2, 4)]
        assert set(alone) == {"train", "valid", "test"}


@pytest.mark.parametrize("scheme", ["random-images", "slide"])
def test_a_leaky_scheme_may_part_a_patient_and_no_other_may(tmp_path, scheme):
    plan = make_split(Split(scheme=scheme, folds=3), TWINS)
    roles = plan.table[plan.table["fold"] == 0].set_index("specimen")["role"].reindex(TWINS.specimen).to_numpy()
    assert (roles[:48] != roles[48:]).any()
    with pytest.raises(SplitError, match="cross roles"):
        committed(tmp_path, replace(plan, made={}), TWINS)


def test_six_torn_patients_are_counted_and_five_named():
    odd = np.isin(NUMBER % 16, [0, 1, 2, 3, 4, 5])
    patient = np.array([f"P{i % 16:02d}" for i in range(96)])
    half = odd & (NUMBER < 48)
    torn = replace(
        COHORT, y=np.where(half, -1, COHORT.y), unseen=np.where(half, "other", ""), patient=patient,
        target_level="specimen",
    )  # fmt: skip
    with pytest.raises(SplitError, match=r"^6 patients of toy .*\(first: P00, P01, P02, P03, P04\); leave out one"):
        make_split(Split(scheme="kfold", folds=3), torn)


def committed(tmp_path, plan, cohort):
    save_plan(plan, tmp_path / "plan.csv")
    return make_split(Split(scheme="plan", plan=str(tmp_path / "plan.csv")), cohort)


def test_a_plan_that_does_not_rotate_tests_new_domains_and_drops_absent_ones(tmp_path):
    plan = make_split(Split(scheme="kfold", folds=3, train_domains=IN), COHORT)
    assert committed(tmp_path, plan, COHORT).notes == plan.notes
    without = COHORT[COHORT.domain != "C"]
    fewer = committed(tmp_path, plan, without)
    assert fewer.domains == IN and fewer.notes == plan.notes and fewer.test_roles == ("test",)
    small = make_split(Split(scheme="kfold", folds=3, train_domains=IN), without)
    grown = committed(tmp_path, small, COHORT)
    assert grown.domains == ("A", "B", "C") and grown.test_roles == ("test", "test:C")
    assert grown.notes == (
        *small.notes, f"Not in split plan {tmp_path / 'plan.csv'}, so a shifted test set of every fold: C",
    )  # fmt: skip


def test_a_plan_that_rotates_is_made_anew_for_other_domains_if_it_says_how(tmp_path):
    plan = make_split(Split(scheme="leave-one-domain-out", seed=3), COHORT)
    assert committed(tmp_path, plan, COHORT).checksum == plan.checksum
    fewer = COHORT[COHORT.domain != "C"]
    again = committed(tmp_path, plan, fewer)
    assert again.checksum == schemes.leave_one_domain_out(fewer, seed=3).checksum and again.domains == IN
    assert again.notes[0] == (
        f"Split plan {tmp_path / 'plan.csv'} holds for the domains A, B, C; here are A, B: a new plan was made "
        "(leave-one-domain-out); scores on the two are not comparable"
    )
    with pytest.raises(SplitError, match=r"holds for the domains A, B, C; here are A, B\. It does not say how"):
        committed(tmp_path, replace(plan, made={}), fewer)


def rows(*folds):
    """Return a plan that learns, in each fold, from the specimens of some domains."""
    table = [
        (specimen, fold, "train" if domain in learned else "test")
        for fold, learned in enumerate(folds)
        for specimen, domain in zip(COHORT.specimen, COHORT.domain, strict=True)
    ]
    return SplitPlan(pd.DataFrame(table, columns=["specimen", "fold", "role"]))


@pytest.mark.parametrize(
    ("scheme", "folds", "names"),
    [
        ("transfer", ("A", "B", "C"), {0: "A", 1: "B", 2: "C"}),
        ("transfer", ("A", "A"), {0: "A", 1: "A"}),
        ("plan", ("A", "B"), {0: "A", 1: "B"}),
        ("plan", ("A", "A"), {}),
        ("plan", ("A", "AB"), {}),
        ("transfer", ("AB", "C"), {}),
        ("kfold", ("A", "B"), {}),
    ],
)
def test_folds_are_named_by_the_one_domain_that_each_learns_from(scheme, folds, names):
    spec = Split(scheme=scheme, plan="p" if scheme == "plan" else "", folds=2)
    assert fold_names(spec, COHORT, rows(*folds)) == names
    assert list(fold_names(spec, COHORT, rows(*folds))) == sorted(names)
