"""The APL rules on hand-written patients: every rule, missing values, units, probabilities, trace."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from skimage.draw import disk

from baselines.rules.apl import RulesApl
from baselines.rules.apl_findings import findings, module_baseline
from baselines.rules.apl_knows_generator import RulesAplKnowsGenerator
from baselines.rules.apl_lists import DEFAULT, SUBTYPES, UNITS, published_subtype, subtype, suspect
from datasets.cohort import Cohort, ImageBags, NotApplicable, Provenance, presence
from datasets.morphology import FEATURES
from tests.toy import toy_cohort

NAMES = (*UNITS, "male", "round", "bilobed", "stat5", "hoxa")


def found(**values):
    return {name: float(values.get(name, np.nan)) for name in NAMES}


def ids(letter, n):
    return np.array([f"{letter}{i}" for i in range(n)])


def clinical_cohort(y, classes, units=None, **columns):
    n = len(y)
    table = pd.DataFrame(columns)
    return Cohort(
        name="hand", classes=classes, y=np.array(y, dtype=np.int64), specimen=ids("S", n), patient=ids("P", n),
        domain=np.array(["A"] * n), provenance=Provenance("hand", "0", "none"), clinical=table,
        units={c: UNITS.get(c, "") for c in table} | (units or {}), present=presence(n, clinical=table),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "score"),
    [
        ({"fibrinogen": 1.87, "platelets": 100, "wbc": 10}, 2),
        ({"fibrinogen": 1.88, "platelets": 100, "wbc": 10}, 0),
        ({"fibrinogen": 1.2, "platelets": 31}, 3),
        ({"fibrinogen": 1.2, "platelets": 40, "wbc": 9.9}, 3),
        ({"fibrinogen": 1.71, "platelets": 100, "wbc": 10.1}, 5),
        ({"fibrinogen": 1.72, "platelets": 100, "wbc": 10.1}, 2),
        ({"fibrinogen": 1.0, "platelets": 20, "wbc": 5, "d_dimer": 2.19}, 5),
        ({"platelets": 20, "wbc": 5, "d_dimer": 2.18}, 2),
        ({"platelets": 20, "wbc": 5, "d_dimer": 9}, 3),
        ({"fibrinogen": 1.5, "platelets": 100, "wbc": 10}, 2),
        ({"fibrinogen": 3.0, "platelets": 100, "wbc": 50}, 0),
    ],
)
def test_suspicion_is_scored(values, score):
    verdict = suspect(found(**values))
    assert verdict.rule == f"score {score}"
    assert verdict.decision == ("APL" if score >= 3 else "other")


@pytest.mark.parametrize(
    "values", [{}, {"platelets": 20}, {"platelets": 20, "wbc": 3}, {"fibrinogen": 1.0}, {"age": 9}]
)
def test_too_little_measured_to_reach_three_points_is_no_verdict(values):
    assert suspect(found(**values)) is None


def test_the_evidence_can_be_read():
    verdict = suspect(found(fibrinogen=1.2, platelets=31, wbc=30))
    assert verdict.evidence == (
        "fibrinogen 1.2 g/L <= 1.87 (+2); platelets 31 < 40 (+1); "
        "WBC 30 > 10 and fibrinogen 1.2 g/L <= 1.71 (+3); score 6 >= 3"
    )


@pytest.mark.parametrize(
    ("rules", "values", "evidence"),
    [
        (suspect, {"d_dimer": 2.5, "platelets": 20, "wbc": 5, "fibrinogen": 3},
         "D-dimer 2.5 mg/L >= 2.19 (+1); platelets 20 < 40 (+1); WBC 5 < 10 (+1); score 3 >= 3"),
        (suspect, {"fibrinogen": 1.8, "wbc": 10, "platelets": 90}, "fibrinogen 1.8 g/L <= 1.87 (+2); score 2 < 3"),
        (published_subtype, {"age": 7, "extramedullary": 1}, "age 7 < 18; extramedullary disease"),
        (published_subtype, {"age": 40, "i17q": 1, "extramedullary": 1}, "i(17q); extramedullary disease"),
        (published_subtype, {"age": 7}, "age 7 < 18"),
        (published_subtype, {"ras_wt1": 1}, "WT1, NRAS or KRAS mutated"),
        (published_subtype, {"age": 40}, "no other rule matched"),
        (subtype, {"age": 7, "i17q": 1}, "age 7 < 18; i(17q)"),
        (subtype, {"age": 40, "i17q": 1, "extramedullary": 1}, "i(17q); extramedullary disease"),
        (subtype, {"age": 7, "round": 0.3}, "age 7 < 18; round nuclei 30% < 42%"),
        (subtype, {"age": 7, "extramedullary": 1, "round": 0.3},
         "age 7 < 18; extramedullary disease; round nuclei 30% < 42%"),
        (subtype, {"age": 7, "round": 0.42}, "age 7 < 18; round nuclei 42% >= 42%"),
        (subtype, {"i17q": 1}, "i(17q)"),
        (subtype, {"bilobed": 0.5, "fibrinogen": 1.2}, "bilobed nuclei 50% >= 38%; fibrinogen 1.2 g/L < 1.7"),
        (subtype, {"stat5": 0.75, "hoxa": -0.5}, "STAT5 targets +0.75, HOXA -0.50 log2"),
        (subtype, {"stat5": 0.25, "hoxa": 1.5}, "STAT5 targets +0.25, HOXA +1.50 log2"),
        (subtype, {"ras_wt1": 1}, "WT1, NRAS or KRAS mutated"),
        (subtype, {"round": 0.6, "fibrinogen": 2}, "round nuclei 60% >= 48%; fibrinogen 2 g/L >= 1.5"),
        (subtype, {"round": 0.45, "male": 1}, "round nuclei 45% >= 40%; male"),
        (subtype, {"age": 40}, "no other rule matched"),
    ],
)  # fmt: skip
def test_every_rule_says_what_it_saw(rules, values, evidence):
    assert rules(found(**values)).evidence == evidence


@pytest.mark.parametrize(
    ("values", "number", "decision"),
    [
        ({"age": 7, "extramedullary": 1}, "1a", "TTMV-RARA"),
        ({"age": 7, "i17q": 1}, "1a", "TTMV-RARA"),
        ({"age": 7, "round": 0.41}, "1a", "TTMV-RARA"),
        ({"age": 7, "round": 0.42}, "1b", "NPM1-RARA"),
        ({"age": 40, "i17q": 1, "extramedullary": 1}, "1a", "TTMV-RARA"),
        ({"age": 18, "i17q": 1, "extramedullary": 0}, "2 ", "TTMV-RARA"),
        ({"i17q": 1}, "2 ", "TTMV-RARA"),
        ({"bilobed": 0.38, "fibrinogen": 1.69, "stat5": 2, "hoxa": 0}, "3 ", "PML-RARA"),
        ({"bilobed": 0.37, "fibrinogen": 1.69, "stat5": 2, "hoxa": 0}, "4a", "STAT5B-RARA"),
        ({"stat5": 0.5, "hoxa": 0.51}, "4b", "NUP98-RARG"),
        ({"stat5": 0.9, "hoxa": 0.9}, "9 ", "PML-RARA"),
        ({"stat5": 0.5, "hoxa": 0.5}, "9 ", "PML-RARA"),
        ({"stat5": 0.51, "hoxa": 0.5}, "4a", "STAT5B-RARA"),
        ({"bilobed": 0.9, "fibrinogen": 1.7}, "9 ", "PML-RARA"),
        ({"bilobed": 0.1, "fibrinogen": 1.0}, "9 ", "PML-RARA"),
        ({"round": 0.40, "male": 1}, "7 ", "STAT5B-RARA"),
        ({"round": 0.9, "male": 0}, "9 ", "PML-RARA"),
        ({"stat5": 0.9}, "9 ", "PML-RARA"),
        ({"ras_wt1": 1, "round": 0.9, "fibrinogen": 2}, "5 ", "NUP98-RARG"),
        ({"round": 0.48, "fibrinogen": 1.5, "male": 1}, "6 ", "NPM1-RARA"),
        ({"round": 0.47, "fibrinogen": 1.5, "male": 1}, "7 ", "STAT5B-RARA"),
        ({"round": 0.48, "fibrinogen": 1.4, "male": 0}, "9 ", "PML-RARA"),
        ({"round": 0.39, "male": 1}, "9 ", "PML-RARA"),
        ({"age": 30}, "9 ", "PML-RARA"),
        ({"age": 7}, "9 ", "PML-RARA"),
        ({"extramedullary": 1, "age": 40}, "9 ", "PML-RARA"),
    ],
)
def test_the_first_rule_that_matches_names_the_subtype(values, number, decision):
    verdict = subtype(found(**values))
    assert (verdict.rule[:2], verdict.decision) == (number, decision)


@pytest.mark.parametrize(
    ("values", "number", "decision"),
    [
        ({"i17q": 1}, "1 ", "TTMV-RARA"),
        ({"age": 7, "extramedullary": 1}, "1 ", "TTMV-RARA"),
        ({"age": 40, "extramedullary": 1}, "4 ", "PML-RARA"),
        ({"age": 7, "ras_wt1": 1}, "2 ", "TTMV-RARA"),
        ({"age": 18, "ras_wt1": 1}, "3 ", "NUP98-RARG"),
        ({"age": 30, "round": 0.9, "bilobed": 0.9, "fibrinogen": 1.0, "male": 1}, "4 ", "PML-RARA"),
    ],
)
def test_published_criteria_name_the_subtype(values, number, decision):
    verdict = published_subtype(found(**values))
    assert (verdict.rule[:2], verdict.decision) == (number, decision)


def test_published_criteria_read_no_design_value_of_the_generator():
    """Gene modules, shares of nuclei and cut-offs on labs change nothing."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = {
            n: rng.normal() for n in ("stat5", "hoxa", "round", "bilobed", "fibrinogen", "platelets", "wbc", "male")
        }
        known = {"age": rng.uniform(0, 80), "i17q": rng.integers(2), "ras_wt1": rng.integers(2), "extramedullary": 0}
        assert published_subtype(found(**known, **values)) == published_subtype(found(**known))


