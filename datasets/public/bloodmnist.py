"""BloodMNIST: Acevedo's cells in four sizes with MedMNIST's split."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.cache import Rows, cached_arrays
from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError, Provenance
from datasets.fetch import RemoteFile, UrlSource
from datasets.read import single_cells, without_leaks
from datasets.roots import DataMissing, find_dataset

NAME = "bloodmnist"
CLASSES = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
FORMAT = 1  # raise it when what is cached of an unchanged file would change
RECORD = "https://zenodo.org/records/10519652"
_IMAGES = 17_092
_SPLITS = {"train": "train", "val": "valid", "test": "test"}
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


def _file(name: str, md5: str) -> RemoteFile:
    return RemoteFile(name, md5=bytes.fromhex(md5), url=f"{RECORD}/files/{name}?download=1")


# MD5 as medmnist/info.py of github.com/MedMNIST/MedMNIST @ 3bb56be69bca38e5f105b21e4d6482b91354d3a4 lists them.
FILES = {
    28: _file("bloodmnist.npz", "7053d0359d879ad8a5505303e11de1dc"),
    64: _file("bloodmnist_64.npz", "2b94928a2ae4916078ca51e05b6b800b"),
    128: _file("bloodmnist_128.npz", "adace1e0ed228fccda1f39692059dd4c"),
    224: _file("bloodmnist_224.npz", "b718ff6835fcbdb22ba9eacccd7b2601"),
}
# Only the small file: the others are larger by up to 64 times, and few need them.
SOURCE = UrlSource(page=RECORD, folder=NAME, licence="CC BY 4.0", files=(FILES[28],))

CARD = Card(
    title="BloodMNIST, 17,092 cells of eight types at 28 to 224 pixels, official split, no patient ids",
    source=f"{RECORD} (MedMNIST+)",
    doi="10.5281/zenodo.10519652",
    licence=SOURCE.licence,
    x="One image a cell: the centre 200 pixels of Acevedo's images, resized to 28 (default), 64, 128 or 224.",
    y="Cell type; ig are promyelocytes, myelocytes and metamyelocytes.",
    patient="Not published: cells of one person may be in train and test. A specimen is an image.",
    domain="One: Barcelona, as acevedo.",
    split="Train 11,959, valid 1,712, test 3,421 (7:1:2 at random).",
    traps=(
        "Layout not verified on the original: this loader was written against medmnist's own code and tested on a "
        "small file of that layout.",
        "No patient ids: the official split is by image; its scores are not comparable with a split by patient.",
        "The same images as acevedo: never train on one and test on the other. Acevedo's 17 pairs of identical images "
        "are here as well; where the official split parts a pair, the copy outside test (or valid) is given no role.",
        "`data get` fetches the file of 28 pixels; the others are named by load when they are asked for.",
    ),
    references=(
        Reference(
            "AUC .998, accuracy .958",
            "ResNet-18 at 28 pixels, official split; comparable only at the same size",
            "Yang et al., MedMNIST v2, Scientific Data 2023, doi 10.1038/s41597-022-01721-8, as quoted by a public "
            "reproduction",
        ),
        Reference("AUC .9978, accuracy .9640", "ResNet-18 at 28 pixels, official split", "the same reproduction"),
    ),
)
SPLIT = {"scheme": "published"}


def find(data_root: Path | None = None, image_size: int = 28) -> Path:
    """Return the folder that holds the file of this size.

    Raises:
        DataMissing: If the file of 28 pixels is not on this machine.
        CohortError: If the size does not exist, or its file is not on this machine; the message has its address.
    """
    if image_size not in FILES:
        raise CohortError("image_size", f"is {image_size}", remedy=f"Known: {', '.join(map(str, FILES))}.")
    file = FILES[image_size]
    try:
        return find_dataset(NAME, file.path, data_root)
    except DataMissing as missing:
        if image_size == 28:
            raise
        md5 = "" if file.md5 is None else file.md5.hex()
        raise CohortError(
            "image_size", f"{file.path} is not on this machine",
            remedy=f"Save {file.url} (MD5 {md5}) to a folder {NAME} of a data root.",
        ) from missing  # fmt: skip


def load(*, data_root: Path | None = None, image_size: int = 28) -> Cohort:
    """Load one specimen an image with the official roles; ids are "<part>-<number>" in the order of the file.

    Reference: Yang et al., MedMNIST v2: a large-scale lightweight benchmark for 2D and 3D biomedical image
    classification, Scientific Data 2023, doi 10.1038/s41597-022-01721-8.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: 28, 64, 128 or 224.

    Raises:
        DataMissing: If the file is not on this machine.
        CohortError: If it is damaged or of another layout.
    """
    file = FILES.get(image_size)
    path = find(data_root, image_size) / (file.path if file else "")
    state = path.stat()
    key = hashlib.sha256(repr((FORMAT, path.name, state.st_size, state.st_mtime_ns)).encode()).hexdigest()[:32]
    arrays = cached_arrays(f"{NAME}-{key}", partial(_build, path, image_size))
    part = arrays["part"]
    roles = np.array([_SPLITS[p] for p in part.tolist()])
    return single_cells(
        name=NAME,
        classes=CLASSES,
        labels=[CLASSES[k] for k in arrays["label"]],
        specimen=[f"{p}-{i:05d}" for i, p in enumerate(part)],
        domain=["Barcelona"] * len(part),
        pixels=arrays["pixels"],
        provenance=Provenance(RECORD, "MedMNIST+ (v3)", SOURCE.licence, modified=not arrays["original"][0]),
        official=without_leaks(roles, [digest.tobytes() for digest in arrays["digest"]]),
    )


def _build(path: Path, image_size: int) -> Iterator[tuple[str, NDArray | Rows]]:
    labels: dict[str, NDArray[np.int64]] = {}
    digests: list[bytes] = []

    def images() -> Iterator[NDArray[np.uint8]]:
        try:
            with np.load(path, allow_pickle=False) as npz:
                for part in _SPLITS:
                    pixels, labels[part] = _part(npz, part, path.name, image_size)
                    for image in pixels:
                        digests.append(hashlib.sha256(image.tobytes()).digest())
                        yield image
        except CohortError:
            raise
        except _DAMAGED as error:
            remedy = "Delete the file and get it again."
            raise CohortError(path.name, f"is damaged or no npz file ({error})", remedy=remedy) from error

    yield "pixels", Rows(images(), (image_size, image_size, 3), np.uint8, _IMAGES)
    yield "label", np.concatenate(list(labels.values()))
    yield "part", np.repeat(list(labels), [len(part) for part in labels.values()])
    yield "digest", np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), -1)
    with path.open("rb") as content:
        md5 = hashlib.file_digest(content, "md5").digest()
    yield "original", np.array([md5 == FILES[image_size].md5])


def _part(
    npz: np.lib.npyio.NpzFile, part: str, name: str, image_size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    lacking = [key for key in (f"{part}_images", f"{part}_labels") if key not in npz.files]
    if lacking:
        raise CohortError(name, f"lacks {lacking}; has {npz.files}", remedy="Get MedMNIST's own file.")
    images, labels = npz[f"{part}_images"], npz[f"{part}_labels"]
    if images.dtype != np.uint8 or images.shape[1:] != (image_size, image_size, 3) or labels.shape != (len(images), 1):
        raise CohortError(
            f"{name}: {part}", f"is {images.dtype} {images.shape} with labels {labels.shape}",
            remedy=f"It needs uint8 (n, {image_size}, {image_size}, 3) and labels (n, 1).",
        )  # fmt: skip
    flat = labels[:, 0].astype(np.int64)
    bad = np.flatnonzero((flat < 0) | (flat >= len(CLASSES)))
    if len(bad):
        raise CohortError(f"{name}: {part}_labels", f"are not 0..{len(CLASSES) - 1}", bad)
    return images, flat
