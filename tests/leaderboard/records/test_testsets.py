"""From predictions to test sets: who is counted, what is averaged, which model is scored alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.records import testsets
from leaderboard.records.check import ResultError
from leaderboard.records.results import TaskResult
from leaderboard.records.scored_unit import NO_IDS, scored_line, scored_unit, sizes_in_words
from leaderboard.records.testsets import Replicate, TestSet, class_sizes, one_answer, patients_of
from tests.leaderboard.held_out_task import rows, task_of

PROBA = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]])
Y = np.array([0, 1, 2, 0])


def part(entry: str = "a", role: str = "test", seed: int = 0, fold: int = 0, first: int = 0, domain: str = "A",
         ) -> pd.DataFrame:  # fmt: skip
    return rows(entry, role, Y, PROBA, seed=seed, fold=fold, first=first, domain=domain)


def task(*parts: pd.DataFrame, **changed: object) -> TaskResult:
    return task_of(pd.concat(parts, ignore_index=True), **changed)  # type: ignore[arg-type]


def sets(given_: TaskResult, level: testsets.Level = "patient") -> dict[str, TestSet]:
    return {one.name: one for one in testsets.test_sets(given_, level)}


def test_sets_are_named_in_order_and_all_shifted_is_of_two_or_more() -> None:
    shifted = [part(role=f"test:{d}", first=10 * i, domain=d) for i, d in enumerate("CB")]
    assert list(sets(task(*shifted[:1], part(first=30)))) == ["in-domain", "C"]
    found = sets(task(*shifted, part(first=30)))
    assert list(found) == ["in-domain", "B", "C", "all shifted"]
    assert set(found["all shifted"].patients) == set(found["B"].patients) | set(found["C"].patients)
    assert sets(replace(task(part()), predictions=part().iloc[:0])) == {}


def test_specimens_of_a_patient_are_averaged_unless_one_by_one_is_wanted() -> None:
    more = part().iloc[[0]].assign(specimen="more", p0=0.1, p1=0.3, p2=0.6)
    given_ = task(part(), more)
    (inside,) = sets(given_).values()
    (one,) = inside.replicates["a"]
    assert (len(inside.patients), inside.n_specimens, len(one.y)) == (4, 5, 4)
    np.testing.assert_allclose(one.proba[0], [0.4, 0.25, 0.35])
    assert scored_unit(given_) == "patients" and scored_line(given_).startswith("Scores are of patients")
    by_cell = [sets(given_, "specimen"), sets(replace(given_, level="specimen"))]
    alike = part().iloc[[3]].assign(specimen="alike")
    two_labels = replace(given_, predictions=pd.concat([part(), more.assign(y=1), alike], ignore_index=True))
    for found, n in (*((found, 5) for found in by_cell), (sets(two_labels), 6)):
        (one,) = found["in-domain"].replicates["a"]
        assert len(one.y) == n and one.patient.tolist().count(0) == 2
    assert scored_unit(two_labels) == scored_unit(replace(given_, level="specimen")) == "specimens"
    assert scored_line(two_labels).startswith("Scores are of specimens")


def test_folds_that_divide_a_set_are_pooled_and_others_are_scored_alone() -> None:
    divided = [part(seed=s, fold=f, first=10 * f) for s in (0, 1) for f in (0, 1)]
    repeated = [part(seed=s, fold=f) for s in (0, 1) for f in (0, 1)]
    for parts, facts, wanted in (
        (divided, {}, [(0, {0, 1}), (1, {0, 1})]),
        (repeated, {}, [(0, {0}), (0, {1}), (1, {0}), (1, {1})]),
        (divided, {"fold_names": {0: "A", 1: "B"}}, None),
    ):
        given_ = task(*parts, **facts)
        found = sets(given_)["in-domain"].replicates["a"]
        told = [(one.seed, set(one.fold.tolist())) for one in found]
        assert told == (wanted or [(0, {0}), (0, {1}), (1, {0}), (1, {1})])
        for one in found:
            names = sets(given_)["in-domain"].patients[one.patient]
            of = given_.predictions[(given_.predictions["seed"] == one.seed)].set_index(["fold", "patient"])
            told_of = of.loc[list(zip(one.fold, names, strict=True))]
            np.testing.assert_array_equal(one.y, told_of["y"])
            np.testing.assert_allclose(one.proba, told_of[["p0", "p1", "p2"]])


def test_an_entry_with_a_hole_has_no_replicates_and_one_that_lacks_a_specimen_is_refused() -> None:
    given_ = task(part("a"), part("b"), part("c", fold=1))
    trials = given_.trials.assign(status=given_.trials["entry"].map({"a": "done", "b": "failed", "c": "done"}))
    assert list(sets(replace(given_, trials=trials))["in-domain"].replicates) == ["a", "c"]
    with pytest.raises(ResultError, match=r"entry 'b', seed 0 .* for 2 specimens of test set 'in-domain', first: 'test-"
                                          r"00002'"):  # fmt: skip
        sets(task(part("a"), part("b").iloc[:2]))


@pytest.mark.parametrize("kept", [True, False])
def test_noise_below_the_twelfth_digit_makes_no_difference(kept: bool) -> None:
    noise = np.array([[2e-13, -2e-13, 0]] * 4) * (1 if kept else 100)
    found = sets(task(part("a"), part("b").assign(**{f"p{k}": PROBA[:, k] + noise[:, k] for k in range(3)})))
    a, b = (found["in-domain"].replicates[e][0].proba for e in "ab")
    assert (a == b).all() == kept


def test_rare_and_absent_classes_are_noted_in_the_order_of_the_columns() -> None:
    y = np.repeat([0, 1], [10, 9])
    proba = np.tile([0.6, 0.4], (19, 1))
    two = task(rows("a", "test", y, proba), positive=1)
    assert sets(two)["in-domain"].notes == (
        "class B has 9 patients, fewer than 10: its share of an interval is unreliable",
    )
    first = replace(two, positive=0)  # the positive one is the second column
    assert sets(first)["in-domain"].notes[0].startswith("class B has 9 patients")
    (one,) = sets(first)["in-domain"].replicates["a"]
    np.testing.assert_array_equal(one.y, 1 - y)
    np.testing.assert_array_equal(one.proba[0], [0.4, 0.6])
    few = task(rows("a", "test", np.array([1, 1, 2]), PROBA[:3]), flags=(NO_IDS,))
    assert [note.partition(",")[0] for note in sets(few)["in-domain"].notes] == [
        "class A has no specimen and is left out of class averages",
        "class B has 2 specimens",
        "class C has 1 specimen",
    ]
    assert sizes_in_words(few, 3, 4) == "4 specimens; the source names no patients"
    assert sizes_in_words(two, 3, 4) == "3 patients, 4 specimens"


def test_strata_are_classes_in_domains_and_a_patient_of_two_is_of_both() -> None:
    y = np.tile([0, 1], 12)
    parts = [rows("a", "test", y, np.tile([0.6, 0.4], (24, 1)), first=30 * i, domain=d) for i, d in enumerate("AB")]
    found = sets(task(*parts))["in-domain"]
    names = found.patients.tolist()
    assert names == sorted(names) and len(names) == 48
    told = pd.concat(parts).set_index("patient").loc[names]
    strata = pd.Series(found.strata, names)
    assert (strata.groupby([told["y"], told["domain"]]).nunique() == 1).all() and strata.nunique() == 4
    donors = [f"d{i}" for i in range(12)] * 2
    both = pd.concat(parts).iloc[:24].assign(patient=donors, y=np.repeat([0, 1], 12))
    assert len(set(sets(task(both))["in-domain"].strata)) == 1


def test_the_order_of_rows_changes_nothing() -> None:
    more = part().iloc[[1]].assign(specimen="more", domain="0")
    given_ = task(part(), more, part("a", "test:B", first=20, domain="B"))
    turned = replace(given_, predictions=given_.predictions.iloc[::-1])
    for one, other in zip(sets(given_).values(), sets(turned).values(), strict=True):
        assert one.patients.tolist() == other.patients.tolist() == sorted(one.patients)
        assert (one.name, one.strata.tolist()) == (other.name, other.strata.tolist())
        for mine, theirs in zip(one.replicates["a"], other.replicates["a"], strict=True):
            for name in ("y", "proba", "patient", "fold"):
                np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12), st.integers(1, 3))
def test_class_sizes_by_counting(pairs: list[tuple[int, int]], models: int) -> None:
    patient, y = np.array(pairs).T
    one = Replicate(y, np.full((len(y), 3), 1 / 3), patient, np.zeros(len(y), dtype=np.int64))
    found = class_sizes(TestSet("t", np.arange(5).astype(str), np.zeros(5, np.int64), 9, (), {"a": (one,) * models}), 3)
    for k in range(3):
        assert found.rows[k] == sum(c == k for _, c in pairs)
        assert found.patients[k] == len({p for p, c in pairs if c == k})
        assert found.others[k] == len({p for p, c in pairs if c != k})
    assert found.distinct == len({p for p, _ in pairs})


def test_class_sizes_of_models_that_divide_the_patients_and_of_nobody() -> None:
    halves = [Replicate(np.array([0, 1]), PROBA[:2], np.array([0, 1]) + 2 * f, np.full(2, f)) for f in (0, 1)]
    nobody = TestSet("t", np.array(["a"]), np.zeros(1, np.int64), 1, (), {})
    found = class_sizes(replace(nobody, replicates={"a": tuple(halves)}), 3)
    assert [x.tolist() for x in (found.rows, found.patients, found.others)] == [[2, 2, 0], [2, 2, 0], [2, 2, 4]]
    empty = class_sizes(nobody, 3)
    assert empty.distinct == 0 and empty.rows.tolist() == empty.patients.tolist() == empty.others.tolist() == [0, 0, 0]


def test_one_answer_is_the_same_for_all_rows_of_each_model() -> None:
    fold = np.array([5, 2, 5, 2])
    flat = np.array([[0.5, 0.5], [0.4, 0.6], [0.5, 0.5], [0.4, 0.6]])
    prior = Replicate(Y, flat, np.arange(4), fold)
    bent = replace(prior, proba=np.array([[0.5, 0.5], [0.4, 0.6], [0.5, 0.5], [0.4, 0.59]]))
    assert one_answer([prior, prior]) and one_answer([])
    assert not one_answer([bent]) and not one_answer([prior, bent]) and not one_answer([replace(prior, fold=0 * fold)])


def test_patients_of_chosen_rows_count_once() -> None:
    one = Replicate(Y, PROBA, np.array([0, 0, 1, 2]), Y)
    chosen = [np.array([True, True, False, False]), np.array([True, False, True, False])]
    assert patients_of(chosen, [one, one]) == 2 and patients_of([~chosen[0]], [one]) == 2
