import unicodedata

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from xgboost import XGBClassifier

from datasets.cohort import CohortError
from datasets.fetch import sources
from datasets.public import apl_labs
from datasets.public.apl_labs import EXTERNAL_FILE, LABS, TRAINING_FILE
from datasets.roots import DataMissing

real = pytest.mark.realdata
HEALTHY = {
    "age": "40", "wbc": "10", "mcv": "90", "mchc": "340", "neutrophils": "2.5", "lymphocytes_pct": "30",
    "prothrombin_ratio": "80", "fibrinogen": "3.1", "eosinophils_pct": "1", "monocytes": "0.5", "ldh": "300",
    "platelets": "60",
}  # fmt: skip


def raw(**changes):
    """One patient as text, with some values changed."""
    row = {"hospital": "H", "number": "1", "target": "0", **HEALTHY, "creatinine": ""}
    return pd.DataFrame([row | changes])


def cleaned(name, text, **changes):
    table, notes = apl_labs.clean(raw(**{name: text}, **changes))
    return table[name][0], notes


def write(root, training, external):
    """Write both files as the source lays them out; each row is a dict of our names."""
    folder = root / "apl-labs" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    first = {"number": "Patient numbers", "target": "Témoin/Cas (0/1)", "creatinine": "Creatinine"}
    first |= {n: lab.training for n, lab in LABS.items()}
    second = {"hospital": "Chu", "number": "Patient_numbers", "target": "target"}
    second |= {n: lab.external for n, lab in LABS.items()}
    for file, names, rows in ((TRAINING_FILE, first, training), (EXTERNAL_FILE, second, external)):
        full = [{"number": str(i + 1), "target": str(i % 2), **HEALTHY, **row} for i, row in enumerate(rows)]
        table = pd.DataFrame(full).reindex(columns=list(names)).rename(columns=names)
        path = root / "apl-labs" / file
        table.to_excel(path, index=False) if file.endswith("xlsx") else table.to_csv(path, index=False)
    return root


def test_columns_are_called_as_in_the_published_files():
    alike = {
        "age": "Age", "wbc": "Leucocytes (G/L)", "mcv": "VGM (fL)", "mchc": "CCMH (g/L)", "neutrophils": "PNN (G/L)",
        "prothrombin_ratio": "TP (%)", "fibrinogen": "Fibrinogene (g/L)", "eosinophils_pct": "PNE (%)",
        "ldh": "LDH (U/L)",
    }  # fmt: skip
    assert {name: (lab.training, lab.external) for name, lab in LABS.items()} == {
        **{name: (column, column) for name, column in alike.items()},
        "lymphocytes_pct": ("Lymphos (%)", "Lymphos_(%)"),
        "monocytes": ("Mono (G/L)", "Mono_(G_L)"),
        "platelets": ("Plq (G/L)", "Plq_(G_L)"),
    }
    assert (LABS["age"].low, LABS["age"].high) == (0, 110)  # the other ranges are those of all datasets


@pytest.fixture
def root(tmp_path):
    training = [{"age": str(20 + i), "creatinine": "70"} for i in range(4)]
    external = [{"age": str(50 + i), "hospital": h} for i, h in enumerate(["North", "North", "South", "South"])]
    return write(tmp_path, training, external)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" 3.25 ", 3.25),
        ("3,25", 3.25),
        ("<0.4", 0.4),
        ("< 0,4", 0.4),
        (">12", 12),
        (">=12", 12),
        ("", np.nan),
        ("NA", np.nan),
        ("nan", np.nan),
        ("n.d.", np.nan),
    ],
)
def test_text_becomes_a_number(text, value):
    got, notes = cleaned("fibrinogen", text)
    np.testing.assert_equal(got, value)
    assert len(notes) == ("<" in text or ">" in text)


@pytest.mark.parametrize("text", ["high", "3.1.2", "1 234", "<", "inf", "--"])
def test_other_text_is_an_error_that_names_the_patient(text):
    with pytest.raises(CohortError, match=r"fibrinogen: is neither a number nor a limit.*H-1 has"):
        cleaned("fibrinogen", text)


@pytest.mark.parametrize(("text", "value"), [
    ("34.8", 348), ("20", 200), ("45", 450), ("348", 348), ("3.48", np.nan), ("19.9", np.nan), ("45.5", np.nan),
])  # fmt: skip
def test_mchc_in_g_per_dl_is_mended(text, value):
    got, notes = cleaned("mchc", text)
    np.testing.assert_allclose(got, value)
    assert bool(notes) == (text != "348")


