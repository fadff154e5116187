"""Image files to one uint8 array: cropped to a common square, resized, cached."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageOps

from datasets.cache import Rows, cached_arrays
from datasets.cohort import CohortError
from datasets.fetch import is_left_behind
from datasets.read.window import Window

FORMAT = 3  # raise it when what is cached of an unchanged file would change
SUFFIXES = (".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_THREADS = 4
_BLOCK = 512  # images decoded ahead of the disk at most
_FACTS = ("format", "mode", "width", "height", "bytes")
# What Pillow raises on damaged bytes; reading the file itself fails earlier, and loudly.
DAMAGED = (
    OSError, SyntaxError, TypeError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError
)  # fmt: skip
_LEAST_OF_16_BITS = 65536 // 8  # an image that stays below it would come out black


class ImageFile(NamedTuple):
    """Name an image file and what tells whether it has changed."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def at(cls, root: Path, path: str) -> ImageFile:
        """Return the file at ``path`` below ``root``.

        Raises:
            CohortError: If it cannot be reached, such as a link to nothing.
        """
        try:
            state = os.stat(root / path)
        except OSError as error:
            broken = "is a link to nothing" if os.path.islink(root / path) else f"cannot be reached ({error.strerror})"
            raise CohortError(path, broken, remedy="Remove it, or put the file in its place.") from error
        if not stat.S_ISREG(state.st_mode):
            raise CohortError(path, "is no file but a folder, pipe or device", remedy="Remove it, or rename it.")
        return cls(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


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


Cut = Crop | Sequence[Window]  # one for all files, or one a file


@dataclass(frozen=True, eq=False)
class Decoded:
    """Hold the images that could be read.

    Attributes:
        pixels: uint8 RGB, (m, side, side, 3), memory-mapped, read-only.
        kept: int64, (m,), positions of those images in the list of files.
        skipped: The other files, in the order of the list.
        facts: One row an image of ``pixels``: format and mode (str, Pillow's names), width and height (pixels as the
            file stores them, before any turning) and bytes. For audits, never an input.
    """

    pixels: NDArray[np.uint8]
    kept: NDArray[np.int64]
    skipped: tuple[Skipped, ...]
    facts: pd.DataFrame


class _Image(NamedTuple):
    pixels: NDArray[np.uint8]
    format: str
    mode: str
    width: int
    height: int


class Found(NamedTuple):
    """The image files below a folder, and the names of all others but hidden ones."""

    images: list[ImageFile]
    others: list[str]


def find_images(folder: Path, root: Path) -> list[ImageFile]:
    """Return all image files below ``folder`` at any depth, sorted; paths are relative to ``root``, with slashes.

    Links to folders are followed. What operating systems leave behind ("._a.jpg", "__MACOSX/a.jpg") is none.

    Raises:
        CohortError: If one cannot be reached, such as a link to nothing, or a folder is there twice.
    """
    return find_files(folder, root).images


def find_files(folder: Path, root: Path) -> Found:
    """Return all files below ``folder``, as ``find_images`` does, with those that no image's name have."""
    images, others = [], []
    for place, names in _folders(folder):
        below = Path(place).relative_to(root).as_posix()
        for name in names:
            path = name if below == "." else f"{below}/{name}"
            _check_is_text(path)
            if is_left_behind(path):
                continue
            if name.lower().endswith(SUFFIXES):
                images.append(ImageFile.at(root, path))
            elif not name.startswith("."):
                others.append(path)
    return Found(sorted(images), sorted(others))


def _check_is_text(path: str) -> None:
    """Refuse a name whose bytes are no text: no record could hold it.

    Raises:
        CohortError: With the bytes as numbers.
    """
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise CohortError(ascii(path), "is a name that is not UTF-8", remedy="Rename it.") from error


def _folders(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder with its files, through links; a link to a folder that it is in leads nowhere new.

    Raises:
        CohortError: If a folder is reached in two ways: its images would count twice.
        OSError: If one may not be read.
    """
    seen: dict[tuple[int, int], str] = {}
    for place, below, names in os.walk(folder, onerror=_raise, followlinks=True):
        identity = _identity(place)
        other = seen.setdefault(identity, place)
        if other == place:
            yield place, names
            continue
        below.clear()
        if not Path(place).is_relative_to(other):
            where = [Path(p).relative_to(folder).as_posix() for p in (place, other)]
            raise CohortError(where[0], f"is the same folder as {where[1]}", remedy="Remove the link.")


def _identity(folder: str) -> tuple[int, int]:
    state = os.stat(folder)
    return state.st_dev, state.st_ino


def _raise(error: OSError) -> None:
    raise error


def decode_images(files: Sequence[ImageFile], root: Path, crop: Cut, image_size: int) -> Decoded:
    """Read images once and keep them on disk; later calls map the same pixels.

    Greyscale and 16-bit images become grey RGB (16 bits scaled by 255 / 65535), transparent ones lie on
    white, CMYK and palettes are converted, EXIF orientation is applied. Truncated, empty, foreign and too
    small files are named in ``skipped``, and so are 16-bit images that use less than an eighth of their range.

    Args:
        files: Paths relative to ``root`` with what tells a change, as ``find_images`` returns them.
        root: Folder of the dataset.
        crop: The square that is cut out of every image before resizing, or one for each.
        image_size: Side of the result in pixels.

    Raises:
        CohortError: If no file could be read.
    """
    side = crop.side if isinstance(crop, Crop) else min(window.side for window in crop)
    if image_size < 1 or side < 1:
        raise ValueError(f"image_size and crop need to be 1 or more, got {image_size} and {side}")
    build = partial(_build, files, root, crop, image_size)
    arrays = cached_arrays(f"images-{_key(files, root, crop, image_size)}", build)
    skipped = zip(arrays["skipped"].tolist(), arrays["reason"].tolist(), strict=True)
    named = tuple(Skipped(files[i].path, reason) for i, reason in skipped)
    facts = pd.DataFrame({name: np.array(arrays[name]) for name in _FACTS})
    return Decoded(arrays["pixels"], arrays["kept"], named, facts)


def _key(files: Sequence[ImageFile], root: Path, crop: Cut, image_size: int) -> str:
    # Names, sizes and times of change may agree between two folders (reproducible archives): the place counts too.
    digest = hashlib.sha256(repr((FORMAT, PIL.__version__, str(root.resolve()), crop, image_size)).encode())
    for file in files:
        digest.update(repr(tuple(file)).encode())
    return digest.hexdigest()[:32]


def _build(files: Sequence[ImageFile], root: Path, crop: Cut, image_size: int) -> Iterator[tuple[str, NDArray | Rows]]:
    facts: list[tuple[str, str, int, int, int]] = []
    kept: list[int] = []
    skipped: dict[int, str] = {}

    def usable() -> Iterator[NDArray[np.uint8]]:
        for i, image in enumerate(_read_all(files, root, crop, image_size)):
            if isinstance(image, str):
                skipped[i] = image
            else:
                facts.append((*image[1:], files[i].size))
                kept.append(i)
                yield image.pixels

    yield "pixels", Rows(usable(), (image_size, image_size, 3), np.uint8, len(files))
    if not kept:
        shown = [f"{files[i].path}: {reason}" for i, reason in skipped.items()]
        raise CohortError(
            "images", f"none of {len(files)} files in {root} could be read", shown, "Check the folder and the crop."
        )
    yield "kept", np.array(kept, np.int64)
    yield "skipped", np.array(list(skipped), np.int64)
    yield "reason", np.array(list(skipped.values()), np.str_)
    for name, column in zip(_FACTS, zip(*facts, strict=True), strict=True):
        yield name, np.array(column)


def _read_all(files: Sequence[ImageFile], root: Path, crop: Cut, image_size: int) -> Iterator[_Image | str]:
    cuts = [crop] * len(files) if isinstance(crop, Crop) else crop
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(files), _BLOCK):
            block = slice(start, start + _BLOCK)
            paths = [root / f.path for f in files[block]]
            yield from threads.map(lambda path, cut: _read(path, cut, image_size), paths, cuts[block])


def _read(path: Path, crop: Crop | Window, image_size: int) -> _Image | str:
    """Return the image, uint8 (image_size, image_size, 3), with what its file tells, or why it cannot be used."""
    content = path.read_bytes()
    if not content:
        return "zero bytes"
    try:
        with Image.open(io.BytesIO(content)) as image:
            facts = (image.format or "", image.mode, *image.size)
            rgb = _to_rgb(ImageOps.exif_transpose(image))
            if _is_16_bit_colour(content, image):
                _check_range(int(np.asarray(rgb).max()) * 257)
            square = rgb.crop(crop.box(*rgb.size))  # before resizing, whose filter would look beyond a box
            return _Image(np.asarray(square.resize((image_size, image_size), Image.Resampling.LANCZOS)), *facts)
    except Image.UnidentifiedImageError:
        return "not an image"
    except DAMAGED as error:
        return str(error).replace("\n", " ") or type(error).__name__


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.float64)
        _check_range(int(values.max()))
        grey = values * (255 / 65535)
        return Image.fromarray(np.rint(grey).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError(f"pixel type {image.mode} has no defined range")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _is_16_bit_colour(content: bytes, image: Image.Image) -> bool:
    """Return whether Pillow has cut 16 bits a channel to 8: the header of a PNG tells."""
    return image.format == "PNG" and content[24] == 16 and image.mode in ("RGB", "RGBA", "LA")


def _check_range(highest: int) -> None:
    """Refuse a 16-bit image whose values are those of a 12-bit camera, say.

    Raises:
        ValueError: If it would come out black.
    """
    if highest < _LEAST_OF_16_BITS:
        raise ValueError(f"uses {highest.bit_length()} of 16 bits and would be black; scale it to the whole range")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
