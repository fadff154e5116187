"""Every column and folder of a source lands where its documentation says, on small files of distinct values.

Headers, codes and units are written out here as the sources have them, never taken from the loaders.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdata

from benchmark.entries.registry import load_dataset
from datasets.cohort import Cohort
from tests.datasets.cell_folders import picture, places  # noqa: F401

pytestmark = pytest.mark.usefixtures("places")

# Our name -> header in the xlsx, header in the csv, unit, a value that no other column has.
APL_LABS = {
    "age": ("Age", "Age", "years", 33),
    "wbc": ("Leucocytes (G/L)", "Leucocytes (G/L)", "10^9/L", 71),
    "mcv": ("VGM (fL)", "VGM (fL)", "fL", 97),
    "mchc": ("CCMH (g/L)", "CCMH (g/L)", "g/L", 341),
    "neutrophils": ("PNN (G/L)", "PNN (G/L)", "10^9/L", 2.5),
    "lymphocytes_pct": ("Lymphos (%)", "Lymphos_(%)", "%", 41),
    "prothrombin_ratio": ("TP (%)", "TP (%)", "%", 82),
    "fibrinogen": ("Fibrinogene (g/L)", "Fibrinogene (g/L)", "g/L", 3.25),
    "eosinophils_pct": ("PNE (%)", "PNE (%)", "%", 1.5),
    "monocytes": ("Mono (G/L)", "Mono_(G_L)", "10^9/L", 0.75),
    "ldh": ("LDH (U/L)", "LDH (U/L)", "U/L", 612),
    "platelets": ("Plq (G/L)", "Plq_(G_L)", "10^9/L", 58),
}
# Columns of the xlsx beside those, with values that would stand out.
APL_LABS_OTHER = {
    "Sex M/F (0/1)": 1, "Hemoglobine (g/L)": 88, "PNN (%)": 55, "PNE (G/L)": 0.1, "Lymphos (G/L)": 4.4, "Mono (%)": 7,
    "Blastes (%)": 66, "Creatinine": 70,
}  # fmt: skip


def test_apl_labs(tmp_path: Path) -> None:
    folder = tmp_path / "apl-labs/data"
    folder.mkdir(parents=True)
    values = {name: value for name, (*_, value) in APL_LABS.items()}
    training = {APL_LABS[name][0]: value for name, value in values.items()} | APL_LABS_OTHER
    external = {APL_LABS[name][1]: value + 0.125 for name, value in values.items()}
    rows = [{"Témoin/Cas (0/1)": k, "Patient numbers": 10 + k, **training, "Age": 33 + k} for k in range(2)]
    pd.DataFrame(rows).to_excel(folder / "Données projet LAP Cas-témoin 02-10-20.xlsx", index=False)
    more = [{"Chu": "Cochin", "Patient_numbers": 20 + k, "target": 1 - k, **external, "Age": 43 + k} for k in range(2)]
    pd.DataFrame(more).to_csv(folder / "cohorte_full_data.csv", index=False)
    cohort = load_dataset("apl-labs", tmp_path, {})
    assert cohort.specimen.tolist() == ["Training-10", "Training-11", "Cochin-20", "Cochin-21"]
    assert cohort.label.tolist() == ["other AML", "APL", "APL", "other AML"]
    assert cohort.domain.tolist() == ["Training", "Training", "Cochin", "Cochin"]
    assert cohort.units == {name: unit for name, (_, _, unit, _) in APL_LABS.items()}
    assert cohort.clinical["age"].tolist() == [33, 34, 43, 44]
    for name, value in values.items():
        assert name == "age" or cohort.clinical[name].tolist() == [value] * 2 + [value + 0.125] * 2, name


def test_apl_jhu(tmp_path: Path) -> None:
    folder = tmp_path / "apl-jhu/Data"
    folder.mkdir(parents=True)
    (folder / "master.csv").write_text(
        "Patient_ID,Diagnosis,Cohort,Age at Diagnosis,Gender\n"
        "Patient_00,APL,Discovery,29,Female\nPatient_01,AML,Validation,61,Male\n"
    )
    for k in range(2):
        picture(folder / f"All/Patient_0{k}/Signed slides/Monocyte/MO_1.jpg", 90 + 60 * k, (363, 360))
    cohort = load_dataset("apl-jhu", tmp_path, {"image_size": 8})
    assert cohort.patient.tolist() == ["Patient_00", "Patient_01"]
    assert cohort.label.tolist() == ["APL", "AML"] and cohort.domain.tolist() == ["Discovery", "Validation"]
    assert cohort.clinical["age"].tolist() == [29, 61] and cohort.units["age"] == "years"
    assert cohort.clinical["sex"].tolist() == ["female", "male"]
    assert [int(cohort.images.bag(k).mean().round()) for k in range(2)] == [90, 150]


def test_tcga_laml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = [f"TCGA-{i}" for i in range(4)]
    clinical = {
        "SEX": ["Male", "Female", "Female", "Male"], "AGE": [41, 42, 43, 44], "WBC": [5.5, 6.5, 7.5, 8.5],
        "BM_BLAST_PERCENTAGE": [81, 82, 83, 84], "PB_BLAST_PERCENTAGE": [11, 12, 13, 14],
        "FAB": ["M3", "M1", "M1", "M2"],
        "HISTOLOGICAL_SUBTYPE": ["PML-RARA", "Normal Karyotype", "PML-RARA", "CBFB-MYH11"],
        "RISK_MOLECULAR": ["Good", "Intermediate", "Poor", "Good"],
    }  # fmt: skip
    content = {
        "laml.cli": pd.DataFrame(clinical, index=index),
        "laml.exp": pd.DataFrame([[1.0, 3.0]] * 4, index=index, columns=["MPO", "CD33"]),
        "laml.mut": pd.DataFrame({"FLT3": [0, 1, 0, 0], "NPM1": [0, 0, 0, 1]}, index=index),
    }
    (tmp_path / "tcga-laml").mkdir()
    (tmp_path / "tcga-laml/laml.rda").touch()
    monkeypatch.setattr("rdata.read_rda", lambda path: content)
    cohort = load_dataset("tcga-laml", tmp_path, {})
    assert cohort.label.tolist() == ["PML-RARA", "other AML", "PML-RARA", "other AML"]
    expected = {"age": clinical["AGE"], "wbc": clinical["WBC"], "blasts_marrow_pct": [81, 82, 83, 84],
                "blasts_blood_pct": [11, 12, 13, 14], "sex": ["male", "female", "female", "male"],
                "mut_FLT3": ["no", "yes", "no", "no"], "mut_NPM1": ["no", "no", "no", "yes"]}  # fmt: skip
    assert {name: column.tolist() for name, column in cohort.clinical.items()} == expected
    genes = dict(zip(cohort.gene_names, cohort.genes[0].tolist(), strict=True))
    assert genes == {"MPO": 1.0, "CD33": 2.0}  # log2(1 + value)
    risk = load_dataset("tcga-laml", tmp_path, {"target": "risk"})
    assert risk.label.tolist() == ["good", "intermediate", "poor", "good"]


def test_amlsg(tmp_path: Path) -> None:
    folder = tmp_path / "amlsg/data"
    folder.mkdir(parents=True)
    table = {
        "PDID": pd.Categorical(["PD1a", "PD2a"]), "Study": pd.Categorical(["AMLHD98A", "AMLSG0704"]),
        "gender": [1, 2], "AOD": [40.5, 50.5], "HB": [8.8, 9.9], "platelet": [31.0, 32.0], "wbc": [4.5, 5.5],
        "LDH": [301.0, 302.0], "BM_Blasts": [71.0, 72.0], "PB_Blasts": [21.0, 22.0],
    }  # fmt: skip
    rdata.write_rda(folder / "AMLSG_Clinical_Anon.RData", {"clinicalData": pd.DataFrame(table)})
    (folder / "AMLSG_Classification.txt").write_text("ID\tOverall_classification\nPD1a\tNPM1\nPD2a\tt15_17\n")
    (folder / "AMLSG_Genetic.txt").write_text(
        "SAMPLE_NAME\tGENE\tFINAL_CALL\tResult\nPD1a\tDNMT3A\tOK\tONCOGENIC\nPD2a\tKRAS\tOK\tONCOGENIC\n"
    )
    cohort = load_dataset("amlsg", tmp_path, {})
    assert cohort.label.tolist() == ["NPM1", "t15_17"] and cohort.domain.tolist() == ["AMLHD98A", "AMLSG0704"]
    found = {name: column.tolist() for name, column in cohort.clinical.items()}
    assert found == {
        "age": [40.5, 50.5], "hb": [88.0, 99.0], "platelets": [31, 32], "wbc": [4.5, 5.5], "ldh": [301, 302],
        "blasts_marrow_pct": [71, 72], "blasts_blood_pct": [21, 22], "sex": ["male", "female"],
        "mut_DNMT3A": ["yes", "no"], "mut_KRAS": ["no", "yes"],
    }  # fmt: skip
    assert cohort.units == {
        "age": "years", "hb": "g/L", "platelets": "10^9/L", "wbc": "10^9/L", "ldh": "U/L", "blasts_marrow_pct": "%",
        "blasts_blood_pct": "%",
    }  # fmt: skip


def test_beataml(tmp_path: Path) -> None:
    folder = tmp_path / "beataml"
    folder.mkdir()
    aml = "ACUTE MYELOID LEUKAEMIA (AML) AND RELATED PRECURSOR NEOPLASMS"
    table = {
        "dbgap_subject_id": ["1", "2"], "dbgap_rnaseq_sample": ["BA1R", "BA2R"],
        "dbgap_dnaseq_sample": ["BA1D", "BA2D"],
        "cohort": ["Waves1+2", "Waves3+4"], "diseaseStageAtSpecimenCollection": ["Initial Diagnosis"] * 2,
        "dxAtInclusion": [aml] * 2, "consensusAMLFusions": ["PML-RARA", ""], "ELN2017": ["Favorable", "Adverse"],
        "consensus_sex": ["Female", "Male"], "ageAtDiagnosis": ["41", "51"], "wbcCount": ["3.5", "100"],
        "hemoglobin": ["8.8", "9.9"], "plateletCount": ["20", "60"],
    }  # fmt: skip
    pd.DataFrame(table).to_excel(folder / "beataml_wv1to4_clinical.xlsx", sheet_name="summary", index=False)
    (folder / "beataml_waves1to4_norm_exp_dbgap.txt").write_text(
        "stable_id\tdisplay_label\tdescription\tbiotype\tBA2R\tBA1R\nE1\tMPO\td\tb\t2\t1\nE2\tCD33\td\tb\t4\t3\n"
    )
    (folder / "beataml_wes_wv1to4_mutations_dbgap.txt").write_text(
        "dbgap_sample_id\tsymbol\thgvsp_short\nBA1D\tFLT3\tp.D835Y\nBA2D\tWT1\tp.S1*\n"
    )
    cohort = load_dataset("beataml", tmp_path, {})
    assert cohort.specimen.tolist() == ["BA1R", "BA2R"] and cohort.patient.tolist() == ["1", "2"]
    assert cohort.y.tolist() == [1, 0] and cohort.domain.tolist() == ["Waves1+2", "Waves3+4"]
    expected = {"age": [41, 51], "wbc": [3.5, 100], "hb": [88.0, 99.0], "platelets": [20, 60],
                "sex": ["female", "male"], "mut_FLT3": ["yes", "no"], "mut_WT1": ["no", "yes"]}  # fmt: skip
    assert {name: cohort.clinical[name].tolist() for name in expected} == expected
    assert {k: v for k, v in cohort.units.items() if k in expected} == {
        "age": "years", "wbc": "10^9/L", "hb": "g/L", "platelets": "10^9/L"
    }  # fmt: skip
    genes = dict(zip(cohort.gene_names, cohort.genes.T.tolist(), strict=True))
    assert genes == {"MPO": [1, 2], "CD33": [3, 4]}


CODES = {
    "matek-lmu": ("AML-Cytomorphology", "tiff", {
        "BAS": "basophil", "EBO": "erythroblast", "EOS": "eosinophil", "KSC": "smudge cell",
        "LYA": "atypical lymphocyte", "LYT": "typical lymphocyte", "MMZ": "metamyelocyte", "MOB": "monoblast",
        "MON": "monocyte", "MYB": "myelocyte", "MYO": "myeloblast", "NGB": "band neutrophil",
        "NGS": "segmented neutrophil", "PMB": "bilobed promyelocyte", "PMO": "promyelocyte",
    }),
    "bone-marrow-mll": ("BM_cytomorphology_data", "jpg", {
        "ABE": "abnormal eosinophil", "ART": "artefact", "BAS": "basophil", "BLA": "blast", "EBO": "erythroblast",
        "EOS": "eosinophil", "FGC": "faggot cell", "HAC": "hairy cell", "KSC": "smudge cell",
        "LYI": "immature lymphocyte", "LYT": "lymphocyte", "MMZ": "metamyelocyte", "MON": "monocyte",
        "MYB": "myelocyte", "NGB": "band neutrophil", "NGS": "segmented neutrophil", "NIF": "not identifiable",
        "OTH": "other cell", "PEB": "proerythroblast", "PLM": "plasma cell", "PMO": "promyelocyte",
    }),
    "raabin": ("Train", "jpg", {
        name: name.lower() for name in ("Basophil", "Eosinophil", "Lymphocyte", "Monocyte", "Neutrophil")
    }),
    "acevedo": ("PBC_dataset_normal_DIB", "jpg", {
        name: name
        for name in ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", CODES)
def test_folders_are_the_classes_that_their_source_names(tmp_path: Path, name: str) -> None:
    place, suffix, codes = CODES[name]
    for k, code in enumerate(codes):
        picture(tmp_path / name / place / code / f"{code}_0001.{suffix}", 20 + 8 * k, (600, 600))
    cohort = load_dataset(name, tmp_path, {"image_size": 8})
    assert told(cohort) == {20 + 8 * k: label for k, label in enumerate(codes.values())}


def told(cohort: Cohort) -> dict[int, str]:
    """Return grey value of each image, to the nearest of the written ones -> class."""
    greys = [cohort.images.bag(i).mean() for i in range(len(cohort))]
    return dict(zip([20 + 8 * round((g - 20) / 8) for g in greys], cohort.label.tolist(), strict=True))


def test_numbers_of_zheng_are_the_types_of_its_paper(tmp_path: Path) -> None:
    types = {1: "neutrophil", 2: "lymphocyte", 3: "monocyte", 4: "eosinophil", 5: "basophil"}
    for dataset, side in (("Dataset 1", 120), ("Dataset 2", 300)):
        for k in types:
            picture(tmp_path / "wbc-zheng" / dataset / f"{k:03d}.bmp", 20 + 8 * k, (side, side))
        rows = "".join(f"{k},{6 - k}\n" for k in types)
        (tmp_path / "wbc-zheng" / f"Class Labels of {dataset}.csv").write_text(f"image ID,class\n{rows}")
    cohort = load_dataset("wbc-zheng", tmp_path, {"image_size": 8})
    for domain in ("Tecom", "CellaVision"):
        assert told(cohort[cohort.domain == domain]) == {20 + 8 * k: types[6 - k] for k in types}


def test_numbers_of_bloodmnist_are_those_of_its_info(tmp_path: Path) -> None:
    names = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
    numbers = {"train": [7, 6, 5, 4], "val": [3, 2], "test": [1, 0]}
    arrays = {}
    for part, labels in numbers.items():
        arrays[f"{part}_labels"] = np.array(labels, np.uint8)[:, None]
        greys = np.array([20 + 8 * k for k in labels], np.uint8)
        arrays[f"{part}_images"] = np.broadcast_to(greys[:, None, None, None], (len(labels), 28, 28, 3)).copy()
    (tmp_path / "bloodmnist").mkdir()
    np.savez(tmp_path / "bloodmnist/bloodmnist.npz", **arrays)
    cohort = load_dataset("bloodmnist", tmp_path, {})
    assert told(cohort) == {20 + 8 * k: name for k, name in enumerate(names)}
    assert cohort.official.tolist() == ["train"] * 4 + ["valid"] * 2 + ["test"] * 2
