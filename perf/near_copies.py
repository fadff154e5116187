"""How many changed copies of real cells the search for copies finds, and how many other cells it takes for copies.

Run with ``HEMABENCH_DATA`` set: ``python -m perf.near_copies acevedo --images 4000``. The fit was tuned on apl-jhu, for
which acevedo is the check; the search of candidates on acevedo, for which apl-jhu is; what a step of the fit asks for,
on 1,000 images of each at seed 0, for which other seeds are. Copies are made from the files, cropped to the field of
view as the loader does it, and searched among the images of the data set.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.public import acevedo, apl_jhu
from datasets.read import Crop, ImageFile, align, find_candidates

Picture = NDArray[np.uint8]
SETS = {
    "apl-jhu": (apl_jhu.find, apl_jhu.cell_files, Crop(300, 270)),
    "acevedo": (acevedo.find, acevedo.cell_files, Crop(200, 270)),
}
SIDE = 64


def crop(picture: Picture, rng: np.random.Generator, share: float, *, resized: bool = True) -> Picture:
    """Return a part of the picture at a random place, at the picture's size or as it is."""
    height, width = picture.shape[:2]
    h, w = round(height * (1 - share)), round(width * (1 - share))
    top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
    part = picture[top : top + h, left : left + w]
    return np.asarray(Image.fromarray(part).resize((width, height), Image.Resampling.BICUBIC)) if resized else part


def shift(picture: Picture, rng: np.random.Generator, pixels: int = 3) -> Picture:
    """Return the picture moved by so many pixels, of ``SIDE``, along one axis or both."""
    by = round(pixels * len(picture) / SIDE)
    down, right = by * np.array([(1, 0), (0, -1), (1, 1), (-1, 1)])[rng.integers(4)]
    padded = np.pad(picture, ((by, by), (by, by), (0, 0)), mode="edge")
    return padded[by + down :, by + right :][: picture.shape[0], : picture.shape[1]]


def turn(picture: Picture, rng: np.random.Generator, degrees: float = 10) -> Picture:
    """Return the picture turned to either side, black corners included."""
    return np.asarray(Image.fromarray(picture).rotate(degrees * rng.choice([-1, 1]), Image.Resampling.BICUBIC))


def brighten(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture 1.3 times as bright, white where that is too much."""
    return (picture * 1.3).clip(0, 255).astype(np.uint8)


def flip(picture: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture turned by quarters, mirrored or not."""
    turned = np.rot90(picture, rng.integers(4))
    return turned[:, ::-1] if rng.random() < 0.5 else turned


CHANGES: dict[str, tuple[Callable[..., Picture], ...]] = {
    "crop 5 %": (lambda p, r: crop(p, r, 0.05),),
    "crop 10 %": (lambda p, r: crop(p, r, 0.10),),
    "crop 15 %": (lambda p, r: crop(p, r, 0.15),),
    "crop 5 %, not resized": (lambda p, r: crop(p, r, 0.05, resized=False),),
    "crop 15 %, not resized": (lambda p, r: crop(p, r, 0.15, resized=False),),
    "shift 3 pixels": (shift,),
    "turn 10 degrees": (turn,),
    "brightness x 1.3": (brighten,),
    "brightness, flip": (brighten, flip),
    "crop 10 %, flip": (lambda p, r: crop(p, r, 0.10), flip),
    "turn 10 degrees, flip": (turn, flip),
    "crop 10 %, brightness": (lambda p, r: crop(p, r, 0.10), brighten),
    "crop 10 %, turn, brightness, flip": (lambda p, r: crop(p, r, 0.10), turn, brighten, flip),
}


def seen(picture: Picture, box: Crop) -> Picture:
    """Return what a loader makes of a file: the centred square at ``SIDE`` pixels."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.crop(box.box(*image.size)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def read(name: str, number: int, seed: int) -> tuple[list[Picture], list[str], Crop]:
    """Return pictures drawn from a data set, whose they are, and the loader's crop."""
    find, list_files, box = SETS[name]
    root: Path = find(None)
    files: list[ImageFile] = list_files(root)
    pictures: list[Picture] = []
    owner: list[str] = []
    for i in np.random.default_rng(seed).permutation(len(files)):
        if len(pictures) == number:
            break
        try:
            pictures.append(np.asarray(Image.open(root / files[i].path).convert("RGB")))
        except OSError:  # truncated, as at the source
            continue
        owner.append(files[i].path.split("/")[2] if name == "apl-jhu" else files[i].path)
    return pictures, owner, box


def rates(name: str, number: int, copies: int, seed: int) -> None:
    """Print the share of copies found for each change, then what is found among the originals."""
    pictures, owner, box = read(name, number, seed)
    rng = np.random.default_rng(seed)
    originals = np.stack([seen(p, box) for p in pictures])
    changed = []
    for i, steps in enumerate(CHANGES.values()):  # each change of other pictures: copies of one crowd each other out
        for picture in pictures[i * copies : (i + 1) * copies]:
            for step in steps:
                picture = step(picture, rng)
            changed.append(seen(picture, box))
    start = time.process_time()
    pixels = np.concatenate([originals, changed])
    found = search(pixels)
    seconds = time.process_time() - start
    source = np.arange(len(changed))
    for i, change in enumerate(CHANGES):
        hit = sum((k, number + k) in found for k in range(i * copies, (i + 1) * copies))
        print(f"{change:36s} {hit:4d} of {copies}")
    origin = np.concatenate([np.arange(number), source])
    other = sorted({tuple(sorted((origin[a], origin[b]))) for a, b in found if origin[a] != origin[b]})
    across = [(a, b) for a, b in other if owner[a] != owner[b]]
    millions = number * (number - 1) / 2e6
    print(f"{name}: {len(pixels)} images, {seconds:.0f} s of processor")
    print(
        f"pairs of other pictures called copies: {len(other)}, across owners {len(across)}, of {millions:.1f} million"
    )
    for a, b in across:
        print(f"  {owner[a]} {owner[b]}")
    if across:
        sheet = np.concatenate([np.concatenate([originals[a], originals[b]]) for a, b in across[:20]], axis=1)
        Image.fromarray(sheet).save(f"near_copies-{name}.png")


def search(pixels: NDArray[np.uint8]) -> set[tuple[int, int]]:
    """Return the pairs of positions that are called one picture, the lower first."""
    rows = np.arange(len(pixels))
    candidates = find_candidates(pixels, rows)
    same = align(pixels, rows, candidates).same
    pairs = np.sort(np.stack([candidates.first, candidates.second])[:, same], axis=0)
    return set(zip(*pairs.tolist(), strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--copies", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rates(arguments.name, arguments.images, arguments.copies, arguments.seed)
