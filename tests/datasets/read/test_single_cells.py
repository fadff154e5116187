"""One cell a specimen: labels, copies across roles, and what a source lists against what is here."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError, Provenance
from datasets.fetch import RemoteFile
from datasets.read.decode import ImageFile, Skipped
from datasets.read.single_cells import image_provenance, single_cells, without_leaks


def cells(labels, **more):
    n = len(labels)
    return single_cells(
        name="x", classes=("b", "a"), labels=labels, specimen=[f"s{i}" for i in range(n)], domain=["d"] * n,
        pixels=np.arange(n * 12, dtype=np.uint8).reshape(n, 2, 2, 3), provenance=Provenance("p", "v", "l"), **more,
    )  # fmt: skip


def test_each_image_is_a_specimen_of_an_unknown_patient():
    cohort = cells(["a", "b", "a"], official=np.array(["train", "test", ""]))
    assert (cohort.y.tolist(), cohort.images.sizes.tolist()) == ([1, 0, 1], [1, 1, 1])
    assert cohort.patient.tolist() == cohort.specimen.tolist() == ["s0", "s1", "s2"]
    assert (cohort.patients_known, cohort.target_level) == (False, "specimen")
    assert cohort.official.tolist() == ["train", "test", ""] and cohort.has("images").all()
    assert cohort.y.dtype == cohort.images.starts.dtype == np.int64
    assert cells(["a", "b"]).image_facts is cells(["a", "b"]).official is None


def test_labels_that_are_no_class_are_named_in_order():
    with pytest.raises(CohortError, match=r"labels: unknown classes \['c', 'd', 'e', 'f', 'g'\]\. Known: b, a\."):
        cells(list("abgecfd"))


@given(st.lists(st.tuples(st.sampled_from(["train", "valid", "test", ""]), st.sampled_from([b"1", b"2", b"3"]))))
def test_of_copies_across_roles_those_of_test_stay_then_those_of_valid(images):
    official, content = np.array([role for role, _ in images], np.str_), [digest for _, digest in images]
    expected = []
    for role, digest in images:
        roles = {r for r, d in images if d == digest and r}
        kept = next((r for r in ("test", "valid", "train") if r in roles), "")
        expected.append(role if role == kept else "")
    assert without_leaks(official, content).tolist() == expected


def listed(*files):
    return SimpleNamespace(
        repository="o/r", commit="c", licence="l", all_files=lambda: [RemoteFile(path, size) for path, size in files]
    )


def here(*files):
    return [ImageFile(path, size, 0, 0, 0) for path, size in files]


@pytest.mark.parametrize(
    ("files", "modified", "absent"),
    [
        ([("a.png", 1), ("b.JPG", 2)], False, ()),
        ([("a.png", 1)], True, ("1 images are not on this machine, such as b.JPG",)),
        ([("a.png", 1), ("b.JPG", 3)], True, ()),
        ([("a.png", 2), ("b.JPG", 2)], True, ()),
        ([("a.png", 1), ("b.JPG", 2), ("c.png", 1)], True, ()),
        ([], True, ("2 images are not on this machine, such as a.png",)),
    ],
)
def test_a_copy_is_modified_that_lacks_an_image_or_has_another(files, modified, absent):
    source = listed(("a.png", 1), ("b.JPG", 2), ("table.csv", 3), ("unwanted/x.png", 4))
    found = image_provenance(source, here(*files), [Skipped("s.png", "why")], lambda path: "unwanted" not in path)
    assert found == Provenance("https://github.com/o/r", "c", "l", modified=modified, absent=absent, skipped=("s.png",))