@pytest.mark.parametrize("build", [RulesApl, RulesAplKnowsGenerator])
def test_rules_that_never_fire_are_not_applicable(build):
    aged = clinical_cohort(np.arange(4) % 2, ("AML", "APL"), age=[40.0, 50, 60, 70])
    with pytest.raises(NotApplicable, match="no rule fires for any of the 4 training patients of 'hand'"):
        build().fit(aged, aged)


def test_counting_anew_reads_train_and_valid():
    cohort = clinical_cohort([1, 0, 0, 1], ("AML", "APL"), fibrinogen=[1.0, 3, 3, 1], platelets=[20.0, 90, 90, 20])
    rules = RulesApl().fit(cohort[np.arange(2)], cohort[np.arange(2, 4)]).refit(cohort)
    assert np.array_equal(rules.predict_proba(cohort), RulesApl().fit(cohort, cohort).predict_proba(cohort))


def test_nothing_measured_is_no_verdict():
    assert subtype(found()) is None and published_subtype(found()) is None


def test_missing_values_never_fire_a_rule():
    everything = found(age=50, wbc=5, fibrinogen=2, platelets=90, extramedullary=0, i17q=0, ras_wt1=0, male=0)
    for name in everything:
        assert subtype({**everything, name: float("nan")}).rule == DEFAULT


