from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datasets.cohort import CohortError, Provenance
from datasets.fetch.sources import RemoteFile
from datasets.public import acevedo, apl_jhu, wbc_cross, wbc_sources
from datasets.roots import DataMissing
from datasets.schemes.splitters import leave_one_domain_out
from tests.datasets.cell_folders import keep_out
from tests.datasets.public.cell_files import acevedo_files, bccd_files, picture, zheng_files

real = pytest.mark.realdata
JHU = "apl-jhu/Data/All/Patient_00/Signed slides"


@pytest.fixture
def root(tmp_path, monkeypatch):
    keep_out(tmp_path, monkeypatch)
    acevedo_files(tmp_path)
    zheng_files(tmp_path)
    (tmp_path / "apl-jhu/Data").mkdir(parents=True)
    pd.DataFrame([("Patient_00", "APL", "Discovery", "29", "Male")], columns=apl_jhu._COLUMNS).to_csv(
        tmp_path / "apl-jhu/Data/master.csv", index=False
    )
    kinds = (*wbc_sources.JHU_TYPES, "Lymphocyte, variant", "Blast, no lineage spec", "Promonocyte", "Arifact")
    for k, kind in enumerate(kinds):
        picture(tmp_path / JHU / kind / f"X_{k}.jpg", 20 * k)
    return tmp_path


def load(root, **options):
    return wbc_cross.load(data_root=root, image_size=8, **options)


def counts(cohort):
    return pd.crosstab(cohort.domain, np.array(cohort.classes)[cohort.y])


def test_four_domains_four_classes(root):
    table = counts(load(root))
    assert table.index.tolist() == ["Acevedo", "JHU", "Zheng-1", "Zheng-2"]
    assert sorted(table.columns) == sorted(wbc_cross.CLASSES)
    assert table["neutrophil"].tolist() == [2, 2, 1, 1]
    assert table["lymphocyte"].tolist() == [1, 1, 1, 1]


def test_basophils_on_request(root):
    assert counts(load(root, basophils=True))["basophil"].tolist() == [1, 1, 1, 1]


def test_ambiguous_cell_types_of_jhu_are_left_out(root):
    ids = load(root, basophils=True).specimen
    assert not any(kind in name for name in ids for kind in ("variant", "Blast", "Promonocyte", "Arifact"))


def test_images_filed_under_two_types_are_left_out(root, monkeypatch):
    twin = b"t" * 32
    files = [
        RemoteFile("PBC_dataset_normal_DIB/neutrophil/BNE_10.jpg", 1, twin),
        RemoteFile("PBC_dataset_normal_DIB/eosinophil/EO_77.jpg", 1, twin),
    ]
    monkeypatch.setattr("datasets.fetch.sources.read_manifest", lambda _: files)
    ids = load(root).specimen.tolist()
    assert "Acevedo/PBC_dataset_normal_DIB/neutrophil/BNE_10.jpg" not in ids
    assert "Acevedo/PBC_dataset_normal_DIB/neutrophil/SNE_11.jpg" in ids


def test_of_copies_one_is_kept(root):
    folder = root / "acevedo/PBC_dataset_normal_DIB/monocyte"
    (folder / "MO_99.jpg").write_bytes((folder / "MO_9.jpg").read_bytes())
    cohort = load(root)
    assert [name.split("/")[-1] for name in cohort.specimen if "MO_9" in name] == ["MO_9.jpg"]


def test_the_choice_is_seeded_and_capped(root):
    for k in range(30):
        picture(root / f"acevedo/PBC_dataset_normal_DIB/monocyte/MO_{100 + k}.jpg", 5 * k)
    first, again, other = (load(root, per_class=10, seed=s) for s in (1, 1, 2))
    assert counts(first).loc["Acevedo", "monocyte"] == 10
    assert first.specimen.tolist() == again.specimen.tolist()
    assert set(first.specimen) != set(other.specimen)
    assert counts(load(root, per_class=None)).loc["Acevedo", "monocyte"] == 31


def test_pixels_facts_and_labels_stay_together(root):
    cohort = load(root)
    i = cohort.specimen.tolist().index(f"JHU/{JHU.removeprefix('apl-jhu/')}/Monocyte/X_3.jpg")
    assert cohort.images.bag(i).mean() == pytest.approx(60, abs=2)
    assert cohort.classes[cohort.y[i]] == "monocyte"
    formats = np.where(np.char.startswith(cohort.domain, "Zheng"), "BMP", "JPEG")
    assert cohort.image_facts["format"].to_numpy()[cohort.images.all_rows()].tolist() == formats.tolist()
    assert cohort.image_facts.index.tolist() == list(range(len(cohort.image_facts)))
    assert cohort.provenance.skipped == ("wbc-zheng/Dataset 1/006.bmp",)


def test_no_patients_cross_in_the_default_split(root):
    cohort = load(root)
    assert not cohort.patients_known
    assert wbc_cross.SPLIT == {"scheme": "leave-one-domain-out"}
    plan = leave_one_domain_out(cohort)
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        (test,) = (rows for role, rows in roles.items() if role.startswith("test:"))
        learned = np.concatenate([rows for role, rows in roles.items() if not role.startswith("test:")])
        assert not set(cohort.domain[test]) & set(cohort.domain[learned])


