"""An invalid cohort is refused with the column, the first ids and the remedy."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.cohort import CohortError, ImageBags, presence
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


def test_presence_of_nothing_is_false():
    table = pd.DataFrame({"age": [1.0, np.nan]})
    assert presence(2, clinical=table).tolist() == [[False, False, True], [False, False, False]]
