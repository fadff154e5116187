"""The haematologist's rules for APL, with the reason for every decision."""

from __future__ import annotations

from typing import ClassVar

from baselines.rules.apl_findings import findings, module_baseline
from baselines.rules.apl_lists import SUBTYPES, published_subtype, suspect
from baselines.rules.rule_entry import DecisionList, RuleEntry, Verdict
from datasets.cohort import Cohort


class RulesApl(RuleEntry):
    """Decide by published criteria; learn only how often each rule is right.

    Two lists. *Suspect*, for two classes of which one is "APL": points for low fibrinogen, high D-dimer, low platelets
    and low white count, 3 or more being suspect. *Subtype*, for the five RAR fusions: what case series say of i(17q),
    childhood, extramedullary disease and mutations of WT1 and RAS genes. A value that was not measured makes its rule
    not apply. A specimen that no rule can judge gets the prior.

    Probabilities are counted as ``RuleEntry`` says; for the score, patients with the same number of points count as
    decided by the same rule.

    Args:
        seed: Unused; the rules draw nothing.

    Raises:
        ValueError: At ``fit``, on other classes; at ``fit`` and prediction, if a clinical column has another unit.
        NotApplicable: At ``fit``, if no rule fires for any training patient.

    Reference: Leukemia Research 2016;50:11 for fibrinogen, D-dimer, and fibrinogen at high white counts; Sainty et al.,
    Blood 2000 and the case series of variant RAR fusions for the subtypes. The points for platelets and white count
    (after the relapse score of Sanz et al., Blood 2000) and the number of points that counts as suspect are choices.
    Differs from the source in: flow cytometry and Auer rods are not in a cohort; no case series gives a cut-off by
    which STAT5B or NPM1 could be told from PML, so no rule names them.
    """

    reads = frozenset({"clinical"})
    family = "rule"
    measures_nuclei: ClassVar[bool] = False

    def _subtype_list(self) -> DecisionList:
        return published_subtype

    def _learn(self, train: Cohort) -> dict[str, tuple[str, ...]]:
        self.list_, decides = self._choose(train.classes)
        self.baseline_ = module_baseline(train)
        return decides

    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        nuclei = self.measures_nuclei and self.list_ is not suspect
        return [self.list_(found) for found in findings(cohort, self.baseline_, nuclei=nuclei)]

    def _facts(self, train: Cohort) -> dict[str, object]:
        kept = self.measures_nuclei and self.list_ is not suspect and train.images is not None
        return {"list": self.list_.__name__, "kept_features": kept}

    def _choose(self, classes: tuple[str, ...]) -> tuple[DecisionList, dict[str, tuple[str, ...]]]:
        """Return the list for these classes, and its decision -> class."""
        if set(classes) == set(SUBTYPES):
            return self._subtype_list(), {name: (name,) for name in SUBTYPES}
        if len(classes) == 2 and "APL" in classes:
            return suspect, {"APL": ("APL",), "other": tuple(c for c in classes if c != "APL")}
        raise ValueError(
            f"classes {list(classes)}: the rules know two classes of which one is 'APL', "
            f"and the five fusions {list(SUBTYPES)}. Choose another entry for this dataset."
        )