def test_two_domains_are_enough_and_facts_follow_them(root):
    cohort = load(root, domains=["JHU", "Acevedo"])
    assert sorted(set(cohort.domain)) == ["Acevedo", "JHU"]
    patients = set(cohort.patient[cohort.domain == "JHU"])
    assert patients == {"JHU/Patient_00"} and len(set(cohort.patient)) == 1 + (cohort.domain == "Acevedo").sum()
    width = dict(
        zip(cohort.specimen.tolist(), cohort.image_facts["width"].to_numpy()[cohort.images.all_rows()], strict=True)
    )
    for name, pixels in width.items():
        path = root / ("acevedo" if name.startswith("Acevedo/") else "apl-jhu") / name.partition("/")[2]
        assert Image.open(path).width == pixels


def test_a_field_of_bccd_is_cut_at_the_scale_of_the_others_and_counted(root):
    fields = {0: ("NEUTROPHIL", [(200, 100, 300, 200)]), 1: ("BASOPHIL", [(300, 200, 400, 300)]), 2: ("MONOCYTE", [])}
    bccd_files(root, fields)
    part = wbc_sources.READERS["BCCD"]("BCCD", root)
    assert {path[-5]: part.label(path) for path in part.cut} == {"0": "neutrophil", "1": "basophil"}
    assert [(w.side, w.column, w.row) for w in part.cut.values()] == [(300, 250, 150), (300, 350, 250)]
    said = part.provenance(part, ())
    assert "2 of 3 fields have exactly one" in said.version
    assert said.absent == ("3 fields are here, the source has 364",)
    assert part.wanted("JPEGImages/BloodImage_00001.jpg") and not part.wanted("JPEGImages/BloodImage_00002.jpg")


def test_what_lacks_is_said_with_its_domain(root):
    said = load(root, domains="Acevedo,JHU").provenance
    assert [sentence.partition(": ")[0] for sentence in said.absent] == ["Acevedo", "JHU"]
    assert said.licence == "; ".join(f"{m.NAME}: {m.SOURCE.licence}" for m in (acevedo, apl_jhu))


def test_domains_are_an_option(root):
    kinds = ("NEUTROPHIL", "LYMPHOCYTE", "MONOCYTE", "EOSINOPHIL", "BASOPHIL", "NEUTROPHIL, MONOCYTE")
    cell = (200, 100, 300, 200)
    bccd_files(root, {k: (kind, [cell]) for k, kind in enumerate(kinds)} | {9: ("NEUTROPHIL", [cell, cell])})
    for k in (0, 2, 3):  # else they look alike
        picture(root / f"bccd/JPEGImages/BloodImage_{k:05d}.jpg", 40 * k, (640, 480))
    whole = load(root)
    assert load(root, domains=("Acevedo", "JHU", "Zheng-1", "Zheng-2")).fingerprint == whole.fingerprint
    joined = load(root, domains="BCCD, Acevedo,JHU")
    table = counts(joined)
    assert table.index.tolist() == ["Acevedo", "BCCD", "JHU"]
    assert table.loc["BCCD", list(wbc_cross.CLASSES)].tolist() == [1, 1, 1, 1]
    i = joined.specimen.tolist().index("BCCD/JPEGImages/BloodImage_00001.jpg")
    square = joined.images.bag(i)[0].astype(int)  # columns 100 to 400, rows 0 to 300, in eight pixels
    assert abs(square[:, 0, 0].mean() - 118) < 6
    assert abs(square[0, :, 1].mean() - 18) < 6
    assert joined.image_facts["width"].to_numpy()[joined.images.all_rows()][i] == 640
    assert "bccd: MIT" in joined.provenance.licence
    assert whole.provenance.licence == wbc_cross.CARD.licence


@pytest.mark.parametrize("modified", [(False, False), (True, False), (False, True), (True, True)])
def test_joined_sources_are_modified_where_one_is(modified):
    said = [Provenance("s", "v", "l", modified=one) for one in modified]
    parts = [SimpleNamespace(provenance=lambda *_, told=told: told, folder="f", domain="D") for told in said]
    decoded = [SimpleNamespace(skipped=())] * 2
    assert wbc_cross._provenance(parts, decoded).modified == any(modified)


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        ("Acevedo, Munich", r"unknown \['Munich'\].*Known: Acevedo, JHU"),
        ("JHU", "two or more are needed"),
        ("JHU,JHU", "two or more are needed"),
        ("F,C,A,E,B,D", r"unknown \['A', 'B', 'C', 'D', 'E', 'F'\]"),
    ],
)
def test_unknown_or_single_domains_are_refused(root, domains, message):
    with pytest.raises(CohortError, match=message):
        load(root, domains=domains)


@pytest.mark.parametrize("gone", ["acevedo", "apl-jhu", "wbc-zheng"])
def test_the_missing_dataset_is_named(root, gone):
    (root / gone).rename(root / "elsewhere")
    with pytest.raises(DataMissing, match=f"python -m benchmark data get {gone}"):
        load(root)
    with pytest.raises(DataMissing, match=f"python -m benchmark data get {gone}"):
        wbc_cross.find(root)


@real
def test_counts_of_the_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path))
    cohort = wbc_cross.load(image_size=16, per_class=60)
    table = counts(cohort)[["neutrophil", "lymphocyte", "monocyte", "eosinophil"]]
    assert table.loc[["Acevedo", "JHU"]].to_numpy().tolist() == [[60] * 4] * 2
    assert table.loc["Zheng-1"].sum() in range(180 - 5 - 9, 180 - 9 + 1)  # copies left out
    assert table.loc["Zheng-2"].tolist() == [33, 37, 15, 12]
