"""Small image files in the layouts of the public cell collections."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def picture(path: Path, grey: int, size: tuple[int, int] = (360, 363)) -> None:
    """Save an image of ``size`` (width, height) with mean ``grey``, to about two, and spots that no other path has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spots = np.random.default_rng(zlib.crc32("/".join(path.parts[-3:]).encode())).normal(0, 4, (9, 9))
    values = (grey + spots - spots.mean()).clip(0, 255).astype(np.uint8)
    Image.fromarray(values).resize(size, Image.Resampling.NEAREST).convert("RGB").save(path)


def acevedo_files(root: Path) -> None:
    """Save one or two cells of each class; grey values differ."""
    folder = root / "acevedo/PBC_dataset_normal_DIB"
    names = (
        "basophil/BA_1", "eosinophil/EO_2", "erythroblast/ERB_3", "ig/IG_4", "ig/MMY_5", "ig/MY_6", "ig/PMY_7",
        "lymphocyte/LY_8", "monocyte/MO_9", "neutrophil/BNE_10", "neutrophil/SNE_11", "platelet/PLATELET_12",
    )  # fmt: skip
    for k, name in enumerate(names):
        picture(folder / f"{name}.jpg", 20 * k, (366, 369) if k % 2 else (180, 182))


def zheng_files(root: Path) -> None:
    """Save six cells of Dataset 1, one too small, and five of Dataset 2, with masks: a nucleus in a cytoplasm."""
    for dataset, labels, side in (("Dataset 1", (1, 2, 3, 4, 5, 1), 120), ("Dataset 2", (1, 2, 3, 4, 5), 300)):
        for k, _ in enumerate(labels, start=1):
            size = (96, 120) if k == 6 else (side, side)
            picture(root / "wbc-zheng" / dataset / f"{k:03d}.bmp", 30 * k, size)
            _mask(root / "wbc-zheng" / dataset / f"{k:03d}.png", size)
        rows = "".join(f"{k},{label}\r\n" for k, label in enumerate(labels, start=1))
        (root / "wbc-zheng" / f"Class Labels of {dataset}.csv").write_text(f"image ID,class\r\n{rows}", newline="")


VOC = "<annotation><filename>{0}.jpg</filename>{1}</annotation>"
VOC_OBJECT = (
    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)
Boxes = list[tuple[int, int, int, int]]


def bccd_files(root: Path, fields: dict[int, tuple[str, Boxes]], size: tuple[int, int] = (640, 480)) -> None:
    """Save fields, number -> (what labels.csv says, boxes of white blood cells); red is the column, green the row."""
    folder = root / "bccd"
    for place in ("JPEGImages", "Annotations"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for number, (_, boxes) in fields.items():
        name = f"BloodImage_{number:05d}"
        y, x = np.mgrid[: size[1], : size[0]]
        pixels = np.stack([x, y, np.full_like(x, 20 * number)], axis=-1).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "JPEGImages" / f"{name}.jpg", quality=100, subsampling=0)
        objects = "".join(VOC_OBJECT.format("WBC", *box) for box in boxes) + VOC_OBJECT.format("RBC", 1, 1, 9, 9)
        (folder / "Annotations" / f"{name}.xml").write_text(VOC.format(name, objects))
    bccd_labels(root, {number: text for number, (text, _) in fields.items()})


def bccd_labels(root: Path, texts: dict[int, str]) -> None:
    """Write labels.csv: number of a field -> the types in it."""
    rows = "".join(f',{number},"{text}"\n' for number, text in texts.items())
    (root / "bccd/labels.csv").write_text(",Image,Category\n" + rows)


def _mask(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    y, x = np.mgrid[:height, :width]
    radius = np.hypot(y + 0.5 - height / 2, x + 0.5 - width / 2) / min(size)
    Image.fromarray(np.select([radius < 0.15, radius < 0.3], [255, 128], 9).astype(np.uint8)).save(path)
