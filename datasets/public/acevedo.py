"""Normal peripheral-blood cells of eight types (Hospital Clinic of Barcelona), the parent of BloodMNIST."""

from __future__ import annotations

from pathlib import Path

from datasets.card import Card, Reference
from datasets.cohort import Cohort, CohortError
from datasets.fetch import Source
from datasets.read import Crop, ImageFile, decode_images, find_images, image_provenance, single_cells
from datasets.roots import find_dataset

NAME = "acevedo"
IMAGES = "PBC_dataset_normal_DIB"
CLASSES = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
DOMAIN = "Barcelona"
HALVED_BELOW = 270  # originals are 359 pixels wide or more, halved copies 183 or less
_IMMATURE = {"PMY": "promyelocyte", "MY": "myelocyte", "MMY": "metamyelocyte"}

SOURCE = Source(
    repository="AuralinACC/Blood-Cell-Classification",
    commit="d2e7b75e11e21df3fb39f4d1d30004381663d96a",
    folder=NAME,
    licence="CC BY 4.0 (confirm it at the source, doi 10.17632/snkd93bnjr)",
    manifest="acevedo.parquet",
)

CARD = Card(
    title="17,092 single cells of normal peripheral blood, eight types, no patient ids",
    source=f"https://data.mendeley.com/datasets/snkd93bnjr (mirror: https://github.com/{SOURCE.repository} "
    f"@ {SOURCE.commit}, {IMAGES}/)",
    doi="10.1016/j.dib.2020.105474",
    licence=SOURCE.licence,
    x="One image a cell, May Gruenwald-Giemsa, CellaVision DM96, cropped to BloodMNIST's field of view.",
    y="Cell type, the name of the folder; ig are promyelocytes, myelocytes and metamyelocytes.",
    patient="Not published: cells of one person may be on both sides of any split. A specimen is an image.",
    domain=f"One: {DOMAIN}.",
    split="None published (BloodMNIST and WBCAtt each brought one of their own).",
    traps=(
        "No patient ids: only a split by image can be made; its scores are not comparable with a split by patient.",
        "17 pairs of byte-identical images, one pair under two types (EO_225902 and BNE_191112): all are kept, and a "
        "split must keep a pair together. MO_231316 and MO_415531 show one cell as well.",
        "Image size goes with the type: the 250 originals of 366x369 pixels are 50 each of basophils, eosinophils, "
        "lymphocytes, monocytes and neutrophils, the 203 of about 360x360 are erythroblasts (52) and ig (151). Every "
        "image is cropped to one square; another tint of those sessions would remain.",
        "The file name starts with the type: it must not reach a model.",
        "The 151 ig of about 360x360 pixels (files IG_*) are of no stated stage: subtypes=True leaves them out.",
        "People without infection or blood disease: says nothing about recognising leukaemic cells.",
    ),
    references=(
        Reference(
            "accuracy .86 (VGG-16) and .90 (Inception-v3)",
            "frozen network features and a support vector machine; 17,092 images, no patient ids",
            "Acevedo et al., Recognition of peripheral blood cell images using convolutional neural networks, 2019",
            "their split of images is not published",
        ),
    ),
)
SPLIT = {"scheme": "images", "folds": 5}


def find(data_root: Path | None = None) -> Path:
    """Return the folder of the dataset.

    Raises:
        DataMissing: If it is not on this machine.
    """
    return find_dataset(NAME, IMAGES, data_root)


def load(*, data_root: Path | None = None, image_size: int = 64, crop: int = 200, subtypes: bool = False) -> Cohort:
    """Load one specimen a cell, named as its file.

    Reference: Acevedo et al., A dataset of microscopic peripheral blood cell images for development of automatic
    recognition systems, Data in Brief 2020, doi 10.1016/j.dib.2020.105474.

    Args:
        data_root: Searched first; see ``datasets.roots``.
        image_size: Side of the images in pixels.
        crop: Side of the centred square in pixels of the originals, which are 359 wide or more. 200 is
            BloodMNIST's. Halved copies are cropped to the same field of view.
        subtypes: Whether to tell promyelocytes, myelocytes and metamyelocytes apart, ten classes in all;
            the 151 of no stated stage are then left out.

    Raises:
        DataMissing: If the files are not on this machine.
        CohortError: If a folder is no known class, or nothing can be read.
    """
    folder = find(data_root)
    files = [f for f in cell_files(folder) if not (subtypes and _stage(f.path) == "ig")]
    decoded = decode_images(files, folder, Crop(crop, HALVED_BELOW), image_size)
    kept = [files[i].path for i in decoded.kept]
    stages = CLASSES[:3] + tuple(_IMMATURE.values()) + CLASSES[4:]
    return single_cells(
        name=NAME,
        classes=stages if subtypes else CLASSES,
        labels=[_stage(path) if subtypes else cell_type(path) for path in kept],
        specimen=[Path(path).stem for path in kept],
        domain=[DOMAIN] * len(kept),
        pixels=decoded.pixels,
        provenance=image_provenance(
            SOURCE, files, decoded.skipped, lambda path: not (subtypes and _stage(path) == "ig")
        ),
        facts=decoded.facts,
    )


def cell_files(folder: Path) -> list[ImageFile]:
    """Return the image files of all classes, sorted, paths relative to the dataset's folder.

    Raises:
        CohortError: If an image lies in a folder that is no known class.
    """
    files = find_images(folder / IMAGES, folder)
    strangers = sorted({cell_type(f.path) for f in files} - set(CLASSES))
    if strangers:
        raise CohortError(IMAGES, "images in folders that are no class", strangers, f"Known: {', '.join(CLASSES)}.")
    return files


def cell_type(path: str) -> str:
    """Return the class of a file: the name of its folder."""
    return path.split("/")[-2]


def _stage(path: str) -> str:
    """Return the class with the stage of an immature granulocyte where the file name has it ("MY_12.jpg")."""
    kind, name = path.split("/")[-2:]
    return _IMMATURE.get(name.split("_")[0], kind) if kind == "ig" else kind
