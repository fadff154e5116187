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
from datasets.public.wbcatt import attributes
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


def test_aml_hehr(tmp_path: Path) -> None:
    folder = tmp_path / "aml-hehr/data"
    rows = {
        "CEBPA": ("PML_RARA", "PML::RARA", 1, "female"), "AQKX": ("NPM1", "NPM1", 2, "male"),
        "BLTR": ("CBFB_MYH11", "CBFB::MYH11", 1, "female"), "DGUW": ("RUNX1_RUNX1T1", "RUNX1::RUNX1T1", 2, "male"),
        "ZORM": ("control", "control", 1, "female"),
    }  # fmt: skip
    lines = ["patient_id,sex_1f_2m,age,bag_label,instance_count,leucocytes_per_µl,pb_myeloblast,pb_promyelocyte"]
    for k, (patient, (bag, _, sex, _)) in enumerate(rows.items()):
        lines.append(f"{patient},{sex},{30 + k},{bag},1,{7000 + 500 * k},{81 + k},{11 + k}")
        picture(folder / bag / patient / "image_0.tif", 20 + 8 * k, (144, 144))
    (folder.parent / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    cohort = load_dataset("aml-hehr", tmp_path, {"image_size": 8, "controls": True})
    assert told(cohort) == {20 + 8 * k: label for k, (_, label, *_) in enumerate(rows.values())}
    assert cohort.specimen.tolist() == cohort.patient.tolist() == list(rows)
    assert cohort.clinical["sex"].tolist() == [sex for *_, sex in rows.values()]
    assert cohort.clinical["age"].tolist() == [30, 31, 32, 33, 34]
    assert cohort.clinical["wbc"].tolist() == [7.0, 7.5, 8.0, 8.5, 9.0]
    assert list(cohort.clinical) == ["age", "sex", "wbc"] and cohort.units == {"age": "years", "wbc": "10^9/L"}
    asked = load_dataset("aml-hehr", tmp_path, {"image_size": 8, "target": "pml-rara"})
    assert asked.label.tolist() == ["PML::RARA", "other", "other", "other"]


GOLUB = {  # number in the paper -> class, values of two probes
    "2": ("ALL", 100, 200), "1": ("ALL", 400, 800), "30": ("AML", 1600, 3200), "39": ("ALL", 6400, 12800),
    "50": ("AML", -57, 29017),
}  # fmt: skip


def test_golub(tmp_path: Path) -> None:
    folder = tmp_path / "golub"
    folder.mkdir()
    for file, numbers in {"train": ("2", "30", "1"), "independent": ("50", "39")}.items():
        header = "Gene Description,Gene Accession Number," + ",".join(f"{number},call" for number in numbers)
        probes = [
            f"{about},{probe}," + ",".join(f"{GOLUB[n][place]},P" for n in numbers)
            for place, (about, probe) in enumerate((("MPO Myeloperoxidase", "M19507_at"), ("Zyxin", "X95735_at")), 1)
        ]
        (folder / f"data_set_ALL_AML_{file}.csv").write_text("\n".join([header, *probes]) + "\n")
    (folder / "actual.csv").write_text("patient,cancer\n" + "".join(f"{n},{GOLUB[n][0]}\n" for n in sorted(GOLUB)))
    cohort = load_dataset("golub", tmp_path, {})
    assert cohort.patient.tolist() == ["2", "30", "1", "50", "39"]
    assert cohort.label.tolist() == ["ALL", "AML", "ALL", "AML", "ALL"]
    assert cohort.domain.tolist() == ["training"] * 3 + ["independent"] * 2
    assert cohort.gene_names == ("M19507_at", "X95735_at")
    held = [[100, 200], [1600, 3200], [400, 800], [100, 16000], [6400, 12800]]
    np.testing.assert_allclose(cohort.genes, np.log2(held), rtol=1e-6)


WBCATT = {  # the cells of each table, label and folder
    "train": (("BA_1.jpg", "Basophil", "basophil"), ("LY_2.jpg", "Lymphocyte", "lymphocyte")),
    "val": (("EO_3.jpg", "Eosinophil", "eosinophil"), ("SNE_4.jpg", "Neutrophil", "neutrophil")),
    "test": (("MO_5.jpg", "Monocyte", "monocyte"),),
}


def test_wbcatt(tmp_path: Path) -> None:
    names = (
        "cell_size", "cell_shape", "nucleus_shape", "nuclear_cytoplasmic_ratio", "chromatin_density",
        "cytoplasm_vacuole", "cytoplasm_texture", "cytoplasm_colour", "granule_type", "granule_colour", "granularity",
    )  # fmt: skip
    (tmp_path / "wbcatt/submission").mkdir(parents=True)
    for part, cells in WBCATT.items():
        table = [f"img_name,label,{','.join(names)},path"]
        for file, label, folder in cells:
            path, grey = f"PBC_dataset_normal_DIB/{folder}/{file}", 20 + 8 * int(file[-5])
            picture(tmp_path / "acevedo" / path, grey, (363, 360))
            table.append(f"{file},{label},{','.join(f'{name}-{file[-5]}' for name in names)},{path}")
        (tmp_path / f"wbcatt/submission/pbc_attr_v1_{part}.csv").write_text("\n".join(table) + "\n")
    cohort = load_dataset("wbcatt", tmp_path, {"image_size": 8})
    assert told(cohort) == {28: "basophil", 36: "lymphocyte", 44: "eosinophil", 52: "neutrophil", 60: "monocyte"}
    roles = dict(zip(cohort.specimen.tolist(), cohort.official.tolist(), strict=True))
    assert roles == {"BA_1": "train", "LY_2": "train", "EO_3": "valid", "SNE_4": "valid", "MO_5": "test"}
    table = attributes(tmp_path)
    for name in names:
        assert table[name].to_dict() == {stem: f"{name}-{stem[-1]}" for stem in roles}, name


def test_all_chiaretti(tmp_path: Path) -> None:
    folder = tmp_path / "all-chiaretti"
    folder.mkdir()
    (folder / "samples.csv").write_text(
        "sample,cod,diagnosis,sex,age,BT,remission,CR,date.cr,t(4;11),t(9;22),cyto.normal,citog,mol.biol,"
        "fusion protein,mdr,kinet,ccr,relapse,transplant,f.u,date last seen\n"
        "01005,1005,5/21/1997,M,53,B2,CR,CR,8/6/1997,False,True,False,t(9;22),BCR/ABL,p210,NEG,dyploid,,,,,\n"
        "04006,4006,7/18/1998,F,38,B1,CR,CR,9/7/1998,True,False,False,t(4;11),ALL1/AF4,,NEG,dyploid,,,,,\n"
        "08018,8018,,F,17,B3,CR,CR,,False,False,False,t(1;19),E2A/PBX1,,NEG,dyploid,,,,,\n"
        "10005,10005,2/1/1996,M,19,T2,CR,CR,,False,False,True,normal,NEG,,NEG,dyploid,,,,,\n"
    )
    values = pd.DataFrame({"1000_at": [7.5, 7.25, 7.0, 6.75], "1001_at": [5.0, 4.5, 4.25, 4.0]})
    values.index = pd.Index(["10005", "08018", "04006", "01005"], name="sample")
    values.to_parquet(folder / "expression.parquet")
    cohort = load_dataset("all-chiaretti", tmp_path, {})
    assert cohort.specimen.tolist() == cohort.patient.tolist() == ["10005", "08018", "04006", "01005"]
    assert cohort.label.tolist() == ["no fusion", "E2A/PBX1", "ALL1/AF4", "BCR/ABL"]
    assert {name: column.tolist() for name, column in cohort.clinical.items()} == {
        "age": [19, 17, 38, 53], "sex": ["male", "female", "female", "male"]
    }  # fmt: skip
    assert cohort.era.tolist() == ["1996", "", "1998", "1997"] and cohort.units == {"age": "years"}
    assert dict(zip(cohort.gene_names, cohort.genes.T.tolist(), strict=True)) == {
        "1000_at": [7.5, 7.25, 7.0, 6.75], "1001_at": [5.0, 4.5, 4.25, 4.0]
    }  # fmt: skip


MLL23 = {
    "basophil": "basophil", "eosinophil": "eosinophil", "hairy_cell": "hairy cell", "lymphocyte": "lymphocyte",
    "lymphocyte_large_granular": "large granular lymphocyte", "lymphocyte_neoplastic": "neoplastic lymphocyte",
    "lymphocyte_reactive": "reactive lymphocyte", "metamyelocyte": "metamyelocyte", "monocyte": "monocyte",
    "myeloblast": "myeloblast", "myelocyte": "myelocyte", "neutrophil_band": "band neutrophil",
    "neutrophil_segmented": "segmented neutrophil", "normoblast": "normoblast", "plasma_cell": "plasma cell",
    "promyelocyte": "promyelocyte", "promyelocyte_atypical": "atypical promyelocyte", "smudge_cell": "smudge cell",
}  # fmt: skip


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
    "mll23": (".", "TIF", MLL23),
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