def test_probabilities_are_counted_on_training_patients():
    y = [1, 1, 0, 0, 0]
    cohort = clinical_cohort(
        y,
        ("AML", "APL"),
        fibrinogen=[1, 1, 1, 3, np.nan],
        platelets=[20, 20, 20, 200, 20],
        wbc=[12, 12, 12, 12, np.nan],
    )
    rules = RulesApl().fit(cohort, cohort)
    prior = np.array([0.6, 0.4])
    proba = rules.predict_proba(cohort)
    assert np.allclose(proba[0], (np.array([1, 2]) + prior + [0, 1]) / 5)
    assert np.allclose(proba[3], (np.array([1, 0]) + prior + [1, 0]) / 3)
    assert np.allclose(proba[4], prior)
    assert rules.report_ == {
        "list": "suspect", "kept_features": False, "coverage": 0.8,
        "training_patients": {"score 0": 1.0, "score 6": 3.0},
    }  # fmt: skip
    unseen = clinical_cohort([0, 1], ("AML", "APL"), fibrinogen=[1.0, 1.0], platelets=[90.0, 30.0], wbc=[5.0, 5.0])
    assert np.allclose(rules.predict_proba(unseen), (prior + np.array([0, 1])) / 2)


def test_a_patient_with_many_specimens_counts_once():
    cohort = clinical_cohort([1, 0, 0], ("AML", "APL"), fibrinogen=[1.0] * 3, platelets=[20.0] * 3)
    repeated = cohort[np.array([0, 1, 2, 2, 2])]
    first, second = (RulesApl().fit(c, c).predict_proba(cohort) for c in (cohort, repeated))
    assert np.allclose(first, second)


