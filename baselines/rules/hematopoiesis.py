"""Rules for single cells of donors: markers name the lineage, a signature of disease says healthy or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.rules.disease_signature import Signature, common_signature
from baselines.rules.rule_entry import RuleEntry, Verdict
from datasets.cohort import Cohort

# Textbook markers; the highest z names the lineage.
MARKERS = {
    "MPP": (("CD34", "AVP"),),
    "monocyte": (("CD14", "LYZ"),),
    "lymphocyte": (("CD3D", "IL7R"), ("MS4A1", "CD79A"), ("NKG7", "GNLY")),
}
HEALTHY = ("healthy", "normal")
DISEASED = "diseased"
# Design: markers that are no more expressed than the cell's mean gene name no lineage.
_LEAST_Z = 0.0


class RulesHematopoiesis(RuleEntry):
    """Name the lineage of a cell by its markers, and call it diseased above the healthy 95th percentile of a score.

    The score is that of the genes which, in training donors, move the same way in every disease
    (``disease_signature``); its limit is the 95th percentile of the healthy training cells. Markers say in
    which lineage the rule was counted, so that its frequency in progenitors is not taken for that in other lineages: a
    lineage that training lacks gets the training prior and one patient of the rule's own decision.

    Rules say healthy or diseased only. Which disease it is they leave to the frequencies among the training patients,
    so with four classes the best balanced accuracy that one can hope for is about one half.

    Args:
        seed: Unused; the rules draw nothing.

    Raises:
        ValueError: At ``fit``, without a class called healthy or normal, or without the marker genes.

    Reference: Tirosh et al., "Dissecting the multicellular ecosystem of metastatic melanoma by single-cell RNA-seq",
    Science 2016, https://doi.org/10.1126/science.aad0501 (scores of gene sets in single cells); markers are textbook.
    Differs from the paper in: a marker's score is a z among all genes of the cell, not against matched control genes.
    """

    needs = frozenset({"genes"})
    reads = frozenset({"genes"})
    family = "rule"

    def _learn(self, train: Cohort) -> dict[str, tuple[str, ...]]:
        healthy = tuple(name for name in train.classes if name in HEALTHY)
        markers = {gene for pairs in MARKERS.values() for pair in pairs for gene in pair}
        lacking = sorted(markers - set(train.gene_names))
        if len(healthy) != 1 or lacking:
            raise ValueError(
                f"classes {list(train.classes)}, without the genes {lacking}: the rules need one class of "
                f"{list(HEALTHY)} and all genes of {sorted(markers)}. Choose another entry for this dataset."
            )
        self.healthy_ = healthy[0]
        self.signature_: Signature = common_signature(train, train.classes.index(self.healthy_))
        return {self.healthy_: healthy, DISEASED: tuple(name for name in train.classes if name not in healthy)}

    def _verdicts(self, cohort: Cohort) -> list[Verdict | None]:
        if not len(cohort):
            return []
        z = lineage_scores(cohort)
        scores = self.signature_.scores(cohort)
        return [
            self._verdict(z[i], float(scores[i])) if present else None for i, present in enumerate(cohort.has("genes"))
        ]

    def _verdict(self, z: NDArray[np.float64], score: float) -> Verdict | None:
        best = int(z.argmax())
        lineage = list(MARKERS)[best] if z[best] > _LEAST_Z else "unclear lineage"
        limit = self.signature_.limit
        above = score > limit
        decision, where, sign = (DISEASED, "above", ">") if above else (self.healthy_, "within", "<=")
        text = f"{lineage} (markers z {z[best]:.1f}); disease score {score:.2f} {sign} {limit:.2f}"
        return Verdict(f"{lineage}, disease score {where} the healthy range", decision, text)


def lineage_scores(cohort: Cohort) -> NDArray[np.float64]:
    """Return how far the markers of each lineage stand out among all genes of the cell, float64 (n, len(MARKERS)).

    The mean of a pair of markers in units of its standard error for two random genes; the best pair of a lineage.
    """
    assert cohort.genes is not None
    position = {gene: j for j, gene in enumerate(cohort.gene_names)}
    mean = cohort.genes.mean(axis=1, dtype=np.float64)
    error = np.maximum(cohort.genes.std(axis=1, dtype=np.float64), 1e-12) / np.sqrt(2)
    columns = [
        np.max([cohort.genes[:, [position[g] for g in pair]].mean(axis=1) - mean for pair in pairs], axis=0) / error
        for pairs in MARKERS.values()
    ]
    return np.stack(columns, axis=1).astype(np.float64)
