"""Audit of clinical columns: labels under another name, and values in another unit."""

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from datasets.audits.columns import _by_level, _by_threshold, _held_out
from datasets.audits.finding import Finding
from datasets.audits.rules import RULES
from tests.toy import toy_cohort

N = 120


def check(rule, table, units=None, **parts):
    cohort = toy_cohort(n=N, signal=0, images=False, genes=False)
    present = np.column_stack([np.zeros((N, 2), bool), table.notna().any(axis=1)])
    units = dict.fromkeys(table.select_dtypes("number"), "g/L") if units is None else units
    return list(RULES[rule].check(replace(cohort, clinical=table, units=units, present=present, **parts), None))


def noise(seed=0):
    rng = np.random.default_rng(seed)
    sex = pd.Categorical.from_codes(rng.integers(0, 2, N), ["female", "male"])
    return pd.DataFrame({"age": rng.normal(50, 9, N), "wbc": rng.lognormal(2, 1.2, N), "sex": sex})


Y = np.arange(N) % 3


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.Categorical.from_codes(Y, ["PML::RARA", "NPM1::RARA", "none"])),
        pd.Series((Y == 1) * 1.0),
        pd.Series(np.where(Y == 2, -5.0, 5.0) + np.random.default_rng(0).normal(size=N)),
        pd.Series(np.where(Y == 0, np.nan, 1.0 + np.arange(N))),
    ],
    ids=["category", "indicator", "threshold", "missing"],
)
def test_a_column_that_is_the_label_blocks(column):
    findings = check("label-leak-column", noise().assign(leak=column))
    (finding,) = findings
    assert finding.blocks and "'leak'" in finding.where and "is the label under another name" in finding.problem
    assert "probability by chance" in finding.problem


def test_a_column_that_is_nearly_the_label_is_named():
    leak = np.where(np.random.default_rng(1).random(N) < 0.04, 1, Y == 1) * 1.0
    (finding,) = check("label-leak-column", noise().assign(leak=leak))
    assert "is nearly the label" in finding.problem and not finding.blocks


def test_columns_that_help_are_no_leak():
    table = noise()
    table["age"] += 12 * (Y == 1)
    for seed in range(20):
        assert check("label-leak-column", noise(seed)) == []
    assert check("label-leak-column", table) == []


def test_a_leak_in_a_small_class_is_found_and_chance_is_not():
    y = np.where(np.arange(N) < 6, 2, np.arange(N) % 2)
    for seed in range(20):
        assert check("label-leak-column", noise(seed), y=y) == []
    assert check("label-leak-column", noise().assign(leak=(y == 2) * 1.0), y=y)


def test_threshold_and_levels_are_the_best_ones():
    rng = np.random.default_rng(0)
    values, positive = rng.integers(0, 9, 60), rng.random(60) < 0.4
    cuts = [values <= t for t in range(-1, 10)]
    best = max(balanced_accuracy_score(positive, told) for cut in cuts for told in (cut, ~cut))
    assert balanced_accuracy_score(positive, _by_threshold(values, positive, values)) == pytest.approx(best)
    sets = [np.isin(values, [k for k in range(9) if code >> k & 1]) for code in range(512)]
    best = max(balanced_accuracy_score(positive, told) for told in sets)
    assert balanced_accuracy_score(positive, _by_level(values, positive, values)) == pytest.approx(best)


@pytest.mark.parametrize("factor", [10, 18, 100, 1000])
@pytest.mark.parametrize("times", [True, False])
@pytest.mark.parametrize("count", [1, 12])
def test_values_in_another_unit_are_named(factor, times, count):
    rng = np.random.default_rng(0)
    values = rng.lognormal(np.log(90), 0.15, N)
    rows = rng.permutation(N)[:count]
    values[rows] *= 1 / factor if times else factor
    (finding,) = check("unit-slips", pd.DataFrame({"hb": values}))
    assert not finding.blocks and set(finding.specimens) == {f"S{i:03d}" for i in rows}
    assert f"{'times' if times else 'divided by'} {factor}:" in finding.problem and "g/L" in finding.remedy


def test_haemoglobin_in_grams_per_decilitre():
    values = np.random.default_rng(0).normal(88, 15, N).clip(50, 150)
    values[5] = 8.8
    (finding,) = check("unit-slips", pd.DataFrame({"hb": values}))
    assert finding.specimens == ("S005",) and "8.8" in finding.problem


def test_slips_on_both_sides_are_two_findings():
    values = np.random.default_rng(0).lognormal(np.log(90), 0.15, N)
    values[3] /= 10
    values[9] *= 1000
    assert [f.specimens for f in check("unit-slips", pd.DataFrame({"x": values}))] == [("S003",), ("S009",)]


