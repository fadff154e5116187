"""Every image a specimen: whose it is, which it is, and how many of a patient are drawn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.cohort import CohortError
from datasets.schemes.explode import one_image_each
from datasets.schemes.leaky import random_images, slides
from datasets.schemes.splitters import kfold
from datasets.splits import SplitError
from tests.toy import toy_cohort


def marked():
    """Return a cohort of which each image has its own colour; patients have two specimens."""
    toy = toy_cohort(n=24, n_classes=2, side=4)
    pixels = toy.images.pixels.copy()
    pixels[:, 0, 0, 0] = np.arange(len(pixels))
    patient = np.array([f"P{i // 4 * 2 + i % 2}" for i in range(24)])
    return replace(toy, images=replace(toy.images, pixels=pixels), patient=patient, official=np.full(24, "train"),
                   era=np.array([f"20{i:02d}" for i in range(24)]))  # fmt: skip


@pytest.mark.parametrize("most", [1, 3, 99])
def test_images_keep_what_their_specimen_says_and_are_numbered_within_the_patient(most):
    cohort = marked()
    single = one_image_each(cohort, per_patient=most, seed=4)
    owner = np.repeat(np.arange(24), cohort.images.sizes)
    assert single.images.sizes.tolist() == [1] * len(single) and single.modalities == ("images",)
    assert single.images.pixels is cohort.images.pixels
    rows = np.array([single.images.bag(i)[0, 0, 0, 0] for i in range(len(single))])
    for name in ("y", "patient", "domain", "era"):
        np.testing.assert_array_equal(getattr(single, name), getattr(cohort, name)[owner[rows]])
    assert len(set(rows.tolist())) == len(rows)
    for name in set(cohort.patient.tolist()):
        own = single.specimen[single.patient == name].tolist()
        images = int(cohort.images.sizes[cohort.patient == name].sum())
        assert own == [f"{name}/{k}" for k in range(min(most, images))]
    assert single.patient.tolist() == sorted(single.patient.tolist())
    assert (single.official, single.truth, single.units, single.gene_sets, single.gene_names) == (
        None,
        None,
        {},
        {},
        (),
    )


def test_another_seed_draws_other_images():
    cohort = marked()
    drawn = [
        one_image_each(cohort, per_patient=1, **seed).images.rows.tolist() for seed in ({}, {"seed": 0}, {"seed": 1})
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(CohortError, match=r"^images: are missing\. unit = 'image' needs a dataset with images\.$"):
        one_image_each(toy_cohort(images=False), per_patient=1)
    bare = one_image_each(replace(cohort, era=None), per_patient=2)
    assert bare.era is None and bare.unseen is None


def with_slides(cohort):
    facts = {"slide": [f"L{i % 3}" for i in range(len(cohort.images.pixels))]}
    return replace(cohort, image_facts=pd.DataFrame(facts))


def test_leaky_splits_keep_images_or_slides_together_and_nothing_more():
    single = one_image_each(with_slides(marked()), per_patient=9)
    at_random, by_slide = random_images(single, folds=2, seed=3), slides(single, folds=2, seed=3)
    alone = kfold(replace(single, patient=single.specimen, target_level="specimen"), folds=2, seed=3)
    assert at_random.checksum == alone.checksum
    slide = single.image_facts["slide"].to_numpy(str)[single.images.rows]
    groups = np.array([f"{p}/{s}" for p, s in zip(single.patient, slide, strict=True)])
    together = kfold(replace(single, patient=groups, target_level="specimen"), folds=2, seed=3)
    assert by_slide.checksum == together.checksum
    assert at_random.notes[0].startswith("Leaky, for demonstration: images were dealt at random")
    assert by_slide.notes[0].startswith("Leaky, for demonstration: split by slide")
    assert random_images(single, folds=2).checksum == random_images(single, folds=2, seed=0).checksum


def test_what_does_not_leak_or_has_no_slides_is_refused():
    one = toy_cohort(n=12)
    for make, told in (
        (lambda: random_images(one, folds=2), "toy has one specimen a patient, so nothing leaks: give the task"),
        (lambda: random_images(replace(marked(), patients_known=False), folds=2), "toy has no patient ids, so scheme = "
         "'random-images' cannot"),
        (lambda: slides(one, folds=2), "toy names no slides, so it cannot be split by slide"),
        (lambda: slides(replace(one, image_facts=with_slides(one).image_facts.rename(columns={"slide": "x"})), folds=2),
         "toy names no slides, so it cannot be split by slide"),
        (lambda: slides(toy_cohort(n=12, images=False), folds=2), "toy names no slides"),
        (lambda: slides(with_slides(one), folds=2),
         "toy has specimens with several images; give the task unit = 'image'"),
    ):  # fmt: skip
        with pytest.raises(SplitError) as caught:
            make()
        assert str(caught.value).startswith(told)
