"""What an audit blocks, what is overridden, and what the table says of it."""

import pytest

from benchmark.entries import UnknownName
from benchmark.planning import auditing
from benchmark.planning.auditing import AuditBlocks, known_rules
from datasets.audits import Finding

BLOCK, OTHER = "duplicate-images", "duplicate-rows"
FINDINGS = [
    Finding(BLOCK, True, "train", "Two alike.", "Drop one."),
    Finding(OTHER, True, "test", "Rows alike.", "Drop them."),
    Finding(BLOCK, True, "valid", "Two more.", "Drop one."),
    Finding("class-is-order", False, "y", "Sorted.", "Shuffle."),
    Finding("patients-unknown", False, "patient", "No ids.", "Ask."),
    Finding(BLOCK, False, "age", "A mild one.", "Look."),
]


@pytest.fixture(autouse=True)
def found(monkeypatch):
    monkeypatch.setattr(auditing, "audit", lambda cohort, split: FINDINGS if (cohort, split) == ("c", "s") else [])


def test_what_is_not_allowed_blocks_and_says_how_to_go_on():
    with pytest.raises(AuditBlocks) as caught:
        auditing.judge("c", "s", (OTHER,))
    assert str(caught.value) == (
        f"the audit blocks it. [{BLOCK}] train: Two alike. Drop one. [{BLOCK}] valid: Two more. Drop one. "
        f"To run it all the same, flagged in every table: --allow {BLOCK}"
    )


def test_what_is_allowed_is_told_once_and_what_the_harness_handles_not_at_all():
    verdict = auditing.judge("c", "s", (OTHER, BLOCK))
    assert verdict.allowed == (BLOCK, OTHER)
    assert verdict.notes == (
        f"Audit, {BLOCK}: train: Two alike.", f"Audit, {OTHER}: test: Rows alike.",
        f"Audit, {BLOCK}: valid: Two more.", f"Audit, {BLOCK}: age: A mild one.",
    )  # fmt: skip
    assert auditing.judge("c", "t", ()) == auditing.Verdict()


def test_rules_are_named_once_in_their_order():
    assert known_rules((OTHER, BLOCK, OTHER)) == (OTHER, BLOCK)
    with pytest.raises(UnknownName, match=r"unknown audit rule 'duplicate'; did you mean"):
        known_rules((OTHER, "duplicate"))
