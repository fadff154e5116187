import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.public import beataml
from datasets.read import FOLDER, HALLMARK

AML = "ACUTE MYELOID LEUKAEMIA (AML) AND RELATED PRECURSOR NEOPLASMS"


def clinical(**changes):
    """Five specimens of four people; the last two are not AML at diagnosis."""
    table = {
        "dbgap_subject_id": ["1", "1", "2", "3", "4"],
        "dbgap_rnaseq_sample": ["BA1R", "BA2R", "BA3R", "BA4R", "BA5R"],
        "dbgap_dnaseq_sample": ["BA1D", "BA2D", "", "BA4D", "BA5D"],
        "cohort": ["Waves1+2", "Waves1+2", "Waves3+4", "Waves3+4", "Waves3+4"],
        "diseaseStageAtSpecimenCollection": [*["Initial Diagnosis"] * 3, "Relapse", "Initial Diagnosis"],
        "dxAtInclusion": [AML] * 4 + ["MYELODYSPLASTIC SYNDROMES"],
        "consensusAMLFusions": ["PML-RARA", "PML-RARA", "", "PML-RARA", ""],
        "ELN2017": ["Favorable", "Favorable", "Adverse", "Adverse", "NonAML"],
        "consensus_sex": ["Female", "Female", "Male", "Male", "Male"],
        "ageAtDiagnosis": ["41", "41", "", "60", "70"],
        "wbcCount": ["3,5", "3.5", "100", "5", "5"],
        "hemoglobin": ["9", "9", "10", "9", "9"],
        "plateletCount": ["20", "20", "50", "5", "5"],
    }
    return pd.DataFrame(table | changes)


def write(root, table=None, sheet="summary", genes=("NPM1", "MPO", "MPO"), mutations=None):
    folder = root / beataml.NAME
    folder.mkdir(parents=True, exist_ok=True)
    (clinical() if table is None else table).to_excel(folder / beataml.CLINICAL, sheet_name=sheet, index=False)
    expression = pd.DataFrame(
        {"stable_id": ["E1", "E2", "E3"], "display_label": genes, "description": "", "biotype": ""}
    )
    for k, sample in enumerate(["BA1R", "BA2R", "BA3R", "BA4R", "BA5R"]):
        expression[sample] = [k + 0.5, k, -k]
    expression.to_csv(folder / beataml.EXPRESSION, sep="\t", index=False)
    rows = mutations or ["BA1D\tFLT3\tp.D835Y", "BA2D\tWT1\tp.S1*", "BA4D\tTP53\tp.R1"]
    (folder / beataml.MUTATIONS).write_text("\n".join(["dbgap_sample_id\tsymbol\thgvsp_short", *rows]) + "\n")
    return root


def test_only_aml_at_diagnosis_is_used(tmp_path):
    cohort = beataml.load(data_root=write(tmp_path))
    assert cohort.specimen.tolist() == ["BA1R", "BA2R", "BA3R"]
    assert cohort.patient.tolist() == ["1", "1", "2"]
    assert cohort.y.tolist() == [1, 1, 0]
    assert cohort.domain.tolist() == ["Waves1+2", "Waves1+2", "Waves3+4"]
    assert cohort.gene_names == ("MPO", "NPM1")
    assert cohort.genes[1].tolist() == [1, 1.5]
    assert (cohort.name, cohort.classes) == ("beataml", ("other AML", "PML-RARA"))
    assert cohort.has("genes").all() and cohort.has("clinical").all()


def test_specimens_without_rna_are_left_out_and_words_are_read_whatever_their_letters(tmp_path):
    rna = ["BA1R", "BA9R", "BA3R", "", "BA5R"]
    changes = {
        "diseaseStageAtSpecimenCollection": "Initial Diagnosis",
        "cohort": ["NA", "b", "None", "d", "e"],
        "consensusAMLFusions": ["", "", "pml-rara", "", ""],
        "dxAtInclusion": [AML.lower()] * 4 + ["MDS"],
    }
    cohort = beataml.load(data_root=write(tmp_path, clinical(dbgap_rnaseq_sample=rna, **changes)))
    assert (cohort.specimen.tolist(), cohort.y.tolist()) == (["BA1R", "BA3R"], [0, 1])
    assert cohort.domain.tolist() == ["NA", "None"]


def test_pathways_are_read_where_their_file_is_and_said_to_lack_where_not(tmp_path, monkeypatch):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))
    (said,) = beataml.load(data_root=write(tmp_path)).provenance.absent
    assert said.startswith("no pathways: ")
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / HALLMARK).write_text("A\tx\tMPO\tNPM1\n")
    assert beataml.load(data_root=tmp_path).provenance.absent == ()
    monkeypatch.setattr(beataml, "hallmark", lambda names, root: ({"A": tuple(names)}, ""))
    assert beataml.load(data_root=tmp_path).gene_sets == {"A": ("MPO", "NPM1")}


