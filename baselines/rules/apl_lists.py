"""Decision lists for acute promyelocytic leukaemia, as pure functions of one specimen's findings.

Findings are the names of ``UNITS``, ``male`` (0 or 1), ``round`` and ``bilobed`` (shares of nuclei), ``stat5`` and
``hoxa`` (log2).
"""

from __future__ import annotations

import math

from baselines.rules.rule_entry import Findings, Verdict

SUBTYPES = ("PML-RARA", "TTMV-RARA", "NPM1-RARA", "STAT5B-RARA", "NUP98-RARG")
UNITS = {
    "age": "years",
    "wbc": "10^9/L",
    "platelets": "10^9/L",
    "fibrinogen": "g/L",
    "d_dimer": "mg/L",
    "extramedullary": "",
    "i17q": "",
    "ras_wt1": "",
}
_SUSPECT_SCORE = 3


def suspect(found: Findings) -> Verdict | None:
    """Score the suspicion of APL against other AML; None when too little was measured to ever reach 3 points."""
    fibrinogen, wbc = found["fibrinogen"], found["wbc"]
    both = fibrinogen + wbc
    table = (
        (2, fibrinogen, fibrinogen <= 1.87, f"fibrinogen {fibrinogen:.3g} g/L <= 1.87"),
        (1, found["d_dimer"], found["d_dimer"] >= 2.19, f"D-dimer {found['d_dimer']:.3g} mg/L >= 2.19"),
        (1, found["platelets"], found["platelets"] < 40, f"platelets {found['platelets']:.3g} < 40"),
        (1, wbc, wbc < 10, f"WBC {wbc:.3g} < 10"),
        (3, both, wbc > 10 and fibrinogen <= 1.71, f"WBC {wbc:.3g} > 10 and fibrinogen {fibrinogen:.3g} g/L <= 1.71"),
    )
    if sum(points for points, value, _, _ in table if not math.isnan(value)) < _SUSPECT_SCORE:
        return None
    score = sum(points for points, _, fires, _ in table if fires)
    sign, decision = (">=", "APL") if score >= _SUSPECT_SCORE else ("<", "other")
    reasons = [f"{text} (+{points})" for points, _, fires, text in table if fires]
    return Verdict(f"score {score}", decision, "; ".join([*reasons, f"score {score} {sign} {_SUSPECT_SCORE}"]))


def published_subtype(found: Findings) -> Verdict | None:
    """Name the fusion by what case series report; None when none of the findings was measured.

    No cut-off but the age of adults: child or i(17q) for TTMV-RARA, a mutated WT1 or RAS gene for NUP98-RARG.
    """
    if all(math.isnan(found[name]) for name in ("age", "extramedullary", "i17q", "ras_wt1")):
        return None
    child, i17q, spread = found["age"] < 18, found["i17q"] == 1, found["extramedullary"] == 1
    if i17q or (child and spread):
        why = [f"age {found['age']:.3g} < 18"] * child + ["i(17q)"] * i17q + ["extramedullary disease"] * spread
        return Verdict("1 i(17q), or a child with extramedullary disease", "TTMV-RARA", "; ".join(why))
    if child:
        return Verdict("2 child", "TTMV-RARA", f"age {found['age']:.3g} < 18")
    mutated = _ras(found, "3 RAS or WT1 mutated")
    return mutated or Verdict("4 none of the others", "PML-RARA", "no other rule matched", is_default=True)


def subtype(found: Findings) -> Verdict | None:
    """Name the fusion by the first rule that matches; None when none of its findings was measured.

    Its cut-offs and gene modules are design values of the generated cohort.
    """
    if all(math.isnan(value) for value in found.values()):
        return None
    for rule in (_child_or_spread, _i17q, _bilobed, _modules, _ras, _round_npm1, _round_stat5b):
        verdict = rule(found)
        if verdict is not None:
            return verdict
    return Verdict(DEFAULT, "PML-RARA", "no other rule matched", is_default=True)


DEFAULT = "9 none of the others"


def _child_or_spread(found: Findings) -> Verdict | None:
    child = found["age"] < 18
    i17q, spread = found["i17q"] == 1, found["extramedullary"] == 1
    if not child and not (i17q and spread):
        return None
    why = [f"age {found['age']:.3g} < 18"] * child + ["i(17q)"] * i17q + ["extramedullary disease"] * spread
    if i17q or spread or found["round"] < 0.42:
        few = [f"round nuclei {found['round']:.0%} < 42%"] * (found["round"] < 0.42)
        return Verdict("1a child, or i(17q) with extramedullary disease", "TTMV-RARA", "; ".join(why + few))
    if math.isnan(found["round"]):
        return None
    why.append(f"round nuclei {found['round']:.0%} >= 42%")
    return Verdict("1b child with round nuclei", "NPM1-RARA", "; ".join(why))


def _i17q(found: Findings) -> Verdict | None:
    return Verdict("2 i(17q)", "TTMV-RARA", "i(17q)") if found["i17q"] == 1 else None


def _bilobed(found: Findings) -> Verdict | None:
    if not (found["bilobed"] >= 0.38 and found["fibrinogen"] < 1.7):
        return None
    text = f"bilobed nuclei {found['bilobed']:.0%} >= 38%; fibrinogen {found['fibrinogen']:.3g} g/L < 1.7"
    return Verdict("3 bilobed nuclei and low fibrinogen", "PML-RARA", text)


def _modules(found: Findings) -> Verdict | None:
    stat5, hoxa = found["stat5"], found["hoxa"]
    text = f"STAT5 targets {stat5:+.2f}, HOXA {hoxa:+.2f} log2"
    if stat5 > 0.5 and hoxa <= 0.5:
        return Verdict("4a STAT5 targets up", "STAT5B-RARA", text)
    if hoxa > 0.5 and stat5 <= 0.5:
        return Verdict("4b HOXA genes up", "NUP98-RARG", text)
    return None


def _ras(found: Findings, rule: str = "5 RAS or WT1 mutated") -> Verdict | None:
    text = "WT1, NRAS or KRAS mutated"
    return Verdict(rule, "NUP98-RARG", text) if found["ras_wt1"] == 1 else None


def _round_npm1(found: Findings) -> Verdict | None:
    if not (found["round"] >= 0.48 and found["fibrinogen"] >= 1.5):
        return None
    text = f"round nuclei {found['round']:.0%} >= 48%; fibrinogen {found['fibrinogen']:.3g} g/L >= 1.5"
    return Verdict("6 round nuclei, fibrinogen kept", "NPM1-RARA", text)


def _round_stat5b(found: Findings) -> Verdict | None:
    if not (found["round"] >= 0.40 and found["male"] == 1):
        return None
    return Verdict("7 man with round nuclei", "STAT5B-RARA", f"round nuclei {found['round']:.0%} >= 40%; male")
