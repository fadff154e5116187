"""Publish boards, verify and compare them, submit entries."""

from leaderboard.exchange import archive
from leaderboard.exchange.archive import MANIFEST, ArchiveError, read_json
from leaderboard.exchange.compare import compare
from leaderboard.exchange.publish import QualityError, publish
from leaderboard.exchange.submit import judge_submission, submission
from leaderboard.exchange.verify import verify

__all__ = [
    "MANIFEST",
    "ArchiveError",
    "QualityError",
    "archive",
    "compare",
    "judge_submission",
    "publish",
    "read_json",
    "submission",
    "verify",
]
