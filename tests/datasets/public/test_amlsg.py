import pandas as pd
import pytest
import rdata

from datasets.cohort import CohortError
from datasets.public import amlsg

HEADER = ["ID", "Overall_classification"]
PATIENTS = {"PD1a": "NPM1", "PD2a": "t15_17", "PD3a": "No_class", "PD4a": "NPM1"}


def clinical(patients=("PD4a", "PD3a", "PD2a", "PD1a"), **changes):
    n = len(patients)
    table = {
        "PDID": pd.Categorical(patients),
        "Study": pd.Categorical(["AMLSG0704", "AMLHD98A", "AMLHD98B", "AMLHD98A"][:n]),
        "gender": [1, 2, 1, 2][:n],
        "AOD": [50.5, 60, 70, 40][:n],
    } | {column: [1.0 + k for k in range(n)] for column in ("HB", "platelet", "wbc", "LDH", "BM_Blasts", "PB_Blasts")}
    return pd.DataFrame(table | changes)


def write(root, patients=PATIENTS, table=None, name=amlsg.CLINICAL_OBJECT):
    folder = root / amlsg.NAME
    (folder / "data").mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(HEADER), *("\t".join(item) for item in patients.items())]
    (folder / amlsg.CLASSIFICATION).write_text("\n".join(lines) + "\n")
    rdata.write_rda(folder / amlsg.CLINICAL, {name: clinical() if table is None else table})
    variants = [
        "SAMPLE_NAME\tGENE\tFINAL_CALL\tResult",
        "PD1a\tDNMT3A\tOK\tONCOGENIC",
        "PD1a\tNPM1\tOK\tONCOGENIC",
        "PD2a\tNRAS\tOK\tUNKNOWN",
        "PD2a\tKIT\tQ\tONCOGENIC",
        "PD4a\tKRAS\tOK\tPOSSIBLE",
    ]
    (folder / amlsg.GENETIC).write_text("\n".join(variants) + "\n")
    return root


def test_patients_are_matched_by_id_and_counted_when_left_out(tmp_path):
    cohort = amlsg.load(data_root=write(tmp_path))
    assert cohort.specimen.tolist() == ["PD1a", "PD2a", "PD4a"]
    assert [cohort.classes[k] for k in cohort.y] == ["NPM1", "t15_17", "NPM1"]
    assert cohort.clinical["age"].tolist() == [40, 70, 50.5]
    assert cohort.clinical["sex"].tolist() == ["female", "male", "male"]
    assert cohort.domain.tolist() == ["AMLHD98A", "AMLHD98B", "AMLSG0704"]
    assert cohort.provenance.absent == ("patients without a class are left out: No_class (1)",)


def test_haemoglobin_is_turned_into_the_unit_of_all_datasets(tmp_path):
    cohort = amlsg.load(data_root=write(tmp_path))
    assert cohort.units["hb"] == "g/L"
    assert cohort.clinical["hb"].tolist() == [40, 30, 10]


def test_mutations_that_define_a_class_or_do_not_count_are_no_inputs(tmp_path):
    table = amlsg.load(data_root=write(tmp_path)).clinical
    assert [c for c in table if c.startswith("mut_")] == ["mut_DNMT3A", "mut_KRAS"]
    assert table["mut_DNMT3A"].tolist() == ["yes", "no", "no"]


def test_mutated_genes_stand_in_the_order_of_their_names_and_blanks_are_none(tmp_path):
    path = write(tmp_path) / amlsg.NAME / amlsg.GENETIC
    genes = ["WT1", "FLT3", "", "TET2", "CBL", "NRAS", "JAK2"]
    path.write_text(path.read_text() + "".join(f"PD4a\t{gene}\tOK\tONCOGENIC\n" for gene in genes))
    cohort = amlsg.load(data_root=tmp_path)
    assert [c for c in cohort.clinical if c.startswith("mut_")] == [
        f"mut_{gene}" for gene in ("CBL", "DNMT3A", "FLT3", "JAK2", "KRAS", "NRAS", "TET2", "WT1")
    ]
    assert cohort.clinical["mut_WT1"].tolist() == ["no", "no", "yes"]
    assert cohort.has("clinical").all() and not cohort.has("genes").any()


def test_patients_without_a_class_are_counted_in_the_order_of_their_names(tmp_path):
    more = {"PD5a": "No_drivers", "PD6a": "No_drivers", "PD7a": "Ambiguous_classification"}
    said = amlsg.load(data_root=write(tmp_path, PATIENTS | more)).provenance.absent
    assert said == (
        "patients without a class are left out: Ambiguous_classification (1), No_class (1), No_drivers (2)",
    )
    whole = {patient: name for patient, name in PATIENTS.items() if name != "No_class"}
    assert amlsg.load(data_root=write(tmp_path, whole)).provenance.absent == ()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"patients": PATIENTS | {"PD5a": "M3"}}, r"unknown \['M3'\] \(first: PD5a\)"),
        (
            {"patients": PATIENTS | dict(zip("uvwxyz", "FCADEB", strict=True))},
            r"\['A', 'B', 'C', 'D', 'E', 'F'\] \(first: u",
        ),
        ({"patients": PATIENTS | dict.fromkeys("521436", "NPM1")}, r"lacks patients of .* \(first: 1, 2, 3, 4"),
        ({"name": "other"}, "has no 'clinicalData'; has"),
        ({"table": clinical(gender=[1, 2, 3, 1])}, r"gender: unknown \['3'\] \(first: PD2a\)\. Known: 2, 1"),
        ({"table": clinical().drop(columns="LDH")}, r"lacks columns \['LDH'\]"),
        ({"table": clinical(PDID=pd.Categorical(["PD1a"] * 4))}, "more than once"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, files, message):
    with pytest.raises(CohortError, match=message):
        amlsg.load(data_root=write(tmp_path, **files))


def test_a_broken_file_is_named(tmp_path):
    root = write(tmp_path)
    (root / amlsg.NAME / amlsg.CLINICAL).write_bytes(b"no R file")
    with pytest.raises(CohortError, match=r"Anon\.RData"):
        amlsg.load(data_root=root)
