"""One decision list for six haematological diagnoses, as a pure function of one specimen's findings.

Findings are the names of ``UNITS``, ``male`` (0 or 1), ``blast_like``, ``lymphocyte_like`` (shares of cells) and
``blast_width`` (median diameter of blast-like cells as a share of the picture's shorter side).
"""

from __future__ import annotations

import math

from baselines.rules.rule_entry import Findings, Verdict

DISEASES = ("AML", "ALL", "CLL", "MM", "MDS", "healthy")
_ACUTE = {"npm1": "AML", "flt3": "AML", "idh2": "AML", "bcr_abl1": "ALL"}
LESIONS = {**_ACUTE, "t11_14": "MM", "sf3b1": "MDS"}
UNITS = {
    "age": "years",
    "wbc": "10^9/L",
    "hb": "g/L",
    "platelets": "10^9/L",
    "mcv": "fL",
    "ldh": "U/L",
    "calcium": "mmol/L",
    "creatinine": "umol/L",
    "globulin": "g/L",
    "blasts": "%",
    "lymphocytes": "%",
    **dict.fromkeys(LESIONS, ""),
}
# Adult reference intervals of textbooks; haemoglobin's lower limits are the World Health Organization's.
NORMAL = {
    "wbc": (4.0, 11.0),
    "hb": (120.0, 170.0),
    "platelets": (150.0, 400.0),
    "mcv": (80.0, 100.0),
    "ldh": (0.0, 250.0),
    "calcium": (2.15, 2.60),
    "creatinine": (0.0, 110.0),
    "globulin": (20.0, 35.0),
}
_MALE_HB = (130.0, 180.0)
COUNT = ("wbc", "hb", "platelets", "mcv")
# Textbook pictures: below (-1) or above (1) the reference interval; what is not named is within it. ``child`` is 1
# below 18 years.
PICTURES: dict[str, dict[str, int]] = {
    "AML": {"wbc": 1, "hb": -1, "platelets": -1, "ldh": 1},
    "ALL": {"wbc": 1, "hb": -1, "platelets": -1, "ldh": 1, "child": 1},
    "CLL": {"wbc": 1},
    "MM": {"hb": -1, "globulin": 1, "calcium": 1, "creatinine": 1},
    "MDS": {"wbc": -1, "hb": -1, "platelets": -1, "mcv": 1},
    "healthy": {},
}
NEAREST = "7 nearest picture"


def diagnose(found: Findings) -> Verdict | None:
    """Name the disease by the first rule that matches, else the nearest picture; None without a blood count."""
    for rule in (_lesion, _cll, _myeloma, _acute, _mds, _healthy, _nearest):
        verdict = rule(found)
        if verdict is not None:
            return verdict
    return None


def _lesion(found: Findings) -> Verdict | None:
    """Design: exactly one disease among the six is known for the lesion (del13q, del17p, 1q gain, TP53 are shared)."""
    seen = [name for name in LESIONS if found[name] == 1]
    named = {LESIONS[name] for name in seen}
    if len(named) != 1:
        return None
    disease = named.pop()
    return Verdict(f"1 genetic lesion of {disease}", disease, ", ".join(seen))


def _cll(found: Findings) -> Verdict | None:
    """Cited: lymphocytes above 5 x 10^9/L (iwCLL), or 30 % of the marrow's cells with a raised white count (NCI 1996).

    The count of lymphocytes needs their percentage; where a cohort leaves it out, marrow cells stand in for it.
    """
    wbc, count = found["wbc"], found["wbc"] * found["lymphocytes"] / 100
    share = found["lymphocyte_like"]
    if count > 5:
        return Verdict("2a lymphocytosis", "CLL", f"lymphocytes {count:.3g} > 5")
    if math.isnan(count) and wbc > NORMAL["wbc"][1] and share >= 0.30:
        text = f"WBC {wbc:.3g} > 11; small round cells {share:.0%} >= 30%"
        return Verdict("2b raised white count, small mature lymphocytes in the marrow", "CLL", text)
    return None


