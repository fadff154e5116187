"""Random numbers that a cohort can be made from again: the streams keep their numbers, whatever is added."""

import numpy as np

from datasets.simulate.shared.draws import Stream, gene_columns, generator, patient_uniforms

STREAMS = {
    "ORDER": 0, "VARIANT": 1, "CLINICAL": 2, "MISSING": 3, "GENE_BASELINE": 4, "GENE_FACTORS": 5, "GENE_NOISE": 6,
    "GENE_MISSING": 7, "TRAIT_PATIENT": 8, "TRAIT_CELL": 9, "CELL_KIND": 10, "SLIDE": 11, "OUTLINE": 12,
    "NUCLEUS": 13, "NUCLEOLI": 14, "GRANULES": 15, "AUER": 16, "RED_CELLS": 17, "ARTEFACT": 18, "PLACEMENT": 19,
    "SENSOR": 20, "TEXTURE_BANK": 21, "GENE_SETS": 22, "TEXTURE": 23, "GENE_COLUMNS": 24, "LABEL_NOISE": 40,
    "RATERS": 41, "EARLY_DEATH": 42, "ERA": 43, "SCALE_BAR": 44, "DIRT": 45, "UNSEEN_ORDER": 46, "BLASTS": 47,
    "MORE_C": 48, "NEIGHBOUR": 60, "HEMA_GENES": 80, "HEMA_PROGRAMS": 81, "HEMA_DISEASE": 82, "HEMA_BATCH": 83,
    "HEMA_SETS": 84, "HEMA_CELLS": 85, "HEMA_DONOR": 86, "HEMA_DISPERSION": 87, "HEMA_COUNTS": 88, "HEMA_ORDER": 89,
}  # fmt: skip


def test_no_two_factors_share_a_stream_and_old_cohorts_can_be_made_again():
    assert {stream.name: stream.value for stream in Stream} == STREAMS


def test_a_stream_is_addressed_by_seed_then_factor_then_patient():
    for patient, key in ((None, [7, 16]), (0, [7, 16, 0]), (3, [7, 16, 3])):
        got = generator(7, Stream.AUER, patient).random(4)
        np.testing.assert_array_equal(got, np.random.default_rng(key).random(4))
    drawn = patient_uniforms(7, Stream.ERA, 3, (2, 2))
    for i in range(3):
        np.testing.assert_array_equal(drawn[i], np.random.default_rng([7, 43, i]).random((2, 2)))


def test_the_order_of_genes_is_a_permutation_of_the_seeds():
    order = gene_columns(50, 7)
    np.testing.assert_array_equal(order, np.random.default_rng([7, 24]).permutation(50))
    assert sorted(order.tolist()) == list(range(50)) != order.tolist()