@pytest.mark.parametrize("name", list(LABS))
def test_values_outside_the_range_become_missing_and_those_on_it_stay(name):
    lab = LABS[name]
    wide = {"wbc": "1000"} if name in ("neutrophils", "monocytes") else {"neutrophils": "0", "monocytes": "0"}
    for text in (str(lab.low), str(lab.high)):
        assert cleaned(name, text, **wide) == (float(text), [])
    for text in (str(lab.low - 0.01), str(lab.high * 1.01)):
        got, notes = cleaned(name, text, **wide)
        assert np.isnan(got)
        assert notes == [f"H-1: {name} {float(text):g} cannot be, made missing"]


@pytest.mark.parametrize("part", ["neutrophils", "monocytes"])
def test_a_part_above_all_leukocytes_becomes_missing(part):
    assert np.isnan(cleaned(part, "24.7", wbc="2.19")[0])
    assert cleaned(part, "2.2", wbc="2.19")[0] == 2.2
    assert cleaned(part, "24.7", wbc="")[0] == 24.7
    assert cleaned(part, "21", wbc="20")[0] == 21  # five parts in a hundred are rounding
    assert np.isnan(cleaned(part, "21.1", wbc="20")[0])
    assert cleaned(part, "21.1", wbc="0.02")[0] == 21.1  # these leukocytes are none


@pytest.mark.parametrize(
    ("age", "creatinine", "kept"),
    [
        ("0", "79", False),
        ("0.4", "74", False),
        ("0", "", True),
        ("0.4", "20", True),
        ("2", "79", True),
        ("1", "79", True),
        ("1.5", "79", True),
        ("0.99", "50", True),
        ("0.99", "50.5", False),
    ],
)
def test_an_infant_with_the_creatinine_of_an_adult_has_no_age(age, creatinine, kept):
    assert np.isnan(cleaned("age", age, creatinine=creatinine)[0]) != kept


def test_cleaning_does_not_look_at_the_label():
    table = pd.concat([raw(number=str(i), mchc=m, age=a) for i, (m, a) in enumerate([("34", "0"), ("340", "9")])])
    flipped = table.assign(target=["1", "1"])
    pd.testing.assert_frame_equal(
        apl_labs.clean(table)[0].drop(columns="target"), apl_labs.clean(flipped)[0].drop(columns="target")
    )


def test_load_joins_both_files(root):
    cohort = apl_labs.load(data_root=root)
    assert cohort.classes == ("other AML", "APL")
    assert cohort.y.tolist() == [0, 1, 0, 1] * 2
    assert cohort.domain.tolist() == ["Training"] * 4 + ["North"] * 2 + ["South"] * 2
    assert cohort.specimen.tolist() == [
        *(f"Training-{i}" for i in range(1, 5)),
        "North-1",
        "North-2",
        "South-3",
        "South-4",
    ]
    assert list(cohort.clinical) == list(cohort.units) == list(LABS)
    assert cohort.clinical["age"].tolist() == [20, 21, 22, 23, 50, 51, 52, 53]
    assert cohort.units["fibrinogen"] == "g/L"
    assert cohort.modalities == ("clinical",) and cohort.has("clinical").all()


def test_a_hospital_may_write_its_codes_in_another_way(tmp_path):
    plain = [{"hospital": h, "number": n, "age": f"4{n}", "target": str(k % 2)}
             for k, (h, n) in enumerate([("North", "1"), ("North", "2"), ("South", "1"), ("South", "2")])]  # fmt: skip
    for changed in ("{}.0", " {} ", "{},0", "{}."):
        other = [row | {c: changed.format(row[c]) for c in ("target", "number")} if row["hospital"] == "South" else row
                 for row in plain]  # fmt: skip
        roots = [write(tmp_path / f"{changed}-{k}", [{"age": "20"}, {"age": "21"}], rows)
                 for k, rows in enumerate((plain, other))]  # fmt: skip
        first, second = (apl_labs.load(data_root=root) for root in roots)
        assert second.fingerprint == first.fingerprint
        assert second.y.tolist() == [0, 1, 0, 1, 0, 1]


