"""Audit of values that are the label in disguise: columns and genes that part the classes without an error."""

from dataclasses import replace
from itertools import permutations
from math import exp, factorial, log, prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.planning.auditing import AuditBlocks, judge
from datasets.audits.disguise import Parting, canonical, partings
from datasets.audits.finding import Finding
from datasets.audits.rules import RULES
from datasets.generated.apl_sim import load as load_apl_sim
from datasets.generated.hematopoiesis_sim import load as load_hematopoiesis
from datasets.generated.mito_sim import load as load_mito
from datasets.public.all_chiaretti import load as load_all_chiaretti
from datasets.public.apl_jhu import load as load_apl_jhu
from datasets.public.apl_labs import load as load_apl_labs
from datasets.public.golub import load as load_golub
from datasets.public.leukemia_hgu95av2 import load as load_leukemia_chips
from datasets.public.tcga_laml import load as load_tcga_laml
from datasets.schemes.splitters import kfold
from tests.toy import toy_cohort

N = 60


def with_column(column, n=N, n_classes=2, **parts):
    clean = toy_cohort(n=n, n_classes=n_classes, signal=0, images=False, genes=False, missing=0)
    values = pd.Series(column)
    values = values if pd.api.types.is_numeric_dtype(values.dtype) else values.astype("category")
    table = clean.clinical.assign(leak=values)
    units = {**clean.units, **({"leak": ""} if table["leak"].dtype != "category" else {})}
    return replace(clean, clinical=table, units=units, **parts)


def blocking(cohort):
    return [f for f in RULES["label-leak-column"].check(cohort, None) if f.blocks]


Y = np.arange(N) % 2
RNG = np.random.default_rng(0)
LEAKS = {
    "text": np.where(Y, "APL", "AML"),
    "text in any case": np.where(Y, RNG.choice(["APL", "apl", " Apl "], N), RNG.choice(["other", "OTHER"], N)),
    "number": Y + 1.0,
    "numbers as text": np.where(Y, "1", "0"),
    "true and false": np.where(Y, "True", "False"),
    "sets of values": np.where(Y, RNG.choice(["M3", "M3v"], N), RNG.choice(["M0", "M1", "M2", "M4"], N)),
    "sets of numbers": np.where(Y, RNG.choice([3.0, 5.0], N), RNG.choice([2.0, 4.0], N)),
    "cut": np.where(Y, 5.0, -5.0) + RNG.uniform(-4, 4, N),
    "interval": np.where(Y, RNG.uniform(-1, 1, N), RNG.choice([-9, 9], N) + RNG.uniform(-4, 4, N)),
    "present": np.where(Y, np.nan, RNG.normal(size=N)),
    "whole numbers with gaps": pd.Series(np.where(np.arange(N) % 7, 100 * Y + np.arange(N) % 50, None), dtype="Int64"),
    "missing is a value": pd.Series(np.where(Y, "done", None)),
}


@pytest.mark.parametrize("column", LEAKS.values(), ids=LEAKS)
def test_a_label_under_another_name_blocks_the_plan(column):
    cohort = with_column(column)
    (finding,) = blocking(cohort)
    assert "'leak'" in finding.where and "probability by chance" in finding.problem
    plan = kfold(cohort, folds=3)
    with pytest.raises(AuditBlocks, match="--allow label-leak-column"):
        judge(cohort, plan, ("class-is-missingness",))
    assert "label-leak-column" in judge(cohort, plan, ("label-leak-column", "class-is-missingness")).allowed


@pytest.mark.parametrize("k", range(3))
def test_one_class_against_the_rest_blocks(k):
    y = np.arange(N) % 3
    for column in ((y == k) * 1.0, np.where(y == k, 7.0, 0) + RNG.uniform(0, 5, N)):
        (finding,) = blocking(with_column(column, n_classes=3))
        assert f"class-{k}" in finding.problem or "one value a class" in finding.problem


def test_one_error_or_few_patients_do_not_block():
    wrong = np.where(np.arange(N) == 4, 1 - Y, Y)
    assert blocking(with_column(wrong * 1.0)) == []
    assert blocking(with_column(np.where(wrong, 5.0, -5.0) + RNG.uniform(-4, 4, N))) == []
    few = np.arange(20) % 2
    assert blocking(with_column(np.where(few, 5.0, -5.0) + RNG.uniform(-4, 4, 20), n=20)) == []
    assert blocking(with_column(few * 1.0, n=20))  # a value a class needs no thirty patients
    assert blocking(with_column((np.arange(6) % 2) * 1.0, n=6)) == []  # as one column in ten would by chance


