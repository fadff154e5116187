"""Values that no living person has: what is impossible, and which unit would explain it."""

import numpy as np
import pytest

from datasets.own.possible_values import bounds, impossible, is_converted, possible, units_of
from datasets.read import KNOWN, factor

HEALTHY = {
    "age": 61, "wbc": 7.0, "hb": 140, "platelets": 250, "fibrinogen": 3.0, "d_dimer": 0.4, "pt": 12, "ldh": 180,
    "prothrombin_ratio": 95, "mcv": 90, "mchc": 335, "neutrophils": 4.0, "monocytes": 0.5, "lymphocytes_pct": 30,
    "eosinophils_pct": 2, "promyelocytes": 0, "calcium": 2.4, "creatinine": 75, "globulin": 28,
}  # fmt: skip
IN_ANOTHER_UNIT = [
    ("hb", 8.8, "in g/dL it"), ("hb", 14, "in g/dL it"), ("mchc", 33.5, "in g/dL it"), ("globulin", 2.8, "in g/dL it"),
    ("wbc", 7000, "in /uL it"), ("platelets", 250_000, "in /uL it"), ("neutrophils", 4000, "in /uL it"),
    ("monocytes", 600, "in /uL it"), ("fibrinogen", 300, "in mg/dL it"), ("calcium", 9.6, "in mg/dL it"),
    ("creatinine", 0.9, "in mg/dL it"), ("prothrombin_ratio", 1.1, "in fraction it"), ("d_dimer", 600, "in ug/L it"),
    ("age", 732, "in months or days it"), ("mcv", 900, "times 1/10 it"), ("pt", 1.2, "times 10 it"),
]  # fmt: skip


def told(name, value):
    return impossible(name, value, KNOWN[name].unit, 1.0)


def test_every_known_variable_has_its_usual_value():
    assert set(HEALTHY) == set(KNOWN)
    assert {name: told(name, value) for name, value in HEALTHY.items()} == dict.fromkeys(HEALTHY)
    assert told("hb", 45) is told("platelets", 3) is told("wbc", 300) is None  # ill, but alive
    assert impossible("height", -5, "cm", 1.0) is None
    assert "in g/dL it" in str(told("hb", 2))  # 20 is the edge
    assert "in /uL it" in str(told("platelets", 3_000_000))  # and so is 3000


@pytest.mark.parametrize(("name", "value", "said"), IN_ANOTHER_UNIT)
def test_a_usual_value_in_another_unit_is_impossible(name, value, said):
    assert str(told(name, value)).endswith(f"; {said} would not be")


@pytest.mark.parametrize("name", KNOWN)
def test_the_ends_of_a_range_are_possible_and_what_is_beyond_is_not(name):
    low, high = KNOWN[name].low, KNOWN[name].high
    assert told(name, low) is told(name, high) is None
    for value in (low - 1e-6 * (high - low), high * (1 + 1e-6)):
        assert str(told(name, value)).startswith(f"is impossible, outside {low:g} to {high:g} {KNOWN[name].unit}")
        assert not possible(name, value)


def test_a_range_is_said_in_the_unit_that_was_declared():
    assert bounds("hb", "g/dL", 10.0) == "2 to 25 g/dL"
    assert impossible("hb", 92, "g/dL", 10.0) == "is impossible, outside 2 to 25 g/dL; in g/L it would not be"
    assert impossible("hb", 92, "g/dL", 10.0) == impossible("hb", 110, "g/dL", 10.0)


@pytest.mark.parametrize("name", KNOWN)
def test_only_units_of_the_quantity_are_offered(name):
    for unit, scale in units_of(name).items():
        assert not is_converted(name, unit) or scale == factor(unit, KNOWN[name].unit)
    assert "18" not in str(told(name, HEALTHY[name] * 18)) + str(told(name, HEALTHY[name] / 18))


@pytest.mark.parametrize("scale", [10, 0.1])
def test_a_decimal_mark_that_is_one_place_off_is_said_where_no_unit_explains_a_value(scale):
    said = {name: text for name, usual in HEALTHY.items() if (text := told(name, usual / scale))}
    assert {"ldh", "mcv"} & set(said)
    place = "10" if scale == 10 else "1/10"
    assert all(f"times {place} it" in text or "; in " in text for text in said.values())


def test_values_of_other_names_are_all_possible():
    np.testing.assert_array_equal(possible("height", [-5, 1e9]), [True, True])
    np.testing.assert_array_equal(possible("hb", [140, 14, np.nan]), [True, False, False])