def test_a_table_without_names_of_genes_is_named(tmp_path):
    path = write(tmp_path) / beataml.NAME / beataml.EXPRESSION
    path.write_text(path.read_text().replace("display_label", "label", 1))
    with pytest.raises(CohortError, match=r"lacks column 'display_label'; has \['stable_id', 'label'"):
        beataml.load(data_root=tmp_path)


def test_rows_that_are_left_out_in_between_do_not_shift_the_others(tmp_path):
    table = clinical(diseaseStageAtSpecimenCollection=["Initial Diagnosis", "Relapse", *["Initial Diagnosis"] * 3])
    cohort = beataml.load(data_root=write(tmp_path, table))
    assert cohort.specimen.tolist() == ["BA1R", "BA3R", "BA4R"]
    assert cohort.clinical["wbc"].to_dict() == {0: 3.5, 1: 100, 2: 5}
    assert cohort.clinical["mut_FLT3"].isna().tolist() == [False, True, False]


def test_inputs_are_measurements_and_mutations_with_holes_where_nothing_was_sequenced(tmp_path):
    table = beataml.load(data_root=write(tmp_path)).clinical
    assert table["mut_FLT3"].astype(object).where(table["mut_FLT3"].notna(), None).tolist() == ["yes", "no", None]
    assert table["wbc"].tolist() == [3.5, 3.5, 100]
    assert np.isnan(table["age"][2])
    assert set(table) == {"age", "wbc", "hb", "platelets", "sex", *(f"mut_{g}" for g in beataml.GENES)}


def test_haemoglobin_is_turned_into_the_unit_of_all_datasets(tmp_path):
    cohort = beataml.load(data_root=write(tmp_path))
    assert cohort.units["hb"] == "g/L"
    assert cohort.clinical["hb"].tolist() == [90, 90, 100]


def test_genes_that_define_the_risk_are_no_inputs_for_it(tmp_path):
    table = clinical(ELN2017=["Favorable", "Intermediate", "Adverse", "", ""], dbgap_subject_id=list("12345"))
    cohort = beataml.load(data_root=write(tmp_path, table), target="eln2017")
    assert (cohort.name, cohort.classes) == ("beataml-eln2017", ("Favorable", "Intermediate", "Adverse"))
    table = table.assign(ELN2017=["Favorable", "", "Adverse", "Intermediate", ""],
                         diseaseStageAtSpecimenCollection="Initial Diagnosis")  # fmt: skip
    without = beataml.load(data_root=write(tmp_path, table), target="eln2017")
    assert without.specimen.tolist() == ["BA1R", "BA3R", "BA4R"] and without.y.tolist() == [0, 2, 1]
    assert without.clinical["wbc"].to_dict() == {0: 3.5, 1: 100, 2: 5}
    assert without.clinical["mut_WT1"].isna().tolist() == [False, True, False]
    assert not {"mut_NPM1", "mut_FLT3", "mut_TP53", "mut_CEBPA", "mut_RUNX1", "mut_ASXL1"} & set(cohort.clinical)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"table": clinical().drop(columns="consensusAMLFusions")},
            r"summary: lacks columns \['consensusAMLFusions'\]",
        ),
        ({"sheet": "other"}, "has no sheet 'summary'"),
        ({"table": clinical(wbcCount="rare")}, "wbcCount: is no number"),
        ({"table": clinical(consensus_sex="f")}, r"consensus_sex: unknown \['f'\].*Known: Female, Male"),
        ({"table": clinical(dbgap_rnaseq_sample="BA1R")}, "more than once"),
        ({"table": clinical(diseaseStageAtSpecimenCollection="Relapse")}, "no specimen of AML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, files, message):
    with pytest.raises(CohortError, match=message):
        beataml.load(data_root=write(tmp_path, **files))


def test_an_unknown_target_and_a_missing_file_are_named(tmp_path):
    root = write(tmp_path)
    with pytest.raises(CohortError, match="unknown 'survival'"):
        beataml.load(data_root=root, target="survival")
    (root / beataml.NAME / beataml.MUTATIONS).unlink()
    with pytest.raises(CohortError, match="data get beataml"):
        beataml.load(data_root=root)


def test_files_kept_with_lfs_are_asked_for_where_their_content_is():
    assert beataml.SOURCE.url(beataml.CLINICAL).startswith("https://media.githubusercontent.com/media/biodev/")
    assert all(file.sha256 is not None for file in beataml.SOURCE.files)
