"""The sources of white blood cells that wbc-cross draws on, one domain each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from datasets.cohort import Provenance
from datasets.fetch import Source
from datasets.public import acevedo, apl_jhu, bccd, wbc_zheng
from datasets.read import Crop, ImageFile, Skipped, Window, image_provenance

JHU_TYPES = {
    "Segmented neutrophils": "neutrophil",
    "Band neutrophils": "neutrophil",
    "Lymphocyte": "lymphocyte",
    "Monocyte": "monocyte",
    "Eosinophils": "eosinophil",
    "Basophil": "basophil",
}
# Acevedo, JHU and Dataset 2 of Zheng come from one make of analyser: nuclei of a type are equally wide to about 10 %.
# A red cell is about 100 pixels wide in the boxes of BCCD and 75 in images of CellaVision: 300 pixels show its field.
_BCCD_SIDE = 300
_CELLAVISION = Crop(wbc_zheng.CROPS["CellaVision"].side, acevedo.HALVED_BELOW)


class Part(NamedTuple):
    """Hold the cells of one domain: where they lie, how they are cut, and what they are called."""

    domain: str
    folder: str  # below a data root, for messages
    root: Path
    cut: Crop | Mapping[str, Window]  # one for all images, or one a path
    files: list[ImageFile]
    label: Callable[[str], str]  # of a path; "" where the cell is not wanted
    digests: dict[str, bytes]  # path -> what tells contents apart, where it is known
    provenance: Callable[[Part, Sequence[Skipped]], Provenance]

    def wanted(self, path: str) -> bool:
        """Return whether an image belongs to the cohort."""
        return self.label(path) != ""


def _of_source(source: Source, part: Part, skipped: Sequence[Skipped]) -> Provenance:
    return image_provenance(source, part.files, skipped, part.wanted)


def _pinned(
    domain: str, source: Source, root: Path, cut: Crop, files: list[ImageFile], label: Callable[[str], str]
) -> Part:
    digests = {f.path: f.sha256 for f in source.all_files() if f.sha256 is not None}
    return Part(domain, source.folder, root, cut, files, label, digests, partial(_of_source, source))


def _acevedo(domain: str, data_root: Path | None) -> Part:
    folder = acevedo.find(data_root)
    cells = acevedo.cell_files(folder)
    return _pinned(domain, acevedo.SOURCE, folder, _CELLAVISION, cells, acevedo.cell_type)


def _jhu(domain: str, data_root: Path | None) -> Part:
    folder = apl_jhu.find(data_root)
    return _pinned(domain, apl_jhu.SOURCE, folder, _CELLAVISION, apl_jhu.cell_files(folder), _jhu_type)


def _zheng(dataset: str, domain: str, data_root: Path | None) -> Part:
    folder = wbc_zheng.find(data_root)
    found = wbc_zheng.labelled_files(folder, dataset)
    label = partial(_looked_up, {file.path: name for file, name in found.items()})
    return _pinned(domain, wbc_zheng.SOURCE, folder, wbc_zheng.CROPS[dataset], list(found), label)


def _bccd(domain: str, data_root: Path | None) -> Part:
    folder = bccd.find(data_root)
    fields, cells = bccd.cells_of(folder, _BCCD_SIDE, basophils=True)
    label = partial(_looked_up, {cell.file.path: cell.type for cell in cells})
    windows = {cell.file.path: cell.window for cell in cells}

    def provenance(part: Part, skipped: Sequence[Skipped]) -> Provenance:
        return bccd.provenance(fields, cells, skipped)

    return Part(domain, bccd.NAME, folder, windows, [cell.file for cell in cells], label, {}, provenance)


READERS: dict[str, Callable[[str, Path | None], Part]] = {
    "Acevedo": _acevedo,
    "JHU": _jhu,
    "Zheng-1": partial(_zheng, "Tecom"),
    "Zheng-2": partial(_zheng, "CellaVision"),
    "BCCD": _bccd,
}


def _jhu_type(path: str) -> str:
    return JHU_TYPES.get(path.split("/")[-2], "")


def _looked_up(label: dict[str, str], path: str) -> str:
    return label.get(path, "")
