"""Bring the files of a source onto this machine."""

from datasets.fetch.download import CheckResult, DownloadError, check, get
from datasets.fetch.origin import provenance_of
from datasets.fetch.sources import Expected, ManualSource, RemoteFile, Source, UrlSource, read_manifest
from datasets.fetch.stray_files import by_kind, is_left_behind

__all__ = [
    "CheckResult",
    "DownloadError",
    "Expected",
    "ManualSource",
    "RemoteFile",
    "Source",
    "UrlSource",
    "by_kind",
    "check",
    "get",
    "is_left_behind",
    "provenance_of",
    "read_manifest",
]
