"""The haematologist's rules for six diagnoses, with the reason for every decision."""

from __future__ import annotations

from typing import Self

from baselines.rules.mito_findings import findings
from baselines.rules.mito_list import DISEASES, diagnose
from baselines.rules.rule_entry import RuleEntry, Verdict
from datasets.cohort import Cohort


class RulesMito(RuleEntry):
    """Tell AML, ALL, CLL, myeloma, MDS and healthy apart by thresholds; learn only how often each rule is right.

    The first of six rules that matches: a genetic lesion of one disease, lymphocytes (CLL), paraprotein or end-organ
    damage (myeloma), blasts (AML, ALL), macrocytic cytopenia (MDS), a normal blood count. A value that was not
    measured makes its rule not apply. Where none matches, the nearest textbook picture of the blood count and
    chemistry is taken, which coverage leaves out; without a blood count there is no verdict, and the prior.

    Blasts and lymphocytes in % are read where a cohort gives them. Where it does not, marrow cells with one nucleus
    that fills at least 70 % of the cell stand in for them: lymphocytes up to 11 um, blasts above.

    Args:
        seed: Unused; the rules draw nothing.

    Raises:
        ValueError: At ``fit``, on other classes; at ``fit`` and prediction, if a clinical column has another unit.

    Reference: Hallek et al., iwCLL guidelines, Blood 2018 (5 x 10^9/L; 30 % of the marrow is the older criterion of
    Cheson et al., Blood 1996); Rajkumar et al., IMWG criteria, Lancet Oncology 2014 (calcium, creatinine,
    haemoglobin); Arber et al., WHO classification, Blood 2016 (20 % blasts); Greenberg et al., Blood 1997
    (haemoglobin of 100 g/L). Other cut-offs, the lesions and the pictures are design choices from textbooks.
    Differs from the source in: B cells are not counted, bone lesions, ring sideroblasts, light chains and MPO are not
    in a cohort; granules and Auer rods are left out, because at 64 pixels no fixed measure of an image finds them, so
    AML and ALL are told apart by the width of blasts; widths take a picture 20.5 um wide;
    small erythroblasts look like lymphocytes by these measures.
    """

    reads = frozenset({"images", "clinical"})
    family = "rule"

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count, rule by rule, the classes of the patients of ``train``; ``valid`` is not read."""
        super().fit(train, valid)
        self.report_ = {"kept_features": train.images is not None, **self.report_}
        return self

    def _learn(self, train: Cohort) -> dict[str, tuple[str, ...]]:
        if set(train.classes) != set(DISEASES):
            raise ValueError(
                f"classes {list(train.classes)}: the rules know {list(DISEASES)}. "
                "Choose another entry for this dataset."
            )
        return {name: (name,) for name in DISEASES}

    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        return [diagnose(found) for found in findings(cohort)]
