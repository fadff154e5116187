"""Bring the files of a source onto this machine."""

from datasets.fetch.download import CheckResult, DownloadError, check, get
from datasets.fetch.origin import provenance_of
from datasets.fetch.sources import Expected, ManualSource, RemoteFile, Source, UrlSource, read_manifest

__all__ = [
    "CheckResult",
    "DownloadError",
    "Expected",
    "ManualSource",
    "RemoteFile",
    "Source",
    "UrlSource",
    "check",
    "get",
    "provenance_of",
    "read_manifest",
]
