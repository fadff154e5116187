"""Class-named folders of single-cell images to a cohort with one image a specimen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import is_left_behind
from datasets.read.decode import Crop, ImageFile, decode_images, find_images
from datasets.read.single_cells import single_cells
from datasets.roots import DataMissing, data_roots

Notes = Callable[[Path, Sequence[ImageFile], NDArray[np.str_]], Sequence[str]] | None
_WRAPPERS = tuple("*/" * depth for depth in range(5))  # downloads wrap class folders in up to four of their own


@dataclass(frozen=True, eq=False)
class Cells:
    """Hold one row an image file.

    Attributes:
        files: Image files.
        label: str (n,), class names.
        domain: str (n,).
        patient: str (n,), or None where the source publishes no patient ids.
        official: str (n,), role in the source's own split, or None.
    """

    files: Sequence[ImageFile]
    label: NDArray[np.str_]
    domain: NDArray[np.str_]
    patient: NDArray[np.str_] | None = None
    official: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.files)

    def take(self, rows: NDArray[np.int64]) -> Cells:
        """Return some rows, in the order of ``rows``."""
        return Cells(
            [self.files[i] for i in rows],
            self.label[rows],
            self.domain[rows],
            None if self.patient is None else self.patient[rows],
            None if self.official is None else self.official[rows],
        )


def find_classes(dataset: str, names: Collection[str], data_root: Path | None = None) -> Path:
    """Return the first ``<root>/<dataset>`` that holds one of the folders ``names``, at most four levels down.

    Raises:
        DataMissing: If no root has it.
    """
    looked = [root / dataset for root in data_roots(data_root)]
    for folder in looked:
        if _class_roots(folder, names):
            return folder
    raise DataMissing(dataset, looked)


def class_root(folder: Path, names: Collection[str]) -> Path:
    """Return the folder that holds folders of ``names`` directly, at most four levels down, the uppermost one.

    Raises:
        CohortError: If there is none, or more than one.
    """
    roots = _class_roots(folder, names)
    if len(roots) != 1:
        found = "in no place" if not roots else "in several places"
        raise CohortError(str(folder), f"has class folders {found}", roots, "Keep one copy of the dataset there.")
    return roots[0]


def _class_roots(folder: Path, names: Collection[str]) -> list[Path]:
    for wrapper in _WRAPPERS:
        found = {p.parent for name in names for p in folder.glob(wrapper + name) if p.is_dir()}
        if found:
            return sorted(p for p in found if not is_left_behind(p.name))
    return []


def labelled_images(place: Path, root: Path, classes: Mapping[str, str]) -> tuple[list[ImageFile], NDArray[np.str_]]:
    """Return the images below ``place`` and their classes, str (n,).

    The class of an image is that of the first folder on its way down that ``classes`` names.

    Args:
        place: Folder with the class folders.
        root: Folder of the dataset; paths are relative to it.
        classes: Folder name -> class name.

    Raises:
        CohortError: If an image lies in no such folder, or there is none at all.
    """
    files = find_images(place, root)
    depth = len(place.relative_to(root).parts)
    labels = [_label(f.path.split("/")[depth:-1], classes) for f in files]
    strangers = sorted({f.path.rsplit("/", 1)[0] for f, label in zip(files, labels, strict=True) if not label})
    if strangers:
        known = ", ".join(sorted(classes))
        raise CohortError(str(place), "has images outside the folders of known classes", strangers, f"Known: {known}.")
    if not files:
        raise CohortError(str(place), "has no image")
    return files, np.array(labels, np.str_)


def _label(folders: Sequence[str], classes: Mapping[str, str]) -> str:
    return next((classes[name] for name in folders if name in classes), "")


def choose(label: NDArray[np.str_], per_class: int | None, seed: int) -> NDArray[np.int64]:
    """Return positions of at most ``per_class`` images of each class, chosen at random, ascending.

    Raises:
        ValueError: If ``per_class`` is less than 1.
    """
    if per_class is None:
        return np.arange(len(label))
    if per_class < 1:
        raise ValueError(f"per_class needs to be 1 or more, got {per_class}")
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(label == name))[:per_class] for name in np.unique(label)]
    return np.sort(np.concatenate(chosen))


def cell_cohort(
    name: str, cells: Cells, classes: Iterable[str], root: Path, crop: Crop, image_size: int, provenance: Provenance
) -> Cohort:
    """Decode the images and return a cohort of one image a specimen; classes without an image are left out and named.

    Raises:
        CohortError: If nothing can be read.
    """
    decoded = decode_images(cells.files, root, crop, image_size)
    cells = cells.take(decoded.kept)
    held = tuple(c for c in classes if (cells.label == c).any())
    lost = [f"class {c} is not on this machine" for c in classes if c not in held]
    cohort = single_cells(
        name=name,
        classes=held,
        labels=cells.label.tolist(),
        specimen=[f.path for f in cells.files],
        domain=cells.domain.tolist(),
        pixels=decoded.pixels,
        provenance=replace(
            provenance,
            absent=(*provenance.absent, *lost),
            skipped=(*provenance.skipped, *(s.path for s in decoded.skipped)),
        ),
        facts=decoded.facts,
        official=cells.official,
    )
    return cohort if cells.patient is None else replace(cohort, patient=cells.patient, patients_known=True)


@dataclass(frozen=True)
class ClassFolders:
    """Describe a source whose folders are named after the classes and that names no patients.

    Attributes:
        name: Dataset name.
        classes: Folder name -> class name.
        domain: The only domain.
        published: Images in a complete copy.
        page: Public page of the source.
        licence: As the source states it.
        version: Release.
    """

    name: str
    classes: Mapping[str, str]
    domain: str
    published: int
    page: str
    licence: str
    version: str

    def find(self, data_root: Path | None = None) -> Path:
        """Return the folder of the dataset.

        Raises:
            DataMissing: If it is not on this machine.
        """
        return find_classes(self.name, self.classes, data_root)

    def load(
        self,
        data_root: Path | None,
        *,
        image_size: int,
        crop: int,
        per_class: int | None,
        seed: int,
        notes: Notes = None,
    ) -> Cohort:
        """Load one cell a specimen.

        Args:
            data_root: Searched first; see ``datasets.roots``.
            image_size: Side of the images in pixels.
            crop: Side of the centred square in pixels of the originals.
            per_class: At most so many images of each class, chosen at random; None takes all.
            seed: Of that choice.
            notes: Checks folder, files and classes against what else the source says; returns what is absent.

        Raises:
            DataMissing: If the files are not on this machine.
            CohortError: If an image lies outside the class folders.
        """
        folder = self.find(data_root)
        files, label = labelled_images(class_root(folder, self.classes), folder, self.classes)
        told = notes(folder, files, label) if notes else ()
        lacking = shortfall(len(files), self.published)
        cells = Cells(files, label, np.full(len(files), self.domain)).take(choose(label, per_class, seed))
        provenance = Provenance(self.page, self.version, self.licence, modified=bool(lacking), absent=(*lacking, *told))
        return cell_cohort(self.name, cells, self.classes.values(), folder, Crop(crop), image_size, provenance)


def shortfall(found: int, published: int) -> tuple[str, ...]:
    """Return a sentence where the number of images is not the published one."""
    if found == published:
        return ()
    return (f"{found:,} images are on this machine, the source has {published:,}",)


def find_file(folder: Path, name: str) -> Path | None:
    """Return the file of this name that lies least deep below ``folder``, or None."""
    found = [p for p in folder.rglob(name) if p.is_file() and not is_left_behind(p.relative_to(folder).as_posix())]
    return min(found, key=lambda path: (len(path.parts), path), default=None)
