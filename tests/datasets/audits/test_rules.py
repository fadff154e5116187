"""Every audit rule: silent on clean cohorts, loud on a planted bug; the rules of splits, rows and counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.audits.rules import RULES, audit
from datasets.schemes.splitters import kfold
from datasets.splits import SplitPlan
from tests.toy import toy_cohort


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))


def found(cohort, plan=None):
    return {finding.rule: finding for finding in audit(cohort, plan)}


def test_rules_say_what_they_may_do():
    for name, rule in RULES.items():
        assert name == name.lower().replace(" ", "-") and rule.title and not rule.title.endswith(".")
    cohort = replace(toy_cohort(), patients_known=False, patient=toy_cohort().specimen)
    for finding in audit(cohort):
        assert RULES[finding.rule].blocks or not finding.blocks
        assert finding.problem.endswith(".") and finding.remedy.endswith(".")


def test_which_rules_may_block_and_which_compare_classes():
    mild = {"patients-unknown", "unit-slips", "class-is-order", "class-has-few-patients", "domain-lacks-class"}
    classes = {name for name in RULES if name.startswith(("class-", "label-", "domain-"))}
    assert {name for name, rule in RULES.items() if not rule.blocks} == mild
    assert (
        {name for name, rule in RULES.items() if rule.by_class} == classes and len(RULES) == 21 and len(classes) == 12
    )


def test_a_clean_cohort_and_its_plan_have_no_finding():
    cohort = toy_cohort(n=120, signal=0)
    assert audit(cohort, kfold(cohort, folds=5)) == ()


def test_few_false_alarms_over_many_clean_cohorts():
    alarms = [f for seed in range(25) for f in audit(toy_cohort(n=120, signal=0, seed=seed, side=8))]
    assert len(alarms) <= 3  # eight rules that test at level .005: one expected


def test_the_same_cohort_has_the_same_findings():
    cohort = toy_cohort(n=90, signal=3)
    assert audit(cohort) == audit(toy_cohort(n=90, signal=3)) != ()


def test_a_patient_in_two_roles_blocks():
    clean = toy_cohort(n=60)
    cohort = replace(clean, target_level="specimen", patient=np.where(np.arange(60) == 7, "P003", clean.patient))
    finding = found(cohort, kfold(clean, folds=3))["patient-in-two-roles"]
    assert finding.blocks and finding.specimens == ("S003", "S007") and "P003" in finding.problem
    assert "patient-in-two-roles" not in found(cohort, kfold(cohort, folds=3))
    assert "patient-in-two-roles" not in found(cohort)


def test_two_test_sets_are_one_role():
    cohort = replace(toy_cohort(n=6), target_level="specimen", patient=np.array([*"ABCDEE"]))
    roles = ["train", "train", "valid", "valid", "test", "test:B"]
    table = pd.DataFrame({"specimen": cohort.specimen, "fold": 0, "role": roles})
    assert "patient-in-two-roles" not in found(cohort, SplitPlan(table))
    table["role"] = ["train", "train", "valid", "test", "train", "test:B"]
    assert found(cohort, SplitPlan(table))["patient-in-two-roles"].specimens == ("S004", "S005")


def test_roles_of_other_folds_do_not_mix():
    cohort = replace(toy_cohort(n=6), target_level="specimen", patient=np.array([*"ABCDEE"]))
    table = pd.DataFrame(
        {"specimen": ["S004", "S005", "S004", "S005"], "fold": [0, 0, 7, 7], "role": ["train", "train", "test", "test"]}
    )
    assert "patient-in-two-roles" not in found(cohort, SplitPlan(table))


def test_unknown_patients_are_named():
    clean = toy_cohort(n=60)
    assert "patients-unknown" not in found(clean)
    finding = found(replace(clean, patients_known=False, patient=clean.specimen))["patients-unknown"]
    assert not finding.blocks and "60" in finding.problem


@pytest.mark.parametrize("part", ["clinical", "genes"])
def test_equal_rows_of_two_patients(part):
    clean = toy_cohort(n=60, missing=0, images=False)
    if part == "clinical":
        table = clean.clinical.copy()
        table.iloc[8] = table.iloc[2]
        cohort = replace(clean, clinical=table)
    else:
        cohort = replace(clean, genes=clean.genes[np.r_[:8, 2, 9:60]])
    finding = found(cohort)["duplicate-rows"]
    assert (finding.where, finding.blocks, finding.specimens) == (part, False, ("S002", "S008"))
    table = pd.DataFrame({"specimen": cohort.specimen, "fold": 0, "role": ["train"] * 5 + ["test"] * 55})
    assert found(cohort, SplitPlan(table))["duplicate-rows"].blocks
    one = np.where(np.arange(60) == 8, clean.patient[2], clean.patient)
    same_person = replace(cohort, target_level="specimen", patient=one)
    assert "duplicate-rows" not in found(same_person)


def test_rows_that_agree_by_chance_are_no_finding():
    cohort = toy_cohort(n=120, images=False, genes=False)
    coarse = pd.DataFrame({"age": cohort.clinical["age"].round(-1), "sex": cohort.clinical["sex"]})
    assert coarse.dropna().duplicated().any()
    assert "duplicate-rows" not in found(replace(cohort, clinical=coarse, present=cohort.present))


def test_wide_tables_are_compared_in_full():
    rng = np.random.default_rng(0)
    genes = np.zeros((60, 2000), np.float32)
    genes[:, ::7] = rng.poisson(0.01, (60, 286))  # most of the sampled columns agree
    genes[:, 1::7] = rng.normal(size=(60, 286))
    genes[41] = genes[11]
    clean = toy_cohort(n=60, missing=0, images=False, clinical=False)
    cohort = replace(clean, genes=genes, gene_names=tuple(f"G{j}" for j in range(2000)), gene_sets={})
    assert found(cohort)["duplicate-rows"].specimens == ("S011", "S041")


def test_classes_with_few_patients_are_counted_by_patient():
    clean = toy_cohort(n=60)
    y = np.where(np.arange(60) < 8, 2, np.arange(60) % 2)
    finding = found(replace(clean, y=y))["class-has-few-patients"]
    assert "class-2 has 8" in finding.problem and len(finding.specimens) == 8
    assert "class-has-few-patients" not in found(clean)


@pytest.mark.parametrize(
    ("patients", "known", "unit"),
    [(60, True, "patients"), (60, False, "specimens"), (30, False, "groups of specimens")],
)
def test_what_is_counted_is_named(patients, known, unit):
    clean = toy_cohort(n=60)
    y = np.where(np.arange(60) % patients < 8, 2, np.arange(60) % 2)
    owner = np.array([f"P{i % patients:03d}" for i in range(60)])
    cohort = replace(clean, y=y, patient=owner, patients_known=known, target_level="specimen")
    assert found(cohort)["class-has-few-patients"].problem == f"Fewer than 10 {unit}: class-2 has 8."


def test_a_domain_without_a_class_is_named():
    clean = toy_cohort(n=60)
    domain = np.where(clean.y == 1, "A", clean.domain)
    domain[1] = "B"
    finding = found(replace(clean, domain=domain))["domain-lacks-class"]
    assert finding.where == "domain B" and "1 of class-1" in finding.problem
    assert "domain-lacks-class" not in found(clean)


def test_parts_that_are_empty_are_passed_over():
    clean = toy_cohort(n=60, signal=0)
    here, none = clean.present, np.zeros(60, bool)
    bare = replace(
        clean,
        clinical=pd.DataFrame(index=range(60)),
        units={},
        genes=np.zeros((60, 0), np.float32),
        gene_names=(),
        gene_sets={},
        present=np.column_stack([here[:, 0], none, none]),
    )
    assert audit(bare) == ()
    unread = clean.clinical.assign(nothing=pd.array([None] * 60, "Float64"))
    assert audit(replace(clean, clinical=unread, units={**clean.units, "nothing": ""})) == ()
