"""Units: what clinics write is read, and every loader delivers the units that entries expect."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import datasets
from datasets.public import amlsg, apl_labs, beataml
from datasets.read.units import KNOWN, UnitError, factor, known_unit

FOLDER = Path(datasets.__file__).parent


@pytest.mark.parametrize(
    ("target", "scale", "forms"),
    [
        (
            "10^9/L",
            1,
            "10⁹/L|10³/µL|10³/μL|10^3/μL|10*9/L|10*3/uL|10**9/L|K/uL|k/µL|/nL|x 10^9/L|× 10^9/L|10E9/L|1e9/L",
        ),
        ("10^9/L", 1, "Gpt/L|G/L|10^3/mm3|10³/mm³|10^3/mm^3|10^9/l|10^6/mL"),
        ("10^9/L", 0.001, "/µL|/μL|1/uL|/mm3|cells/uL"),
        ("g/L", 10, "g/dL|gm/dL|g%|gm%|g/dl|g / dL"),
        ("g/L", 0.01, "mg/dL|mg%"),
        ("umol/L", 1, "µmol/L|μmol/L"),
        ("U/L", 1, "U/l|IU/L"),
        ("%", 100, "fraction"),
    ],
)
def test_what_clinics_write_is_read(target, scale, forms):
    for form in forms.split("|"):
        assert factor(form, target) == scale, form


def test_an_unknown_unit_lists_what_is_read():
    with pytest.raises(
        UnitError,
        match=r"'per lot' cannot be turned into '10\^9/L'.*forms that are read: 10\^9/L, G/L, Gpt/L, 10\^3/uL, K/uL$",
    ):
        factor("per lot", "10^9/L")


@pytest.mark.parametrize(
    ("unit", "target", "said"),
    [
        ("mmoll/L", "mmol/L", "it is no known unit; did you mean 'mmol/L'"),
        ("g/ddL", "g/L", "it is no known unit; did you mean 'g/dL'"),
        ("mmol/L", "g/L", "which measures something else; did you mean 'mg/L'; forms"),
        ("g; L", "g/L", "it is no unit; "),
        ("per lot", "10^9/L", "it is no known unit; forms that are read"),
    ],
)
def test_a_unit_that_cannot_be_turned_says_why_and_which_forms_can(unit, target, said):
    with pytest.raises(UnitError) as told:
        factor(unit, target)
    assert str(told.value).startswith(f"{unit!r} cannot be turned into {target!r}, {said}".removesuffix("; forms"))
    meant = re.findall(r"'([^']*)'", str(told.value).partition("did you mean")[2].partition(" forms")[0])
    assert all(isinstance(factor(form, target), float) for form in meant)


def test_a_unit_is_itself_whatever_it_is():
    assert (
        factor("per lot", "per lot") == 1 and known_unit("height", "cm") == "cm" and known_unit("hb", "g/dL") == "g/L"
    )


RANGES = {
    "age": (0, 120), "wbc": (0.05, 1000), "hb": (20, 250), "platelets": (1, 3000), "fibrinogen": (0.1, 15),
    "d_dimer": (0.01, 500), "pt": (5, 150), "prothrombin_ratio": (5, 150), "ldh": (20, 20_000), "mcv": (50, 150),
    "mchc": (200, 450), "neutrophils": (0, 500), "monocytes": (0, 500), "lymphocytes_pct": (0, 100),
    "eosinophils_pct": (0, 100), "promyelocytes": (0, 100), "calcium": (0.5, 6), "creatinine": (5, 3000),
    "globulin": (5, 150),
}  # fmt: skip


def test_ranges_are_those_that_reports_judge_by() -> None:
    assert {name: (known.low, known.high) for name, known in KNOWN.items()} == RANGES


def test_shares_end_where_they_must_and_counts_begin_at_none() -> None:
    shares = ("lymphocytes_pct", "eosinophils_pct", "promyelocytes")
    assert {(KNOWN[name].low, KNOWN[name].high) for name in shares} == {(0, 100)}
    assert {KNOWN[name].low for name in ("age", "neutrophils", "monocytes")} == {0}


def test_the_clinic_of_apl_labs_has_no_other_ranges_than_all() -> None:
    ranges = {name: (lab.unit, lab.low, lab.high) for name, lab in apl_labs.LABS.items() if name != "age"}
    assert ranges == {name: tuple(KNOWN[name]) for name in ranges}
    assert apl_labs.LABS["age"].low == 0 and apl_labs.LABS["age"].high <= KNOWN["age"].high


def declared_units() -> list[tuple[str, str, str]]:
    """Return module, variable and unit of every literal name-to-unit pair that a module gives as units."""
    found = []
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            literal = node.value if isinstance(node, ast.keyword | ast.Assign) else None
            name = node.arg if isinstance(node, ast.keyword) else ""
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
            if name not in ("units", "UNITS") or not isinstance(literal, ast.Dict):
                continue
            for key, unit in zip(literal.keys, literal.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(unit, ast.Constant):
                    found.append((f"{path.parent.name}/{path.stem}", key.value, unit.value))
    return found


def test_every_loader_delivers_the_units_of_known_names():
    said = declared_units()
    assert {"apl/clinical", "mito/clinical", "public/apl_jhu", "public/all_chiaretti"} <= {m for m, _, _ in said}
    said += [("amlsg", *pair) for pair in amlsg.UNITS.items()] + [("beataml", *pair) for pair in beataml.UNITS.items()]
    labs = importlib.import_module("datasets.public.apl_labs").LABS
    said += [("apl_labs", name, lab.unit) for name, lab in labs.items()]
    tcga = importlib.import_module("datasets.public.tcga_laml")._MEASURED
    said += [("tcga_laml", name, unit) for name, (_, unit, *_) in tcga.items()]
    assert [(m, name, unit) for m, name, unit in said if name in KNOWN and unit != KNOWN[name].unit] == []
