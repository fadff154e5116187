"""Cohorts whose specimen is one cell image of a source that names no patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.cohort import Cohort, CohortError, ImageBags, Provenance, presence
from datasets.fetch import Source
from datasets.read.decode import SUFFIXES, ImageFile, Skipped


def single_cells(
    *,
    name: str,
    classes: tuple[str, ...],
    labels: Sequence[str],
    specimen: Sequence[str],
    domain: Sequence[str],
    pixels: NDArray[np.uint8],
    provenance: Provenance,
    facts: pd.DataFrame | None = None,
    official: NDArray[np.str_] | None = None,
) -> Cohort:
    """Return one specimen an image, patients unknown.

    Args:
        name: Dataset name.
        classes: Class names.
        labels: Class name of each image.
        specimen: Unique id of each image.
        domain: Domain of each image.
        pixels: uint8 RGB, (n, H, W, 3).
        provenance: Where the images came from.
        facts: What the files tell besides their pixels, n rows.
        official: Role of each image in the source's own split, or None.

    Raises:
        CohortError: If a label is not among the classes.
    """
    strangers = sorted(set(labels) - set(classes))
    if strangers:
        raise CohortError("labels", f"unknown classes {strangers}", remedy=f"Known: {', '.join(classes)}.")
    n = len(labels)
    bags = ImageBags(pixels, np.arange(n + 1, dtype=np.int64))
    return Cohort(
        name=name,
        classes=classes,
        y=np.array([classes.index(label) for label in labels], dtype=np.int64),
        specimen=np.array(specimen, dtype=np.str_),
        patient=np.array(specimen, dtype=np.str_),
        domain=np.array(domain, dtype=np.str_),
        provenance=provenance,
        present=presence(n, bags),
        images=bags,
        target_level="specimen",
        patients_known=False,
        official=official,
        image_facts=facts,
    )


def without_leaks(official: NDArray[np.str_], content: Sequence[bytes]) -> NDArray[np.str_]:
    """Return the roles with "" where a copy of the image plays another: test keeps its images, then valid.

    Args:
        official: str (n,), "train", "valid", "test" or "".
        content: What tells images apart, n digests.
    """
    owner: dict[bytes, str] = {}
    for keeper in ("test", "valid", "train"):
        for digest, role in zip(content, official.tolist(), strict=True):
            if role == keeper:
                owner.setdefault(digest, keeper)
    kept = [owner.get(digest) == role for digest, role in zip(content, official.tolist(), strict=True)]
    return np.where(kept, official, "")


def image_provenance(
    source: Source, files: Sequence[ImageFile], skipped: Sequence[Skipped], wanted: Callable[[str], bool]
) -> Provenance:
    """Compare the image files that are here with the manifest of their source, by name and size.

    Args:
        source: With a manifest that lists the images.
        files: The images that are here, paths as in the manifest.
        skipped: Those of them that could not be used.
        wanted: Whether an image of the manifest belongs to the cohort.
    """
    size = {f.path: f.size for f in source.all_files() if f.path.lower().endswith(SUFFIXES) and wanted(f.path)}
    here = {f.path for f in files}
    lost = [path for path in size if path not in here]
    return Provenance(
        source=f"https://github.com/{source.repository}",
        version=source.commit,
        licence=source.licence,
        modified=bool(lost) or any(size.get(f.path) != f.size for f in files),
        absent=(f"{len(lost)} images are not on this machine, such as {lost[0]}",) if lost else (),
        skipped=tuple(s.path for s in skipped),
    )