def test_the_trace_gives_a_reason_for_every_specimen():
    cohort = clinical_cohort([1, 0], ("AML", "APL"), fibrinogen=[1.2, np.nan], platelets=[31, 31])
    trace = RulesApl().fit(cohort, cohort).trace(cohort)
    assert list(trace.columns) == ["specimen", "rule", "decision", "evidence"]
    assert trace.iloc[0].tolist() == [
        "S0", "score 3", "APL", "fibrinogen 1.2 g/L <= 1.87 (+2); platelets 31 < 40 (+1); score 3 >= 3"
    ]  # fmt: skip
    assert trace.iloc[1].tolist() == ["S1", "none", "", "too little measured for any rule; training prior"]


def test_valid_is_not_read_and_rows_do_not_know_each_other():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    cohort = clinical_cohort(
        y, ("AML", "APL"), fibrinogen=rng.lognormal(0.5, 0.5, 40), platelets=rng.uniform(5, 90, 40)
    )
    rules = RulesApl().fit(cohort, cohort[np.array([], dtype=int)])
    assert np.array_equal(rules.predict_proba(cohort), RulesApl(seed=5).fit(cohort, cohort).predict_proba(cohort))
    assert np.array_equal(rules.predict_proba(cohort)[[7, 3]], rules.predict_proba(cohort[np.array([7, 3])]))
    assert rules.predict_proba(cohort[np.array([], dtype=int)]).shape == (0, 2)


def test_another_unit_is_an_error():
    cohort = clinical_cohort([0, 1], ("AML", "APL"), {"fibrinogen": "mg/dL"}, fibrinogen=[120.0, 300.0])
    with pytest.raises(ValueError, match=r"clinical\['fibrinogen'\] is in 'mg/dL', the rules need 'g/L'"):
        RulesApl().fit(cohort, cohort)


def test_another_way_to_write_sex_is_an_error():
    cohort = clinical_cohort([0, 1], ("AML", "APL"), sex=pd.Categorical(["F", "M"]))
    with pytest.raises(ValueError, match=r"clinical\['sex'\] holds \['F', 'M'\]"):
        RulesApl().fit(cohort, cohort)


def test_other_classes_are_an_error():
    with pytest.raises(ValueError, match="the rules know two classes of which one is 'APL'"):
        RulesApl().fit(toy_cohort(n=9), toy_cohort(n=9))


def five(**columns):
    return clinical_cohort(np.arange(5), SUBTYPES, age=[40.0] * 5, **columns)


def test_gene_modules_are_shifts_from_the_training_median():
    names = ("CISH", "SOCS2", "PIM1", "BCL2L1", "OSM", "HOXA9", "MEIS1", "ACTB")
    genes = np.full((5, 8), 7, np.float32)
    genes[3, :5] += 1
    genes[4, 5:7] += 2
    genes[0] = 0
    present = presence(5, genes_present=np.arange(5) > 0, clinical=five().clinical)
    cohort = dataclasses.replace(five(), genes=genes, gene_names=names, present=present)
    trace = RulesAplKnowsGenerator().fit(cohort, cohort).trace(cohort)
    assert [r[:2] for r in trace["rule"]] == ["9 ", "9 ", "9 ", "4a", "4b"]
    assert trace["evidence"][3] == "STAT5 targets +1.00, HOXA +0.00 log2"


def nucleus(kind):
    image = np.full((64, 64, 3), (247, 237, 240), np.uint8)
    image[disk((32, 32), 24)] = (155, 163, 209)
    for middle, radius in {"round": [((32, 32), 14)], "bilobed": [((32, 22), 10), ((32, 42), 10)]}[kind]:
        image[disk(middle, radius)] = (95, 58, 148)
    if kind == "bilobed":
        image[29:36, 22:42] = (95, 58, 148)
    return image


