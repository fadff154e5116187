"""An invalid cohort is refused with the column, the first ids and the remedy."""

import dataclasses
import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError, ImageBags, Truth, presence
from tests.toy import toy_cohort

GOOD = toy_cohort()


def broken(**changes):
    return lambda: dataclasses.replace(GOOD, **changes)


def test_length_mismatch_names_the_column():
    with pytest.raises(CohortError, match=r"domain: has 59 rows, y has 60"):
        broken(domain=GOOD.domain[:-1])()


def test_unknown_class_names_the_specimen():
    y = GOOD.y.copy()
    y[7] = 9
    with pytest.raises(CohortError, match=r"y: unknown class \[9\] \(first: S007\)"):
        broken(y=y)()


def test_nan_genes_name_the_specimen_and_the_remedy():
    genes = GOOD.genes.copy()
    genes[11, 2] = np.nan
    with pytest.raises(CohortError, match=r"genes: NaN.*S011.*Impute"):
        broken(genes=genes)()


def test_patient_with_two_labels_is_refused_only_for_patient_targets():
    patient = GOOD.patient.copy()
    patient[1] = patient[0]
    with pytest.raises(CohortError, match=r"patient: has two labels.*P000"):
        broken(patient=patient)()
    broken(patient=patient, target_level="specimen")()


def test_empty_class_is_named():
    with pytest.raises(CohortError, match=r"classes: no specimen.*ghost"):
        broken(classes=(*GOOD.classes, "ghost"))()


def test_bag_offsets_out_of_order():
    starts = GOOD.images.starts.copy()
    starts[3], starts[4] = starts[4] + 1, starts[3]
    with pytest.raises(CohortError, match="out of order"):
        ImageBags(GOOD.images.pixels, starts)


def test_duplicate_and_blank_ids():
    specimen = GOOD.specimen.copy()
    specimen[5] = specimen[4]
    with pytest.raises(CohortError, match=r"specimen: ids occur more than once \(first: S004\)"):
        broken(specimen=specimen)()
    patient = GOOD.patient.copy()
    patient[2] = " "
    with pytest.raises(CohortError, match="patient: is empty"):
        broken(patient=patient)()


def test_text_column_and_missing_unit():
    table = GOOD.clinical.assign(note="free text")
    with pytest.raises(CohortError, match="note"):
        broken(clinical=table)()
    with pytest.raises(CohortError, match=r"wbc.*has no unit"):
        broken(units={"age": "years"})()


def test_present_must_agree_with_the_parts():
    present = GOOD.present.copy()
    present[0, 0] = not present[0, 0]
    with pytest.raises(CohortError, match=r"present: disagrees.*S000"):
        broken(present=present)()


def test_gene_set_of_unknown_genes():
    with pytest.raises(CohortError, match="TP53"):
        broken(gene_sets={"x": ("G0", "TP53")})()


@given(st.lists(st.integers(0, 59), min_size=1, max_size=30), st.data())
def test_view_of_view_is_the_composed_view(first, data):
    second = data.draw(st.lists(st.integers(0, len(first) - 1), min_size=1, max_size=20))
    composed = np.array(first)[second]
    a, b = GOOD[first][second], GOOD[composed]
    assert (a.specimen == b.specimen).all() and (a.y == b.y).all() and (a.present == b.present).all()
    assert a.clinical.equals(b.clinical) and (a.genes == b.genes).all()
    for i, original in enumerate(composed):
        assert (a.images.bag(i) == GOOD.images.bag(int(original))).all()


def test_view_shares_pixels():
    assert GOOD[[1, 2]].images.pixels is GOOD.images.pixels


def test_blinded_view_hides_labels_and_truth():
    assert set(GOOD.blinded(labels=False).y) == {-1}
    assert (GOOD.blinded(labels=True).y == GOOD.y).all()
    assert GOOD.blinded(labels=True).truth is None
    twice = dataclasses.replace(GOOD, patient=np.roll(np.repeat(GOOD.patient[:20], 3), 1), target_level="specimen")
    shown = twice.blinded(labels=True)
    assert not set(shown.specimen) & set(GOOD.specimen) and len(set(shown.specimen)) == 60
    assert (np.equal.outer(shown.patient, shown.patient) == np.equal.outer(twice.patient, twice.patient)).all()


def test_fingerprint_sees_every_part():
    seen = {GOOD.fingerprint, dataclasses.replace(GOOD).fingerprint}
    assert len(seen) == 1
    genes = GOOD.genes.copy()
    genes[GOOD.has("genes").argmax(), 0] += 1e-3
    pixels = GOOD.images.pixels.copy()
    pixels[0, 0, 0, 0] ^= 1
    changed = [
        dict(genes=genes),
        dict(images=ImageBags(pixels, GOOD.images.starts, None, GOOD.images.cell_type)),
        dict(clinical=GOOD.clinical.assign(age=GOOD.clinical["age"] + 1)),
        dict(units={"age": "months", "wbc": "10^9/L"}),
        dict(domain=np.roll(GOOD.domain, 1)),
        dict(gene_sets={}),
    ]
    for change in changed:
        seen.add(dataclasses.replace(GOOD, **change).fingerprint)
    assert len(seen) == 1 + len(changed)


def digest_of(cohort):
    """Return the hash of all that counts in a row, as keys of kept results have it."""
    said = (cohort.name, cohort.classes, cohort.target_level, cohort.gene_names)
    body = [repr(part) for part in (said, sorted(cohort.gene_sets.items()), sorted(cohort.units.items()))]
    body += ["\x1f".join(ids) for ids in (cohort.specimen, cohort.patient, cohort.domain, cohort.unseen)]
    table, bags = cohort.clinical.to_csv(index=False, float_format="%.10g"), cohort.images
    arrays = (cohort.y, cohort.present, cohort.genes)
    rest = [repr(bags.pixels.shape).encode(), *(a.tobytes() for a in (bags.starts, bags.all_rows(), bags.pixels))]
    whole = ["".join(body).encode(), *(a.tobytes() for a in arrays), table.encode(), *rest]
    return hashlib.sha256(b"".join(whole) + "\x1f".join(bags.cell_type).encode()).hexdigest()


