"""The haematologist's rules for APL, with the reason for every decision."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.patients import patient_weights
from baselines.rules_apl_findings import findings, module_baseline
from baselines.rules_apl_lists import DEFAULT, SUBTYPES, DecisionList, Verdict, subtype, suspect
from datasets.cohort import Cohort


class RulesApl:
    """Decide by published thresholds; learn only how often each rule is right.

    Two lists. *Suspect*, for two classes of which one is "APL": points for low fibrinogen, high D-dimer, low platelets
    and low white count, 3 or more being suspect. *Subtype*, for the five RAR fusions: the first of eight rules that
    matches. A value that was not measured makes its rule not apply. A specimen that no rule can judge gets the prior.

    The probability of a class is its frequency among the training patients whom the same rule (for the score: the same
    number of points) decided, with two patients added: one spread as the training prior, one of the rule's own class.

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

    needs: frozenset[str] = frozenset()
    family = "rule"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count, rule by rule, the classes of the patients of ``train``; ``valid`` is not read."""
        self.classes_ = train.classes
        self.list_, self.names_ = _choose(train.classes)
        self.baseline_ = module_baseline(train)
        weights = patient_weights(train.patient) * (len(np.unique(train.patient)) / len(train))
        counts = np.bincount(train.y, weights, train.n_classes)
        self.prior_ = counts / counts.sum()
        verdicts = self._verdicts(train)
        self.counts_: dict[str, NDArray[np.float64]] = {}
        for verdict, y, weight in zip(verdicts, train.y, weights, strict=True):
            if verdict is not None:
                self.counts_.setdefault(verdict.rule, np.zeros(train.n_classes))[y] += weight
        self.report_ = self._report(verdicts, weights)
        return self

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1."""
        rows = [self._proba(verdict) for verdict in self._verdicts(cohort)]
        return np.reshape(rows, (len(cohort), len(self.prior_)))

    def trace(self, cohort: Cohort) -> pd.DataFrame:
        """Return one row a specimen: specimen, rule, decision, evidence."""
        rows = [
            (verdict.rule, self.names_[verdict.decision], verdict.evidence)
            if verdict is not None
            else ("none", "", "too little measured for any rule; training prior")
            for verdict in self._verdicts(cohort)
        ]
        table = pd.DataFrame(rows, columns=["rule", "decision", "evidence"])
        table.insert(0, "specimen", cohort.specimen)
        return table

    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        return [self.list_(found) for found in findings(cohort, self.baseline_, nuclei=self.list_ is subtype)]

    def _proba(self, verdict: Verdict | None) -> NDArray[np.float64]:
        if verdict is None:
            return self.prior_
        own = np.array([c == self.names_[verdict.decision] for c in self.classes_], dtype=np.float64)
        total = self.counts_.get(verdict.rule, np.zeros(len(own))) + self.prior_ + own
        return total / total.sum()

    def _report(self, verdicts: list[Verdict | None], weights: NDArray[np.float64]) -> dict[str, object]:
        decided = np.array([v is not None and v.rule != DEFAULT for v in verdicts])
        fired = {rule: round(float(counts.sum()), 3) for rule, counts in sorted(self.counts_.items())}
        coverage = float(weights[decided].sum() / weights.sum())
        return {"list": self.list_.__name__, "coverage": coverage, "training_patients": fired}


def _choose(classes: tuple[str, ...]) -> tuple[DecisionList, dict[str, str]]:
    """Return the list for these classes, and its decision -> class name."""
    if set(classes) == set(SUBTYPES):
        return subtype, {name: name for name in SUBTYPES}
    if len(classes) == 2 and "APL" in classes:
        return suspect, {"APL": "APL", "other": next(c for c in classes if c != "APL")}
    raise ValueError(
        f"classes {list(classes)}: the rules know two classes of which one is 'APL', "
        f"and the five fusions {list(SUBTYPES)}. Choose another entry for this dataset."
    )
