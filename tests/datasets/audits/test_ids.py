"""Audit of patient ids that one person may have written in two ways."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.audits.finding import Finding
from datasets.audits.rules import RULES
from datasets.audits.spellings import plain_id
from datasets.splits import SplitPlan
from tests.toy import toy_cohort

VARIANTS = {
    "case": ("Ab-7", "aB-7"),
    "zeros": ("P007", "P7"),
    "zeros of a later number": ("S1-P007", "S1-P7"),
    "blanks": ("P 7", "P7 "),
    "dash or underscore": ("P-7", "P_7"),
    "no dash": ("P-7", "P7"),
    "full-width digits": ("P７", "P7"),
    "look-alike dashes": ("P\u20117", "P\u22127"),
    "zero width": ("P\u200b7", "P7"),
    "composed": ("Jos\u00e9", "Jose\u0301"),
    "ligature": ("\ufb01n", "fin"),
    "other digits": ("P\u0667", "P7"),
    "decimals of a table": ("1001", "1001.0"),
    "decimals behind a letter": ("P1001", "P1001.00"),
    "decimal comma": ("1001", "1001,0"),
    "thousands, comma": ("1001", "1,001"),
    "thousands, dot": ("1001", "1.001"),
    "thousands, blank": ("1001", "1\u202f001"),
    "thousands, apostrophe": ("1001", "1\u2019001"),
    "thousands and decimals": ("1001", "1.001,00"),
    "lakhs": ("100001", "1,00,001"),
    "exponent": ("1001000", "1001E3"),
    "exponent with decimals": ("1001000000000", "1.001E+12"),
    "apostrophe of a spreadsheet": ("1001", "'1001"),
    "formula of a spreadsheet": ("1001", '="1001"'),
    "dot at the end": ("1001", "1001."),
    "record number": ("1001", "MRN 1001"),
    "words before a number": ("1001", "Patient-ID: 1001"),
    "lost accent": ("Muller3", "M\u00fcller3"),
    "umlaut spelt out": ("Mueller3", "M\u00fcller3"),
    "lost stroke": ("Ost", "\u00d8st"),
    "Cyrillic letter": ("A3x", "\u04103x"),
    "Greek letter": ("B3", "\u03923"),
    "last name first": ("Mei, Q3", "Q3 Mei"),
}
PERHAPS = {
    "prefix": ("1001", "X1001"),
    "low number behind a word": ("7", "Patient 7"),
    "O for zero": ("A03", "AO3"),
    "l for one": ("A13", "Al3"),
    "first letter": ("1001", "I001"),
    "both without umlaut": ("Muller3", "Mueller3"),
    "order of words": ("Mei Lin", "Lin_Mei"),
    "day and month": ("3-Mar", "MAR3"),
    "month in full": ("3-Mar", "March 3"),
    "two numbers made a day": ("3-Mar", "3/3"),
    "day with a year": ("2026-03-03", "MAR-3"),
    "rounded": ("1001234567890", "1.00E+12"),
}


def found(names, roles=None, folds=1):
    clean = toy_cohort(n=12, images=False, clinical=False)
    cohort = replace(clean, patient=np.array([*names, *"KLMNOQRSTUVW"[len(names) :]]))
    plan = None
    if roles is not None:
        same = pd.DataFrame({"specimen": cohort.specimen, "fold": 0, "role": "train"})
        tables = [same.assign(fold=i) for i in range(folds)]
        tables[-1] = tables[-1].assign(role=[*roles, *["train"] * (12 - len(roles))])
        plan = SplitPlan(pd.concat(tables))
    return list(RULES["similar-patient-ids"].check(cohort, plan))


@pytest.mark.parametrize("pair", VARIANTS.values(), ids=VARIANTS)
def test_ids_written_in_two_ways_are_named_and_block_across_roles(pair):
    (finding,) = found(pair)
    assert not finding.blocks and all(repr(str(name)) in finding.problem for name in pair)
    assert finding.specimens == ("S000", "S001")
    (finding,) = found(pair, ["train", "train"])
    assert not finding.blocks
    for other in ("test", "valid"):
        (finding,) = found(pair, ["train", other], folds=3)  # in the last fold only
        assert finding.blocks and "two roles" in finding.problem


@pytest.mark.parametrize("pair", PERHAPS.values(), ids=PERHAPS)
def test_ids_that_may_be_one_are_named_and_never_block(pair):
    for roles in (None, ["train", "test"]):
        (finding,) = found(pair, roles)
        assert not finding.blocks and "may be one id" in finding.problem
        assert all(repr(name) in finding.problem for name in pair) and finding.specimens == ("S000", "S001")


def test_three_spellings_of_which_two_are_certain_are_named_twice():
    sure, perhaps = found(["1001", "1001.0", "X1001"], ["train", "test", "train"])
    assert sure.blocks and "'1001' and '1001.0'." in sure.problem
    assert not perhaps.blocks and "'1001' and '1001.0' and 'X1001'." in perhaps.problem


def test_an_end_counts_where_most_ids_have_one_and_their_beginning_is_an_id():
    pairs = [f"A{i}{end}" for i in range(6) for end in ("", "_2")]
    (finding,) = found(pairs, ["train", "test"])
    assert not finding.blocks and "6 groups" in finding.problem and "'A0' and 'A0_2'" in finding.problem
    assert found(pairs[:6]) == []
    assert found([f"A{i // 2}_{i % 2}" for i in range(12)]) == []


def test_decimals_and_prefixes_that_tell_people_apart_are_not_named():
    assert found(["1", "1.0", "1.1", "1.2"], ["train", "test"]) == []
    assert found(["P7", "C7", "H7"], ["train", "test"]) == []
    assert found(["3-4", "4-3", "MAR3", "APR4"], ["train", "test"]) == []
    assert found(["\u304b", "\u304c", "\u0438", "\u0439"], ["train", "test"]) == []  # marks that make other letters


def test_other_ids_are_not_named():
    assert found(["P1", "P10", "P100", "P01x", "1-2", "1-20", "A1B2", "A12B"]) == []
    assert found(["-", "--", "_", "1.2"], ["train", "test", "train", "test"]) == []


def test_separators_between_numbers_keep_them_apart():
    assert found(["1-12", "11-2"]) == [] and plain_id("1-12") == plain_id("01_012")


@given(st.text(min_size=1, max_size=12))
def test_plain_ids_are_stable_and_ignore_dress(name):
    plain = plain_id(name)
    assert plain_id(plain) == plain
    if plain != name:
        assert plain_id(f" {name}\u200b ") == plain


@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from(["-", "_", " ", "\u2013", ""]))
def test_numbers_are_told_by_their_value(number, zeros, dash):
    assert plain_id(f"P{dash}{'0' * zeros}{number}") == plain_id(f"p{number}")
    assert plain_id(f"P{number}") != plain_id(f"P{number + 1}")


def test_groups_across_roles_and_within_one_are_told_apart_with_all_their_ids():
    names = ["P1", "p-1", "P01", "Q2", "q2", "R3", "r 3", "T4"]
    cohort = replace(
        toy_cohort(n=12, images=False, clinical=False), patient=np.array([*names, "Q2", "X", "Y", "Z"]),
        target_level="specimen",
    )  # fmt: skip
    table = pd.DataFrame({"specimen": cohort.specimen, "fold": 0, "role": ["train"] * 4 + ["test"] + ["train"] * 7})
    what = (
        "patient ids that differ only by case, leading zeros, blanks, dashes, accents or the way a number or letter "
        "is written"
    )
    remedy = "Give one person one id; if they are different people, rename them."
    rule = RULES["similar-patient-ids"]
    assert list(rule.check(cohort, SplitPlan(table))) == [
        Finding("similar-patient-ids", True, "patient",
                f"1 group of {what}, in two roles of one fold: 'Q2' and 'q2'.", remedy, ("S003", "S004", "S008")),
        Finding("similar-patient-ids", False, "patient",
                f"2 groups of {what}: 'P01' and 'P1' and 'p-1', 'R3' and 'r 3'.", remedy,
                ("S000", "S001", "S002", "S005", "S006")),
    ]  # fmt: skip
    assert list(rule.check(replace(cohort, patients_known=False), SplitPlan(table))) == []
