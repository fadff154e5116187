"""Class folders without a table: a pattern says label, patient and domain."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datasets.cohort import CohortError
from datasets.own.dataset import OwnDataset
from datasets.own.folders import specimens_of_folders
from datasets.own.path_pattern import path_rule, said_by, words_of
from datasets.own.problems import OwnCohortError, Problems
from tests.datasets.cell_folders import picture

TOML = 'name = "cells"\n{more}\n[images]\nfolder = "cells"\nimage_size = 16\npattern = "{pattern}"\n{after}'


def described(home, pattern, more="", after=""):
    (home / "cohort.toml").write_text(
        TOML.replace("{more}", more).replace("{after}", after).replace("{pattern}", pattern)
    )
    return OwnDataset(home / "cohort.toml")


def problems_of(dataset):
    with pytest.raises(OwnCohortError) as caught:
        dataset.load()
    return [str(problem) for problem in caught.value.problems]


def test_class_folders_are_a_cohort(tmp_path):
    for k, path in enumerate(("APL/1.jpg", "APL/2.jpg", "other AML/1.jpg")):
        picture(tmp_path / "cells" / path, 40 * k)
    for path in ("APL/._1.jpg", "APL/Thumbs.db", ".DS_Store", "__MACOSX/APL/1.jpg", "desktop.ini"):
        (tmp_path / "cells" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cells" / path).write_bytes(b"junk")
    cohort = described(tmp_path, "{label}/{specimen}.jpg").load()
    assert cohort.classes == ("APL", "other AML")
    assert cohort.specimen.tolist() == ["APL/1", "APL/2", "other AML/1"]
    assert cohort.y.tolist() == [0, 0, 1]
    assert [round(float(cohort.images.bag(i).mean())) for i in range(3)] == [0, 40, 80]
    assert not cohort.patients_known
    assert set(cohort.domain) == {"all"}


def test_folders_tell_domain_and_patient_as_well(tmp_path):
    for path in ("Lyon/APL/P1/1.png", "Lyon/APL/P1/2.png", "Lyon/AML/P2/1.png", "Paris/APL/P3/1.png"):
        picture(tmp_path / "cells" / path)
    dataset = described(tmp_path, "{domain}/{label}/{patient}/{specimen}.png", 'classes = ["AML", "APL"]')
    cohort = dataset.load()
    assert cohort.classes == ("AML", "APL")
    assert cohort.domain.tolist() == ["Lyon", "Lyon", "Lyon", "Paris"]
    assert cohort.patient.tolist() == ["P2", "P1", "P1", "P3"]
    assert cohort.patients_known
    assert cohort.label.tolist() == ["AML", "APL", "APL", "APL"]
    assert dataset.CARD.patient == "{patient} of the path {domain}/{label}/{patient}/{specimen}.png"


def test_a_specimen_may_be_a_bag_with_cell_types(tmp_path):
    for path in ("APL/S1/blast/1.png", "APL/S1/other/1.png", "AML/S2/blast/1.png"):
        picture(tmp_path / "cells" / path)
    cohort = described(tmp_path, "{label}/{specimen}/{cell_type}/*").load()
    assert cohort.specimen.tolist() == ["AML/S2", "APL/S1"]
    assert cohort.images.sizes.tolist() == [1, 2]
    assert sorted(cohort.images.cell_type.tolist()) == ["blast", "blast", "other"]


def test_tables_of_other_modalities_name_specimens_by_their_bare_names(tmp_path):
    for path in ("APL/a.png", "AML/b.png"):
        picture(tmp_path / "cells" / path)
    (tmp_path / "labs.csv").write_text("specimen,hb\na,90\nb,80\n")
    after = '[clinical]\ntable = "labs.csv"\n[clinical.columns]\nhb = { unit = "g/L" }\n'
    cohort = described(tmp_path, "{label}/{specimen}.png", after=after).load()
    assert dict(zip(cohort.specimen.tolist(), cohort.clinical["hb"], strict=True)) == {"a": 90, "b": 80}
    picture(tmp_path / "cells/AML/a.png")
    assert (
        "a' is a specimen of another folder too"
        in problems_of(described(tmp_path, "{label}/{specimen}.png", after=after))[0]
    )


def test_unknown_classes_torn_patients_and_other_files_are_named(tmp_path):
    for path in ("APL/P1/1.png", "AML/P1/1.png", "APL/P2/1.png", "MDS/P3/1.png", "loose.png"):
        picture(tmp_path / "cells" / path)
    found = problems_of(described(tmp_path, "{label}/{patient}/{specimen}.png", 'classes = ["AML", "APL"]'))
    assert any("'MDS' is an unknown label of 1 specimen. Known: AML, APL." in p for p in found)
    assert any("'P1' has images under two labels: AML, APL" in p for p in found)
    found = problems_of(described(tmp_path, "{label}/{patient}/{specimen}.png", 'target_level = "specimen"'))
    assert len(found) == 1 and found[0].startswith("loose.png: does not match the pattern")


@pytest.mark.parametrize(
    ("pattern", "more", "message"),
    [
        ("{specimen}.png", "", r"specimens.table names no file; name one, or let folders tell the classes"),
        ("{label}/*.png", "", r"pattern needs \{specimen\}"),
        ("{class}/{specimen}.png", "", r"pattern has \{class\}; known: \{specimen\}"),
        ("{label}/{label}/{specimen}.png", "", r"pattern has \{label\} more than once"),
        ("{label}/{specimen}.png", '[specimens]\ntable = "s.csv"', "both say it; keep one"),
        ("{label}/{specimen}.png", '[specimens]\npatient = "who"', r"names a column, but no table; write \{patient\}"),
        ("{label}/{specimen}.png", '[clinical.columns]\nhb = { unit = "g/L" }', "clinical.table names no file"),
        ("{label}/{patient}/{specimen}.png", "", r"no image in .*cells fits \{label\}/\{patient\}/\{specimen\}.png"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, pattern, more, message):
    picture(tmp_path / "cells/APL/1.png")
    with pytest.raises(CohortError, match=message):
        described(tmp_path, pattern, more).load()


names = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=8)


@given(names, names, names)
def test_a_path_gives_back_what_it_was_made_of(label, patient, name):
    said = said_by(path_rule("{label}/{patient}/{specimen}.png"), f"{label}/{patient}/{name}.png", joined=False)
    assert said == {"label": label, "patient": patient, "specimen": name}
    joined = said_by(path_rule("{label}/{patient}/{specimen}.png"), f"{label}/{patient}/{name}.png", joined=True)
    assert joined["specimen"] == f"{label}/{patient}/{name}"


def test_a_run_of_class_folders_needs_no_script(tmp_path):
    from benchmark.planning.splitting import make_split
    from benchmark.suites.suite import Split

    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        for i in range(6):
            picture(tmp_path / "cells" / label / f"{i}.png", int(rng.integers(255)))
    dataset = described(tmp_path, "{label}/{specimen}.*", after='[split]\nscheme = "images"\nfolds = 2\n')
    plan = make_split(Split.model_validate(dataset.SPLIT), dataset.load())
    assert plan.folds == (0, 1)
    assert "no patient ids" in plan.notes[0]


def test_everything_wrong_with_folders_is_told(tmp_path):
    for path in (
        "APL/P1/1.png",
        "MDS/P1/2.png",
        "MDS/P2/3.png",
        "CML/P2/4.png",
        "AML/P3/1.png",
        "MDS/P4/6.png",
        "APL/P1/7.png",
    ):
        picture(tmp_path / "cells" / path)
    (tmp_path / "g.csv").write_text("specimen,A\n1,1\n")
    more = 'classes = ["AML", "APL"]'
    dataset = described(tmp_path, "{label}/{patient}/{specimen}.png", more, '[genes]\ntable = "g.csv"\n')
    with pytest.raises(OwnCohortError) as caught:
        dataset.load()
    repeated = "Ids are unique where tables of genes or clinical values name them: rename the files."
    unknown = "Known: AML, APL. Rename the folder, or name it in classes."
    people = 'Are these two people? Rename a folder, or set target_level = "specimen".'
    assert [astuple(problem) for problem in caught.value.problems] == [
        ("APL/P1/1.png", 0, "", "1", "is a specimen of another folder too", repeated),  # after AML/P3/1.png
        ("cells", 0, "{label}", "CML", "is an unknown label of 1 specimen", f"Did you mean 'AML'? {unknown}"),
        ("cells", 0, "{label}", "MDS", "is an unknown label of 3 specimens", unknown),
        ("cells", 0, "{patient}", "P1", "has images under two labels: APL, MDS", people),
        ("cells", 0, "{patient}", "P2", "has images under two labels: CML, MDS", people),
    ]


def test_a_folder_or_images_that_are_not_there_are_named(tmp_path):
    with pytest.raises(CohortError, match=rf"^images\.folder: there is no folder {tmp_path}/cells\. Paths begin"):
        described(tmp_path, "{label}/{specimen}.png").load()
    spec = described(tmp_path, "{label}/{specimen}.png").spec.model_copy(update={"images": None})
    with pytest.raises(CohortError, match=r"^specimens\.table: names no file\.$"):
        specimens_of_folders(spec, tmp_path, Problems())


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("{label}/*.{specimen}", "a/x.y", {"label": "a", "specimen": "y"}),
        ("**/{specimen}.png", "a/b/c.png", {"specimen": "c"}), ("*/{specimen}.png", "a/b/c.png", None),
        ("{specimen}/**", "a/b/c", {"specimen": "a"}), ("{specimen}/*", "a/", {"specimen": "a"}),
        ("{specimen}/**", "a/", None), ("{specimen}.png", ".png", None), ("{specimen}.png", "axpng", None),
        ("{era}_{domain}_{specimen}_*", "1_2_3_4_5", {"era": "1", "domain": "2", "specimen": "3"}),
    ],
)  # fmt: skip
def test_stars_and_words_stand_for_parts_of_a_path(pattern, path, fits):
    assert said_by(path_rule(pattern), path, joined=False) == fits


def test_a_joined_name_has_all_but_the_cell_type_in_the_order_of_the_path():
    rule = path_rule("{specimen}/{cell_type}/{label}/{domain}.png")
    said = said_by(rule, "s/t/l/d.png", joined=True)
    assert said == {"specimen": "s/l/d", "cell_type": "t", "label": "l", "domain": "d"}
    assert words_of("{specimen}/{label}_{era}") == ["specimen", "label", "era"]


@pytest.mark.parametrize("other", ["Apl", "A PL", "A-PL", "A_PL", "A\u2013PL", "\uff21PL"])
@pytest.mark.parametrize("classes", ["", 'classes = ["AML", "APL"]'])
def test_a_folder_that_is_nearly_a_class_is_no_class_of_its_own(tmp_path, other, classes):
    for path in ("APL/P1/1.png", "APL/P2/2.png", "AML/P3/3.png", f"{other}/P4/4.png"):
        picture(tmp_path / "cells" / path)
    (found,) = problems_of(described(tmp_path, "{label}/{patient}/{specimen}.png", classes))
    assert found.startswith(f"cells, {{label}}: '{other}' is ") and "Did you mean 'APL'?" in found
    assert "in classes" in found


def test_two_spellings_that_are_both_declared_are_two_classes(tmp_path):
    for path in ("APL/P1/1.png", "Apl/P2/2.png"):
        picture(tmp_path / "cells" / path)
    cohort = described(tmp_path, "{label}/{patient}/{specimen}.png", 'classes = ["APL", "Apl"]').load()
    assert cohort.classes == ("APL", "Apl")


def test_everything_wrong_with_class_folders_is_told_at_once(tmp_path):
    for path in ("APL/P1/1.png", "APL/P1/2.png", "AML/P2/1.png", "Apl/P3/1.png", "APL/loose.png"):
        picture(tmp_path / "cells" / path)
    (tmp_path / "cells/AML/P2/9.png").write_bytes(b"junk")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "cells/AML/P2/8.png")
    told = problems_of(described(tmp_path, "{label}/{patient}/{specimen}.png"))
    assert [line.partition(": ")[0] for line in told] == [
        "cells, {label}", "APL/loose.png", "AML/P2/8.png", "AML/P2/9.png"
    ]  # fmt: skip
    assert "images.pattern" in told[1] and "crop under [images]" in told[2] and "cannot be opened" in told[3]
