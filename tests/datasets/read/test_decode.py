import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from datasets.cache import CacheFull
from datasets.cohort import CohortError
from datasets.read import decode
from datasets.read.decode import Crop, decode_images, find_files, find_images
from datasets.read.decode import ImageFile as ImageFileOf
from datasets.read.window import Window


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMABENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def smooth(width=48, height=40):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 4, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


def decoded(folder, crop=32, size=32):
    return decode_images(find_images(folder, folder), folder, Crop(crop), size)


def saved(folder, name, image, **options):
    image.save(folder / name, **options)


def test_crop_at_full_size_is_the_centre_square(folder):
    pixels = smooth()
    saved(folder, "a.png", Image.fromarray(pixels))
    got = decoded(folder)
    np.testing.assert_array_equal(got.pixels[0], pixels[4:36, 8:40])
    assert got.pixels.dtype == np.uint8
    assert not got.pixels.flags.writeable


def test_resize_of_a_whole_factor_is_close_to_block_means(folder):
    pixels = smooth()
    saved(folder, "a.png", Image.fromarray(pixels))
    blocks = pixels[4:36, 8:40].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    inner = np.abs(decoded(folder, size=8).pixels[0] - blocks)[1:-1, 1:-1]
    assert inner.max() <= 1


@given(width=st.integers(270, 520), height=st.integers(270, 520), halved=st.booleans())
def test_crop_is_centred_and_of_one_size(width, height, halved):
    crop = Crop(200, halved_below=270)
    left, top, right, bottom = crop.box(width // 2, height) if halved else crop.box(width, height)
    assert right - left == bottom - top == (100 if halved else 200)
    assert (width // 2 if halved else width) - (left + right) in (0, 1)
    assert height - (top + bottom) in (0, 1)


def test_halved_copies_show_the_same_field(folder):
    big = Image.fromarray(smooth(120, 100)).resize((480, 400), Image.Resampling.BICUBIC)
    saved(folder, "big.png", big)
    saved(folder, "half.png", big.resize((240, 200), Image.Resampling.BOX))
    got = decode_images(find_images(folder, folder), folder, Crop(300, halved_below=270), 30).pixels.astype(int)
    assert np.abs(got[0] - got[1]).max() <= 2


def test_size_of_the_image_does_not_show(folder):
    centre = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    for name, (width, height) in {"a.png": (32, 32), "b.png": (36, 40), "c.png": (60, 34)}.items():
        frame = np.zeros((height, width, 3), np.uint8)
        top, left = (height - 32) // 2, (width - 32) // 2
        frame[top : top + 32, left : left + 32] = centre
        saved(folder, name, Image.fromarray(frame))
    got = decoded(folder, size=16).pixels
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_array_equal(got[0], got[2])


def test_grey_alike_for_every_depth(folder):
    grey = smooth()[..., 0]
    saved(folder, "l.png", Image.fromarray(grey))
    saved(folder, "la.png", Image.fromarray(grey).convert("LA"))
    saved(folder, "sixteen.png", Image.fromarray(grey.astype(np.uint16) * 257))
    saved(folder, "sixteen.tif", Image.fromarray(grey.astype(np.uint16) * 257))
    got = decoded(folder)
    assert got.skipped == ()
    for image in got.pixels:
        np.testing.assert_array_equal(image, np.repeat(grey[4:36, 8:40, None], 3, axis=-1))


def test_transparent_pixels_are_white(folder):
    rgba = np.dstack([smooth(), np.full((40, 48), 255, np.uint8)])
    rgba[:20, :, 3] = 0
    saved(folder, "rgba.png", Image.fromarray(rgba))
    palette = Image.new("P", (48, 40), 0)
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.paste(1, (0, 20, 48, 40))
    saved(folder, "p.png", palette, transparency=0)
    got = decoded(folder).pixels
    for image, below in ((got[1], smooth()[20:36, 8:40]), (got[0], np.full((16, 32, 3), (200, 100, 50)))):
        assert (image[:16] == 255).all()
        np.testing.assert_array_equal(image[16:], below)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
def test_a_colour_that_is_declared_transparent_is_white(folder, mode):
    """A PNG without alpha can name one colour that is not to be seen (tRNS)."""
    image = Image.new("RGB", (48, 40), (250, 240, 230))
    image.paste((255, 0, 0), (0, 0, 48, 20))
    image = image.quantize(2) if mode == "P" else image.convert(mode, dither=Image.Dither.NONE)
    hidden, shown = image.getpixel((0, 0)), image.getpixel((0, 39))
    saved(folder, "a.png", image, transparency=hidden)
    got = decoded(folder).pixels[0]
    assert (got[:16] == 255).all()
    np.testing.assert_array_equal(got[16:], np.broadcast_to(np.array(image.convert("RGB"))[39, 0], (16, 32, 3)))
    assert hidden != shown


def test_an_image_without_transparency_keeps_every_pixel(folder):
    saved(folder, "a.png", Image.fromarray(smooth()))
    saved(folder, "b.png", Image.fromarray(smooth()).convert("RGBA"))
    for image in decoded(folder).pixels:
        np.testing.assert_array_equal(image, smooth()[4:36, 8:40])


def test_palette_and_cmyk_become_rgb(folder):
    flat = Image.new("RGB", (48, 40), (200, 30, 60))
    saved(folder, "p.png", flat.quantize(4))
    saved(folder, "cmyk.jpg", flat.convert("CMYK"), quality=95)
    saved(folder, "cmyk.tif", flat.convert("CMYK"))
    got = decoded(folder)
    assert got.skipped == ()
    assert np.abs(got.pixels.astype(int) - (200, 30, 60)).max() <= 4


def test_exif_orientation_is_applied(folder):
    upright = Image.fromarray(smooth())
    tags = Image.Exif()
    tags[0x0112] = 6  # the camera was turned: show rotated by 90 degrees clockwise
    saved(folder, "turned.png", upright.transpose(Image.Transpose.ROTATE_90), exif=tags)
    np.testing.assert_array_equal(decoded(folder).pixels[0], smooth()[4:36, 8:40])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_of_a_jpeg_is_applied(folder, orientation):
    upright = Image.fromarray(smooth())
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    tags = Image.Exif()
    tags[0x0112] = orientation
    saved(folder, "turned.jpg", stored, exif=tags, quality=100, subsampling=0)
    got = decoded(folder)
    assert np.abs(got.pixels[0].astype(int) - smooth()[4:36, 8:40]).max() <= 3
    assert got.facts[["width", "height"]].to_numpy().tolist() == [list(stored.size)]


def png_of_16_bit_colour(pixels):
    """Write what Pillow cannot: a PNG with 16 bits a channel, each value v as v * 257."""
    rows = b"".join(b"\0" + row.tobytes() for row in (pixels.astype(np.uint16) * 257).astype(">u2"))
    height, width = pixels.shape[:2]
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows))]
    chunks = [
        struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in [*parts, (b"IEND", b"")]
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_sixteen_bit_colour_keeps_its_range(folder):
    (folder / "a.png").write_bytes(png_of_16_bit_colour(smooth()))
    np.testing.assert_array_equal(decoded(folder).pixels[0], smooth()[4:36, 8:40])


def test_one_bit_images_are_black_and_white(folder):
    saved(folder, "a.png", Image.fromarray(smooth()[..., 0]).convert("1", dither=Image.Dither.NONE))
    assert set(np.unique(decoded(folder).pixels)) == {0, 255}


def test_facts_tell_the_files_apart(folder):
    saved(folder, "a.jpg", Image.fromarray(smooth()))
    (folder / "b.png").touch()
    saved(folder, "c.png", Image.fromarray(smooth(50, 60)).convert("LA"))
    saved(folder, "d.bmp", Image.fromarray(smooth()).quantize(4))
    for got in (decoded(folder), decoded(folder)):  # built, then read from the cache
        assert got.facts["format"].tolist() == ["JPEG", "PNG", "BMP"]
        assert got.facts["mode"].tolist() == ["RGB", "LA", "P"]
        assert got.facts[["width", "height"]].to_numpy().tolist() == [[48, 40], [50, 60], [48, 40]]
        assert got.facts["bytes"].tolist() == [(folder / n).stat().st_size for n in ("a.jpg", "c.png", "d.bmp")]
        assert got.kept.tolist() == [0, 2, 3]


class SmallDisk(io.FileIO):
    """A file on a disk with room for ``room`` bytes more."""

    room = 0

    def write(self, content):
        if len(content) > SmallDisk.room:
            raise OSError(28, "No space left on device")
        SmallDisk.room -= len(content)
        return super().write(content)


@pytest.mark.parametrize("room", [0, 1000, 32 * 32 * 3 * 2 + 200])  # the header, the first pixels, what follows them
def test_a_full_disk_leaves_nothing_and_says_what_to_do(folder, tmp_path, monkeypatch, room):
    for name in ("a.png", "b.png"):
        saved(folder, name, Image.fromarray(smooth()))
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda p, mode="r": SmallDisk(p, "w") if mode == "wb" else opened(p, mode))
    monkeypatch.setattr(SmallDisk, "room", room)
    with pytest.raises(CacheFull, match=r"cache has no room for images-.* MB are needed.*HEMABENCH_CACHE"):
        decoded(folder)
    assert [p for p in (tmp_path / "cache").iterdir() if p.is_dir()] == []
    monkeypatch.setattr(Path, "open", opened)
    assert len(decoded(folder).pixels) == 2


