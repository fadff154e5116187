"""Who plays which role: tables and torn groups against loops, findings word by word."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.audits.finding import Finding
from datasets.audits.roles import patient_in_two_roles, patients_unknown, role_table, torn
from datasets.splits import SplitPlan
from tests.toy import toy_cohort

N = 9
COHORT = toy_cohort(n=N, images=False, genes=False)
FOLDS = (0, 3, 7)
NAMES = ["train", "valid", "test", "test:B", "ood:far"]
PLACE = {"train": 0, "valid": 1, "test": 2, "test:B": 2, "ood:far": 3}


def random_plan(rng):
    """Return a plan and its rows; some specimens play no role, one is of another cohort."""
    rows = [(name, fold, NAMES[rng.integers(5)]) for fold in FOLDS for name in [*COHORT.specimen, "stranger"]]
    kept = [rows[i] for i in rng.permutation(len(rows))[:22]] + [("stranger", fold, "train") for fold in FOLDS]
    rows = list({(name, fold): role for name, fold, role in kept}.items())
    rows = [(name, fold, role) for (name, fold), role in rows]
    return SplitPlan(pd.DataFrame(rows, columns=["specimen", "fold", "role"])), rows


@pytest.mark.parametrize("seed", range(5))
def test_a_table_of_roles_has_the_part_of_each_specimen_in_each_fold(seed):
    plan, rows = random_plan(np.random.default_rng(seed))
    expected = np.full((3, N), -1)
    for name, fold, role in rows:
        if name != "stranger":
            expected[FOLDS.index(fold), COHORT.specimen.tolist().index(name)] = PLACE[role]
    found = role_table(COHORT, plan)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int8
    assert role_table(COHORT, None).shape == (0, N)


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_torn_by_two_roles_in_one_fold(seed):
    rng = np.random.default_rng(seed)
    roles = rng.integers(-1, 4, (3, 6)).astype(np.int8)
    owner, group = rng.integers(0, 6, 8), rng.integers(0, 5, 8)
    expected = [
        g for g in range(5)
        if any(len({roles[fold, o] for o in owner[group == g]} - {-1}) > 1 for fold in range(3))
    ]  # fmt: skip
    assert torn(roles, owner, group).tolist() == expected
    assert torn(roles, owner[:0], group[:0]).tolist() == []


def test_patients_in_two_roles_are_all_named():
    owner = np.array([*"ABBCDDEEF"])
    cohort = replace(COHORT, patient=owner, target_level="specimen")
    roles = ["train", "train", "valid", "test", "test", "ood:far", "test", "test:B", "valid"]
    plan = SplitPlan(pd.DataFrame({"specimen": COHORT.specimen, "fold": 2, "role": roles}))
    (finding,) = patient_in_two_roles(cohort, plan)
    assert finding == Finding(
        "patient-in-two-roles", True, "patient", "2 of 6 patients play two roles in one fold: B, D.",
        "Split by patient: schemes kfold, official, leave-one-domain-out or published.",
        ("S001", "S002", "S004", "S005"),
    )  # fmt: skip
    assert list(patient_in_two_roles(COHORT, plan)) == []


def test_unknown_patients_are_told_in_one_sentence():
    (finding,) = patients_unknown(replace(COHORT, patients_known=False), None)
    assert finding == Finding(
        "patients-unknown", False, "patient",
        "The source names no patients for its 9 specimens: one patient may be in train and in test.",
        "A patient split is refused; a split of images is flagged in every table and overstates scores.",
    )  # fmt: skip
    assert list(patients_unknown(COHORT, None)) == []
