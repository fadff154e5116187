"""What entries made of rules share: a verdict with its reason, and how often each rule was right on train."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from baselines.patients import patient_weights
from datasets.cohort import Cohort, NotApplicable

Findings = Mapping[str, float]
"""Name -> value of one specimen; NaN is not measured."""


@dataclass(frozen=True)
class Verdict:
    """What a list of rules says about one specimen.

    Attributes:
        rule: Number and short text of the rule, the same for all specimens that it decides.
        decision: What the rule says: a class, or a name for several.
        evidence: The findings that made the rule fire.
        is_default: Whether the rule takes what no other took; coverage leaves it out.
    """

    rule: str
    decision: str
    evidence: str
    is_default: bool = False


DecisionList = Callable[[Findings], Verdict | None]


class RuleEntry(ABC):
    """Decide by rules that are fixed beforehand; learn only how often each rule is right.

    The probability of a class is its frequency among the training patients whom the same rule decided, with two
    patients added: one spread as the training prior, one spread so over the classes that the rule's decision stands
    for. A specimen that no rule can judge gets the prior.

    Args:
        seed: Unused; rules draw nothing.
    """

    needs: frozenset[str] = frozenset()
    family = "rule"

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed

    @abstractmethod
    def _learn(self, train: Cohort) -> dict[str, tuple[str, ...]]:
        """Prepare for ``train`` and return the classes that each decision stands for.

        Raises:
            ValueError: If the rules do not know the dataset; names what they know.
        """

    @abstractmethod
    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        """Return a verdict for each specimen; None where too little was measured."""

    def fit(self, train: Cohort, valid: Cohort) -> Self:
        """Count, rule by rule, the classes of the patients of ``train``; ``valid`` is not read.

        Raises:
            NotApplicable: If no rule fires for any of these patients.
        """
        self.decides_ = self._learn(train)
        weights = patient_weights(train.patient) * (len(np.unique(train.patient)) / len(train))
        counts = np.bincount(train.y, weights, train.n_classes)
        self.prior_ = counts / counts.sum()
        self.own_ = {
            decision: _among(self.prior_, np.isin(train.classes, names)) for decision, names in self.decides_.items()
        }
        verdicts = self._verdicts(train)
        if not any(v is not None and not v.is_default for v in verdicts):
            raise NotApplicable(
                f"no rule fires for any of the {len(np.unique(train.patient))} training patients of {train.name!r}: "
                "what the rules read was not measured"
            )
        self.counts_: dict[str, NDArray[np.float64]] = {}
        for verdict, y, weight in zip(verdicts, train.y, weights, strict=True):
            if verdict is not None:
                self.counts_.setdefault(verdict.rule, np.zeros(train.n_classes))[y] += weight
        self.report_ = {**self._facts(train), **self._report(verdicts, weights)}
        return self

    def refit(self, cohort: Cohort) -> Self:
        """Count anew on train and valid together; the rules stay."""
        return self.fit(cohort, cohort[np.array([], dtype=np.int64)])

    def predict_proba(self, cohort: Cohort) -> NDArray[np.float64]:
        """Return probabilities, float64 (n, n_classes), rows sum to 1."""
        rows = [self._proba(verdict) for verdict in self._verdicts(cohort)]
        return np.reshape(rows, (len(cohort), len(self.prior_)))

    def trace(self, cohort: Cohort) -> pd.DataFrame:
        """Return one row a specimen: specimen, rule, decision, evidence."""
        rows = [
            (verdict.rule, self._named(verdict.decision), verdict.evidence)
            if verdict is not None
            else ("none", "", "too little measured for any rule; training prior")
            for verdict in self._verdicts(cohort)
        ]
        table = pd.DataFrame(rows, columns=["rule", "decision", "evidence"])
        table.insert(0, "specimen", cohort.specimen)
        return table

    def _facts(self, train: Cohort) -> dict[str, object]:
        """Return what else the report says."""
        return {}

    def _named(self, decision: str) -> str:
        names = self.decides_[decision]
        return names[0] if len(names) == 1 else decision

    def _proba(self, verdict: Verdict | None) -> NDArray[np.float64]:
        if verdict is None:
            return self.prior_
        own = self.own_[verdict.decision]
        total = self.counts_.get(verdict.rule, np.zeros(len(own))) + self.prior_ + own
        return total / total.sum()

    def _report(self, verdicts: list[Verdict | None], weights: NDArray[np.float64]) -> dict[str, object]:
        """Return the share of training patients whom a rule decided, and how many each rule did."""
        decided = np.array([v is not None and not v.is_default for v in verdicts])
        fired = {rule: round(float(counts.sum()), 3) for rule, counts in sorted(self.counts_.items())}
        return {"coverage": float(weights[decided].sum() / weights.sum()), "training_patients": fired}


def _among(prior: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the prior within the chosen classes, evenly where train has none of them; sums to 1."""
    own = prior * chosen
    return own / own.sum() if own.sum() > 0 else chosen / chosen.sum()