def test_ids_and_rare_classes_do_not_block():
    assert blocking(with_column([f"text {i}" for i in range(N)])) == []
    assert blocking(with_column(np.random.default_rng(1).permutation(N) * 1.0)) == []
    y = np.where(np.arange(N) == 7, 2, Y)
    lone = np.where(y == 2, 99.0, RNG.uniform(0, 5, N))
    assert blocking(with_column(lone, n_classes=3, y=y)) == []


@given(st.lists(st.integers(0, 1), min_size=4, max_size=6).filter(lambda y: 0 < sum(y) < len(y)))
def test_the_chance_is_that_of_labels_drawn_by_lot(y):
    n = len(y)
    cohort = toy_cohort(n=n, n_classes=2, images=False, genes=False)
    cohort = replace(cohort, y=np.array(y))
    column, rows = pd.Series(np.array(y) * 1.0), np.arange(n)
    (parting,) = partings(column, cohort, rows)
    drawn = [all(a == b for a, b in zip(y, p, strict=True)) for p in permutations(y)]
    flipped = [all(a != b for a, b in zip(y, p, strict=True)) for p in permutations(y)]
    assert np.mean(drawn) + np.mean(flipped) <= exp(parting.log_chance) + 1e-9
    assert exp(parting.log_chance) == pytest.approx(2 * np.mean(drawn))


def genes_of(values):
    clean = toy_cohort(n=N, n_classes=2, images=False, clinical=False, missing=0)
    genes = clean.genes.copy()
    genes[:, 5] = values
    return list(RULES["label-leak-gene"].check(replace(clean, genes=genes), None))


def test_a_gene_with_one_value_a_class_blocks():
    for values in (Y, 3.5 - Y, np.where(Y, -1, 0.25)):
        (finding,) = genes_of(values)
        assert finding.blocks and "G5" in finding.problem


def test_a_true_marker_of_any_strength_does_not_block():
    for strength in (1, 10, 1000):
        assert genes_of(strength * Y + RNG.normal(size=N)) == []
    assert genes_of(np.where(Y, 0, RNG.poisson(9, N))) == []  # silent in one class
    assert genes_of(0) == []


def test_a_gene_that_tells_one_of_three_classes_blocks():
    clean = toy_cohort(n=N, images=False, clinical=False, missing=0.2)
    genes = clean.genes.copy()
    genes[:, 2] = np.where(clean.has("genes"), (clean.y == 1) * 4, 0)
    assert [f.blocks for f in RULES["label-leak-gene"].check(replace(clean, genes=genes), None)] == [True]


def leaks(cohort):
    rules = ("label-leak-column", "label-leak-gene")
    return [f for rule in rules for f in RULES[rule].check(cohort, None) if f.blocks]


def test_generated_cohorts_pass():
    assert leaks(load_apl_sim(patients=60, cells=2, image_size=16)) == []
    assert leaks(load_mito(patients=60, cells=2, image_size=16)) == []
    assert leaks(load_hematopoiesis(donors=6, cells=20, n_genes=2000)) == []