_DECODER = """
import sys, time
from pathlib import Path
from datasets.read import decode
root, build = Path(sys.argv[1]), decode._build

def logged(*args):
    with (root / "builds.log").open("a") as log:
        log.write("built\\n")
    time.sleep(0.3)
    return build(*args)

decode._build = logged
(root / f"ready-{sys.argv[2]}").touch()
while not (root / "go").exists():
    time.sleep(0.01)
files = decode.find_images(root / "data", root / "data")
print(int(decode.decode_images(files, root / "data", decode.Crop(32), 16).pixels.sum()))
"""


def test_two_processes_decode_the_same_folder_once(folder, tmp_path):
    for name in ("a.png", "b.png"):
        saved(folder, name, Image.fromarray(smooth()))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", _DECODER, str(tmp_path)]
    running = [subprocess.Popen([*command, str(i)], stdout=subprocess.PIPE, text=True, env=env) for i in range(2)]
    while len(list(tmp_path.glob("ready-*"))) < 2:
        assert all(p.poll() is None for p in running)
    (tmp_path / "go").touch()
    sums = {int(p.communicate(timeout=60)[0]) for p in running}
    assert sums == {int(decoded(folder, 32, 16).pixels.sum())}
    assert (tmp_path / "builds.log").read_text() == "built\n"