def _myeloma(found: Findings) -> Verdict | None:
    """Cited: calcium above 2.75 mmol/L, creatinine above 177 umol/L, haemoglobin below 100 g/L (CRAB, IMWG 2014).

    Design: globulin above 45 g/L.
    """
    globulin, calcium, creatinine, hb = (found[name] for name in ("globulin", "calcium", "creatinine", "hb"))
    if globulin > 45:
        return Verdict("3a paraprotein", "MM", f"globulin {globulin:.3g} g/L > 45")
    organ = [f"calcium {calcium:.3g} mmol/L > 2.75"] * (calcium > 2.75)
    organ += [f"creatinine {creatinine:.3g} umol/L > 177"] * (creatinine > 177)
    if organ and hb < 100:
        return Verdict(
            "3b anaemia with high calcium or creatinine", "MM", "; ".join([*organ, f"Hb {hb:.3g} g/L < 100"])
        )
    return None


def _blasts(found: Findings) -> tuple[float, str]:
    """Return the share of blasts and its text: what was counted, else what looks like one."""
    counted = found["blasts"] / 100
    if not math.isnan(counted):
        return counted, f"blasts {counted:.0%}"
    return found["blast_like"], f"blast-like cells {found['blast_like']:.0%}"


def _acute(found: Findings) -> Verdict | None:
    """Cited: 20 % blasts (WHO). Design: blasts of ALL are below 14.5 um, 0.71 of a picture 20.5 um wide."""
    blasts, text = _blasts(found)
    width = found["blast_width"]
    if not blasts >= 0.20 or math.isnan(width):
        return None
    if width < 0.71:
        return Verdict("4a small blasts", "ALL", f"{text} >= 20%; their width {width:.2f} of the picture < 0.71")
    return Verdict("4b large blasts", "AML", f"{text} >= 20%; their width {width:.2f} of the picture >= 0.71")


def _mds(found: Findings) -> Verdict | None:
    """Cited: haemoglobin below 100 g/L (IPSS) and fewer than 20 % blasts (WHO). Design: MCV, platelets."""
    blasts, text = _blasts(found)
    hb, mcv, platelets = found["hb"], found["mcv"], found["platelets"]
    if not (hb < 100 and mcv > 100 and platelets < 150 and blasts < 0.20):
        return None
    told = f"Hb {hb:.3g} g/L < 100; MCV {mcv:.3g} fL > 100; platelets {platelets:.3g} < 150; {text} < 20%"
    return Verdict("5 macrocytic anaemia with few platelets, blasts not raised", "MDS", told)


def _healthy(found: Findings) -> Verdict | None:
    """Cited: reference intervals."""
    if any(_level(found, name) != 0 for name in COUNT):
        return None
    told = "; ".join(f"{name} {found[name]:.3g}" for name in COUNT)
    return Verdict("6 blood count normal", "healthy", told)


def _nearest(found: Findings) -> Verdict | None:
    """Design: the picture that agrees with most of what was measured; the first of equals."""
    if any(math.isnan(found[name]) for name in ("wbc", "hb", "platelets")):
        return None
    levels = {name: _level(found, name) for name in NORMAL}
    levels |= {"child": float(found["age"] < 18) if not math.isnan(found["age"]) else math.nan}
    known = {name: int(level) for name, level in levels.items() if not math.isnan(level)}
    apart = {d: sum(abs(v - picture.get(name, 0)) for name, v in known.items()) for d, picture in PICTURES.items()}
    nearest = min(apart, key=lambda disease: apart[disease])
    words = {-1: "low", 0: "normal", 1: "high"}
    told = ", ".join(f"{name} {words[v]}" for name, v in known.items() if name != "child")
    told += ", child" * (known.get("child") == 1)
    return Verdict(f"{NEAREST}: {nearest}", nearest, told, is_default=True)


def _level(found: Findings, name: str) -> float:
    """Return -1 below, 0 within, 1 above the reference interval; NaN where nothing was measured."""
    value = found[name]
    low, high = _MALE_HB if name == "hb" and found["male"] == 1 else NORMAL[name]
    return math.nan if math.isnan(value) else float(value > high) - float(value < low)
