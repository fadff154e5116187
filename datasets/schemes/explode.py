"""A view of a cohort in which every image is a specimen of its own, for showing what splits by image do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort, presence
from datasets.errors import CohortError
from datasets.image_bags import ImageBags


def one_image_each(cohort: Cohort, *, per_patient: int, seed: int = 0) -> Cohort:
    """Return a cohort of single images with their patient, domain, era and label; pixels are shared, not copied.

    Specimen ids are "<patient>/<k>". Genes, clinical rows and the generator's truth are left behind: they belong to
    the patient, and an image alone is what a split by image deals out.

    Args:
        cohort: With images. Specimens without any are lost.
        per_patient: Most images of a patient; more are drawn from without replacement.
        seed: Of the draw.

    Raises:
        CohortError: If the cohort has no images, or a class is left without any.
    """
    if cohort.images is None:
        raise CohortError("images", "are missing", remedy="unit = 'image' needs a dataset with images.")
    owner = np.repeat(np.arange(len(cohort)), cohort.images.sizes)
    kept, number = _drawn(cohort.patient[owner], per_patient, seed)
    chosen, rows = owner[kept], cohort.images.all_rows()[kept]
    bags = ImageBags(cohort.images.pixels, np.arange(len(kept) + 1), rows, cohort.images.cell_type)
    return replace(
        cohort,
        y=cohort.y[chosen],
        specimen=np.char.add(np.char.add(cohort.patient[chosen], "/"), number.astype(str)),
        patient=cohort.patient[chosen],
        domain=cohort.domain[chosen],
        era=None if cohort.era is None else cohort.era[chosen],
        unseen=None if cohort.unseen is None else cohort.unseen[chosen],
        present=presence(len(kept), bags),
        images=bags,
        genes=None,
        gene_names=(),
        gene_sets={},
        clinical=None,
        units={},
        truth=None,
        official=None,
    )


def _drawn(patient: NDArray[np.str_], per_patient: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return positions of the images that are kept, patient after patient, and each one's number within its patient."""
    order = np.random.default_rng([seed, per_patient]).permutation(len(patient))
    order = order[np.argsort(patient[order], kind="stable")]
    _, start, count = np.unique(patient[order], return_index=True, return_counts=True)
    number = np.arange(len(order)) - np.repeat(start, count)
    return order[number < per_patient], number[number < per_patient]