def test_unusable_files_are_named_with_the_reason(folder):
    saved(folder, "good.png", Image.fromarray(smooth()))
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no image at all")
    saved(folder, "small.png", Image.fromarray(smooth(48, 31)))
    body = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(body, "JPEG")
    (folder / "cut.jpg").write_bytes(body.getvalue()[: len(body.getvalue()) // 2])
    saved(folder, "float.tif", Image.fromarray(np.ones((40, 48), np.float32)))
    got = decoded(folder)
    assert [find_images(folder, folder)[i].path for i in got.kept] == ["good.png"]
    reasons = dict(got.skipped)
    assert set(reasons) == {"empty.jpg", "text.jpg", "small.png", "cut.jpg", "float.tif"}
    assert reasons["empty.jpg"] == "zero bytes"
    assert reasons["text.jpg"] == "not an image"
    assert "truncated" in reasons["cut.jpg"]
    assert reasons["small.png"] == "48x31 pixels, smaller than the crop of 32"
    assert "pixel type F" in reasons["float.tif"]
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "TIFF", "BMP"]),
    turned=st.booleans(),
    cut=st.floats(0, 1),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
)
def test_damaged_bytes_never_stop_the_others(folder, kind, turned, cut, damage):
    body, tags = io.BytesIO(), Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(smooth()).save(body, kind, **({"exif": tags} if turned and kind != "BMP" else {}))
    content = bytearray(body.getvalue()[: int(cut * len(body.getvalue()))])
    for place, value in damage if content else ():
        content[int(place * (len(content) - 1))] = value
    (folder / "x.png").write_bytes(bytes(content))
    got = decode._read(folder / "x.png", Crop(32), 16)
    assert isinstance(got, str) or got.pixels.shape == (16, 16, 3)


