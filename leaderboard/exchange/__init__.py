"""Publish boards, verify and compare them, submit entries."""

from leaderboard.exchange import archive
from leaderboard.exchange.archive import ArchiveError, changed_files, pack, read_manifest, unpack, write
from leaderboard.exchange.compare import compare
from leaderboard.exchange.publish import QualityError, publish
from leaderboard.exchange.submit import NoResults, judge_submission, submission
from leaderboard.exchange.verify import verify

__all__ = [
    "ArchiveError",
    "NoResults",
    "QualityError",
    "archive",
    "changed_files",
    "compare",
    "judge_submission",
    "pack",
    "publish",
    "read_manifest",
    "submission",
    "unpack",
    "verify",
    "write",
]
