"""Counting by rule, by hand: patients in parts, classes that train lacks, verdicts that are no rule."""

import dataclasses

import numpy as np
import pytest

from baselines.rules.rule_entry import RuleEntry, Verdict
from datasets.cohort import NotApplicable
from tests.toy import toy_cohort

VERDICTS = {
    "x": Verdict("2 x", "first", "saw x"),
    "y": Verdict("1 y", "others", "saw y"),
    "z": Verdict("3 z", "rare", "none of the others", is_default=True),
    "-": None,
}


class Letters(RuleEntry):
    """Read the verdict off the domain."""

    reads = frozenset()

    def _learn(self, train):
        return {"first": ("class-0",), "others": ("class-1", "class-2"), "rare": ("class-2",)}

    def _verdicts(self, cohort):
        return [VERDICTS[letter] for letter in cohort.domain]


def cohort(letters, y, patient=None):
    """Return specimens of some of three classes, as a part of more."""
    n = len(letters)
    base = toy_cohort(n=n + 3, images=False, genes=False, missing=0)
    patient = base.patient if patient is None else np.array([*patient, "u", "v", "w"])
    labels, domain = np.array([*y, 0, 1, 2]), np.array([*letters, "-", "-", "-"])
    more = dataclasses.replace(base, y=labels, domain=domain, patient=patient, target_level="specimen")
    return more[np.arange(n)]


def test_a_rule_says_its_frequencies_with_two_patients_added():
    train = cohort("xxyyzx-", [0, 1, 1, 0, 0, 0, 1], "aaabcde")
    rules = Letters(seed=8).fit(train, train[np.array([], dtype=int)])
    shares = np.array([1 / 3, 1 / 3, 1 / 3, 1, 1, 1, 1])
    prior = np.bincount(train.y, shares, minlength=3) / 5
    counts = {letter: np.bincount(train.y, shares * (train.domain == letter), minlength=3) for letter in "xyz"}
    own = {"x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1]}  # nobody in train has class 2, which z stands for
    asked = cohort("xyz-", [0, 1, 2, 0])
    expected = [(counts[k] + prior + own[k]) / (counts[k].sum() + 2) for k in "xyz"]
    np.testing.assert_allclose(rules.predict_proba(asked), [*expected, prior])
    assert rules.report_["coverage"] == pytest.approx(3 / 5)
    told = rules.report_["training_patients"]
    assert list(told.items()) == [("1 y", 1.333), ("2 x", 1.667), ("3 z", 1.0)] and rules.seed == 8
    trace = rules.trace(asked)
    assert trace["decision"].tolist() == ["class-0", "others", "class-2", ""]
    assert trace["evidence"].tolist() == ["saw x", "saw y", "none of the others",
                                          "too little measured for any rule; training prior"]  # fmt: skip
    assert rules.predict_proba(asked[np.array([], dtype=int)]).shape == (0, 3)


def test_a_decision_for_classes_of_which_train_has_none_spreads_evenly():
    train = cohort("xxx", [0, 0, 0])
    proba = Letters().fit(train, train).predict_proba(cohort("y", [1]))
    np.testing.assert_allclose(proba, [[0.5, 0.25, 0.25]])


@pytest.mark.parametrize("letters", ["zzz", "---", "z-z"])
def test_rules_that_decide_nobody_do_not_apply(letters):
    train = cohort(letters, [0, 1, 2])
    with pytest.raises(NotApplicable, match="no rule fires for any of the 3 training patients of 'toy'"):
        Letters().fit(train, train)


def test_learning_anew_counts_anew():
    train, both = cohort("xyx", [0, 1, 1]), cohort("xyxyx", [0, 1, 1, 1, 2])
    again = Letters().fit(train, train).refit(both)
    assert np.array_equal(again.predict_proba(both), Letters().fit(both, both).predict_proba(both))
