"""Audits of the real files find the traps that were measured in them."""

import pytest

from datasets.audits.rules import audit
from datasets.public import acevedo, apl_jhu, apl_labs, wbc_zheng
from datasets.splits import PLAN_FOLDER, load_plan

pytestmark = pytest.mark.realdata


def by_rule(cohort, plan=None):
    findings = {}
    for finding in audit(cohort, plan):
        findings.setdefault(finding.rule, []).append(finding)
    return findings


def test_apl_jhu():
    cohort = apl_jhu.load()
    found = by_rule(cohort)
    copies, kinds = found["duplicate-images"]
    assert "26 groups" in copies.problem and "0 across patients" in copies.problem
    assert "26 groups" in kinds.problem and kinds.where == "cell types"
    assert found["class-is-count"] and "patients-unknown" not in found
    assert not any(f.blocks for rule in found.values() for f in rule)


@pytest.mark.slow  # most of a minute: moved copies among 17,092 images
def test_acevedo():
    found = by_rule(acevedo.load())
    copies, labels = found["duplicate-images"]
    assert "17 groups" in copies.problem and len(copies.specimens) == 34
    assert set(labels.specimens) == {"EO_225902", "BNE_191112"}
    (moved,) = found["moved-copies"]  # seen to be one cell in two crops, once under two classes
    assert {"EO_4246", "EO_639559", "ERB_237315", "ERB_946382", "ERB_573640", "BNE_175205"} <= set(moved.specimens)
    assert found["patients-unknown"] and found["class-is-order"]
    assert "image size" in {f.where for f in found["class-is-size"]}
    assert not any(f.blocks for rule in found.values() for f in rule)


def test_wbc_zheng():
    found = by_rule(wbc_zheng.load())
    assert found["patients-unknown"] and found["class-is-domain"] and found["class-is-size"]
    assert "basophil" in found["class-has-few-patients"][0].problem
    assert "1 of basophil" in found["domain-lacks-class"][0].problem


def test_apl_labs():
    cohort = apl_labs.load()
    found = by_rule(cohort, load_plan(PLAN_FOLDER / "apl-labs-official.csv").fitted_to(cohort))
    assert any("ldh" in f.where and f.where.endswith("Cochin") for f in found["class-is-missingness"])
    assert found["class-is-order"][0].where == "order of rows"
    assert not {"unit-slips", "duplicate-rows", "label-leak-column", "patient-in-two-roles"} & set(found)
    assert not any(f.blocks for rule in found.values() for f in rule)
