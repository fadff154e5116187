"""The haematologist's rules for APL, with the reason for every decision."""

from __future__ import annotations

from typing import Self

from baselines.rules.apl_findings import findings, module_baseline
from baselines.rules.apl_lists import SUBTYPES, subtype, suspect
from baselines.rules.rule_entry import DecisionList, RuleEntry, Verdict
from datasets.cohort import Cohort


class RulesApl(RuleEntry):
    """Decide by published thresholds; learn only how often each rule is right.

    Two lists. *Suspect*, for two classes of which one is "APL": points for low fibrinogen, high D-dimer, low platelets
    and low white count, 3 or more being suspect. *Subtype*, for the five RAR fusions: the first of eight rules that
    matches. A value that was not measured makes its rule not apply. A specimen that no rule can judge gets the prior.

    Probabilities are counted as ``RuleEntry`` says; for the score, patients with the same number of points count as
    decided by the same rule.

    Args:
        seed: Unused; the rules draw nothing.

    Raises:
        ValueError: At ``fit``, on other classes; at ``fit`` and prediction, if a clinical column has another unit.

    Reference: Leukemia Research 2016;50:11 for fibrinogen, D-dimer, and fibrinogen at high white counts. The points for
    platelets and white count (after the relapse score of Sanz et al., Blood 2000), the number of points that counts as
    suspect and the cut-offs of the subtype list are design choices; Sainty et al., Blood 2000 and the case series of
    variant RAR fusions gave the directions.
    Differs from the source in: Auer rods, granularity and blebs are left out, because at 64 pixels no fixed measure of
    an image finds them (the rules that need them lose that condition, so rule 5 is unspecific; rule 8 is gone); flow
    cytometry is not in a cohort; nuclei are called round or bilobed by measured shape, over all cells rather than over
    the leukaemic ones; gene modules are mean log2 shifts from the training median.
    """

    reads = frozenset({"images", "genes", "clinical"})
    family = "rule"

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count, rule by rule, the classes of the patients of ``train``; ``valid`` is not read."""
        super().fit(train, valid)
        kept = self.list_ is subtype and train.images is not None
        self.report_ = {"list": self.list_.__name__, "kept_features": kept, **self.report_}
        return self

    def _learn(self, train: Cohort) -> dict[str, tuple[str, ...]]:
        self.list_, decides = _choose(train.classes)
        self.baseline_ = module_baseline(train)
        return decides

    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        return [self.list_(found) for found in findings(cohort, self.baseline_, nuclei=self.list_ is subtype)]


def _choose(classes: tuple[str, ...]) -> tuple[DecisionList, dict[str, tuple[str, ...]]]:
    """Return the list for these classes, and its decision -> class."""
    if set(classes) == set(SUBTYPES):
        return subtype, {name: (name,) for name in SUBTYPES}
    if len(classes) == 2 and "APL" in classes:
        return suspect, {"APL": ("APL",), "other": tuple(c for c in classes if c != "APL")}
    raise ValueError(
        f"classes {list(classes)}: the rules know two classes of which one is 'APL', "
        f"and the five fusions {list(SUBTYPES)}. Choose another entry for this dataset."
    )
