"""Image files to one uint8 array: cropped to a common square, resized, cached."""

from __future__ import annotations

import hashlib
import io
import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageOps

from datasets.cache import cached_arrays
from datasets.cohort import CohortError

FORMAT = 1  # raise it when the pixels of an unchanged file would change
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff")
_THREADS = 4
# What Pillow raises on damaged bytes; reading the file itself fails earlier, and loudly.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError)


class ImageFile(NamedTuple):
    """Name an image file and what tells whether it has changed."""

    path: str
    size: int
    mtime_ns: int


class Skipped(NamedTuple):
    """Name a file that could not be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Crop:
    """Cut a centred square, the same for all images, so that an image's own size reaches no model.

    Attributes:
        side: Side of the square in pixels of the original images.
        halved_below: Images narrower than this are copies at half size, and the square is
            halved with them: the field of view stays the same. 0: there are none.
    """

    side: int
    halved_below: int = 0

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in pixels of an image of this size.

        Raises:
            ValueError: If the image does not cover the square.
        """
        side = self.side // 2 if width < self.halved_below else self.side
        left, top = (width - side) // 2, (height - side) // 2
        if left < 0 or top < 0:
            raise ValueError(f"{width}x{height} pixels, smaller than the crop of {side}")
        return left, top, left + side, top + side


@dataclass(frozen=True, eq=False)
class Decoded:
    """Hold the images that could be read.

    Attributes:
        pixels: uint8 RGB, (m, side, side, 3), memory-mapped, read-only.
        kept: int64, (m,), positions of those images in the list of files.
        skipped: The other files, in the order of the list.
    """

    pixels: NDArray[np.uint8]
    kept: NDArray[np.int64]
    skipped: tuple[Skipped, ...]


def find_images(folder: Path, root: Path) -> list[ImageFile]:
    """Return all image files below ``folder`` at any depth, sorted; paths are relative to ``root``, with slashes."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.lower().endswith(SUFFIXES):
                path = Path(place, name)
                state = path.stat()
                found.append(ImageFile(path.relative_to(root).as_posix(), state.st_size, state.st_mtime_ns))
    return sorted(found)


def decode_images(files: Sequence[ImageFile], root: Path, crop: Crop, image_size: int) -> Decoded:
    """Read images once and keep them on disk; later calls map the same pixels.

    Greyscale and 16-bit images become grey RGB (16 bits scaled by 255 / 65535), transparent ones lie on
    white, CMYK and palettes are converted, EXIF orientation is applied. Truncated, empty, foreign and too
    small files are named in ``skipped``.

    Args:
        files: Paths relative to ``root`` with size and time of change, as ``find_images`` returns them.
        root: Folder of the dataset.
        crop: The square that is cut out of every image before resizing.
        image_size: Side of the result in pixels.

    Raises:
        CohortError: If no file could be read.
    """
    if image_size < 1 or crop.side < 1:
        raise ValueError(f"image_size and crop need to be 1 or more, got {image_size} and {crop.side}")
    build = partial(_build, files, root, crop, image_size)
    arrays = cached_arrays(f"images-{_key(files, crop, image_size)}", build)
    skipped = zip(arrays["skipped"].tolist(), arrays["reason"].tolist(), strict=True)
    return Decoded(arrays["pixels"], arrays["kept"], tuple(Skipped(files[i].path, reason) for i, reason in skipped))


def _key(files: Sequence[ImageFile], crop: Crop, image_size: int) -> str:
    digest = hashlib.sha256(repr((FORMAT, PIL.__version__, crop, image_size)).encode())
    for file in files:
        digest.update(repr(tuple(file)).encode())
    return digest.hexdigest()[:32]


def _build(files: Sequence[ImageFile], root: Path, crop: Crop, image_size: int) -> dict[str, NDArray]:
    pixels = np.empty((len(files), image_size, image_size, 3), np.uint8)
    kept: list[int] = []
    skipped: list[int] = []
    reasons: list[str] = []
    with ThreadPoolExecutor(_THREADS) as threads:
        for i, image in enumerate(threads.map(lambda f: _read(root / f.path, crop, image_size), files)):
            if isinstance(image, str):
                skipped.append(i)
                reasons.append(image)
            else:
                pixels[len(kept)] = image
                kept.append(i)
    if not kept:
        shown = [f"{files[i].path}: {reason}" for i, reason in zip(skipped, reasons, strict=True)]
        raise CohortError(
            "images", f"none of {len(files)} files in {root} could be read", shown, "Check the folder and the crop."
        )
    return {
        "pixels": pixels[: len(kept)],
        "kept": np.array(kept, np.int64),
        "skipped": np.array(skipped, np.int64),
        "reason": np.array(reasons, np.str_),
    }


def _read(path: Path, crop: Crop, image_size: int) -> NDArray[np.uint8] | str:
    """Return the image, uint8 (image_size, image_size, 3), or why it cannot be used."""
    content = path.read_bytes()
    if not content:
        return "zero bytes"
    try:
        with Image.open(io.BytesIO(content)) as image:
            rgb = _to_rgb(ImageOps.exif_transpose(image))
            square = rgb.crop(crop.box(*rgb.size))  # before resizing, whose filter would look beyond a box
            return np.asarray(square.resize((image_size, image_size), Image.Resampling.LANCZOS))
    except Image.UnidentifiedImageError:
        return "not an image"
    except _DAMAGED as error:
        return str(error).replace("\n", " ") or type(error).__name__


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16"):
        grey = np.asarray(image).astype(np.float64) * (255 / 65535)
        return Image.fromarray(np.rint(grey).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError(f"pixel type {image.mode} has no defined range")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
