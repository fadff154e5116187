"""Audits of a cohort and its split: leaks that block a run, shortcuts and gaps that its tables must name."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.audits import columns as audit_columns
from datasets.audits import counts as audit_counts
from datasets.audits import disguise as audit_disguise
from datasets.audits import ids as audit_ids
from datasets.audits import images as audit_images
from datasets.audits import roles as audit_roles
from datasets.audits import rows as audit_rows
from datasets.audits import shortcuts as audit_shortcuts
from datasets.audits import units as audit_units
from datasets.audits.finding import Finding, Rule
from datasets.cohort import Cohort
from datasets.splits import SplitPlan

RULES: Mapping[str, Rule] = {
    "patient-in-two-roles": Rule("A patient is learnt from and tested on", audit_roles.patient_in_two_roles, True),
    "similar-patient-ids": Rule("One patient id written in two ways", audit_ids.similar_patient_ids, True),
    "patients-unknown": Rule("The source names no patients", audit_roles.patients_unknown),
    "duplicate-images": Rule("Byte-identical images", audit_images.duplicate_images, True),
    "near-duplicate-images": Rule("Re-encoded or brightened copies", audit_images.near_duplicate_images, True),
    "augmented-copies": Rule("Flipped or turned copies", audit_images.augmented_copies, True),
    "moved-copies": Rule("Cropped, shifted or slightly turned copies", audit_images.moved_copies, True),
    "duplicate-rows": Rule("Equal rows of different patients", audit_rows.duplicate_rows, True),
    "label-leak-column": Rule("A clinical column is the label", audit_columns.label_leak_column, True, by_class=True),
    "label-leak-gene": Rule("A gene is the label", audit_disguise.label_leak_gene, True, by_class=True),
    "unit-slips": Rule("Values in another unit", audit_units.unit_slips),
    "class-is-domain": Rule("The domain tells the class", audit_shortcuts.class_is_domain, True, by_class=True),
    "class-is-era": Rule("The time of sampling tells the class", audit_shortcuts.class_is_era, True, by_class=True),
    "class-is-format": Rule("The image format tells the class", audit_shortcuts.class_is_format, True, by_class=True),
    "class-is-size": Rule("The size of images tells the class", audit_shortcuts.class_is_size, True, by_class=True),
    "class-is-count": Rule("The number of images tells the class", audit_shortcuts.class_is_count, True, by_class=True),
    "class-is-missingness": Rule(
        "What is missing tells the class", audit_shortcuts.class_is_missingness, True, by_class=True
    ),
    "class-is-background": Rule(
        "The background's tint tells the class", audit_shortcuts.class_is_background, True, by_class=True
    ),
    "class-is-order": Rule("The order of rows or ids tells the class", audit_shortcuts.class_is_order, by_class=True),
    "class-has-few-patients": Rule("Classes with few patients", audit_counts.class_has_few_patients, by_class=True),
    "domain-lacks-class": Rule("Domains without some class", audit_counts.domain_lacks_class, by_class=True),
}


def audit(cohort: Cohort, plan: SplitPlan | None = None) -> tuple[Finding, ...]:
    """Apply every rule of ``RULES``, in that order; the same cohort and plan give the same findings.

    Args:
        cohort: A whole cohort, labels included; never what an entry is given. Rules that compare classes look at
            specimens of a class only, all others at those of none as well.
        plan: Its split; without one, rules about roles have nothing to block.
    """
    of_classes = cohort if cohort.unseen is None else cohort[cohort.known]
    shown = ((rule, of_classes if rule.by_class else cohort) for rule in RULES.values())
    return tuple(finding for rule, part in shown for finding in rule.check(part, plan))
