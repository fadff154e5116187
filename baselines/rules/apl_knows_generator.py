"""APL rules whose cut-offs are design values of the generated cohort: a line to stand beside the oracle."""

from __future__ import annotations

from typing import ClassVar

from baselines.rules.apl import RulesApl
from baselines.rules.apl_lists import subtype
from baselines.rules.rule_entry import DecisionList


class RulesAplKnowsGenerator(RulesApl):
    """Decide by the cut-offs and gene modules that the generated cohort was made from: what knowing it is worth.

    The subtype list reads labs, nuclear shape and two gene modules; its cut-offs are no published criteria. On
    generated data compare it with the oracle, not with entries that learn. The list for APL against other AML is that
    of ``rules-apl``.

    Args:
        seed: Unused; the rules draw nothing.

    Differs from the design's list in: Auer rods, granularity and blebs are left out, because at 64 pixels no fixed
    measure of an image finds them; nuclei are called round or bilobed by measured shape, over all cells rather than
    over the leukaemic ones; gene modules are mean log2 shifts from the training median.
    """

    reads = frozenset({"images", "genes", "clinical"})
    family = "rule"
    measures_nuclei: ClassVar[bool] = True

    def _subtype_list(self) -> DecisionList:
        return subtype