def test_a_table_that_went_through_a_spreadsheet_is_read(root):
    path = root / "apl-labs" / EXTERNAL_FILE
    whole, plain = apl_labs.load(data_root=root), path.read_text()
    for content in (plain.replace("\n", "\r\n"), plain + "\n", plain + ",,,,,,,,,,,,,,\n" * 2, "\ufeff" + plain):
        path.write_text(content, newline="")
        assert apl_labs.load(data_root=root).fingerprint == whole.fingerprint
    path.write_bytes(plain.encode("utf-16"))
    assert apl_labs.load(data_root=root).fingerprint == whole.fingerprint


def test_missing_hospitals_are_named_and_flagged(root):
    provenance = apl_labs.load(data_root=root).provenance
    assert provenance.modified
    assert provenance.absent == ("only 2 of 4 external hospitals are on this machine (North, South)",)


@pytest.mark.parametrize(
    ("hospitals", "longer", "modified"), [("ABCD", 0, False), ("ABC", 0, True), ("ABCD", 1, True), ("ABC", 1, True)]
)
def test_a_copy_is_modified_that_lacks_a_hospital_or_has_another_size(
    tmp_path, monkeypatch, hospitals, longer, modified
):
    external = [{"age": str(50 + i), "hospital": h} for i, h in enumerate(hospitals)]
    root = write(tmp_path, [{"age": "20"}, {"age": "21"}], external)
    size = (root / "apl-labs" / TRAINING_FILE).stat().st_size
    source = sources.Source("o/r", "abc", "apl-labs", "none", (sources.RemoteFile(TRAINING_FILE, size + longer),))
    monkeypatch.setattr(apl_labs, "SOURCE", source)
    provenance = apl_labs.load(data_root=root).provenance
    assert (provenance.modified, len(provenance.absent)) == (modified, len(hospitals) < 4)


@pytest.mark.parametrize("hospitals", ["ABCD", "ABCDE"])
def test_the_published_figure_speaks_of_missing_hospitals_only_where_some_are(tmp_path, hospitals):
    (figure,) = apl_labs.CARD.references
    for here in (hospitals, hospitals[:3]):
        external = [{"age": str(50 + i), "hospital": h} for i, h in enumerate(here)]
        absent = apl_labs.load(
            data_root=write(tmp_path / here, [{"age": "20"}, {"age": "21"}], external)
        ).provenance.absent
        said = figure.beside(whole=not absent, usual=True)["not_comparable"]
        assert ("not all of which are on this machine" in said) == (len(here) < 4)
    assert "another split" in figure.beside(whole=True, usual=False)["not_comparable"]


def test_equal_rows_of_a_hospital_are_one_patient(tmp_path):
    training = [{"age": "20"}, {"age": "30"}, {"age": "20", "target": "0"}, {"age": "40"}]
    external = [{"age": "20", "hospital": "North", "target": "1"}]
    cohort = apl_labs.load(data_root=write(tmp_path, training, external))
    assert cohort.patient.tolist() == ["Training-1", "Training-2", "Training-1", "Training-4", "North-1"]


@pytest.mark.parametrize(("blank", "one"), [(1, True), (5, True), (6, False), (7, False)])
def test_rows_that_agree_in_more_than_half_of_the_tests_are_one_patient(tmp_path, blank, one):
    row = dict.fromkeys(list(LABS)[12 - blank :], "")
    root = write(tmp_path, [row | {"target": "0"}, row | {"target": "0"}, {"target": "1"}], [{"hospital": "North"}])
    assert (apl_labs.load(data_root=root).patient.tolist()[1] == "Training-1") == one


def test_hospitals_that_are_here_are_named_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(apl_labs, "_EXTERNAL_HOSPITALS", 9)
    external = [{"hospital": h, "age": str(40 + i)} for i, h in enumerate("FACEBDGH")]
    said = apl_labs.load(data_root=write(tmp_path, [{"age": "20"}, {"age": "21"}], external)).provenance.absent
    assert said == ("only 8 of 9 external hospitals are on this machine (A, B, C, D, E, F, G, H)",)


def test_the_name_of_the_workbook_may_be_spelt_as_macos_does(root):
    whole, path = apl_labs.load(data_root=root), root / "apl-labs" / TRAINING_FILE
    path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    assert apl_labs.load(data_root=root).fingerprint == whole.fingerprint


def test_rows_that_are_nearly_blank_stay_different_patients(tmp_path):
    blank = dict.fromkeys(LABS, "") | {"age": "50"}
    root = write(tmp_path, [blank | {"target": t} for t in "0101"], [{"hospital": "North"}])
    assert len(set(apl_labs.load(data_root=root).patient)) == 5