def test_skewed_and_coarse_columns_are_no_slips():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(
            {
                "wbc": rng.lognormal(2, 1.3, N),
                "ldh": rng.lognormal(6, 0.6, N),
                "d_dimer": rng.lognormal(1, 1.5, N),
                "blasts_pct": rng.integers(0, 100, N).astype(float),
                "age": rng.integers(0, 95, N).astype(float),
                "eosinophils": rng.gamma(0.5, 0.3, N),
                "hb": rng.normal(90, 18, N).clip(30),
                "heavy": np.abs(100 + 8 * rng.standard_t(3, N)),
            }
        )
        assert [f.where for f in check("unit-slips", table)] == []


def test_a_column_that_is_the_label_is_told_with_the_chance_in_all_columns():
    table = noise().iloc[:20].assign(leak=(np.arange(20) % 2) * 1.0, gap=np.where(np.arange(20) % 2, np.nan, 1.0))
    toy = toy_cohort(n=20, n_classes=2, images=False, genes=False, missing=0)
    cohort = replace(toy, clinical=table, units=dict.fromkeys(table.select_dtypes("number"), ""))
    chance = f"{2 / comb(20, 10) * 5:.0e}"
    remedy = "Drop the column; one that is measured before the diagnosis and parts patients so well may be allowed."
    found = list(RULES["label-leak-column"].check(cohort, None))
    assert found == [
        Finding("label-leak-column", True, f"clinical['{name}']",
                f"is the label under another name: it has one value a class, without an error in 20 "
                f"patients (probability by chance in any of the columns {chance}).", remedy)
        for name in ("leak", "gap")
    ]  # fmt: skip
    gap = table[["age"]].assign(gap=np.where(np.arange(20) % 2, np.nan, np.arange(20)))
    (finding,) = RULES["label-leak-column"].check(replace(cohort, clinical=gap, units={"age": "", "gap": ""}), None)
    assert finding.where == "clinical['gap'] being missing"
    three = toy_cohort(n=18, images=False, genes=False, missing=0)
    cohort = replace(three, clinical=table.iloc[:18, :3].assign(leak=(three.y == 1) * 1.0), units={
        "age": "", "wbc": "", "leak": ""})  # fmt: skip
    (finding,) = RULES["label-leak-column"].check(cohort, None)
    assert f"in any of the columns {4 / comb(18, 6) * 4 * 4:.0e})" in finding.problem


def wrong_in(count, n=200):
    """Return a label of two classes and a copy that is wrong in some patients of each class."""
    y = np.arange(n) % 2
    return y, np.where(np.isin(np.arange(n) // 2, np.arange(count) * 7), 1 - y, y) * 1.0


@pytest.mark.parametrize(
    ("wrong", "verb"),
    [(1, "is the label"), (2, "is the label"), (3, "is nearly the label"), (5, "is nearly the label")],
)
def test_the_accuracy_of_what_is_nearly_the_label_is_that_of_its_levels(wrong, verb):
    y, copy = wrong_in(wrong)
    toy = toy_cohort(n=200, n_classes=2, images=False, genes=False, missing=0)
    cohort = replace(toy, y=y, clinical=pd.DataFrame({"copy": copy}), units={"copy": ""})
    (finding,) = RULES["label-leak-column"].check(cohort, None)
    assert finding == Finding(
        "label-leak-column", False, "clinical['copy']",
        f"{verb}: alone it tells class-1 from the rest with balanced accuracy {1 - wrong / 100:.3f} "
        "over 5 folds (200 specimens).", "Drop the column unless it is known before the diagnosis.",
    )  # fmt: skip
    y, copy = wrong_in(6)
    assert list(RULES["label-leak-column"].check(replace(cohort, clinical=pd.DataFrame({"copy": copy})), None)) == []


@pytest.mark.parametrize(("levels", "found"), [(10, True), (11, False)])
def test_a_number_of_ten_values_is_looked_at_as_a_category(levels, found):
    values = (np.arange(220) // 2 % levels).astype(float)
    y = (values % 2).astype(np.int64)
    y[40] = 1 - y[40]
    toy = toy_cohort(n=220, n_classes=2, images=False, genes=False, missing=0)
    cohort = replace(toy, y=y, clinical=pd.DataFrame({"x": values}), units={"x": ""})
    assert bool(list(RULES["label-leak-column"].check(cohort, None))) is found
    text = pd.DataFrame({"x": pd.Categorical([f"v{v}" for v in values])})
    assert len(list(RULES["label-leak-column"].check(replace(cohort, clinical=text, units={}), None))) == 1


def test_what_is_held_out_needs_both_sides_in_every_fold():
    part = np.repeat(np.arange(5), 4)
    positive = np.arange(20) % 2 == 0
    column = pd.Series(positive * 1.0)
    assert _held_out(column, positive, part) == 1
    assert _held_out(column, positive | (part == 2), part) == _held_out(column, positive & (part != 2), part) == 0
    high = pd.Series(np.arange(20.0))  # a threshold, and too many levels to be told one by one
    assert _held_out(high, np.arange(20) % 4 > 1, part) < 0.7
    assert _held_out(pd.Series((np.arange(20) % 4).astype(float)), np.arange(20) % 4 > 1, part) == 1
