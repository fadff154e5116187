"""Rules for six diagnoses on hand-written patients: every rule, missing values, what stands in for a count of cells."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from skimage.draw import disk
from sklearn.metrics import balanced_accuracy_score

from baselines.rules.mito import RulesMito
from baselines.rules.mito_findings import findings
from baselines.rules.mito_list import DISEASES, LESIONS, UNITS, diagnose
from datasets.cohort import Cohort, ImageBags, Provenance, presence
from tests.toy import toy_cohort

NAMES = (*UNITS, "male", "blast_like", "lymphocyte_like", "blast_width")
WELL = {"wbc": 6, "hb": 140, "platelets": 250, "mcv": 90, "age": 50}


def found(**values):
    return {name: float(values.get(name, np.nan)) for name in NAMES}


@pytest.mark.parametrize(
    ("values", "number", "decision"),
    [
        *[({name: 1}, "1 ", disease) for name, disease in LESIONS.items()],
        ({"npm1": 1, "flt3": 1}, "1 ", "AML"),
        ({**WELL, "npm1": 1, "sf3b1": 1}, "6 ", "healthy"),
        ({**WELL, "npm1": 0}, "6 ", "healthy"),
        ({"wbc": 20, "lymphocytes": 30}, "2a", "CLL"),
        ({"wbc": 12, "lymphocyte_like": 0.30}, "2b", "CLL"),
        ({"wbc": 20, "lymphocytes": 30, "globulin": 60}, "2a", "CLL"),
        ({"globulin": 45.1}, "3a", "MM"),
        ({**WELL, "globulin": 45, "lymphocytes": 83, "calcium": 9}, "6 ", "healthy"),
        ({"calcium": 2.8, "hb": 99}, "3b", "MM"),
        ({"creatinine": 178, "hb": 99}, "3b", "MM"),
        ({"blasts": 20, "blast_width": 0.70}, "4a", "ALL"),
        ({"blasts": 20, "blast_width": 0.71}, "4b", "AML"),
        ({"blast_like": 0.2, "blast_width": 0.8}, "4b", "AML"),
        ({"blasts": 19, "blast_like": 0.9, "blast_width": 0.8, **WELL}, "6 ", "healthy"),
        ({"hb": 99, "mcv": 101, "platelets": 149, "blasts": 19}, "5 ", "MDS"),
        ({"hb": 99, "mcv": 101, "platelets": 149, "blast_like": 0.19}, "5 ", "MDS"),
        (WELL, "6 ", "healthy"),
        ({**WELL, "hb": 125}, "6 ", "healthy"),
        ({**WELL, "hb": 125, "male": 1}, "7 ", "MM"),
        ({"wbc": 20, "hb": 90, "platelets": 50, "ldh": 500, "age": 60}, "7 ", "AML"),
        ({"wbc": 20, "hb": 90, "platelets": 50, "ldh": 500, "age": 6}, "7 ", "ALL"),
        ({"wbc": 20, "hb": 140, "platelets": 200}, "7 ", "CLL"),
        ({"wbc": 6, "hb": 110, "platelets": 200, "creatinine": 150, "globulin": 40}, "7 ", "MM"),
        ({"wbc": 2, "hb": 110, "platelets": 100, "mcv": 105, "ldh": 200}, "7 ", "MDS"),
    ],
)
def test_the_first_rule_that_matches_names_the_disease(values, number, decision):
    verdict = diagnose(found(**values))
    assert (verdict.rule[:2], verdict.decision) == (number, decision)
    assert verdict.evidence and verdict.is_default == (number == "7 ")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"wbc": 6, "hb": 140},
        {"wbc": 12, "lymphocyte_like": 0.29},
        {"lymphocyte_like": 0.9},
        {"calcium": 3},
        {"globulin": 45},
        {"calcium": 2.75, "creatinine": 177, "hb": 99},
        {"wbc": 20, "lymphocytes": 25},
        {"wbc": 11, "lymphocyte_like": 0.9},
        {"wbc": 12, "lymphocytes": 10, "lymphocyte_like": 0.9},
        {"hb": 100, "mcv": 101, "platelets": 149, "blasts": 19},
        {"hb": 99, "mcv": 100, "platelets": 149, "blasts": 19},
        {"hb": 99, "mcv": 101, "platelets": 150, "blasts": 19},
        {"hb": 99, "mcv": 101, "platelets": 149, "blasts": 20},
        {"calcium": 3, "hb": 100},
        {"blasts": 50},
        {"blast_like": 0.19, "blast_width": 0.8},
        {"hb": 99, "mcv": 101, "platelets": 149},
    ],
)
def test_what_was_not_measured_fires_no_rule(values):
    assert diagnose(found(**values)) is None


def clinical(y, units=None, classes=DISEASES, **columns):
    table = pd.DataFrame(columns)
    ids = np.arange(len(y)).astype(str)
    return Cohort(
        name="hand", classes=classes, y=np.array(y, dtype=np.int64), specimen=np.char.add("S", ids),
        patient=np.char.add("P", ids), domain=np.array(["A"] * len(y)), provenance=Provenance("hand", "0", "none"),
        clinical=table, units={c: UNITS.get(c, "") for c in table} | (units or {}),
        present=presence(len(y), clinical=table),
    )  # fmt: skip


def test_the_trace_gives_a_reason_and_coverage_leaves_the_nearest_picture_out():
    cohort = clinical(
        np.arange(6), wbc=[20, 20, 20, 6, 2, 6.0], hb=[90, 90, 140, 90, 110, np.nan],
        platelets=[50, 50, 200, 200, 100, 9.0], globulin=[np.nan, np.nan, 25, 60, 30, np.nan],
    )  # fmt: skip
    rules = RulesMito().fit(cohort, cohort)
    trace = rules.trace(cohort)
    assert trace.iloc[3].tolist() == ["S3", "3a paraprotein", "MM", "globulin 60 g/L > 45"]
    assert trace.iloc[5].tolist() == ["S5", "none", "", "too little measured for any rule; training prior"]
    assert trace["evidence"][2] == "wbc high, hb normal, platelets normal, globulin normal"
    assert rules.report_["coverage"] == pytest.approx(1 / 6)
    proba = rules.predict_proba(cohort)
    assert np.allclose(proba[3], np.array([1 / 6] * 6) / 3 + np.eye(6)[3] * 2 / 3)
    assert np.allclose(proba[5], 1 / 6)


def test_another_unit_and_other_classes_are_errors():
    cohort = clinical(np.arange(6), {"hb": "g/dL"}, hb=[9.0] * 6)
    with pytest.raises(ValueError, match=r"clinical\['hb'\] is in 'g/dL', the rules need 'g/L'"):
        RulesMito().fit(cohort, cohort)
    with pytest.raises(ValueError, match=r"the rules know \['AML', 'ALL', .*Choose another entry"):
        RulesMito().fit(toy_cohort(n=9), toy_cohort(n=9))


def cell(radius, nucleus):
    image = np.full((64, 64, 3), (247, 237, 240), np.uint8)
    image[disk((32, 32), radius)] = (155, 163, 209)
    image[disk((32, 32), nucleus)] = (95, 58, 148)
    return image


def test_kinds_of_cells_are_measured_on_the_images(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    blast, lymphocyte, other = cell(25, 23.5), cell(13, 12.5), cell(22, 11)
    pixels = np.stack([blast] * 6 + [lymphocyte] * 4 + [other] * 2 + [blast] * 4)
    bags = ImageBags(pixels, np.array([0, 6, 12, 16, 16, 16, 16]))
    base = clinical(np.arange(6), wbc=[6.0] * 6)
    cohort = dataclasses.replace(base, images=bags, present=presence(6, bags, clinical=base.clinical))
    first, second, few, none, *_ = findings(cohort)
    assert (first["blast_like"], first["lymphocyte_like"]) == (1, 0)
    assert first["blast_width"] == pytest.approx(50 / 64, abs=0.05)
    assert second["lymphocyte_like"] == pytest.approx(4 / 6) and second["blast_like"] == 0
    assert np.isnan([few["blast_like"], none["blast_like"], none["blast_width"], second["blast_width"]]).all()


def test_a_generated_cohort_is_told_apart_better_than_chance(tmp_path, monkeypatch):
    from datasets.generated.mito_sim import load

    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    cohort = load(patients=90, cells=6, image_size=32, confound=0.0, seed=5)
    measured = np.random.default_rng(0).permutation(np.flatnonzero(cohort.domain != "C"))  # C has images only
    train, test = (cohort[part].blinded(labels=True) for part in (measured[::2], measured[1::2]))
    called = RulesMito().fit(train, train).predict_proba(test).argmax(axis=1)
    assert balanced_accuracy_score(test.y, called) > 0.33  # twice chance


# Textbook intervals and pictures as the docstrings tell them; what a picture does not name is within the interval.
INTERVALS = {
    "wbc": (4, 11), "hb": (120, 170), "platelets": (150, 400), "mcv": (80, 100), "ldh": (0, 250),
    "calcium": (2.15, 2.6), "creatinine": (0, 110), "globulin": (20, 35),
}  # fmt: skip
TEXTBOOK = {
    "AML": {"wbc": 1, "hb": -1, "platelets": -1, "ldh": 1},
    "ALL": {"wbc": 1, "hb": -1, "platelets": -1, "ldh": 1, "child": 1},
    "CLL": {"wbc": 1},
    "MM": {"hb": -1, "globulin": 1, "calcium": 1, "creatinine": 1},
    "MDS": {"wbc": -1, "hb": -1, "platelets": -1, "mcv": 1},
    "healthy": {},
}
WORDS = {-1: "low", 0: "normal", 1: "high"}


@pytest.mark.parametrize("name", [*INTERVALS, "male hb"])
def test_limits_of_an_interval_are_normal_and_what_is_beyond_is_not(name):
    low, high = (130, 180) if name == "male hb" else INTERVALS[name]
    sick = {"wbc": 3, "hb": 119, "platelets": 149, "mcv": 90}
    for value, word in ((low, "normal"), (high, "normal"), (low - 0.01, "low"), (high + 0.01, "high")):
        short = name.removeprefix("male ")
        verdict = diagnose(found(**{**sick, short: value, "male": float(name == "male hb")}))
        assert verdict.rule[:2] == "7 " and f"{short} {word}" in verdict.evidence.split(", ")


def test_the_nearest_picture_is_that_of_the_textbook():
    rng = np.random.default_rng(0)
    beyond = {
        "wbc": (3, 6, 20), "hb": (105, 140, 175), "platelets": (90, 200, 500), "mcv": (70, 90, 110),
        "ldh": (-1, 100, 400), "calcium": (2, 2.3, 2.7), "creatinine": (-1, 50, 150), "globulin": (10, 30, 40),
    }  # fmt: skip
    seen = set()
    for _ in range(400):
        level = {name: int(rng.choice([-1, 0, 1], p=[0.35, 0.3, 0.35])) for name in beyond}
        kept = [name for name in beyond if name in ("wbc", "hb", "platelets") or rng.random() < 0.8]
        values = {name: beyond[name][level[name] + 1] for name in kept}
        age = rng.choice([17, 18, np.nan])
        known = {name: level[name] for name in kept} | ({} if np.isnan(age) else {"child": int(age < 18)})
        apart = {d: sum(abs(v - p.get(name, 0)) for name, v in known.items()) for d, p in TEXTBOOK.items()}
        nearest = next(d for d in TEXTBOOK if apart[d] == min(apart.values()))
        verdict = diagnose(found(**values, age=age))
        if "mcv" in kept and not any(level[name] for name in ("wbc", "hb", "platelets", "mcv")):
            assert (verdict.rule[:2], verdict.decision) == ("6 ", "healthy")
            continue
        assert (verdict.decision, verdict.is_default) == (nearest, True)
        told = [f"{name} {WORDS[level[name]]}" for name in INTERVALS if name in kept] + ["child"] * int(age < 18)
        assert verdict.evidence == ", ".join(told)
        seen.add(nearest)
    assert seen == set(TEXTBOOK)


def test_a_report_says_whether_pictures_were_read():
    cohort = clinical(np.arange(6), globulin=[60.0] * 6)
    assert RulesMito().fit(cohort, cohort).report_["kept_features"] is False
    assert list(RulesMito().fit(cohort, cohort).report_) == ["kept_features", "coverage", "training_patients"]