REAL = {
    "golub": load_golub,
    "all-chiaretti": load_all_chiaretti,
    "apl-labs": load_apl_labs,
    "apl-jhu": load_apl_jhu,
    "tcga-laml": load_tcga_laml,
    "leukemia-hgu95av2": load_leukemia_chips,
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_true_markers_of_real_cohorts_pass(name):
    assert leaks(REAL[name]()) == []


def test_thirty_patients_show_a_cut_and_a_code_needs_chance_below_one_in_a_hundred():
    for n, blocks in ((29, 0), (30, 1)):
        y = np.arange(n) % 2
        assert len(blocking(with_column(np.where(y, 5.0, -5.0) + RNG.uniform(-4, 4, n), n=n))) == blocks
    assert Parting("", log(0.01), True, 2).is_label(1) and not Parting("", log(0.0101), True, 99).is_label(1)
    assert Parting("", log(0.0019), False, 30).is_label(5) and not Parting("", log(0.0021), False, 30).is_label(5)
    assert not Parting("", -99, False, 29).is_label(1)


@pytest.mark.parametrize(("levels", "blocks"), [(10, 1), (11, 0)])
def test_a_number_of_ten_values_is_a_category_too(levels, blocks):
    values = (np.arange(60) // 2 % levels).astype(float)
    y = np.isin(values, [0, 1, 4, 6, 7]).astype(np.int64)  # no remainder tells it
    assert len(blocking(with_column(values, y=y))) == blocks
    assert len(blocking(with_column([f"level {v}" for v in values], y=y))) == 1


def ways(*sizes):
    return factorial(sum(sizes)) // prod(map(factorial, sizes))


def test_partings_are_told_with_their_chances():
    """Twelve patients of three classes, of whom the last has two specimens."""
    y = np.array([0] * 5 + [1] * 4 + [2] * 3 + [2])
    toy = toy_cohort(n=13, images=False, genes=False)
    patient = np.array([f"P{min(i, 11)}" for i in range(13)])
    cohort = replace(toy, y=y, patient=patient)
    rows = np.arange(13)

    def told(values, at=rows):
        return [(p.how, round(exp(p.log_chance), 12), p.one_value, p.patients)
                for p in partings(pd.Series(values), cohort, at)]  # fmt: skip

    def part(how, chance, one_value, patients=12):
        return (how, round(chance, 12), one_value, patients)

    codes = np.array(["x", "y", "z"], object)[y]
    assert told(codes) == [part("has one value a class", 6 / ways(5, 4, 3), True)]
    assert told(np.where(y == 2, None, codes)) == told(codes)  # missing is a value
    two = np.where(y == 1, "A", " b")
    assert told(two) == [part("has one value for class-1, one for all others", 4 / ways(8, 4), True)]
    sets = np.where(y == 1, np.array([*"pq"])[rows % 2], np.array([*"rst"])[rows % 3])
    assert told(sets) == [part("has values of its own for class-1", 2**5 / ways(8, 4), False)]
    numbers = np.where(y == 1, 5.0, 0.0) + rows * 7 % 13 / 20
    numbers[0] = np.nan
    ends = "is 5.15 to 5.5 in class-1 and in nobody else"
    assert told(numbers) == [part(ends, 8 / ways(7, 4), False, 11)]
    assert told(np.where(y == 0, 0.0, 1.0) + rows * 7 % 13 / 100) == [
        part("is 0 to 0.08 in class-0 and in nobody else", 8 / ways(5, 7), False)
    ]
    coarse = np.where(y == 1, 1.0, np.where(rows % 2, 0.0, 2.0))  # a set and an interval
    assert told(coarse) == [
        part("has values of its own for class-1", 2**3 / ways(8, 4), False),
        part("is 1 to 1 in class-1 and in nobody else", 9 / ways(8, 4), False),
    ]
    assert told(codes[:9], rows[:9]) == [part("has one value a class", 2 / ways(5, 4), True, 9)]
    assert told(codes[:5], rows[:5]) == told(np.full(13, "a")) == told(rows * 1.0 % 3) == []


def test_text_is_compared_without_dress_and_numbers_by_value():
    texts = pd.Series([" APL", "apl ", "\uff21PL", "", " ", None, "1.0", "AML"])
    found = canonical(texts)
    assert found.isna().tolist() == [False] * 3 + [True] * 3 + [False] * 2
    assert found.dropna().tolist() == ["apl"] * 3 + ["1.0", "aml"]
    numbers = canonical(pd.Series(pd.array([1, None, 2], "Int64")))
    assert numbers.dtype == "Float64" and numbers.isna().tolist() == [False, True, False]


def test_genes_that_are_codes_are_counted_and_named_with_values():
    clean = toy_cohort(n=24, n_classes=3, images=False, clinical=False, missing=0)
    genes = clean.genes.copy()
    for j, codes in ((3, [0, 2, 2]), (5, [1, -1, 0.25]), (7, [4, 4, 4])):
        genes[:, j] = np.array(codes)[clean.y]
    cohort = replace(clean, genes=genes)
    (finding,) = RULES["label-leak-gene"].check(cohort, None)
    assert finding == Finding(
        "label-leak-gene", True, "genes",
        "2 genes with one value a class, the label under another name: G3, G5 (class-0: 0, class-1: 2, class-2: 2).",
        "Drop what was written into the table; no gene is expressed alike in all patients of a class.",
    )  # fmt: skip
    (finding,) = RULES["label-leak-gene"].check(cohort[cohort.y != 1], None)
    assert finding.problem.endswith("G3, G5 (class-0: 0, class-2: 2).")
    assert list(RULES["label-leak-gene"].check(cohort[cohort.y == 1], None)) == []


@pytest.mark.parametrize(("inside", "blocks"), [(5, False), (6, True)])
def test_a_gene_that_is_a_code_by_chance_does_not_block(inside, blocks):
    """Chance is 2 / C(12 + k, k) in any of so many genes: 13 patients are too few for 12 genes, 14 are enough."""
    n = inside + 8
    clean = toy_cohort(n=n, n_classes=2, images=False, clinical=False, missing=0)
    y = (np.arange(n) < inside).astype(np.int64)
    genes = clean.genes.copy()
    genes[:, 5] = y
    assert (2 * 12 / ways(inside, 8) <= 0.01) is blocks
    found = list(RULES["label-leak-gene"].check(replace(clean, y=y, genes=genes), None))
    assert [f.blocks for f in found] == [True] * blocks
