import io
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from datasets import decode
from datasets.cohort import CohortError
from datasets.decode import Crop, decode_images, find_images


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
    cut=st.floats(0, 1),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
)
def test_damaged_bytes_never_stop_the_others(folder, kind, cut, damage):
    body = io.BytesIO()
    Image.fromarray(smooth()).save(body, kind)
    content = bytearray(body.getvalue()[: int(cut * len(body.getvalue()))])
    for place, value in damage if content else ():
        content[int(place * (len(content) - 1))] = value
    (folder / "x.png").write_bytes(bytes(content))
    got = decode._read(folder / "x.png", Crop(32), 16)
    assert isinstance(got, str) or got.shape == (16, 16, 3)


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
