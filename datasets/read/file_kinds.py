"""Files that are no text table, known by their first bytes whatever they are called, with what to do instead."""

from __future__ import annotations

import io
import zipfile
from typing import NamedTuple

HEAD = 512  # bytes that tell a kind
PARQUET, HDF5 = b"PAR1", b"\x89HDF\r\n\x1a\n"
_CSV = "Save it as CSV or Parquet, and name that file."
_UNPACK = "Unpack it first, and name the file that comes out."


class Kind(NamedTuple):
    """What a file is, and what to do about it."""

    name: str
    remedy: str


_R = Kind("an R data file", "In R: write.csv(x, 'table.csv', row.names = FALSE).")
_PICTURE = Kind("a picture", "Ask for the table itself, as CSV.")
_LEVELS = tuple(str(level).encode() for level in range(1, 10))
_BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (PARQUET, Kind("a Parquet file", "Call it .parquet.")),
    (HDF5, Kind("an HDF5 file", "Name an AnnData file .h5ad in [genes]; save any other as CSV or Parquet.")),
    (b"\x1f\x8b", Kind("compressed with gzip", _UNPACK)),
    (b"\xfd7zXZ\x00", Kind("compressed with xz", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("compressed with zstd", _UNPACK)),
    (b"\x04\x22\x4d\x18", Kind("compressed with lz4", _UNPACK)),
    (b"\x5d\x00\x00", Kind("compressed with lzma", _UNPACK)),
    (b"\x1f\x9d", Kind("compressed with compress", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", _UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", _UNPACK)),
    (b"\xd0\xcf\x11\xe0", Kind("an old Excel workbook or another Office document", _CSV)),
    (b"SQLite format 3", Kind("an SQLite database", f"Export the table. {_CSV}")),
    (b"%PDF-", Kind("a PDF document", "Ask for the table itself, as CSV.")),
    (b"{\\rtf", Kind("an RTF document", _CSV)),
    (b"X\n\x00\x00\x00", _R),
    (b"ARROW1", Kind("an Arrow (Feather) file", _CSV)),
    (b"FEA1\x00", Kind("a Feather file", _CSV)),
    (b"\x93NUMPY", Kind("a NumPy array", _CSV)),
    (b"Obj\x01", Kind("an Avro file", _CSV)),
    (b"$FL2@(#)", Kind("an SPSS file", _CSV)),
    (b"<stata_dta>", Kind("a Stata file", _CSV)),
    (b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\xea\x81\x60", Kind("a SAS file", _CSV)),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"MATLAB 5.0", Kind("a MATLAB file", _CSV)),
    (b"version https://git-lfs", Kind("a pointer of Git LFS and not the file itself", "Fetch it: git lfs pull.")),
    *((b"BZh" + level + b"1AY&SY", Kind("compressed with bzip2", _UNPACK)) for level in _LEVELS),
    *((b"RD" + kind + b"\n", _R) for kind in (b"X2", b"X3", b"A2", b"A3", b"B2", b"B3")),
    *((b"GIF8" + kind, _PICTURE) for kind in (b"7a", b"9a")),
    *((b"\x80" + bytes([i]), Kind("a Python pickle", f"It is never opened. {_CSV}")) for i in range(2, 6)),
)
_MARKUP = (b"<!doctype html", b"<html", b"<?xml")
_ZIPPED = {
    "xl/workbook.xml": Kind("an Excel workbook", "Save the sheet as CSV, and name that file."),
    "xl/workbook.bin": Kind("an Excel workbook", "Save the sheet as CSV, and name that file."),
    "content.xml": Kind("an OpenDocument spreadsheet", "Save the sheet as CSV, and name that file."),
    "Index/Document.iwa": Kind("a Numbers document", "Export the sheet as CSV, and name that file."),
}


def no_text_table(content: bytes) -> Kind | None:
    """Return what a file is whose bytes are no text table, or None where they may be one.

    Args:
        content: All bytes, or at least ``HEAD`` of them; an archive is told from a workbook by all alone.
    """
    head = content[:HEAD]
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(content)
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return Kind("a web page or XML, whatever its name says", "Download or export the table itself, as CSV.")
    if b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff") and not _is_wide_text(head):
        return Kind("a binary file", _CSV)
    return None


def _is_wide_text(head: bytes) -> bool:
    """Return whether every second byte, or three of four, are zero: text in UTF-16 or UTF-32 without its mark."""
    return head.count(b"\x00") >= len(head) * 0.4


def _zipped(content: bytes) -> Kind:
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        names = set()
    found = [kind for name, kind in _ZIPPED.items() if name in names]
    return found[0] if found else Kind("a ZIP archive", _UNPACK)