def test_the_fingerprint_is_the_hash_of_every_part_in_order_and_of_no_more():
    toy = toy_cohort(n=240, side=2)
    assert len(toy.images.pixels) > 512 and len(toy.images.pixels) % 256
    full = dataclasses.replace(toy, y=np.where(toy.y == 2, -1, toy.y), classes=toy.classes[:2],
                               unseen=np.where(toy.y == 2, "far", ""))  # fmt: skip
    assert full.fingerprint == digest_of(full)
    sets, units = (dict(reversed(part.items())) for part in (full.gene_sets, full.units))
    table = full.clinical.set_axis(full.specimen)
    same = dataclasses.replace(full, gene_sets=sets, units=units, clinical=table)
    assert same.fingerprint == full.fingerprint
    bare = toy_cohort(n=6, images=False, genes=False, clinical=False)
    assert bare.fingerprint != dataclasses.replace(bare, name="other").fingerprint


def test_labels_are_names_and_none_is_given_where_one_is_hidden():
    toy = toy_cohort(n=6, images=False, genes=False)
    assert toy.label.tolist() == ["class-0", "class-1", "class-2"] * 2
    part = toy[np.arange(6)]
    vars(part)["y"] = np.array([0, 1, 2, 0, -1, 2])
    with pytest.raises(ValueError, match=r"^labels are hidden$"):
        _ = part.label


def laden(**options):
    """Return a cohort that has every part."""
    toy = toy_cohort(n=12, side=4, **options)
    rng, images = np.random.default_rng(0), len(toy.images.pixels)
    traits = pd.DataFrame({"size": np.arange(images)})
    posterior, error = rng.dirichlet([1, 1, 1], 12), rng.random((12, 3))
    truth = Truth({"all": posterior}, toy.y, traits, traits, ("G1",), ("first",), {}, {"genes": error})
    return dataclasses.replace(
        toy, y=np.where(np.arange(12) % 4 == 0, -1, toy.y), unseen=np.where(np.arange(12) % 4 == 0, "far", ""),
        official=np.array(["train", "valid", "test"] * 4), era=np.arange(2000, 2012).astype(str), truth=truth,
        image_facts=pd.DataFrame({"format": ["PNG"] * images}),
    )  # fmt: skip


def test_a_view_takes_every_part_of_the_chosen_specimens():
    whole = laden()
    chosen = np.array([7, 2, 2, 8])
    view = whole[chosen]
    for name in ("y", "specimen", "patient", "domain", "present", "official", "era", "unseen", "genes"):
        np.testing.assert_array_equal(getattr(view, name), getattr(whole, name)[chosen])
    pd.testing.assert_frame_equal(view.clinical, whole.clinical.iloc[chosen].reset_index(drop=True))
    np.testing.assert_array_equal(view.truth.posterior["all"], whole.truth.posterior["all"][chosen])
    np.testing.assert_array_equal(view.truth.posterior_error["genes"], whole.truth.posterior_error["genes"][chosen])
    np.testing.assert_array_equal(view.truth.y, whole.truth.y[chosen])
    assert view.truth.traits is whole.truth.traits and view.image_facts is whole.image_facts
    assert dataclasses.replace(whole, truth=Truth())[chosen].truth.y is None
    assert whole[np.arange(12) % 5 == 0].specimen.tolist() == ["S000", "S005", "S010"]
    assert whole[[0, 1]].specimen.tolist() == ["S000", "S001"]
    assert (view.name, view.classes, view.units, len(view), view.n_classes) == ("toy", whole.classes, whole.units, 4, 3)
    bare = toy_cohort(n=6, images=False, genes=False, clinical=False)[[1, 3]]
    assert (bare.images, bare.genes, bare.clinical, bare.truth, bare.era, bare.modalities) == (*[None] * 5, ())


def test_a_blinded_view_has_nothing_that_an_entry_must_not_see():
    whole = laden()
    shuffled = whole[[5, 3, 9, 3]]
    vars(shuffled)["clinical"] = shuffled.clinical.set_axis(["APL", "AML", "APL", "AML"])
    view = shuffled.blinded(labels=True)
    assert [getattr(view, name) for name in ("truth", "official", "era", "image_facts", "unseen")] == [None] * 5
    assert view.specimen.tolist() == [f"specimen-{i}" for i in range(4)]
    assert view.patient.tolist() == ["patient-0", "patient-1", "patient-2", "patient-1"]
    assert view.clinical.index.equals(pd.RangeIndex(4)) and view.genes is shuffled.genes
    assert view.y is shuffled.y and shuffled.blinded(labels=False).y.tolist() == [-1] * 4
    assert toy_cohort(n=6, clinical=False).blinded(labels=True).clinical is None


def test_modalities_are_those_that_a_cohort_has_at_all():
    for name, k in (("images", 0), ("genes", 1), ("clinical", 2)):
        lone = toy_cohort(n=9, side=4, missing=0.4, **{m: m == name for m in ("images", "genes", "clinical")})
        assert lone.modalities == (name,)
        np.testing.assert_array_equal(lone.has(name), lone.present[:, k])
    assert GOOD.modalities == ("images", "genes", "clinical")


def test_presence_of_nothing_is_false():
    table = pd.DataFrame({"age": [1.0, np.nan]})
    assert presence(2, clinical=table).tolist() == [[False, False, True], [False, False, False]]
