"""Numbers of patients by class and domain: whole findings on a cohort that is counted by hand."""

from dataclasses import replace

import numpy as np

from datasets.audits.counts import class_has_few_patients, domain_lacks_class
from datasets.audits.finding import Finding
from tests.toy import toy_cohort

CELLS = {(0, "A"): 10, (0, "B"): 2, (1, "A"): 9, (2, "A"): 1, (2, "B"): 9}  # class, domain -> patients


def counted(cells, repeated=0):
    """Return a cohort of so many patients; the first ones have a second specimen."""
    rows = [cell for cell, count in cells.items() for _ in range(count)]
    owner = [*range(len(rows)), *range(repeated)]
    toy = toy_cohort(n=len(owner), images=False, genes=False)
    return replace(
        toy, y=np.array([rows[i][0] for i in owner]), domain=np.array([rows[i][1] for i in owner]),
        patient=np.array([f"P{i}" for i in owner]),
    )  # fmt: skip


def test_classes_with_fewer_than_ten_patients_in_all_domains_together():
    cohort = counted(CELLS, repeated=22)  # of which all of class-1 have two specimens
    (finding,) = class_has_few_patients(cohort, None)
    assert finding == Finding(
        "class-has-few-patients", False, "classes", "Fewer than 10 patients: class-1 has 9.",
        "Read the class's interval, not its figure; merge classes, or repeat the cross-validation.",
        tuple(cohort.specimen[cohort.y == 1]),
    )  # fmt: skip
    (finding,) = class_has_few_patients(cohort[cohort.y == 1], None)
    assert finding.problem == "Fewer than 10 patients: class-0 has 0, class-1 has 9, class-2 has 0."


def test_a_domain_with_one_patient_of_a_class_or_none_is_told():
    cohort = counted(CELLS, repeated=31)
    told = [(f.where, f.problem) for f in domain_lacks_class(cohort, None)]
    assert told == [
        ("domain A", "Among its 20 patients are 1 of class-2."),
        ("domain B", "Among its 11 patients are none of class-1."),
    ]
    assert {(f.rule, f.blocks, f.remedy) for f in domain_lacks_class(cohort, None)} == {
        ("domain-lacks-class", False,
         "Scores of these classes are undefined there, and a model may learn the domain instead.")
    }  # fmt: skip
    one = counted({(0, "A"): 12, (1, "A"): 1, (2, "A"): 1})
    assert list(domain_lacks_class(one, None)) == []
    (finding,) = domain_lacks_class(counted({(0, "A"): 3, (1, "A"): 3, (2, "A"): 3, (2, "B"): 4}), None)
    assert finding.problem == "Among its 4 patients are none of class-0, none of class-1."