@pytest.mark.parametrize(
    ("external", "message"),
    [
        ([{"hospital": "North", "number": "1"}, {"hospital": "North", "number": "1", "age": "7"}], "specimen.*North-1"),
        ([{"hospital": "North", "target": "2"}], r"full_data.csv: target: unknown \['2'\].*line 2 of North.*Known: 0"),
        ([{"hospital": "", "age": "3"}], r"Chu: is empty in rows \(first: line 2\)"),
        ([{"hospital": "N"}, {"hospital": "N", "number": ""}], r"Patient_numbers: is empty in rows \(first: line 3\)"),
        ([{"hospital": "N"}, {"hospital": "N", "target": ""}], r"target: is empty in rows \(first: line 3\)"),
        ([{"hospital": "North", "ldh": "high"}], "ldh: is neither a number.*North-1 has 'high'"),
        ([{"hospital": "North", "target": "0"}, {"hospital": "North", "target": "1"}], "two labels .*North-1"),
    ],
)
def test_bad_rows_are_named(tmp_path, external, message):
    root = write(tmp_path, [{"age": "20"}, {"age": "21"}], external)
    with pytest.raises(CohortError, match=message):
        apl_labs.load(data_root=root)


def test_a_missing_column_is_named(root):
    path = root / "apl-labs" / EXTERNAL_FILE
    pd.read_csv(path).drop(columns="TP (%)").to_csv(path, index=False)
    with pytest.raises(CohortError, match=r"cohorte_full_data.csv: lacks columns \['TP \(%\)'\]"):
        apl_labs.load(data_root=root)


def test_half_a_download_names_the_command(root):
    (root / "apl-labs" / TRAINING_FILE).unlink()
    with pytest.raises(CohortError, match="data get apl-labs"):
        apl_labs.load(data_root=root)


def test_no_data_names_the_command(tmp_path, monkeypatch):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))
    with pytest.raises(DataMissing, match="python -m benchmark data get apl-labs"):
        apl_labs.load(data_root=tmp_path)


@real
def test_counts_of_the_published_files():
    cohort = apl_labs.load()
    counts = pd.crosstab(cohort.domain, cohort.y)
    assert counts.loc["Training"].tolist() == [146, 76]
    assert counts.loc["Grenoble"].tolist() == [212, 46]
    assert counts.loc["Cochin"].tolist() == [29, 15]
    assert counts.loc["Lyon_Pros"].tolist() == [40, 10]
    assert cohort.patient[cohort.specimen == "Training-25"] == "Training-13"
    assert len(set(cohort.patient)) == len(cohort) - 1


@real
def test_what_was_mended_is_what_the_card_says():
    folder = apl_labs.find()
    both = pd.concat([apl_labs._read_training(folder), apl_labs._read_external(folder)], ignore_index=True)
    notes = apl_labs.clean(both)[1]
    of = {what: [n for n in notes if what in n] for what in ("is a limit", "g/dL", "made missing")}
    assert {what: len(found) for what, found in of.items()} == {"is a limit": 19, "g/dL": 2, "made missing": 6}
    assert sum(n.startswith("Training") and "platelets '<10'" in n for n in of["is a limit"]) == 15
    assert {n.split(":")[0] for n in of["made missing"]} == {
        "Training-130", "Training-140", "Grenoble-3", "Grenoble-140", "Training-76", "Training-163"
    }  # fmt: skip


@real
def test_units_agree_across_hospitals():
    cohort = apl_labs.load()
    medians = cohort.clinical.groupby(cohort.domain).median()
    known = medians[["mcv", "mchc", "prothrombin_ratio", "fibrinogen", "lymphocytes_pct", "platelets"]]
    assert (known.max() < 2 * known.min()).all()
    assert cohort.clinical["mchc"].between(280, 400).sum() == cohort.clinical["mchc"].notna().sum()


@real
def test_gradient_boosting_reaches_the_published_external_auroc():
    cohort = apl_labs.load()
    train, external = cohort[cohort.domain == "Training"], cohort[cohort.domain != "Training"]
    model = XGBClassifier(n_jobs=1, random_state=0).fit(train.clinical, train.y)
    score = roc_auc_score(external.y, model.predict_proba(external.clinical)[:, 1])
    assert score >= 0.95
