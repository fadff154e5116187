"""Planted bugs on a small cohort: which specimens get them, what they change, and that the list says so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.simulate.apl.dirt import Bugs, choose_bugs, list_bugs, with_bugs
from tests.toy import toy_cohort

N, ODD = 240, 8


def _clean(n=N, odd=ODD, domains=("A", "B", "C")):
    """Return a cohort with gaps in both columns, the last patients of none of the classes."""
    cohort = toy_cohort(n=n, genes=False, domains=domains, missing=0.0, side=8)
    at = np.arange(n)
    table = cohort.clinical.assign(
        hb=np.where(at % 5 == 4, np.nan, 100.0 + at), fibrinogen=np.where(at % 7 == 6, np.nan, 1.0 + at)
    )
    unseen = np.where(at >= n - odd, "other", "") if odd else None
    y = np.where(at >= n - odd, -1, cohort.y)
    return replace(cohort, clinical=table, units={**cohort.units, "hb": "g/L", "fibrinogen": "g/L"}, unseen=unseen, y=y)


@pytest.mark.parametrize("seed", [0, 5])
def test_bugs_hit_the_designs_shares_of_those_they_can_hit(seed):
    cohort = _clean()
    bugs, at = choose_bugs(cohort, seed), np.arange(N)
    known = at < N - ODD
    measured = int((known & (at % 5 != 4)).sum())
    for places, among, count in (
        (bugs.hb, known & (at % 5 != 4), round(0.02 * measured)), (bugs.duplicated, known, round(0.01 * (N - ODD)))
    ):  # fmt: skip
        assert len(places) == count > 1 and len(set(places.tolist())) == count
        assert among[places].all() and (np.diff(places) > 0).all()
    np.testing.assert_array_equal(bugs.fibrinogen, at[(at % 7 != 6) & (cohort.domain == "B")])
    pairs = bugs.swapped.reshape(-1, 2)
    assert len(pairs) == 1 and known[pairs].all()
    assert (choose_bugs(cohort, seed).hb == bugs.hb).all() and not np.array_equal(choose_bugs(cohort, 9).hb, bugs.hb)


def test_the_numbers_are_drawn_in_turn_from_the_seeds_own_stream():
    cohort, rng = _clean(), np.random.default_rng([5, 45])
    bugs, at = choose_bugs(cohort, 5), np.arange(N)
    known = at[: N - ODD]
    np.testing.assert_array_equal(bugs.hb, np.sort(rng.choice(known[known % 5 != 4], len(bugs.hb), replace=False)))
    np.testing.assert_array_equal(bugs.duplicated, np.sort(rng.choice(known, len(bugs.duplicated), replace=False)))


def test_image_bags_are_swapped_between_two_classes_of_one_site_and_nobody_twice():
    cohort = _clean(n=1500, odd=0)
    swapped = choose_bugs(cohort, 1).swapped
    assert len(swapped) == len(set(swapped.tolist())) == 2 * round(0.005 * 1500 / 2) > 4
    first, second = swapped.reshape(-1, 2).T
    assert (cohort.domain[first] == cohort.domain[second]).all() and (cohort.y[first] != cohort.y[second]).all()


@pytest.mark.parametrize("n", [4, 6])
def test_a_small_cohort_has_one_of_each_where_it_can(n):
    lone = _clean(n=n, odd=0, domains=("A", "B"))
    bugs = choose_bugs(lone, 0)
    assert len(bugs.hb) == len(bugs.duplicated) == 1 and len(bugs.swapped) == 2
    apart = replace(lone, domain=np.array(list("ABC"))[lone.y])
    unpaired = choose_bugs(apart, 0)
    assert unpaired.swapped.tolist() == [] and "images of another patient" not in set(list_bugs(apart, unpaired)["bug"])
    assert len(with_bugs(apart, unpaired)) == n + 1
    assert choose_bugs(replace(lone, clinical=lone.clinical.assign(hb=np.nan)), 0).hb.tolist() == []


@pytest.fixture
def by_hand():
    cohort = _clean(n=12, odd=2)
    bugs = Bugs(*(np.array(rows) for rows in ([1, 3], [5, 10], [0, 8], [2, 6, 9, 4])))
    return cohort, bugs, with_bugs(cohort, bugs)


def test_units_are_wrong_where_chosen_and_copies_stand_before_the_unseen(by_hand):
    cohort, _, dirty = by_hand
    origin = [*range(10), 0, 8, 10, 11]
    hb, fibrinogen = (cohort.clinical[name].to_numpy().copy() for name in ("hb", "fibrinogen"))
    hb[[1, 3]] /= 10
    fibrinogen[[5, 10]] *= 100
    np.testing.assert_allclose(dirty.clinical["hb"], hb[origin])
    np.testing.assert_allclose(dirty.clinical["fibrinogen"], fibrinogen[origin])
    np.testing.assert_array_equal(dirty.y, cohort.y[origin])
    new = ["P00010", "P00011"]
    assert dirty.patient.tolist() == [*cohort.patient[:10], *new, *cohort.patient[10:]]
    assert dirty.specimen.tolist() == [*cohort.specimen[:10], "P00010-S1", "P00011-S1", *cohort.specimen[10:]]
    bags = [*range(10), 0, 8, 10, 11]
    for a, b in ((2, 6), (9, 4)):
        bags[a], bags[b] = b, a
    for row, bag in enumerate(bags):
        np.testing.assert_array_equal(dirty.images.bag(row), cohort.images.bag(bag))


def test_the_list_names_every_bug_once_and_both_sides_of_a_swap(by_hand):
    cohort, bugs, _ = by_hand
    name = cohort.specimen
    wanted = [("haemoglobin in g/dL", name[k], "") for k in (1, 3)]
    wanted += [("fibrinogen in mg/dL", name[k], "") for k in (5, 10)]
    wanted += [("duplicated specimen", name[0], "P00010-S1"), ("duplicated specimen", name[8], "P00011-S1")]
    wanted += [("images of another patient", name[a], name[b]) for a, b in ((2, 6), (9, 4), (6, 2), (4, 9))]
    pd.testing.assert_frame_equal(list_bugs(cohort, bugs), pd.DataFrame(wanted, columns=["bug", "specimen", "other"]))


def test_a_cohort_without_labs_or_pictures_cannot_be_made_dirty(by_hand):
    _, bugs, _ = by_hand
    with pytest.raises(ValueError, match="toy has no clinical table"):
        choose_bugs(toy_cohort(n=6, clinical=False), 0)
    for lacking in (toy_cohort(n=6, clinical=False), toy_cohort(n=6, images=False)):
        with pytest.raises(ValueError, match="toy needs images and a clinical table"):
            with_bugs(lacking, bugs)