def test_nuclear_shape_is_measured_on_the_images(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    kinds = ["round"] * 6 + ["bilobed"] * 6 + ["round"] * 2
    bags = ImageBags(np.stack([nucleus(k) for k in kinds]), np.array([0, 6, 12, 14, 14, 14]))
    base = five(fibrinogen=[2.0, 1.0, 2.0, 2.0, 2.0])
    cohort = dataclasses.replace(base, images=bags, present=presence(5, bags, clinical=base.clinical))
    trace = RulesAplKnowsGenerator().fit(cohort, cohort).trace(cohort)
    assert [r[:2] for r in trace["rule"]] == ["6 ", "3 ", "9 ", "9 ", "9 "]
    assert trace["evidence"][1] == "bilobed nuclei 100% >= 38%; fibrinogen 1 g/L < 1.7"


def test_truth_is_never_read(tmp_path, monkeypatch):
    from datasets.generated.apl_sim import load

    cohort = load(patients=20, cells=6, image_size=32)
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    blind = dataclasses.replace(cohort, truth=None)
    seen, unseen = (RulesAplKnowsGenerator().fit(c, c).predict_proba(c) for c in (cohort, blind))
    assert np.array_equal(seen, unseen)


def test_two_classes_without_apl_and_three_with_it_are_other_classes():
    for classes in (("AML", "ALL"), ("AML", "ALL", "APL")):
        cohort = clinical_cohort(np.arange(len(classes)), classes, fibrinogen=[1.0] * len(classes))
        with pytest.raises(ValueError, match="the rules know two classes of which one is 'APL'"):
            RulesApl().fit(cohort, cohort)


@pytest.mark.parametrize("build", [RulesApl, RulesAplKnowsGenerator])
@pytest.mark.parametrize("classes", [("AML", "APL"), SUBTYPES])
@pytest.mark.parametrize("pictured", [True, False])
def test_nuclei_are_measured_only_where_rules_read_them(build, classes, pictured, monkeypatch):
    n, asked = len(classes), []
    bags = ImageBags(np.zeros((n, 4, 4, 3), np.uint8), np.arange(n + 1))
    cohort = clinical_cohort(np.arange(n), classes, fibrinogen=[1.0] * n, platelets=[20.0] * n, i17q=[1.0] * n)
    if pictured:
        cohort = dataclasses.replace(cohort, images=bags, present=presence(n, bags, clinical=cohort.clinical))

    def nothing(pixels):
        asked.append(len(pixels))
        return np.zeros((len(pixels), len(FEATURES)))

    monkeypatch.setattr("baselines.rules.apl_findings.cached_cell_features", nothing)
    report = build().fit(cohort, cohort).report_
    reads = pictured and build is RulesAplKnowsGenerator and classes == SUBTYPES
    assert report["kept_features"] is reads and asked == [n] * reads


@pytest.mark.filterwarnings("error")
def test_modules_need_genes_of_train_and_of_the_specimen():
    base = five(i17q=[1.0] * 5)
    names = ("CISH", "HOXA9", "ACTB")
    has = presence(5, genes_present=np.array([True, True, True, True, False]), clinical=base.clinical)
    genes = np.array([[1, 1, 9], [2, 2, 9], [3, 9, 9], [9, 4, 9], [0, 0, 0]], np.float32)
    cohort = dataclasses.replace(base, genes=genes, gene_names=names, present=has)
    baseline = module_baseline(cohort)
    assert baseline == {"CISH": 2.5, "HOXA9": 3.0}
    shifts = [(found["stat5"], found["hoxa"]) for found in findings(cohort, baseline, nuclei=False)]
    np.testing.assert_allclose(shifts, [(-1.5, -2), (-0.5, -1), (0.5, 6), (6.5, 1), (np.nan, np.nan)])
    assert module_baseline(base) == {}
    none = presence(5, genes_present=np.zeros(5, bool), clinical=base.clinical)
    assert module_baseline(dataclasses.replace(cohort, genes=genes * 0, present=none)) == {}
    for other, known in ((base, baseline), (cohort, {}), (cohort, {"CISH": 2.5})):
        assert all(np.isnan(found["hoxa"]) for found in findings(other, known, nuclei=False))
    assert all(np.isnan(found["round"]) for found in findings(base, {}, nuclei=True))
    assert "round" not in findings(base, {}, nuclei=False)[0]
