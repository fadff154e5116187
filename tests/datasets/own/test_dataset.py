"""A user's own cohort: what is right loads as declared, what is wrong is named row by row."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from datasets.card import Card
from datasets.cohort import CohortError, Provenance
from datasets.own.dataset import OwnDataset
from datasets.own.problems import OwnCohortError

TOML = """
name = "my-cohort"
classes = ["AML", "APL"]

[specimens]
table = "specimens.csv"
patient = "patient"
domain = "hospital"
label = "diagnosis"

[clinical]
table = "labs.csv"
separator = ";"
decimal = ","
specimen = "id"

[clinical.columns]
hb = { column = "Hb", unit = "g/dL" }
wbc = { column = "Leuko", unit = "10^3/uL", limits = true }
sex = { categories = ["f", "m"] }
score = { column = "Score", unit = "points" }
"""


def write_cohort(home: Path, toml: str = TOML, *, labs: str | None = None, specimens: str | None = None) -> OwnDataset:
    rows = [f"S{i},P{i // 2},{'AB'[i % 4 // 2]},{'APL' if i // 2 % 2 else 'AML'}" for i in range(16)]
    home.joinpath("specimens.csv").write_text(
        specimens or "\n".join(["specimen,patient,hospital,diagnosis", *rows]) + "\n"
    )
    lines = [f"S{i};{8 + i / 10:.1f};{i + 1};{'fm'[i % 2]};{i}".replace(".", ",") for i in reversed(range(16))]
    home.joinpath("labs.csv").write_text(labs or "\n".join(["id;Hb;Leuko;sex;Score", *lines]) + "\n")
    path = home / "cohort.toml"
    path.write_text(toml)
    return OwnDataset(path)


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def problems_of(dataset: OwnDataset) -> list[str]:
    with pytest.raises(OwnCohortError) as caught:
        dataset.load()
    return [str(problem) for problem in caught.value.problems]


def test_units_are_converted_and_rows_follow_the_specimen_table(tmp_path):
    cohort = write_cohort(tmp_path).load()
    assert cohort.classes == ("AML", "APL")
    np.testing.assert_allclose(cohort.clinical["hb"], [80 + i for i in range(16)])
    np.testing.assert_allclose(cohort.clinical["wbc"], np.arange(1, 17))
    assert cohort.units == {"hb": "g/L", "wbc": "10^9/L", "score": "points"}
    assert cohort.clinical["sex"].tolist() == ["f", "m"] * 8
    assert cohort.patients_known and cohort.domain.tolist()[:4] == ["A", "A", "B", "B"]


def test_every_wrong_cell_is_named_with_its_row(tmp_path):
    labs = "id;Hb;Leuko;sex;Score\nS0;88,0;<10;f;1\nS1;8.1;2;x;1\nS2;;n.d.;m;nan\nS9;9;1;f;1\nS99;9;1;f;1\nS9;9;1;f;1\n"
    found = problems_of(write_cohort(tmp_path, labs=labs))
    assert [line.split(":")[0] for line in found] == [
        "labs.csv row 7, id", "labs.csv row 6, id", "labs.csv row 3, Hb", "labs.csv row 2, Hb",
        "labs.csv row 4, Leuko", "labs.csv row 3, sex",
    ]  # fmt: skip
    assert "outside 2 to 25 g/dL; in g/L it would not be" in found[3]
    assert "decimal" in found[2]


def test_a_limit_is_read_only_where_declared(tmp_path):
    labs = "id;Hb;Leuko;sex;Score\nS0;9;<10;f;<1\n"
    found = problems_of(write_cohort(tmp_path, labs=labs))
    assert len(found) == 1 and "limits = true" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("S3,P1,A", "S2,P1,A", "occurs before"),
        ("S3,P1", "S3,", "is blank"),
        ("S3,P1,A,APL", "S3,P1,A,APl", "unknown label"),
    ],
)
def test_bad_specimen_rows_are_named(tmp_path, old, new, said):
    rows = [f"S{i},P{i // 2},{'AB'[i % 2]},{'APL' if i // 2 % 2 else 'AML'}" for i in range(8)]
    table = "\n".join(["specimen,patient,hospital,diagnosis", *rows]).replace("S3,P1,B", "S3,P1,A")
    found = problems_of(write_cohort(tmp_path, specimens=edited(table, old, new)))
    assert any("specimens.csv row 5" in line and said in line for line in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'label = "diagnosis"',
            'lable = "diagnosis"',
            r"specimens\.lable: unknown key; did you mean .*label\?$",
        ),
        (
            'label = "diagnosis"',
            'label = "Diagnose"',
            r'lacks column "Diagnose" \(specimens\.label; did you mean "diagnosis"',
        ),
        ('label = "diagnosis"', 'label = ""', r"specimens\.label: names no column.*Write label ="),
        ('label = "diagnosis"', 'label = "diagnosis"\nspecimen = ""', r"specimens\.specimen: names no column"),
        ('unit = "g/dL"', 'unit = "mmol/L"', "cannot be turned"),
        ('table = "labs.csv"', 'table = "lab.csv"', "there is no file"),
        (', unit = "points"', "", "give unit"),
        ("[specimens]", "[specimens", "not valid TOML"),
        ('["f", "m"]', '["f", "f"]', "categories: .*write different names"),
        ('["AML", "APL"]', '["AML", "APL "]', "classes: .*without blanks around them"),
    ],
)
def test_a_wrong_file_names_the_key(tmp_path, old, new, said):
    with pytest.raises(CohortError, match=said):
        write_cohort(tmp_path, edited(TOML, old, new)).load()


def test_a_file_in_another_encoding_says_so(tmp_path):
    dataset = write_cohort(tmp_path)
    tmp_path.joinpath("specimens.csv").write_bytes(
        "specimen,patient,hospital,diagnosis\nS1,Pü,A,AML\n".encode("cp1252")
    )
    with pytest.raises(CohortError, match="encoding"):
        dataset.load()


def write_images(home: Path, *, sizes: list[int]) -> None:
    rng = np.random.default_rng(0)
    for i in range(16):
        folder = home / "cells" / f"S{i}" / "blast"
        folder.mkdir(parents=True)
        for k, side in enumerate(sizes):
            Image.fromarray(rng.integers(0, 255, (side, side + k, 3), dtype=np.uint8)).save(folder / f"{k}.png")


IMAGES = TOML + '\n[images]\nfolder = "cells"\npattern = "{specimen}/{cell_type}/*"\nimage_size = 16\n'


def test_images_are_found_by_pattern_and_cropped_to_what_all_cover(tmp_path):
    write_images(tmp_path, sizes=[40, 32])
    cohort = write_cohort(tmp_path, IMAGES).load()
    assert cohort.images.sizes.tolist() == [2] * 16
    assert set(cohort.images.cell_type) == {"blast"}
    with Image.open(tmp_path / "cells/S3/blast/0.png") as image:
        crop = image.crop((4, 4, 36, 36)).resize((16, 16), Image.Resampling.LANCZOS)
    assert any(np.array_equal(image, np.asarray(crop)) for image in cohort.images.bag(3))
    assert sorted(cohort.image_facts["width"].tolist()[:2]) == [33, 40]
    assert "images cropped to 32 pixels" in cohort.provenance.version


def test_an_image_of_an_unknown_specimen_is_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "cells/S3").rename(tmp_path / "cells/X3")
    assert problems_of(write_cohort(tmp_path, IMAGES)) == [
        "X3/blast/0.png: 'X3' is no specimen of the specimen table. Add it there, or correct the id."
    ]


def test_a_broken_image_is_left_out_and_named(tmp_path):
    write_images(tmp_path, sizes=[32])
    (tmp_path / "cells/S3/blast/0.png").write_bytes(b"")
    cohort = write_cohort(tmp_path, IMAGES).load()
    assert cohort.images.sizes.tolist() == [1, 1, 1, 0] + [1] * 12
    assert cohort.provenance.skipped == ("S3/blast/0.png (zero bytes)",)


def test_images_may_be_listed_in_a_table(tmp_path):
    write_images(tmp_path, sizes=[32])
    lines = [f"S{i},S{i}/blast/0.png" for i in range(15)] + ["S15,S15/none.png"]
    (tmp_path / "images.csv").write_text("\n".join(["specimen,path", *lines]))
    toml = TOML + '\n[images]\nfolder = "cells"\ntable = "images.csv"\nimage_size = 16\n'
    assert "images.csv row 17, path" in problems_of(write_cohort(tmp_path, toml))[0]
    (tmp_path / "images.csv").write_text("\n".join(["specimen,path", *lines[:15]]))
    assert write_cohort(tmp_path, toml).load().images.sizes.tolist() == [1] * 15 + [0]


GENES = TOML + '\n[genes]\ntable = "genes.{kind}"\ntransform = "log2p1"\nsets = "sets.gmt"\n'


@pytest.mark.parametrize("kind", ["csv", "parquet", "h5ad"])
def test_genes_come_from_any_table(tmp_path, kind):
    counts = pd.DataFrame(np.arange(30).reshape(10, 3) ** 2, columns=["A1", "B2", "C3"])
    ids = pd.Index([f"S{i}" for i in range(10)], name="specimen")
    if kind == "h5ad":
        anndata = pytest.importorskip("anndata")
        anndata.AnnData(counts.set_index(ids).astype(np.float32)).write_h5ad(tmp_path / "genes.h5ad")
    elif kind == "csv":
        counts.set_index(ids).to_csv(tmp_path / "genes.csv")
    else:
        counts.assign(specimen=ids).to_parquet(tmp_path / "genes.parquet")
    (tmp_path / "sets.gmt").write_text("one\tdescription\tA1\tC3\tZ9\nnone\tdescription\tZ9\n")
    cohort = write_cohort(tmp_path, GENES.replace("{kind}", kind)).load()
    np.testing.assert_allclose(cohort.genes[:10], np.log2(counts + 1), rtol=1e-6)
    assert cohort.has("genes").tolist() == [True] * 10 + [False] * 6
    assert cohort.gene_sets == {"one": ("A1", "C3")}


def test_a_blank_gene_value_is_named(tmp_path):
    (tmp_path / "genes.csv").write_text("specimen,A1,B2\nS0,1,\nS1,2,x\n")
    found = problems_of(write_cohort(tmp_path, GENES.replace("{kind}", "csv").replace('sets = "sets.gmt"\n', "")))
    assert "B2 of S0" in found[0] and "is blank" in found[0]
    assert "B2 of S1" in found[1] and "'x'" in found[1]


def test_without_patient_ids_the_cohort_says_so(tmp_path):
    cohort = write_cohort(tmp_path, edited(TOML, 'patient = "patient"\n', "")).load()
    assert not cohort.patients_known
    np.testing.assert_array_equal(cohort.patient, cohort.specimen)


def test_a_card_and_the_origin_say_what_the_file_says(tmp_path):
    dataset = write_cohort(tmp_path, TOML.replace("[specimens]\n", '[specimens]\nera = "patient"\n'))
    assert Card(
        title="my-cohort", source="own files", doi="", licence="the owner's", x="clinical", y="column diagnosis",
        patient="column patient", domain="column hospital", split="{'scheme': 'kfold', 'folds': 5}",
    ) == dataset.CARD  # fmt: skip
    assert (dataset.NAME, dataset.find(), dataset.SPLIT["folds"]) == ("my-cohort", tmp_path, 5)
    cohort = dataset.load()
    seal = hashlib.sha256((tmp_path / "cohort.toml").read_bytes()).hexdigest()[:12]
    assert cohort.provenance == Provenance("own files, my-cohort", f"cohort.toml sha256 {seal}", "the owner's")
    assert (cohort.era == cohort.patient).all() and cohort.target_level == "patient"
    titled = 'title = "Mine"\nlicence = "CC0"\n' + TOML.replace('patient = "patient"\ndomain = "hospital"\n', "")
    other = write_cohort(tmp_path, titled)
    card, bare = other.CARD, other.load()
    assert (card.title, card.licence, card.patient, card.domain) == ("Mine", "CC0", "not known", "one")
    assert bare.era is None and bare.provenance.licence == "CC0" and set(bare.domain) == {"all"}


def test_who_lacks_a_modality_is_noted_up_to_five(tmp_path):
    for rows, told in ((10, "S10, S11, S12, S13, S14 …"), (11, "S11, S12, S13, S14, S15"), (15, "S15"), (16, None)):
        labs = "".join(f"S{i};8,0;1;f;1\n" for i in range(rows))
        notes = write_cohort(tmp_path, labs="id;Hb;Leuko;sex;Score\n" + labs).load().provenance.notes
        assert notes == (() if told is None else (f"{16 - rows} of 16 specimens have no clinical: {told}",))