def test_nothing_readable_is_an_error_and_leaves_no_cache(folder, tmp_path):
    (folder / "a.jpg").touch()
    with pytest.raises(CohortError, match=r"none of 1 files .* could be read \(first: a.jpg: zero bytes\)"):
        decoded(folder)
    assert not list((tmp_path / "cache").glob("images-*"))


def test_no_file_is_an_error(folder):
    with pytest.raises(CohortError, match="none of 0 files"):
        decoded(folder)


@pytest.mark.parametrize(("crop", "size"), [(0, 8), (32, 0)])
def test_sizes_must_be_positive(folder, crop, size):
    with pytest.raises(ValueError, match="1 or more"):
        decoded(folder, crop, size)


def test_second_call_reads_the_cache_and_a_changed_file_does_not(folder, monkeypatch):
    saved(folder, "a.png", Image.fromarray(smooth()))
    (folder / "b.png").touch()
    first = decoded(folder)
    monkeypatch.setattr(decode, "_build", lambda *_: pytest.fail("decoded again"))
    again = decoded(folder)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert again.skipped == first.skipped
    monkeypatch.undo()
    monkeypatch.setenv("HEMABENCH_CACHE", str(folder.parent / "cache"))
    state = (folder / "a.png").stat()
    saved(folder, "a.png", Image.fromarray(255 - smooth()))
    os.utime(folder / "a.png", ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    np.testing.assert_array_equal(decoded(folder).pixels, 255 - first.pixels)


def test_crop_and_size_have_caches_of_their_own(folder):
    saved(folder, "a.png", Image.fromarray(smooth()))
    shapes = [decoded(folder, crop, size).pixels.shape[1] for crop, size in ((32, 16), (32, 8), (30, 16))]
    assert shapes == [16, 8, 16]
    assert not np.array_equal(decoded(folder, 32, 16).pixels, decoded(folder, 30, 16).pixels)


def test_find_images_walks_every_depth_in_order(folder):
    (folder / "B" / "deep" / "er").mkdir(parents=True)
    for name in ("B/deep/er/1.JPG", "a.Png", "B/x.jpeg", "B/Thumbs.db", "B/notes.txt"):
        (folder / name).write_bytes(b"123")
    found = find_images(folder, folder)
    assert [f.path for f in found] == ["B/deep/er/1.JPG", "B/x.jpeg", "a.Png"]
    assert {f.size for f in found} == {3}


def test_equal_names_sizes_and_times_in_two_folders_are_two_sets_of_images(tmp_path):
    sums = []
    for home, level in (("one", 10), ("two", 200)):
        (tmp_path / home).mkdir()
        Image.fromarray(np.full((40, 48, 3), level, np.uint8)).save(tmp_path / home / "a.bmp")
        os.utime(tmp_path / home / "a.bmp", ns=(10**18, 10**18))
        sums.append(int(decoded(tmp_path / home).pixels.mean()))
    assert sums == [10, 200]


def test_a_file_rewritten_with_its_old_time_is_read_again(folder):
    for level in (10, 200):
        Image.fromarray(np.full((40, 48, 3), level, np.uint8)).save(folder / "a.bmp")
        os.utime(folder / "a.bmp", ns=(10**18, 10**18))
        assert int(decoded(folder).pixels.mean()) == level


def test_a_link_to_nothing_is_named(folder):
    saved(folder, "a.png", Image.fromarray(smooth()))
    (folder / "b.png").symlink_to(folder / "gone.png")
    with pytest.raises(CohortError, match=r"b\.png: is a link to nothing\. Remove it"):
        find_images(folder, folder)


def test_a_tiff_with_a_text_for_a_number_is_named(folder):
    saved(folder, "a.tif", Image.fromarray(smooth()))
    content = bytearray((folder / "a.tif").read_bytes())
    start = struct.unpack("<I", content[4:8])[0]
    rows = next(k for k in range(start + 2, len(content), 12) if struct.unpack("<H", content[k : k + 2])[0] == 273)
    content[rows + 2] = 2  # the place of the pixels, declared as text
    (folder / "b.tif").write_bytes(bytes(content))
    got = decoded(folder)
    assert got.kept.tolist() == [0] and [s.path for s in got.skipped] == ["b.tif"]


def test_a_camera_of_12_bits_in_16_is_named_instead_of_black(folder):
    grey = smooth()[..., 0].astype(np.uint16)
    saved(folder, "full.png", Image.fromarray(grey * 257))
    saved(folder, "grey.png", Image.fromarray(grey * 16))
    saved(folder, "grey.tif", Image.fromarray(grey * 16))
    dark = (smooth() // 16).astype(np.uint8)
    (folder / "colour.png").write_bytes(png_of_16_bit_colour(dark))
    saved(folder, "dark.png", Image.fromarray(dark))  # eight bits are what they are
    got = decoded(folder)
    assert {path: reason[:18] for path, reason in got.skipped} == {
        "grey.png": "uses 12 of 16 bits", "grey.tif": "uses 12 of 16 bits", "colour.png": "uses 12 of 16 bits"
    }  # fmt: skip


def test_sixteen_bits_are_scaled_to_the_nearest_of_eight(folder):
    levels = np.random.default_rng(0).integers(0, 65536, (32, 32), dtype=np.uint16)
    levels[0, :6] = [0, 128, 129, 65535, 65407, 65406]
    saved(folder, "a.png", Image.fromarray(levels))
    saved(folder, "b.tif", Image.fromarray(levels))
    for image in decoded(folder).pixels:
        np.testing.assert_array_equal(image, np.rint(levels / 257)[..., None].repeat(3, axis=2))


@pytest.mark.parametrize(("highest", "kept"), [(8191, False), (8192, True), (65535, True)])
def test_sixteen_bits_that_use_an_eighth_of_their_range_are_shown(folder, highest, kept):
    saved(folder, "a.png", Image.fromarray(np.full((32, 32), 30_000, np.uint16)))
    saved(folder, "b.png", Image.fromarray(np.full((32, 32), highest, np.uint16)))
    assert decoded(folder).kept.tolist() == ([0, 1] if kept else [0])


@pytest.mark.parametrize(("highest", "kept"), [(31, False), (32, True)])
def test_sixteen_bit_colours_that_use_an_eighth_of_their_range_are_shown(folder, highest, kept):
    saved(folder, "a.png", Image.fromarray(smooth()))
    (folder / "b.png").write_bytes(png_of_16_bit_colour(np.full((40, 48, 3), highest, np.uint8)))
    assert decoded(folder).kept.tolist() == ([0, 1] if kept else [0])


@pytest.mark.parametrize(
    ("mode", "kind", "bits", "wide"),
    [("RGB", "PNG", 16, True), ("RGBA", "PNG", 16, True), ("LA", "PNG", 16, True), ("L", "PNG", 16, False),
     ("RGB", "PNG", 8, False), ("RGB", "JPEG", 16, False)],
)  # fmt: skip
def test_the_header_of_a_png_tells_sixteen_bits(mode, kind, bits, wide):
    content = bytes(24) + bytes([bits]) + bytes(9)
    assert decode._is_16_bit_colour(content, SimpleNamespace(format=kind, mode=mode)) == wide


def test_an_integer_or_float_of_four_bytes_has_no_range(folder):
    for name, kind in (("a.tif", np.int32), ("b.tif", np.float32)):
        saved(folder, name, Image.fromarray(np.full((40, 48), 9, kind)))
    saved(folder, "c.png", Image.fromarray(smooth()))
    assert [reason for _, reason in decoded(folder).skipped] == [
        "pixel type I has no defined range", "pixel type F has no defined range"
    ]  # fmt: skip


def test_many_files_are_read_in_blocks_each_with_its_own_window(folder, monkeypatch):
    monkeypatch.setattr(decode, "_BLOCK", 2)
    for i in range(5):
        saved(folder, f"{i}.png", Image.fromarray(smooth(60 + i, 50)))
    windows = [Window(20, 12 + 6 * i, 15 + 2 * i) for i in range(5)]
    got = decode_images(find_images(folder, folder), folder, windows, 20)
    assert got.kept.tolist() == list(range(5)) and got.facts["width"].tolist() == [60, 61, 62, 63, 64]
    for i, image in enumerate(got.pixels):
        left, top = 2 + 6 * i, 5 + 2 * i
        np.testing.assert_array_equal(image, smooth(64, 50)[top : top + 20, left : left + 20])
    with pytest.raises(ValueError, match="image_size and crop need to be 1 or more, got 20 and 0"):
        decode_images(find_images(folder, folder), folder, [*windows[1:], Window(0, 1, 1)], 20)


@pytest.mark.parametrize(("width", "side"), [(269, 100), (270, 200), (271, 200)])
def test_copies_at_half_size_are_told_by_their_width(width, side):
    left, top, right, bottom = Crop(200, halved_below=270).box(width, 300)
    assert (right - left, bottom - top) == (side, side)
    with pytest.raises(ValueError, match="270x199 pixels, smaller than the crop of 200"):
        Crop(200, halved_below=270).box(270, 199)
    assert Crop(200).box(200, 200) == (0, 0, 200, 200)


def test_all_files_are_told_from_images_hidden_ones_and_what_systems_leave_behind(folder):
    names = ("b.txt", "a/c.csv", ".hidden", "z.bmp", "a/._z.png", "__MACOSX/z.png", "a/y.WEBP", "b", "_.xml", "a/a.md")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    found = find_files(folder, folder)
    assert [f.path for f in found.images] == ["a/y.WEBP", "z.bmp"]
    assert found.others == ["_.xml", "a/a.md", "a/c.csv", "b", "b.txt"]
    assert [f.path for f in find_images(folder / "a", folder.parent)] == ["data/a/y.WEBP"]
    with pytest.raises(FileNotFoundError):
        find_images(folder / "none", folder)


def test_what_is_no_file_or_has_no_name_in_text_is_refused(folder):
    os.mkfifo(folder / "a.png")
    with pytest.raises(CohortError, match=r"a\.png: is no file but a folder, pipe or device\. Remove it"):
        find_images(folder, folder)
    (folder / "a.png").unlink()
    with pytest.raises(CohortError, match=r"is a name that is not UTF-8\. Rename it"):
        decode._check_is_text("a\udcff.png")
    (folder / "b.png").symlink_to("b.png")  # a circle of links
    with pytest.raises(CohortError, match=r"b\.png: is a link to nothing"):
        find_images(folder, folder)
    with pytest.raises(CohortError, match=r"x+\.png: cannot be reached \(File name too long\)"):
        ImageFileOf.at(folder, "x" * 300 + ".png")


def test_links_to_folders_are_followed_once(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    saved(tmp_path, "elsewhere/a.png", Image.fromarray(smooth()))
    (folder / "in").mkdir()
    (folder / "in" / "up").symlink_to(folder)  # leads nowhere new
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert [f.path for f in find_images(folder, folder)] == ["link/a.png"]
    (folder / "in" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CohortError, match=r"(in/)?link: is the same folder as (in/)?link\. Remove the link"):
        find_images(folder, folder)
